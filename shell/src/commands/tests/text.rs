//! Commands that read, change and print text.

use super::*;

fn system() -> FakeSystem {
    let sys = FakeSystem::new();
    sys.set_file("/a", "one\ntwo\nthree\n");
    sys.set_file("/b", "four\nfive"); // no newline at its end
    sys.set_file("/nums", "10\n9\n-2\n1.5\n");
    sys
}

#[test]
fn echo_and_printf() {
    check(
        &system(),
        &[
            ("echo a b", "", "a b\n", 0),
            ("echo -n a", "", "a", 0),
            ("echo -e a\\tb\\x41\\0101\\q", "", "a\tbAA\\q\n", 0),
            ("echo -ne a\\cb c", "", "a", 0),
            ("echo a\\n", "", "a\\n\n", 0),
            ("echo -x -n", "", "-x -n\n", 0),
            ("echo", "", "\n", 0),
            ("printf %s\\n a b c", "", "a\nb\nc\n", 0),
            ("printf %5d|%-5d|%05d| 42 -7 3", "", "   42|-7   |00003|", 0),
            ("printf %x~%X~%o~%#x 255 255 8 16", "", "ff FF 10 0x10", 0),
            ("printf %d~%d~%d 0x10 010 'A", "", "16 8 65", 0),
            ("printf %c%c abc xyz", "", "ax", 0),
            ("printf %.2s|%5.1s| hello world", "", "he|    w|", 0),
            ("printf %b|%s a\\tb a\\tb", "", "a\tb|a\\tb", 0),
            ("printf %*d|%-*d| 4 7 4 7", "", "   7|7   |", 0),
            ("printf %s|%d\\n", "", "|0\n", 0),
            ("printf 100%%\\n x", "", "100%\n", 0),
            ("printf \\101\\n", "", "A\n", 0),
            ("printf %d~ abc", "", "0 !printf: 'abc': expected a number\n", 1),
            ("printf a%y b", "", "a!%y: invalid conversion", 1),
            ("printf", "", "!missing format", 2),
        ],
    );
}

#[test]
fn cat_and_tee() {
    let sys = system();
    check(
        &sys,
        &[
            ("cat", "x\ny", "x\ny", 0),
            ("cat /a - /b", "in\n", "one\ntwo\nthree\nin\nfour\nfive", 0),
            ("cat -n /b /a", "", "     1\tfour\n     2\tfiveone\n     3\ttwo\n     4\tthree\n", 0),
            ("cat -b", "a\n\nb\n", "     1\ta\n\n     2\tb\n", 0),
            ("cat -s", "\n\n\na\n\n\n\nb\n\n", "\na\n\nb\n\n", 0),
            ("cat -A", "\t\x01\u{e9}\x7f\n", "^I^AM-CM-)^?$\n", 0),
            ("cat /none /a", "", "one\ntwo\nthree\n!cat: /none: No such file or directory\n", 1),
            ("cat --number", "a\n", "     1\ta\n", 0),
            ("cat --n", "a\n", "!option '--n' is ambiguous", 2),
            ("tee /t", "x\n", "x\n", 0),
            ("tee -a /t /u", "y", "y", 0),
            ("cat /t /u", "", "x\nyy", 0),
            ("tee /dev /v", "z", "z!tee: /dev: Is a directory", 1),
            ("tee /dev/full", "z", "z!tee: /dev/full: No space left on device\n", 1),
        ],
    );
    assert_eq!(sys.file("/v").unwrap(), b"z");
}

