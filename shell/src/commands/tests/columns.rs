//! Commands that take lines apart and put them together.

use super::*;

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/a", "one\ntwo\nthree\n");
    sys.set_file("/b", "four\nfive"); // no newline at its end
    sys.set_file("/empty", "");
    sys
}

#[test]
fn cut_takes_parts() {
    check(
        &system(),
        &[
            ("cut -b 2", "abc\n\nx\nde", "b\n\n\ne\n", 0),
            ("cut -b 1,3-4,6-", "abcdefgh\n", "acdfgh\n", 0),
            ("cut -b 3-4,-1,2-3", "abcdefgh\n", "abcd\n", 0),
            ("cut -b 1-5,2-3", "abcdefgh\n", "abcde\n", 0),
            ("cut -b 1-2,3-4 --output-delimiter :", "abcdef\nabc\n", "ab:cd\nab:c\n", 0),
            ("cut -c 2-3", "h\u{e9}\u{20ac}llo\n", "\u{e9}\u{20ac}\n", 0),
            ("cut -d : -f 2", "a:b:c\nnone\n:\n", "b\nnone\n\n", 0),
            ("cut -d: -f3,1", "a:b:c\na\n", "a:c\na\n", 0),
            ("cut -d: -sf2-", "a:b:c\nnone\n", "b:c\n", 0),
            ("cut -f2", "a\tb\n", "b\n", 0),
            ("cut -d\u{20ac} -f2", "a\u{20ac}b\n", "b\n", 0),
            ("cut -d~ -f1,3 -O --", "a b c\n", "a--c\n", 0),
            ("cut -f 99999999999999999999999", "a\tb\n", "\n", 0),
            ("cut -c 1 /a /none /b", "", "o\nt\nt\nf\nf\n!cut: /none: No such file or directory\n", 1),
            ("cut -c 0", "", "!numbered from 1", 2),
            ("cut -c 3-2", "", "!invalid decreasing range '3-2'", 2),
            ("cut -c -", "", "!invalid range '-'", 2),
            ("cut -c 1,x", "", "!invalid range 'x'", 2),
            ("cut -c 1 -f 2", "", "!one list of bytes, characters or fields", 2),
            ("cut", "", "!one list of bytes, characters or fields", 2),
            ("cut -b 1 -s", "", "!go with fields only", 2),
            ("cut -f 1 -d ab", "", "!must be one character: 'ab'", 2),
        ],
    );
}

#[test]
fn rev_and_tac_turn_things_around() {
    let sys = system();
    check(
        &sys,
        &[
            ("rev", "abc\n\nh\u{e9}\u{20ac}", "cba\n\n\u{20ac}\u{e9}h", 0),
            ("rev /none /b", "", "ruof\nevif!rev: /none: No such file", 1),
            ("tac", "1\n2\n3\n", "3\n2\n1\n", 0),
            ("tac", "1\n2", "21\n", 0),
            ("tac", "\n\nx\n", "x\n\n\n", 0),
            ("tac", "", "", 0),
            ("tac /a /empty /b", "", "three\ntwo\none\nfivefour\n", 0),
            ("tac /none /a", "", "three\ntwo\none\n!tac: /none: No such file", 1),
        ],
    );
    // Longer than a chunk, lines and all; from a file and from a pipe.
    let lines: Vec<Vec<u8>> = [5, 40_000, 0, 100_000, 32_767, 1, 3]
        .iter()
        .map(|n| [&b"x".repeat(*n)[..], b"\n"].concat())
        .collect();
    let backwards: Vec<u8> = lines.iter().rev().flatten().copied().collect();
    sys.set_file("/long", lines.concat());
    assert!(run(&sys, "tac /long", b"").stdout == backwards);
    assert!(run(&sys, "tac", &lines.concat()).stdout == backwards);
    // A line that begins where a chunk does, or nearly.
    for length in 32_764..32_772 {
        let long = "x".repeat(length);
        sys.set_file("/long", alloc::format!("a\nb\n{long}\n"));
        assert!(run(&sys, "tac /long", b"").text() == alloc::format!("{long}\nb\na\n"), "{length}");
    }
}

#[test]
fn fold_breaks_lines() {
    check(
        &system(),
        &[
            ("fold -w 3", "abcdefgh\nab\n", "abc\ndef\ngh\nab\n", 0),
            ("fold -w3 -s", "a bcd efghi\n", "a \nbcd\n \nefg\nhi\n", 0),
            ("fold -w 2", "h\u{e9}\u{20ac}l", "h\u{e9}\n\u{20ac}l", 0),
            ("fold -b -w 2", "\tab", "\ta\nb", 0),
            ("fold -w 9", "\tab", "\ta\nb", 0),
            ("fold -w 4", "\tab", "\t\nab", 0),
            ("fold -w 2 /b /a", "", "fo\nur\nfi\nveon\ne\ntw\no\nth\nre\ne\n", 0),
            ("fold -w 0", "", "!invalid number of columns: '0'", 2),
            ("fold /none", "", "!fold: /none: No such file", 1),
        ],
    );
    let long = "x".repeat(100_000);
    let folded = run(&system(), "fold", long.as_bytes()).text();
    assert!(folded.lines().all(|line| line.len() == 80) && folded.lines().count() == 1250);
}

