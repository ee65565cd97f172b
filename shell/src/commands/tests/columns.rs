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