#[test]
fn seq_and_yes() {
    check(
        &system(),
        &[
            ("seq 3", "", "1\n2\n3\n", 0),
            ("seq 2 4", "", "2\n3\n4\n", 0),
            ("seq 5 -2 -1", "", "5\n3\n1\n-1\n", 0),
            ("seq -1 1", "", "-1\n0\n1\n", 0),
            ("seq -s, 3", "", "1,2,3\n", 0),
            ("seq -w 8 10", "", "08\n09\n10\n", 0),
            ("seq 0.5 0.25 1", "", "0.50\n0.75\n1.00\n", 0),
            ("seq -w -0.5 0.5 1", "", "-0.5\n00.0\n00.5\n01.0\n", 0),
            ("seq 1 2 4", "", "1\n3\n", 0),
            ("seq 3 1", "", "", 0),
            ("seq 1 0 5", "", "!the step must not be zero", 2),
            ("seq x", "", "!invalid number: 'x'", 2),
            ("seq", "", "!missing operand", 2),
            ("seq 1 2 3 4", "", "!extra operand '4'", 2),
        ],
    );
    let yes = Run::new(&system(), "yes").args(["a", "b"]).close_stdout_after(8).run();
    assert_eq!((yes.text().as_str(), yes.status), ("a b\na b\n", 141));
}

#[test]
fn head_and_tail() {
    let both = "==> /a <==\none\n\n==> /b <==\nfour\n";
    check(
        &system(),
        &[
            ("head -n 2 /a", "", "one\ntwo\n", 0),
            ("head -2 /a", "", "one\ntwo\n", 0),
            ("head -n1 /a /b", "", both, 0),
            ("head -q -n 1 /a /b", "", "one\nfour\n", 0),
            ("head -v -n 1", "x\n", "==> standard input <==\nx\n", 0),
            ("head -c 5 /a", "", "one\nt", 0),
            ("head -n -1 /a", "", "one\ntwo\n", 0),
            ("head -c -2 /b", "", "four\nfi", 0),
            ("head /b", "", "four\nfive", 0),
            ("head -n 0 /a", "", "", 0),
            ("head -n x /a", "", "!invalid number of lines: 'x'", 2),
            ("head -n", "", "!option requires an argument -- 'n'", 2),
            ("tail -n 2 /a", "", "two\nthree\n", 0),
            ("tail -1 /b", "", "five", 0),
            ("tail -n +2 /a", "", "two\nthree\n", 0),
            ("tail -n +9 /a", "", "", 0),
            ("tail -c 4 /b", "", "five", 0),
            ("tail -c +12 /a", "", "ee\n", 0),
            ("tail -n 0 /a", "", "", 0),
            ("tail -n 1 /a /b", "", "==> /a <==\nthree\n\n==> /b <==\nfive", 0),
            ("tail -n 1 /none /b", "", "==> /b <==\nfive!No such file", 1),
        ],
    );
    let lines: String = (0..20).map(|i| alloc::format!("{i}\n")).collect();
    assert_eq!(run(&system(), "head", lines.as_bytes()).text(), lines[..20]);
    assert_eq!(run(&system(), "tail", lines.as_bytes()).text(), lines[20..]);
}

#[test]
fn wc_counts() {
    check(
        &system(),
        &[
            ("wc", "a b\nc", "      1       3       5\n", 0),
            ("wc -l", "a\nb", "1\n", 0),
            ("wc -w /a", "", "3 /a\n", 0),
            ("wc /a /b", "", " 3  3 14 /a\n 1  2  9 /b\n 4  5 23 total\n", 0),
            ("wc -m", "h\u{e9}\n", "3\n", 0),
            ("wc -c", "h\u{e9}\n", "4\n", 0),
            ("wc -L", "ab\nabcd\n\n", "4\n", 0),
            ("wc -l", "", "0\n", 0),
        ],
    );
}

