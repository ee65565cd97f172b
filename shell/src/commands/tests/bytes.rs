//! Commands that show bytes, code them and compare them.

use super::*;
use crate::{
    env::{OpenFlags, System},
    errno::Errno,
    io::BROKEN_PIPE,
};

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/a", "abc\ndef\n");
    sys.set_file("/b", "abc\ndxf\ny");
    sys.set_file("/empty", "");
    sys
}

#[test]
fn od_prints_numbers() {
    check(
        &system(),
        &[
            ("od", "hello\n", "0000000 062550 066154 005157\n0000006\n", 0),
            ("od -c", "a\n\0\u{e9}", "0000000   a  \\n  \\0 303 251\n0000005\n", 0),
            ("od -An -t x1", "abc", " 61 62 63\n", 0),
            ("od -A x -t x1q", "", "!invalid type: 'x1q'", 2),
            ("od -Ad -tx1d1", "a", "0000000   61\n          97\n0000001\n", 0),
            ("od -An -td4", "\x01\x02", "         513\n", 0),
            ("od -An -tu8x2", "\x01", "                    1\n  0001\n", 0),
            ("od -v -An -w4 -tx1", "aaaabbbb", " 61 61 61 61\n 62 62 62 62\n", 0),
            ("od -w2 -c", "ababababa", "0000000   a   b\n*\n0000010   a\n0000011\n", 0),
            ("od -An -j 2 -N 3 -c", "abcdefgh", "   c   d   e\n", 0),
            ("od -An -j 0x6 -c /a /b", "", "   f  \\n   a   b   c  \\n   d   x   f  \\n   y\n", 0),
            ("od +4.", "abcdefgh", "0000004 063145 064147\n0000010\n", 0),
            ("od -j 9", "abc", "!cannot skip past the end", 1),
            ("od -ta -An", "a \x7f\n", "   a  sp del  nl\n", 0),
            ("od -A x /none", "", "000000\n!od: /none: No such file", 1),
            ("od -w3", "", "!invalid number of bytes in a line: '3'", 2),
            ("od -w99999999999", "", "!invalid number of bytes in a line", 2),
            ("od -t x3", "", "!invalid type: 'x3'", 2),
            ("od -A q", "", "!invalid base of offsets: 'q'", 2),
            ("od -N +1", "", "!invalid number: '+1'", 2),
            ("od -j b", "", "!invalid number: 'b'", 2),
        ],
    );
}

#[test]
fn hexdump_and_xxd_print_hexadecimal() {
    let c = "00000000  61 62 63 0a                                       |abc.|\n00000004\n";
    check(
        &system(),
        &[
            ("hexdump -C", "abc\n", c, 0),
            ("hexdump", "abc", "0000000 6261 0063                              \n0000003\n", 0),
            ("hexdump -s 1 -n 2", "abcd", "0000001 6362                                   \n0000003\n", 0),
            ("hexdump", "", "", 0),
            ("hexdump -n x", "", "!invalid number: 'x'", 2),
            ("xxd", "abc\n", "00000000: 6162 630a                                abc.\n", 0),
            ("xxd -p -c 2", "abc", "6162\n63\n", 0),
            ("xxd -s 1 -l 1 -u", "J\nL", "00000001: 0A                                       .\n", 0),
            ("xxd -r -p", "61 62\n6\n3", "abc", 0),
            ("xxd -r -p", "61x2", "a!not a hexadecimal digit: 'x'", 1),
            ("xxd -r", "00000000: 6162 63    abc\n0000005: 64\njunk\n", "abc\0\0d", 0),
            ("xxd -r", "3: 61\n0: 62\n", "\0\0\0a!cannot go back to offset 0x0", 1),
            ("xxd -r", "fffffffffffffffff: 61\n+0: 62\n:63\n0:64\n\u{e9}: 65", "d", 0),
            ("xxd -c 0", "", "!invalid number of columns: '0'", 2),
            ("xxd /a /b", "", "!extra operand '/b'", 2),
            ("xxd /none", "", "!xxd: /none: No such file", 1),
        ],
    );
    let equal = run(&system(), "hexdump -C", &[0; 50]).text();
    let zeros = "00 ".repeat(8);
    let first = alloc::format!("00000000  {zeros} {zeros} |................|\n*\n");
    assert_eq!(equal, first + "00000030  00 00                                             |..|\n00000032\n");
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    for (there, back) in [("xxd", "xxd -r"), ("xxd -p", "xxd -p -r"), ("xxd -g1 -c7", "xxd -r")] {
        let text = run(&system(), there, &all).stdout;
        assert!(run(&system(), back, &text).stdout == all, "{there}");
    }
}