#[test]
fn nl_numbers_lines() {
    check(
        &system(),
        &[
            ("nl", "a\n\nb", "     1\ta\n       \n     2\tb\n", 0),
            ("nl -b a -w 2 -s :", "a\n\nb\n", " 1:a\n 2:\n 3:b\n", 0),
            ("nl -bn -w1", "a\n", "  a\n", 0),
            ("nl -n ln -w 3 -v -1 -i 5", "a\nb\n", "-1 \ta\n4  \tb\n", 0),
            ("nl -n rz -w 3 -v -1", "a\nb\n", "-01\ta\n000\tb\n", 0),
            ("nl -w1 -ha", "a\n\\:\\:\\:\nb\n\\:\\:\nc\n\\:\nd\n", "1\ta\n\n1\tb\n\n1\tc\n\n  d\n", 0),
            ("nl -w1 -p", "a\n\\:\\:\nc\n", "1\ta\n\n2\tc\n", 0),
            ("nl -w1 /a /none /b", "", "1\tone\n2\ttwo\n3\tthree\n4\tfour\n5\tfive\n!nl: /none: No such", 1),
            ("nl -b x", "", "!invalid numbering style: 'x'", 2),
            ("nl -w 0", "", "!invalid width: '0'", 2),
            ("nl -w 99999999", "", "!invalid width", 2),
            (
                "nl -v 9223372036854775807 -w1",
                "a\nb\n",
                "9223372036854775807\ta\n9223372036854775807\tb\n",
                0,
            ),
        ],
    );
}

#[test]
fn paste_puts_side_by_side() {
    check(
        &system(),
        &[
            ("paste /a /b", "", "one\tfour\ntwo\tfive\nthree\t\n", 0),
            ("paste -d :, /b /empty /a", "", "four:,one\nfive:,two\n:,three\n", 0),
            ("paste - -", "1\n2\n3\n", "1\t2\n3\t\n", 0),
            ("paste -d \\n - -", "1\n2\n", "1\n2\n", 0),
            ("paste -d \\0\u{e9} - - -", "1\n2\n3", "12\u{e9}3\n", 0),
            ("paste -s /a /empty /b", "", "one\ttwo\tthree\n\nfour\tfive\n", 0),
            ("paste -sd +-", "1\n2\n3\n4\n", "1+2-3+4\n", 0),
            ("paste -d  - -", "1\n2\n", "12\n", 0),
            ("paste /a /none", "", "!paste: /none: No such file", 1),
            ("paste -s /none /b", "", "four\tfive\n!paste: /none: No such file", 1),
        ],
    );
}

#[test]
fn comm_and_join_compare_sorted_files() {
    let sys = system();
    sys.set_file("/x", "a\nb\nb\nd\n");
    sys.set_file("/y", "b\nc\nd");
    sys.set_file("/l", "1 x\n2 y z\n2 w\n4 v\n");
    sys.set_file("/r", "0 p\n2 q\n2 r\n3 s\n");
    sys.set_file("/colons", "b:2\na::4\n");
    check(
        &sys,
        &[
            ("comm /x /y", "", "a\n\t\tb\nb\n\tc\n\t\td\n", 0),
            ("comm -12 /x /y", "", "b\nd\n", 0),
            ("comm -13 /x /y", "", "c\n", 0),
            ("comm -3 - /y", "a\n", "a\n\tb\n\tc\n\td\n", 0),
            ("comm -2 /x /empty", "", "a\nb\nb\nd\n", 0),
            ("comm -23 - /y", "z\na\n", "z\na\n!comm: -:2: is not sorted: a\n", 1),
            ("comm /x", "", "!missing operand", 2),
            ("comm /x /y /z", "", "!extra operand '/z'", 2),
            ("comm /x /none", "", "!comm: /none: No such file", 1),
            ("join /l /r", "", "2 y z q\n2 y z r\n2 w q\n2 w r\n", 0),
            ("join -a1 -v2 /l /r", "", "0 p\n1 x\n3 s\n4 v\n", 0),
            ("join -a2 /l /r", "", "0 p\n2 y z q\n2 y z r\n2 w q\n2 w r\n3 s\n", 0),
            ("join -v1 -o 2.1,1.2,0 -e - /l /r", "", "- x 1\n- v 4\n", 0),
            ("join -t: -2 2 - /colons", ":x\n2:y\n", "2:y:b\n!join: /colons:2: is not sorted: a::4\n", 1),
            ("join -i - /y", "B 1\n", "B 1\n", 0),
            ("join -1 0 /l /r", "", "!numbered from 1", 2),
            ("join -o 3.1 /l /r", "", "!invalid field specification: '3.1'", 2),
            ("join -a 3 /l /r", "", "!invalid file number: '3'", 2),
            ("join /l", "", "!missing operand", 2),
        ],
    );
}