#[test]
fn sort_orders() {
    let sys = system();
    check(
        &sys,
        &[
            ("sort", "b\na\nc", "a\nb\nc\n", 0),
            ("sort -r", "b\na\nc\n", "c\nb\na\n", 0),
            ("sort -n /nums", "", "-2\n1.5\n9\n10\n", 0),
            ("sort -u", "b\na\nb\n", "a\nb\n", 0),
            ("sort -f", "b\nA\na\nB\n", "A\na\nB\nb\n", 0),
            ("sort -h", "2K\n1M\n512\n", "512\n2K\n1M\n", 0),
            ("sort -k2n", "a 10\nb 9\n", "b 9\na 10\n", 0),
            ("sort -t: -k2,2 -k1,1r", "a:x\nb:x\nc:w\n", "c:w\nb:x\na:x\n", 0),
            ("sort -t : -k 2.2", "a:x2\nb:y1\n", "b:y1\na:x2\n", 0),
            ("sort -s -k1,1", "b 2\na 2\nb 1\na 1\n", "a 2\na 1\nb 2\nb 1\n", 0),
            ("sort -b", "  b\n a\n", " a\n  b\n", 0),
            ("sort -c", "a\nb\n", "", 0),
            ("sort -c", "b\na\n", "!sort: -:2: disorder: a\n", 1),
            ("sort -cu", "a\na\n", "!disorder", 1),
            ("sort -o /b /b", "", "", 0),
            ("cat /b", "", "five\nfour\n", 0),
            ("sort -k0", "", "!invalid key '0'", 2),
            ("sort -t xy", "", "!the separator must be one byte", 2),
            ("sort -o /dev", "", "!sort: /dev: Is a directory", 2),
            ("sort", "", "", 0),
        ],
    );
    let many: String = (0..3000).map(|i| alloc::format!("{}\n", i * 7919 % 3000)).collect();
    let sorted: String = (0..3000).map(|i| alloc::format!("{i}\n")).collect();
    assert_eq!(run(&sys, "sort -n", many.as_bytes()).text(), sorted, "several runs and merges");
}

#[test]
fn uniq_joins() {
    let sys = system();
    check(
        &sys,
        &[
            ("uniq", "a\na\nb\na", "a\nb\na\n", 0),
            ("uniq -c", "a\na\nb\n", "      2 a\n      1 b\n", 0),
            ("uniq -d", "a\na\nb\n", "a\n", 0),
            ("uniq -u", "a\na\nb\n", "b\n", 0),
            ("uniq -i", "a\nA\n", "a\n", 0),
            ("uniq -f1", "1 x\n2 x\n", "1 x\n", 0),
            ("uniq -s 1", "1x\n2x\n", "1x\n", 0),
            ("uniq /a /out", "", "", 0),
            ("uniq -f x", "", "!invalid number of fields or characters", 2),
            ("uniq a b c", "", "!extra operand 'c'", 2),
        ],
    );
    assert_eq!(sys.file("/out").unwrap().as_bstr(), "one\ntwo\nthree\n");
}

#[test]
fn tr_maps() {
    check(
        &system(),
        &[
            ("tr a-c A-C", "abcd", "ABCd", 0),
            ("tr [:lower:] [:upper:]", "h\u{e9}y", "H\u{e9}Y", 0),
            ("tr abc x", "abcd", "xxxd", 0),
            ("tr -d 0-9", "a1b2\n", "ab\n", 0),
            ("tr -s ~", "a  b   c", "a b c", 0),
            ("tr -s a b", "aab", "b", 0),
            ("tr -cd a-z\\n", "a1 b\n", "ab\n", 0),
            ("tr -c a-z\\n _", "a1 b\n", "a__b\n", 0),
            ("tr -ds a b", "aabbc", "bc", 0),
            ("tr -t abc x", "abc", "xbc", 0),
            ("tr \\n ,", "a\nb\n", "a,b,", 0),
            ("tr \\101\\\\ xy", "A\\", "xy", 0),
            ("tr abc [x*2]y", "abc", "xxy", 0),
            ("tr - _", "a-b", "a_b", 0),
            ("tr z-a x", "", "!the range 'z-a' is in reverse order", 2),
            ("tr [:nope:] x", "", "!invalid character class 'nope'", 2),
            ("tr a", "", "!missing operand", 2),
            ("tr -d a b", "", "!extra operand", 2),
        ],
    );
}