#[test]
fn base64_there_and_back() {
    check(
        &system(),
        &[
            // RFC 4648, section 10.
            ("base64", "", "", 0),
            ("base64", "f", "Zg==\n", 0),
            ("base64", "fo", "Zm8=\n", 0),
            ("base64", "foo", "Zm9v\n", 0),
            ("base64", "foobar", "Zm9vYmFy\n", 0),
            ("base64 -w 3", "foob", "Zm9\nvYg\n==\n", 0),
            ("base64 -w0", "foo", "Zm9v", 0),
            ("base64 -d", "Zm9\nvYg==\n", "foob", 0),
            ("base64 -d", "Zm9v*", "foo!base64: invalid input\n", 1),
            ("base64 -di", "Z m9v*\r\nYg==", "foob", 0),
            ("base64 -d", "Zm9vZ", "foo!invalid input", 1),
            ("base64 -d", "Zg=a", "f!invalid input", 1),
            ("base64 -d", "A===", "!invalid input", 1),
            ("base64 -w x", "", "!invalid number of columns", 2),
            ("base64 /a /b", "", "!extra operand '/b'", 2),
        ],
    );
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let text = run(&system(), "base64", &all).stdout;
    assert!(run(&system(), "base64 -d", &text).stdout == all);
}

#[test]
fn cmp_finds_differences() {
    let sys = system();
    sys.set_file("/long", alloc::format!("{}x\n", "a\n".repeat(40_000)));
    sys.set_file("/longer", alloc::format!("{}y\nz", "a\n".repeat(40_000)));
    check(
        &sys,
        &[
            ("cmp /a /a", "", "", 0),
            ("cmp /a", "abc\ndef\n", "", 0),
            ("cmp /a /b", "", "/a /b differ: byte 6, line 2\n!", 1),
            ("cmp /long /longer", "", "/long /longer differ: byte 80001, line 40001\n!", 1),
            ("cmp -n 5 /a /b", "", "", 0),
            ("cmp -s /a /b", "", "!", 1),
            ("cmp -l /a /b", "", "6 145 170\n!cmp: EOF on /a after byte 8\n", 1),
            ("cmp /a -", "abc\ndef\ng", "!cmp: EOF on /a after byte 8, line 2\n", 1),
            ("cmp /a -", "abc\nd", "!cmp: EOF on - after byte 5, in line 2\n", 1),
            ("cmp /empty /a", "", "!cmp: EOF on /empty which is empty\n", 1),
            ("cmp /a /none", "", "!cmp: /none: No such file", 2),
            ("cmp /a /dev", "", "!cmp: /dev: Is a directory", 2),
            ("cmp -ls /a /b", "", "!exclude each other", 2),
            ("cmp", "", "!missing operand", 2),
        ],
    );
}

