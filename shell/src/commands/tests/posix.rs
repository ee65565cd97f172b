//! `bc`, `pr`, `file`, `pax` and `logger`: beside the host's own where it has them.

use std::process::{Command as HostCommand, Stdio};

use super::*;
use crate::env::{FileType, System};

/// What the host's command prints; `None`, and a word about it, if there is none.
fn host(name: &str, args: &[&str], stdin: &[u8], dir: Option<&std::path::Path>) -> Option<String> {
    use std::io::Write;
    let mut command = HostCommand::new(name);
    command
        .args(args)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env_remove("POSIXLY_CORRECT")
        .env_remove("BC_ENV_ARGS");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(dir) = dir {
        command.current_dir(dir);
    }
    let Ok(mut child) = command.spawn() else {
        std::eprintln!("SKIPPED: the host has no {name} to compare with");
        return None;
    };
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A directory of the host with these files, removed in the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let path = std::env::temp_dir().join(alloc::format!("pollux-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn bc(args: &[&str], program: &str) -> Finished {
    Run::new(&FakeSystem::new(), "bc").args(args).stdin(program.as_bytes()).run()
}

const BC: &[&str] = &[
    "1+2*3-4/2",
    "2^10; 2^-3; (-2)^3; -2^2; 2^3^2; 0^0; 1.5^3",
    "scale=5; 10/3; -10/3; 7%3; -7%3; 7.5%2; 1/7; sqrt(2); sqrt(.0625)",
    "7%3; 7.5%2; 1.25*3.75; .1+.22; 1.50; 0.50; -.5; 00012; 0.0",
    "scale=3; 1.2345*2.3456; 1.1*1.1; 2.5/1; 5/4; scale(1.500); length(1.500); length(0); length(12345.678); length(.001)",
    "a=5; a; a+=3; a; a-=1; a*=2; a/=3; a; a^=2; a; a%=7; a; (a=3)",
    "i=1; i++; i; ++i; i; i--; --i; i; a[1]=4; a[1]++; a[1]; a[2]+=7; a[2]; a[3]",
    "1<2; 2<1; 1==1; 1!=1; 1<=1; 2>=3; 3>2; !0; !5; 1&&0; 1||0; 0||0; 2&&3",
    "obase=16; 255; 10.5; -31; 0; obase=2; 10; .5; 10.625; obase=8; 64",
    "obase=20; 399; 400; .5; -41; obase=100; 12345; 1.5; obase=1000; 1234567",
    "ibase=16; FF; A.8; ibase=A; 10; ibase=2; 1010; 1010.1; 12; ibase=8; 777",
    "ibase=2; obase=16; 11111111; obase",
    "for (i=0; i<5; i++) i^2",
    "i=0; while (i<3) { i; i=i+1 }",
    "i=0; while (1) { if (i==2) { i+=1; continue }; if (i>4) break; i; i+=1 }",
    "if (1<2) \"yes\n\"; if (2<1) \"no\n\" else \"otherwise\n\"",
    "define f(n) {\n if (n<2) return (1)\n return (n*f(n-1))\n}\nf(10); f(30)\nf(100)",
    "define g(a,b) { auto c; c=a+b; return (c*2) }\ng(1,2); c; a",
    "define s(a[],n) { auto i,t; for (i=0;i<n;i++) t+=a[i]; a[0]=99; return(t) }\nq[0]=1; q[1]=2; q[2]=3\ns(q[],3); q[0]",
    "define v() { x=7 }\nv(); x",
    "define f(x) { return x*2 }\nf(4); f(f(2))",
    "define f(n) { auto a[]; a[0]=n; if (n>0) f(n-1); return (a[0]) }\nf(3)",
    "print 1, \" and \", 2, \"\\n\"; print \"a\\tb\\q\\\\\\n\"",
    "\"text\"; \"more\n\"; 3; last; last+1; .",
    "/* a comment */ 1 # more\n2 /* over\nlines */ + 3",
    "2^200; 2^1000; -2^300",
    "scale=50; 1/3; sqrt(3); 355/113",
    "1\\\n2\\\n3; 4",
    "a=b=3; a; b; a=1+(b=2)*3; a; 1+b=4; b",
    "x = -3; -x; - -x; 3--2; 5-x",
    "scale=2; a=1.239; a; a*1; a/1; scale=0; a/1; a",
    "ABC; FF; F; 0F; 1F",
    "scale=10; x=2; for(i=0;i<6;i++) { x=(x+2/x)/2 }; x",
    "a[0]=1; a[1]=1; for(i=2;i<20;i++) a[i]=a[i-1]+a[i-2]; a[19]",
    "5;;6;\n\n;7",
    "{ 1; 2\n3 }\n{\n}\n4",
    "scale=4; 2^.5; 3^2.9",
];

const LIBRARY: &[&str] = &[
    "e(1); e(0); e(-1); e(10); e(.5); e(-20.5); e(100)",
    "l(2); l(10); l(1); l(.001); l(123456.789); l(0); l(-3)",
    "s(1); s(0); s(-2.5); s(100); s(3.14159265358979323846)",
    "c(1); c(0); c(-2.5); c(100)",
    "a(1)*4; a(0); a(-1); a(1000); a(.001); a(.2)",
    "j(0,1); j(1,2.5); j(5,10); j(-3,4); j(2,0)",
    "scale=50; e(1); 4*a(1); l(2); s(1); c(1)",
    "scale=5; e(2.5); s(.7); c(.7); l(7); a(2); scale=0; e(3); s(1); a(1)",
    "scale=100; a(1)*4",
];

/// Says all at once in what ours and theirs differ: the first line of each pair that does.
fn compare(pairs: &[(String, String, String)]) {
    let differ = pairs.iter().filter(|(_, ours, theirs)| ours != theirs).map(|(what, ours, theirs)| {
        let line = ours.split('\n').zip(theirs.split('\n')).find(|(a, b)| a != b);
        let line = line.unwrap_or((ours, theirs));
        alloc::format!("{what}\n  ours   {:?}\n  theirs {:?}\n", line.0, line.1)
    });
    let differ: String = differ.collect();
    assert!(differ.is_empty(), "{differ}");
}

#[test]
fn bc_computes_as_the_hosts() {
    let mut pairs = Vec::new();
    for (args, programs) in [(&[][..], BC), (&["-l"][..], LIBRARY)] {
        for program in programs {
            let program = alloc::format!("{program}\n");
            let ours = bc(args, &program);
            let Some(theirs) = host("bc", args, program.as_bytes(), None) else { return };
            pairs.push((program + &ours.error_text(), ours.text(), theirs));
        }
    }
    compare(&pairs);
}

#[test]
fn bc_tells_where_it_went_wrong_and_goes_on() {
    for (program, out, error) in [
        ("1+\n2\n", "2\n", "bc: standard input:1:3: an expression is expected here\n"),
        ("1\nx = (3\n4\n", "1\n4\n", "bc: standard input:2:7: ')' is expected here\n"),
        ("1 2\n3\n", "3\n", "bc: standard input:1:3: the statement should end here\n"),
        ("1;`\n3\n", "3\n", "bc: standard input:1:3: there is a character here that has no meaning\n"),
        ("1/0\n5\n", "5\n", "bc: standard input:1: divide by zero\n"),
        ("1; f(2); 3\n4\n", "1\n4\n", "bc: standard input:1: function f is not defined\n"),
        ("return 3\n4\n", "4\n", "bc: standard input:1:1: 'return' stands in no function\n"),
        ("break\n", "", "bc: standard input:1:1: 'break' stands in no loop\n"),
        ("define f(x) {\nx\n", "", "bc: standard input:3:1: the text ends in the middle of a statement\n"),
        (
            "sqrt(-1)\nibase=40\nscale=-1\n",
            "",
            "bc: standard input:1: square root of a negative number\nbc: standard input:2: ibase can be 2 to 16\nbc: standard input:3: scale can be 0 to 262144\n",
        ),
        (
            "a[-1]=3\n9^99999999\n",
            "",
            "bc: standard input:1: there is no element [-1]\nbc: standard input:2: the result would have more than a million digits\n",
        ),
        (
            "define f(n) { return (f(n)) }\nf(1)\n7\n",
            "7\n",
            "bc: standard input:1: function f calls deeper than 10000 levels\n",
        ),
        ("define f(x) { auto x; }\n", "", "bc: standard input:1:23: 'f' has a name twice\n"),
    ] {
        let finished = bc(&[], program);
        assert_eq!(
            (finished.text(), finished.error_text(), finished.status),
            (out.into(), error.into(), 1),
            "{program}"
        );
    }
    let deep = alloc::format!("{}1{}\n2\n", "(".repeat(5000), ")".repeat(5000));
    let finished = bc(&[], &deep);
    assert_eq!((finished.text().as_str(), finished.status), ("2\n", 1));
    assert!(finished.error_text().contains("nested deeper than 64 levels"));
}

#[test]
fn bc_ends_as_it_is_told() {
    for (program, out) in [
        ("1\nquit\n2\n", "1\n"),
        ("1; quit; 2\n3\n", "1\n"),
        ("if (0) quit\n2\n", ""),
        ("if (0) halt\n2\nhalt\n3\n", "2\n"),
        ("1", "1\n"),
    ] {
        let finished = bc(&[], program);
        assert_eq!((finished.text(), finished.status), (out.into(), 0), "{program}");
    }
    let sys = FakeSystem::new();
    sys.set_file("/f", "define f(x) { return (x^2) }\nf(3)\n");
    assert_eq!(Run::new(&sys, "bc").args(["/f"]).stdin(b"f(4)\nread()*2\n21\n").run().text(), "9\n16\n42\n");
    assert_eq!(Run::new(&sys, "bc").args(["/none"]).run().status, 1);
    let wide = Run::new(&sys, "bc").env("BC_LINE_LENGTH", "0").stdin(b"2^400\n").run();
    assert_eq!(wide.text().lines().count(), 1);
}

#[test]
fn pr_sets_pages_as_the_hosts() {
    let text: String = (1..=150).map(|n| alloc::format!("line {n}{}\n", " word".repeat(n % 23))).collect();
    let short: String = (1..=7).map(|n| alloc::format!("s{n}\n")).collect();
    let tabs = "a\tb\tc\n\tindented\nlonger text\tand\tmore\n".repeat(9);
    let feeds = "one\ntwo\x0cthree\n\x0cfour\nfive";
    let files: &[(&str, &[u8])] = &[
        ("text", text.as_bytes()),
        ("short", short.as_bytes()),
        ("tabs", tabs.as_bytes()),
        ("feeds", feeds.as_bytes()),
        ("empty", b""),
    ];
    let folder = Folder::new("pr", files);
    let mut pairs = Vec::new();
    for line in [
        "text",
        "-t text",
        "short text",
        "-h Title~with~blanks text",
        "-l 20 text",
        "-l 10 text",
        "-d text",
        "-2 text",
        "-3 text",
        "-3 -t short",
        "-2 -a text",
        "-3 -a -t text",
        "-m text short",
        "-m -t short text tabs",
        "-n text",
        "-n:3 -t text",
        "-2 -n text",
        "-m -n short text",
        "-o 5 text",
        "-o 4 -2 -t text",
        "+2 text",
        "+2:2 text",
        "-e -t tabs",
        "-e4 -t tabs",
        "-i -t -e tabs",
        "-2 -t tabs",
        "-w 40 -2 text",
        "-W 30 -t text",
        "-s -2 -t text",
        "-s: -3 -t short",
        "-s: -m -t short tabs",
        "-S:: -2 -t text",
        "-J -2 -t text",
        "-F text",
        "-F -2 text",
        "-t feeds",
        "feeds",
        "-T feeds",
        "empty",
        "-N 50 -n -t short",
        "-5 -t short",
        "-10 -t short",
        "-t -l 3 short",
    ] {
        let args: Vec<String> = ["-D", "today"]
            .iter()
            .map(|word| String::from(*word))
            .chain(line.split(' ').map(|word| word.replace('~', " ")))
            .collect();
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let Some(theirs) = host("pr", &words, b"", Some(&folder.0)) else { return };
        let sys = FakeSystem::new();
        for (name, text) in files {
            sys.set_file(&alloc::format!("/w/{name}"), text);
        }
        let ours = Run::new(&sys, "pr").args(&words).cwd("/w").run();
        pairs.push((alloc::format!("pr {line} {}", ours.error_text()), ours.text(), theirs));
    }
    compare(&pairs);
    check(
        &FakeSystem::new(),
        &[
            ("pr /none", "", "!pr: /none: No such file or directory", 1),
            ("pr -r /none", "", "", 1),
            ("pr -l 0", "", "!at least one line", 2),
            ("pr -m -a x", "", "!exclude each other", 2),
            ("pr -w 1 -5 -t", "", "!too few", 2),
            ("pr -t", "a\nb", "a\nb\n", 0),
        ],
    );
}

#[test]
fn file_says_what_the_host_says() {
    let long = "x".repeat(400) + "\n";
    let files: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("ascii", b"hello\nworld\n"),
        ("dos", b"hello\r\nworld\r\n"),
        ("mixed", b"hello\r\nworld\n"),
        ("unended", b"hello"),
        ("utf8", "gr\u{fc}n\n".as_bytes()),
        ("latin", b"gr\xfcn und rot\n"),
        ("bom", b"\xef\xbb\xbfhello\n"),
        ("long", long.as_bytes()),
        ("sh", b"#!/bin/sh\necho\n"),
        ("bash", b"#! /bin/bash\necho\n"),
        ("python", b"#!/usr/bin/env python3\nprint()\n"),
        ("perl", b"#!/opt/strange/tool -x\nfoo\n"),
        ("data", b"\0\x01\x02\x03\xff\xfe\x05\x06\x07\x08\x99"),
        ("one", b"\x00"),
        ("xz", b"\xfd7zXZ\0 something"),
        ("html", b"<!DOCTYPE html>\n<html></html>\n"),
        ("escapes", b"\x1b[1mbold\x1b[0m\n"),
    ];
    let folder = Folder::new("file", files);
    let mut pairs = Vec::new();
    for (name, bytes) in files {
        let Some(theirs) = host("file", &["-b", name], b"", Some(&folder.0)) else { return };
        let sys = FakeSystem::new();
        sys.set_file(&alloc::format!("/w/{name}"), bytes);
        let ours = Run::new(&sys, "file").args(["-b", name]).cwd("/w").run();
        // It may say more.
        let close = theirs.starts_with(ours.text().trim_end());
        pairs.push((String::from(*name), ours.text(), if close { ours.text() } else { theirs }));
    }
    compare(&pairs);
    let sys = FakeSystem::new();
    sys.set_file("/w/a", "text\n");
    sys.set_file("/w/program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0");
    sys.set_file("/w/archive.gz", b"\x1f\x8b\x08");
    sys.set_file("/w/picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x20\x08\x06\0\0\0");
    sys.make_dir("/w/dir");
    check(
        &sys,
        &[
            ("ln -s a /w/link", "", "", 0),
            ("ln -s no /w/broken", "", "", 0),
            ("mkfifo /w/pipe", "", "", 0),
            ("file /w/a /w/dir", "", "/w/a:   ASCII text\n/w/dir: directory\n", 0),
            ("file -b /w/link", "", "symbolic link to a\n", 0),
            ("file -bL /w/link", "", "ASCII text\n", 0),
            ("file -b /w/broken", "", "broken symbolic link to no\n", 0),
            ("file -b /w/pipe", "", "fifo (named pipe)\n", 0),
            ("file -b /dev/null", "", "character special (0/0)\n", 0),
            ("file -b /w/program", "", "ELF 64-bit LSB shared object, x86-64, version 1 (SYSV)\n", 0),
            ("file -b /w/archive.gz", "", "gzip compressed data\n", 0),
            ("file -b /w/picture", "", "PNG image data, 16 x 32, 8-bit/color RGBA, non-interlaced\n", 0),
            ("file -i /w/a", "", "/w/a: text/plain; charset=us-ascii\n", 0),
            ("file -", "some text\n", "/dev/stdin: ASCII text\n", 0),
            ("file /w/none", "", "/w/none: cannot open `/w/none' (No such file or directory)\n", 0),
            ("file -F : -N -f -", "/w/a\n/w/dir\n", "/w/a: ASCII text\n/w/dir: directory\n", 0),
            ("file", "", "!missing operand", 2),
        ],
    );
}

#[test]
fn pax_lists_reads_writes_and_copies() {
    let sys = FakeSystem::new();
    sys.set_file("/w/src/a", "one");
    sys.set_file("/w/src/sub/b", "two");
    sys.set_file("/w/src/sub/c.txt", "three");
    sys.make_dir("/w/out");
    sys.make_dir("/w/copy");
    let pax = |line: &str, stdin: &[u8]| {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        let done = Run::new(&sys, "pax").args(&words).cwd("/w").stdin(stdin).run();
        (done.text(), done.error_text(), done.status)
    };
    let said = |out: &str, error: &str, status: u8| (String::from(out), String::from(error), status);
    let fine = said("", "", 0);
    assert_eq!(pax("-w -f x.pax src", b""), fine);
    assert_eq!(pax("-f x.pax", b""), said("src/\nsrc/a\nsrc/sub/\nsrc/sub/b\nsrc/sub/c.txt\n", "", 0));
    assert_eq!(pax("-f x.pax *.txt src/a", b""), said("src/a\nsrc/sub/c.txt\n", "", 0));
    assert_eq!(pax("-f x.pax -c *.txt", b""), said("src/\nsrc/a\nsrc/sub/\nsrc/sub/b\n", "", 0));
    assert_eq!(pax("-f x.pax src/sub", b""), said("src/sub/\nsrc/sub/b\nsrc/sub/c.txt\n", "", 0));
    assert_eq!(pax("-d -f x.pax src/sub", b""), said("src/sub/\n", "", 0));
    assert_eq!(pax("-n -f x.pax *", b""), said("src/\nsrc/a\nsrc/sub/\nsrc/sub/b\nsrc/sub/c.txt\n", "", 0));
    assert_eq!(pax("-f x.pax none", b""), said("", "pax: none: not found in the archive\n", 1));
    assert_eq!(pax("-rf x.pax -s ,^src,out,", b""), fine);
    assert_eq!(sys.file("/w/out/sub/c.txt").unwrap(), b"three");
    assert_eq!(
        pax("-f x.pax -s /.*b$// -s /\\(.*\\)\\.txt/\\1.text/p", b""),
        said("src/\nsrc/a\nsrc/sub/\nsrc/sub/c.text\n", "src/sub/c.txt >> src/sub/c.text\n", 0)
    );
    assert_eq!(pax("-w -f y.pax", b"src/a\nsrc/sub/b\n"), fine);
    assert_eq!(pax("-w -a -f y.pax src/sub/c.txt", b""), fine);
    assert_eq!(pax("-f y.pax", b""), said("src/a\nsrc/sub/b\nsrc/sub/c.txt\n", "", 0));
    assert_eq!(pax("-rwv src copy", b""), said("", "src/\nsrc/a\nsrc/sub/\nsrc/sub/b\nsrc/sub/c.txt\n", 0));
    assert_eq!(sys.file("/w/copy/src/sub/b").unwrap(), b"two");
    sys.set_file("/w/copy/src/a", "kept");
    assert_eq!(pax("-rwu src copy", b""), fine);
    assert_eq!(sys.file("/w/copy/src/a").unwrap(), b"kept");
    assert_eq!(pax("-rw src/a none", b""), said("", "pax: none: No such file or directory\n", 1));
    assert_eq!(pax("-w -x cpio -f z src", b"").2, 2);
    let long = alloc::format!("/w/{}", "n".repeat(120));
    sys.set_file(&long, "x");
    let name = &long[3..];
    assert_eq!(pax(&alloc::format!("-w -x ustar -f z {name}"), b"").2, 1);
    assert_eq!(pax(&alloc::format!("-w -f z {name}"), b""), fine);
    assert_eq!(pax("-f z", b"").0.trim_end(), name);
    // What it writes, tar reads.
    check(&sys, &[("tar -xf /w/x.pax -C /w/out", "", "", 0)]);
    assert_eq!(sys.file("/w/out/src/a").unwrap(), b"one");
    check(&sys, &[("mkfifo /w/src/p", "", "", 0)]);
    assert_eq!(pax("-rw src out", b""), fine);
    let copied = sys.block_on(sys.lstat("/w/out/src/p".into())).unwrap();
    assert_eq!(copied.kind, FileType::Pipe);
}

#[test]
fn logger_adds_lines_to_the_log() {
    let sys = FakeSystem::new();
    sys.set_file("/dev/kmsg", "");
    check(
        &sys,
        &[
            ("logger hello there", "", "", 0),
            ("logger -t me -p user.err bad", "", "", 0),
            ("logger -p warning", "one\n\ntwo\n", "", 0),
            ("logger -p 7 -t x -s shown", "", "!x: shown\n", 0),
            ("logger -p nonsense x", "", "!unknown priority 'nonsense'", 2),
            ("logger -f /none", "", "!/none: No such file", 1),
        ],
    );
    let log = sys.file("/dev/kmsg").unwrap();
    assert_eq!(log.as_bstr(), "<5>root: hello there\n<3>me: bad\n<4>root: one\n<4>root: two\n<7>x: shown\n");
    sys.fail_open("/dev/kmsg", crate::errno::Errno::EIO);
    check(&sys, &[("logger x", "", "!logger: /dev/kmsg: Input/output error", 1)]);
}

#[test]
fn what_is_in_the_way_gets_another_name() {
    let sys = FakeSystem::new();
    for name in ["a", "b", "c", "d/a"] {
        sys.set_file(&alloc::format!("/w/{name}"), name);
    }
    let rows = [
        ("cp -b /w/a /w/b", "", "", 0),
        ("cat /w/b /w/b~", "ab", "", 0),
        ("cp -v --backup=numbered /w/c /w/b", "'/w/c' -> '/w/b' (backup: '/w/b.~1~')\n", "", 0),
        ("cp -b /w/a /w/b", "", "", 0),
        ("cat /w/b /w/b.~1~ /w/b.~2~", "aac", "", 0),
        ("cp --backup=simple -S .old /w/c /w/b", "", "", 0),
        ("cat /w/b.old", "a", "", 0),
        ("cp -S .bak -t /w/d /w/a /w/c", "", "", 0),
        ("cat /w/d/a.bak /w/d/c", "d/ac", "", 0),
        ("cp -b /w/b~ /w/b --backup=never", "", "a backup of '/w/b' would take the place of '/w/b~'", 1),
        ("cp -b -n /w/a /w/b", "", "exclude each other", 2),
        ("cp --backup=x /w/a /w/b", "", "invalid backup type 'x'", 2),
        ("cp --backup=off /w/a /w/none", "", "", 0),
        ("mv -bv /w/none /w/c", "renamed '/w/none' -> '/w/c' (backup: '/w/c~')\n", "", 0),
        ("cat /w/c /w/c~", "ac", "", 0),
        ("mv -b /w/missing /w/c", "", "cannot move '/w/missing'", 1),
        ("cat /w/c", "a", "", 0),
        ("mkdir /w/e /w/f", "", "", 0),
        ("mv -bT /w/e /w/f", "", "", 0),
        ("ls -d /w/f~", "/w/f~\n", "", 0),
    ];
    for (line, out, error, status) in rows {
        let mut words = line.split(' ');
        let done = Run::new(&sys, words.next().unwrap()).args(words).run();
        assert_eq!((done.text().as_str(), done.status), (out, status), "{line}: {}", done.error_text());
        assert!(
            done.error_text().contains(error) && done.error_text().is_empty() == error.is_empty(),
            "{line}: {}",
            done.error_text()
        );
    }
    let numbered = Run::new(&sys, "cp").args(["-b", "/w/a", "/w/d/c"]).env("VERSION_CONTROL", "t").run();
    assert_eq!((numbered.status, sys.file("/w/d/c.~1~")), (0, Some(b"c".to_vec())));
}

#[test]
fn dd_converts_as_the_hosts() {
    let lines = "one\ntwo two\n\na line that is long\nlast";
    let padded = "one   two   x     ";
    let mut pairs = Vec::new();
    for (line, stdin) in [
        ("conv=block cbs=6", lines),
        ("conv=block cbs=6 bs=4", lines),
        ("conv=unblock cbs=6", padded),
        ("conv=unblock cbs=6 ibs=5", padded),
        ("conv=unblock cbs=4", padded),
        ("bs=4 count=10 iflag=count_bytes,fullblock", lines),
        ("bs=4 count=2 skip=3 iflag=skip_bytes,fullblock", lines),
        ("ibs=4 conv=sync,block cbs=7", lines),
    ] {
        let args: Vec<&str> = line.split(' ').chain(["status=none"]).collect();
        let Some(theirs) = host("dd", &args, stdin.as_bytes(), None) else { return };
        let ours = Run::new(&FakeSystem::new(), "dd").args(&args).stdin(stdin).run();
        pairs.push((alloc::format!("dd {line} {}", ours.error_text()), ours.text(), theirs));
    }
    compare(&pairs);
    let sys = FakeSystem::new();
    sys.set_file("/holes", [&[1u8; 4096][..], &[0; 8192], &[2; 4096], &[0; 4096]].concat());
    sys.set_file("/bad", "text");
    sys.fail_read("/bad", crate::errno::Errno::EIO);
    check(
        &sys,
        &[
            ("dd if=/holes of=/copy bs=4096 conv=sparse status=none", "", "", 0),
            ("cmp /holes /copy", "", "", 0),
            ("stat -c %s~%b /copy", "", "20480 16\n", 0),
            (
                "dd if=/bad bs=4 count=2 conv=noerror,sync status=none",
                "",
                "\0\0\0\0\0\0\0\0!error reading '/bad'",
                1,
            ),
            ("dd conv=block", "", "!need the length of a record", 2),
            ("dd conv=lcase,ucase", "", "!exclude each other", 2),
            ("ln -s /holes /link", "", "", 0),
            ("dd if=/link iflag=nofollow", "", "!Too many levels", 1),
        ],
    );
}

#[test]
fn diff_does_what_the_hosts_does() {
    let old = "int first(void)\n{\n  a;\n  b;\n  c;\n  d;\n}\n\nint second(int x)\n{\n  # 1\n  e;\n  f;\n  g;\n  h;\n  i;\n}\n";
    let new = "int first(void)\n{\n  a;\n  b;\n  c;\n  dd;\n}\n\nint second(int x)\n{\n  # 2\n  e;\n  f;\n  g;\n  h;\n  j;\n}\n";
    let folder = Folder::new("diff", &[("old", old.as_bytes()), ("new", new.as_bytes())]);
    let sys = FakeSystem::new();
    sys.set_file("/w/old", old);
    sys.set_file("/w/new", new);
    let mut pairs = Vec::new();
    for line in [
        "-p -L x -L y",
        "-p -U1 -L x -L y",
        "-u -F ^{ -L x -L y",
        "-I # -U0 -L x -L y",
        "-I #",
        "-c -p -L x -L y",
    ] {
        let args: Vec<&str> = line.split(' ').chain(["old", "new"]).collect();
        let Some(theirs) = host("diff", &args, b"", Some(&folder.0)) else { return };
        let ours = Run::new(&sys, "diff").args(&args).cwd("/w").run();
        pairs.push((alloc::format!("diff {line} {}", ours.error_text()), ours.text(), theirs));
    }
    compare(&pairs);
    for name in ["l/a", "l/b", "l/c", "r/b", "r/c", "r/d"] {
        sys.set_file(&alloc::format!("/{name}"), alloc::format!("{name}\n"));
    }
    sys.set_file("/names", "b\n?.txt\n");
    check(
        &sys,
        &[
            (
                "diff -qP /l /r",
                "",
                "Only in /l: a\nFiles /l/b and /r/b differ\nFiles /l/c and /r/c differ\nFiles /l/d and /r/d differ\n",
                1,
            ),
            ("diff -q -S c /l /r", "", "Files /l/c and /r/c differ\nOnly in /r: d\n", 1),
            ("diff -q -X /names -S b /l /r", "", "Files /l/c and /r/c differ\nOnly in /r: d\n", 1),
            ("diff -X /none /l /r", "", "!/none: No such file", 2),
        ],
    );
}

#[test]
fn grep_passes_devices_by() {
    let sys = FakeSystem::new();
    sys.set_file("/t/a", "word\n");
    check(
        &sys,
        &[
            ("mkfifo /t/p", "", "", 0),
            ("grep -r word /t", "", "/t/a:word\n", 0),
            ("grep -D skip word /t/p /t/a", "", "/t/a:word\n", 0),
            ("grep -D x word /t/a", "", "!-D takes read or skip", 2),
            ("truncate -s 0 /t/p", "", "!cannot give '/t/p' that size", 1),
            ("sed -i s/a/b/ /t/p", "", "!couldn't edit /t/p: not a regular file", 4),
        ],
    );
}