#[test]
fn grep_finds() {
    let sys = system();
    sys.set_file("/d/x", "needle\n");
    sys.set_file("/d/e/y", "hay\nneedle\n");
    sys.set_file("/pats", "one\nthree\n");
    check(
        &sys,
        &[
            ("grep o /a", "", "one\ntwo\n", 0),
            ("grep -v o /a", "", "three\n", 0),
            ("grep -n e /a", "", "1:one\n3:three\n", 0),
            ("grep -c e /a /b", "", "/a:2\n/b:1\n", 0),
            ("grep -l five /a /b", "", "/b\n", 0),
            ("grep -L five /a /b", "", "/a\n", 0),
            ("grep e /b", "", "five\n", 0),
            ("grep -h o /a /b", "", "one\ntwo\nfour\n", 0),
            ("grep -H two /a", "", "/a:two\n", 0),
            ("grep -i TWO /a", "", "two\n", 0),
            ("grep -i \u{c9}", "\u{e9}\n", "\u{e9}\n", 0),
            ("grep -q two /a", "", "", 0),
            ("grep -q zwei /a", "", "", 1),
            ("grep -w on", "on\none\na on\n", "on\na on\n", 0),
            ("grep -x one", "one\none one\n", "one\n", 0),
            ("grep -F a.b", "a.b\naxb\n", "a.b\n", 0),
            ("grep a\\|b", "a\nb\nc\n", "a\nb\n", 0),
            ("grep -E ^(a|b)+$", "ab\nabc\n", "ab\n", 0),
            ("grep -E x{2,3}", "x\nxx\n", "xx\n", 0),
            ("grep a+", "a+\naa\n", "a+\n", 0),
            ("grep -oE a|ab", "xabab\n", "ab\nab\n", 0),
            ("grep -on [0-9]*", "a12b3\n", "1:12\n1:3\n", 0),
            ("grep -e one -e two /a", "", "one\ntwo\n", 0),
            ("grep -f /pats /a", "", "one\nthree\n", 0),
            ("grep -f /dev/null /a", "", "", 1),
            ("grep -m 1 o /a", "", "one\n", 0),
            ("grep -A1 one /a", "", "one\ntwo\n", 0),
            ("grep -nB1 three /a", "", "2-two\n3:three\n", 0),
            ("grep -C1 x", "1\nx\n2\n3\n4\nx\n", "1\nx\n2\n--\n4\nx\n", 0),
            ("grep -r needle /d", "", "/d/e/y:needle\n/d/x:needle\n", 0),
            ("grep -- -x", "-x\n", "-x\n", 0),
            ("grep .", "\n\n", "", 1),
            ("grep -e ", "x\n", "x\n", 0),
            ("grep [ /a", "", "!grep: Unmatched [", 2),
            ("grep x /none /a", "", "!grep: /none: No such file or directory\n", 2),
            ("grep -s x /none", "", "", 2),
            ("grep x /d", "", "!grep: /d: Is a directory\n", 1),
            ("grep", "", "!missing pattern", 2),
            ("grep -E ((a{1000}){1000}){1000} /a", "", "!regular expression too big", 2),
        ],
    );
    let bytes = run(&sys, "grep -c ^\u{e9}.$", b"\xc3\xa9x\n\xffx\n");
    assert_eq!(bytes.text(), "1\n");
    let long = [alloc::vec![b'a'; 100_000], b"b".to_vec()].concat();
    assert_eq!(run(&sys, "grep -c b$", &long).text(), "1\n", "a line longer than any buffer");
}

#[test]
fn tsort() {
    check(
        &FakeSystem::new(),
        &[
            ("tsort", "a b\nb c\na d\nx x\n", "a\nx\nb\nd\nc\n", 0),
            ("tsort", "", "", 0),
            ("tsort", "a", "!odd number", 1),
            ("tsort", "a b b a c c", "c\na\nb\n!loop through a", 1),
            ("tsort /none", "", "!No such file", 1),
            ("nproc", "", "!No such file", 1),
        ],
    );
}