#[test]
fn checksums() {
    let sys = system();
    let (md5, sha) = (
        "900150983cd24fb0d6963f7d28e17f72",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    sys.set_file("/abc", "abc");
    sys.set_file("/line\nbreak", "abc");
    sys.set_file(
        "/list",
        alloc::format!("# names\n{sha}  /abc\nSHA256 (/abc) = {sha}\n{sha} */b\n{sha}  /none\nx\n"),
    );
    sys.set_file("/good", alloc::format!("{}  /abc\r\n\\{md5}  /line\\nbreak\n", md5.to_uppercase()));
    let checked = "/abc: OK\n/abc: OK\n/b: FAILED\n/none: FAILED open or read\n";
    check(
        &sys,
        &[
            ("cksum", "", "4294967295 0\n", 0),
            ("cksum", "123456789", "930766865 9\n", 0),
            ("cksum /abc /none", "", "1219131554 3 /abc\n!cksum: /none: No such file", 1),
            ("md5sum", "abc", &alloc::format!("{md5}  -\n"), 0),
            ("md5sum -b /abc", "", &alloc::format!("{md5} */abc\n"), 0),
            (
                "sha256sum /abc - /none",
                "abc",
                &alloc::format!("{sha}  /abc\n{sha}  -\n!/none: No such file"),
                1,
            ),
            ("md5sum -c /good", "", "/abc: OK\n/line\\nbreak: OK\n", 0),
            (
                "sha256sum -c /list",
                "",
                &alloc::format!("{checked}!sha256sum: WARNING: 1 computed checksum did NOT"),
                1,
            ),
            (
                "sha256sum -c /list",
                "",
                &alloc::format!("{checked}!WARNING: 1 line is improperly formatted\n"),
                1,
            ),
            (
                "sha256sum -c --quiet /list",
                "",
                "/b: FAILED\n/none: FAILED open or read\n!sha256sum: /none: No such",
                1,
            ),
            ("sha256sum -c --status /list", "", "!sha256sum: /none: No such file", 1),
            ("md5sum -c /list", "", "!md5sum: /list: no properly formatted checksum lines found\n", 1),
            ("md5sum -c /none", "", "!md5sum: /none: No such file", 1),
        ],
    );
    // What is out of step with the names and bytes is only escaped when it must be.
    let strange = Run::new(&sys, "md5sum").args(["/line\nbreak"]).run();
    assert_eq!(strange.text(), alloc::format!("\\{md5}  /line\\nbreak\n"));
}

/// The commands of this file and of `columns`, and words that make them print something.
const PRINTING: &[(&str, &[&str])] = &[
    ("base64", &["/a"]),
    ("cksum", &["/a"]),
    ("cmp", &["/a", "/b"]),
    ("comm", &["/a", "/b"]),
    ("cut", &["-b1", "/a"]),
    ("fold", &["/a"]),
    ("hexdump", &["/a"]),
    ("join", &["/a", "/a"]),
    ("md5sum", &["/a"]),
    ("nl", &["/a"]),
    ("od", &["/a"]),
    ("paste", &["/a", "/b"]),
    ("rev", &["/a"]),
    ("sha256sum", &["/a"]),
    ("tac", &["/a"]),
    ("xxd", &["/a"]),
];

#[test]
fn a_closed_pipe_a_full_device_and_a_failing_disk() {
    for (name, args) in PRINTING {
        let finished = Run::new(&system(), name).args(*args).close_stdout_after(0).run();
        assert_eq!((finished.status, finished.error_text().as_str()), (BROKEN_PIPE, ""), "{name}");

        let sys = system();
        let full = sys.block_on(sys.open("/dev/full".into(), OpenFlags::WRITE)).unwrap();
        let finished = Run::new(&sys, name).args(*args).stdout(full).run();
        let message = alloc::format!("{name}: write error: No space left on device\n");
        assert_eq!((finished.status, finished.error_text()), (1, message), "{name}");

        sys.fail_read("/a", Errno::EIO);
        let finished = Run::new(&sys, name).args(*args).run();
        let message = alloc::format!("{name}: /a: Input/output error\n");
        let status = if *name == "cmp" { 2 } else { 1 };
        assert_eq!((finished.status, finished.error_text()), (status, message), "{name}");
    }
}
