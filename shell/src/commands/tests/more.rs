//! Commands that POSIX or people ask for besides those that everybody uses daily.

use std::vec;

use super::{against_host::host, *};

/// As in [`super::options`]: both print the same, where the host has the command.
const LINES: &[(&str, &str)] = &[
    ("expr 1 + 2 * 3", ""),
    ("expr ( 1 + 2 ) * 3", ""),
    ("expr 7 / 2", ""),
    ("expr -7 % 3", ""),
    ("expr 10 < 9", ""),
    ("expr a < b", ""),
    ("expr 2 = 02", ""),
    ("expr 0 | x", ""),
    ("expr  | 0", ""),
    ("expr a & 0", ""),
    ("expr abcabc : a.*c", ""),
    ("expr notes.txt : \\(.*\\)\\.txt", ""),
    ("expr xabc : abc", ""),
    ("expr abc : x\\(y\\)", ""),
    ("expr length abc", ""),
    ("expr substr abcdef 2 3", ""),
    ("expr substr abcdef 0 3", ""),
    ("expr index abcdef dc", ""),
    ("expr match abc ab", ""),
    ("expr + length", ""),
    ("expr 1 != 1", ""),
    ("factor 0 1 2 360 97 1000003 18446744073709551557 18446744073709551615 999999000001", ""),
    ("factor", "12 35\n7\n"),
    ("factor 4295098369 1000000016000000063 6", ""),
    ("sum", "hello\n"),
    ("sum -s", "hello\n"),
    ("b2sum", "hello\n"),
];

#[test]
fn they_do_what_gnu_s_do() {
    let different: Vec<String> = LINES
        .iter()
        .filter_map(|(line, stdin)| {
            let mut words = line.split(' ');
            let name = words.next().unwrap();
            let args: Vec<&str> = words.collect();
            if !against_host::host_has(name) {
                return None;
            }
            let ours = FakeSystem::new().run_command(name, &args, stdin.as_bytes()).0;
            let theirs = host(name, &args, stdin.as_bytes());
            (ours != theirs).then(|| std::format!("{line}: {:?}, not {:?}", ours.as_bstr(), theirs.as_bstr()))
        })
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn expressions_have_a_status() {
    check(
        &FakeSystem::new(),
        &[
            ("expr 1", "", "1\n", 0),
            ("expr 0", "", "0\n", 1),
            ("expr 1 - 1", "", "0\n", 1),
            ("expr a : b", "", "0\n", 1),
            ("expr a : \\(b\\)", "", "\n", 1),
            ("expr h\u{e9}llo : .*", "", "5\n", 0),
            ("expr 1 +", "", "!missing operand", 2),
            ("expr ( 1", "", "!a ')' is missing", 2),
            ("expr 1 2", "", "!unexpected '2'", 2),
            ("expr a + 1", "", "!not a number: 'a'", 2),
            ("expr 1 / 0", "", "!division by zero", 2),
            ("expr 170141183460469231731687303715884105727 + 1", "", "!too large", 3),
            ("expr a : [", "", "!Unmatched [", 2),
            ("expr", "", "!missing operand", 2),
        ],
    );
    let deep = std::format!("expr {}1", "( ".repeat(1000));
    assert_eq!(run(&FakeSystem::new(), &deep, b"").status, 2, "nesting is bounded");
}

#[test]
fn names_are_given_and_taken() {
    let sys = FakeSystem::new();
    sys.set_file("/a", "text");
    check(
        &sys,
        &[
            ("link /a /b", "", "", 0),
            ("stat -c %h /b", "", "2\n", 0),
            ("link /a /b", "", "!cannot link '/b' to '/a': File exists", 1),
            ("unlink /a", "", "", 0),
            ("cat /b", "", "text", 0),
            ("unlink /a", "", "!cannot unlink '/a': No such file", 1),
            ("unlink /dev", "", "!cannot unlink '/dev'", 1),
            ("link /a", "", "!a file and a name are needed", 2),
            ("logname", "", "root\n", 0),
        ],
    );
}

#[test]
fn a_shuffled_text_has_all_its_lines() {
    let sys = FakeSystem::new();
    let mut state = 1u32;
    let random = core::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    sys.set_file("/dev/urandom", random.take(10_000).collect::<Vec<u8>>());
    let text: String = (0..100).map(|i| std::format!("{i}\n")).collect();
    let sorted = |text: &str| {
        let mut lines: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
        lines.sort_unstable();
        lines
    };
    for line in ["shuf", "shuf -n 200", "shuf -i 0-99", "shuf -o /out"] {
        let out = run(&sys, line, text.as_bytes()).text();
        let out = if line.contains("-o") {
            std::string::String::from_utf8(sys.file("/out").unwrap()).unwrap()
        } else {
            out
        };
        assert_eq!(sorted(&out), (0..100).collect::<Vec<_>>(), "{line}");
        assert_ne!(out, text, "{line}");
    }
    let some = sorted(&run(&sys, "shuf -n 7", text.as_bytes()).text());
    assert!(some.len() == 7 && some.is_sorted_by(|a, b| a < b), "{some:?}");
    let some = sorted(&run(&sys, "shuf -n 3 -i 1-4000000000", b"").text());
    assert_eq!(some.len(), 3);
    assert_eq!(run(&sys, "shuf -r -n 50 -e x", b"").text(), "x\n".repeat(50));
    check(
        &sys,
        &[
            ("shuf -i 3-1", "", "!-i takes a range", 2),
            ("shuf -r -n 1", "", "!no lines to repeat", 1),
            ("shuf --random-source=/dev/null -e a b", "", "!not enough random bytes", 1),
            ("factor x", "", "!'x' is not a whole number", 1),
        ],
    );
}

#[test]
fn split_makes_pieces() {
    let sys = FakeSystem::new();
    sys.set_file("/in", "1\n22\n333\n4444\n5");
    sys.set_file("/many", "x\n".repeat(700));
    let text = |name: &str| std::string::String::from_utf8(sys.file(name).unwrap()).unwrap();
    check(
        &sys,
        &[
            ("split -l 2 /in /l.", "", "", 0),
            ("split -b 4 -d /in /b.", "", "", 0),
            ("split -C 6 --additional-suffix=.txt /in /c.", "", "", 0),
            (
                "split -n 3 -a 1 --verbose /in /n.",
                "",
                "creating file '/n.a'\ncreating file '/n.b'\ncreating file '/n.c'\n",
                0,
            ),
            ("split -1 /many /m.", "", "", 0),
            ("split -a 1 -l 1 /many /o.", "", "!no names left", 1),
            ("split -2 - /s.", "a\nb\nc\n", "", 0),
            ("split -n 2", "abc", "!how large it is", 1),
            ("split -l 0", "", "!invalid number '0'", 2),
            ("split -l 1 -b 1", "", "!only one of", 2),
            ("split /none", "", "!No such file", 1),
        ],
    );
    assert_eq!([text("/l.aa"), text("/l.ab"), text("/l.ac")], ["1\n22\n", "333\n4444\n", "5"]);
    assert_eq!([text("/b.00"), text("/b.01"), text("/b.03")], ["1\n22", "\n333", "4\n5"]);
    assert_eq!([text("/c.aa.txt"), text("/c.ab.txt"), text("/c.ac.txt")], ["1\n22\n", "333\n", "4444\n5"]);
    assert_eq!([text("/n.a"), text("/n.b"), text("/n.c")], ["1\n22\n", "333\n4", "444\n5"]);
    assert_eq!([text("/s.aa"), text("/s.ab")], ["a\nb\n", "c\n"]);
    // 650 names begin with aa to yz; then they grow, and stay in order.
    assert!(sys.file("/m.yz").is_some() && sys.file("/m.za").is_none() && sys.file("/m.zaaa").is_some());
}

#[test]
fn texts_are_found_among_bytes() {
    let sys = FakeSystem::new();
    sys.set_file("/bin", b"\0\x01hello\0no\xffworlds\n1234");
    check(
        &sys,
        &[
            ("strings /bin", "", "hello\nworlds\n1234\n", 0),
            ("strings -n 6 /bin", "", "worlds\n", 0),
            ("strings -t d /bin", "", "      2 hello\n     11 worlds\n     18 1234\n", 0),
            ("strings -ft x /bin", "", "/bin:       2 hello\n/bin:       b worlds\n/bin:      12 1234\n", 0),
            ("strings -t q", "", "!-t takes d, o or x", 2),
        ],
    );
    let long = "x".repeat(300_000);
    assert!(run(&sys, "strings", long.as_bytes()).text() == long + "\n", "longer than any buffer");
}

#[test]
fn calendars() {
    check(
        &FakeSystem::new(),
        &[
            (
                "cal 2 2024",
                "",
                "   February 2024\nSu Mo Tu We Th Fr Sa\n             1  2  3\n 4  5  6  7  8  9 10\n11 12 13 14 15 16 17\n18 19 20 21 22 23 24\n25 26 27 28 29\n\n",
                0,
            ),
            (
                "cal -m feb 2021",
                "",
                "   February 2021\nMo Tu We Th Fr Sa Su\n 1  2  3  4  5  6  7\n 8  9 10 11 12 13 14\n15 16 17 18 19 20 21\n22 23 24 25 26 27 28\n\n\n",
                0,
            ),
            (
                "cal 9 1752",
                "",
                "   September 1752\nSu Mo Tu We Th Fr Sa\n       1  2 14 15 16\n17 18 19 20 21 22 23\n24 25 26 27 28 29 30\n\n\n\n",
                0,
            ),
            ("cal 13 2024", "", "!months are from 1 to 12", 2),
            ("cal 0", "", "!years are from 1 to 9999", 2),
        ],
    );
    let sys = FakeSystem::new();
    let this = run(&sys, "cal", b"").text();
    assert!(this.contains("November 2023") && this.contains("          1  2  3  4\n"), "{this}");
    let year = run(&sys, "cal 1900", b"").text();
    assert!(year.contains("      January               February               March\n"), "{year}");
    assert!(run(&sys, "cal 2 1900", b"").text().contains("25 26 27 28\n"), "no leap year");
    assert!(
        run(&sys, "cal 2 1500", b"").text().contains("\n23 24 25 26 27 28 29\n"),
        "a leap year of Caesar's"
    );
    assert!(run(&sys, "cal -j 2 2024", b"").text().contains(" 32  33  34\n"));
    let three = run(&sys, "cal -3 1 2024", b"").text();
    assert!(three.starts_with("   December 2023          January 2024         February 2024\n"), "{three}");
}

#[test]
fn tab_stops() {
    check(
        &FakeSystem::new(),
        &[
            ("tabs -40", "", "\r\x1b[3g                                        \x1bH\r", 0),
            ("tabs 3,6", "", "\r\x1b[3g  \x1bH   \x1bH\r", 0),
            ("tabs -0", "", "\r\x1b[3g\r", 0),
            ("tabs x", "", "!invalid tab stops", 2),
        ],
    );
}

#[test]
fn files_become_text_and_files_again() {
    let sys = FakeSystem::new();
    let bytes: Vec<u8> = (0..=255u8).cycle().take(1000).collect();
    sys.set_file("/in", &bytes);
    for option in ["", "-m "] {
        let text = run(&sys, &std::format!("uuencode {option}/in /out"), b"");
        assert!(text.text().lines().all(|line| line.len() <= 61), "{option}");
        let back = run(&sys, "uudecode", &text.stdout);
        assert_eq!((back.status, back.error_text().as_str()), (0, ""), "{option}");
        assert!(sys.file("/out").unwrap() == bytes, "{option}");
        assert_eq!(run(&sys, "stat -c %a /out", b"").text(), "644\n");
    }
    check(
        &sys,
        &[
            ("uuencode x", "Cat", "begin 644 x\n#0V%T\n`\nend\n", 0),
            ("uuencode -m x", "Cat", "begin-base64 644 x\nQ2F0\n====\n", 0),
            ("uudecode -o -", "begin 644 x\n#0V%T\n`\nend\n", "Cat", 0),
            ("uudecode -o /x", "begin 644 x\n#0V%T\n", "!/x: the end is missing", 1),
            ("uudecode", "nothing\n", "!there is no line with begin", 1),
            ("uudecode -o -", "begin-base64 644 x\nQ!\n====\n", "!a line is damaged", 1),
        ],
    );
}

#[test]
fn compressed_files_are_what_they_were() {
    let sys = FakeSystem::new();
    let mut text = Vec::new();
    for i in 0..5_000u32 {
        text.extend_from_slice(std::format!("{} {}\n", i, i.wrapping_mul(2_654_435_761) >> 20).as_bytes());
    }
    for (what, bytes) in
        [("nothing", vec![]), ("a byte", vec![7]), ("text", text), ("zeros", vec![0; 200_000])]
    {
        for level in ["-1", "-6", "-9"] {
            let packed = run(&sys, &std::format!("gzip {level}"), &bytes).stdout;
            assert!(bytes.len() < 100 || packed.len() < bytes.len() / 2, "{what} {level}: {}", packed.len());
            let plain = run(&sys, "gunzip", &packed);
            assert!(plain.status == 0 && plain.stdout == bytes, "{what} {level}: {}", plain.error_text());
            if against_host::host_has("gzip") {
                assert!(host("gzip", &["-d"], &packed) == bytes, "{what} {level}, by the host");
                let theirs = host("gzip", &[level], &bytes);
                assert!(run(&sys, "zcat", &theirs).stdout == bytes, "{what} {level}, of the host");
            }
            let two = [&packed[..], &packed, &[0; 100]].concat();
            assert!(run(&sys, "zcat", &two).stdout == [&bytes[..], &bytes].concat(), "two members, {what}");
            for end in [1, 5, 12, packed.len() - 9, packed.len() - 1] {
                let cut = run(&sys, "gunzip -c", &packed[..end]);
                assert_eq!(
                    (cut.status, cut.error_text().contains("unexpected end of file")),
                    (1, true),
                    "{what} {end}"
                );
            }
            let mut wrong = packed.clone();
            let at = wrong.len() - 6;
            wrong[at] ^= 1;
            assert!(run(&sys, "gzip -t", &wrong).error_text().contains("checksum is wrong"), "{what}");
        }
    }
}

#[test]
fn gzip_replaces_files() {
    let sys = FakeSystem::new();
    sys.set_file("/d/a", "hello hello hello hello\n");
    sys.set_file("/d/b", "x");
    check(
        &sys,
        &[
            ("chmod 600 /d/a", "", "", 0),
            ("touch -d @86400 /d/a", "", "", 0),
            ("gzip /d/a", "", "", 0),
            ("ls /d", "", "a.gz\nb\n", 0),
            ("stat -c %a:%Y /d/a.gz", "", "600:86400\n", 0),
            ("gzip /d/a.gz", "", "!has the suffix already -- ignored", 2),
            ("zcat /d/a", "", "hello hello hello hello\n", 0),
            ("gunzip -k /d/a.gz", "", "", 0),
            ("gunzip /d/a.gz", "", "!already exists; -f writes over it", 2),
            ("gunzip -f /d/a.gz", "", "", 0),
            ("cat /d/a", "", "hello hello hello hello\n", 0),
            ("gzip -c /d/none", "", "!/d/none: No such file", 1),
            ("gzip /d", "", "!/d is a directory -- ignored", 2),
            ("gunzip /d/b", "", "!unknown suffix", 2),
            ("gunzip", "plain", "!not in gzip format", 1),
            ("zcat -f", "plain", "plain", 0),
            ("gzip -r /d", "", "", 0),
            ("ls /d", "", "a.gz\nb.gz\n", 0),
        ],
    );
    let list = run(&sys, "gzip -l /d/a.gz /d/b.gz", b"").text();
    assert!(
        list.contains("                 24 ") && list.contains(" /d/a\n") && list.contains("(totals)"),
        "{list}"
    );
    let told = run(&sys, "gzip -tv /d/a.gz", b"");
    assert_eq!((told.status, told.error_text().as_str()), (0, "gzip: /d/a.gz: OK\n"));
}

#[test]
fn patches_are_applied() {
    let old: String = (1..=20).map(|i| std::format!("line {i}\n")).collect();
    let new = old
        .replace("line 3\n", "line three\nand a half\n")
        .replace("line 15\n", "")
        .replace("line 20\n", "line 20");
    let sys = FakeSystem::new();
    sys.set_file("/w/old", &old);
    sys.set_file("/w/new", &new);
    let text = |name: &str| std::string::String::from_utf8(sys.file(name).unwrap()).unwrap();
    for form in ["-u", "-c", "", "-U0"] {
        let words: Vec<&str> =
            [form, "/w/old", "/w/new"].into_iter().filter(|word| !word.is_empty()).collect();
        let patch = sys.run_command("diff", &words, b"").0;
        sys.set_file("/w/file", &old);
        let done = run(&sys, "patch /w/file", &patch);
        assert_eq!((done.status, done.text().as_str()), (0, "patching file /w/file\n"), "{form}: {done:?}");
        assert!(text("/w/file") == new, "{form}");
        let back = run(&sys, "patch -sR /w/file", &patch);
        assert_eq!((back.status, back.text().as_str()), (0, ""), "{form}: {back:?}");
        assert!(text("/w/file") == old, "{form}, undone");
    }
    let patch =
        sys.run_command("diff", &["-u", "--label", "a/file", "--label", "b/file", "/w/old", "/w/new"], b"").0;
    // Further down, and with something else around.
    sys.set_file("/w/file", std::format!("before\n{}", old.replace("line 6\n", "changed\n")));
    let done = run(&sys, "patch -d /w -p1 -b", &patch);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(
        done.text(),
        "patching file file\nHunk #1 succeeded at 2 with fuzz 1 (offset 1 line).\nHunk #2 succeeded at 14 (offset 1 line).\n"
    );
    assert!(
        text("/w/file") == std::format!("before\n{}", new.replace("line 6\n", "changed\n")),
        "{}",
        text("/w/file")
    );
    assert!(text("/w/file.orig").contains("line 15"));
    // Again.
    let again = run(&sys, "patch -d /w -N", &patch);
    assert!(again.status == 1 && again.text().contains("previously applied"), "{again:?}");
    // What does not fit is kept.
    sys.set_file("/w/file", old.replace("line 15\n", "other\n"));
    let failed = run(&sys, "patch -d /w", &patch);
    assert_eq!(failed.status, 1);
    assert!(
        failed
            .text()
            .contains("Hunk #2 FAILED at 13.\n1 out of 2 hunks FAILED -- saving rejects to file file.rej"),
        "{failed:?}"
    );
    assert!(text("/w/file").contains("line three") && text("/w/file.rej").contains("-line 15\n"));
}

#[test]
fn patches_make_and_remove_files_and_stay_inside() {
    let sys = FakeSystem::new();
    sys.set_file("/w/gone", "x\n");
    let make = "--- /dev/null\n+++ b/d/made\n@@ -0,0 +1,2 @@\n+one\n+two\n";
    let remove = "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
    let patch = std::format!("some words\n{make}{remove}");
    assert_eq!(
        run(&sys, "patch --dry-run -d /w -p1", patch.as_bytes()).text(),
        "checking file d/made\nchecking file gone\n"
    );
    assert!(sys.file("/w/d/made").is_none());
    let done = run(&sys, "patch -d /w -p1", patch.as_bytes());
    assert_eq!((done.status, done.error_text().as_str()), (0, ""));
    assert_eq!(sys.file("/w/d/made").unwrap().as_bstr(), "one\ntwo\n");
    assert!(sys.file("/w/gone").is_none());
    sys.set_file("/secret", "x\n");
    let out = run(&sys, "patch -d /w -p0", b"--- ../secret\n+++ ../secret\n@@ -1 +1 @@\n-x\n+y\n");
    assert!(out.status == 1 && out.error_text().contains("dangerous name"), "{out:?}");
    check(
        &sys,
        &[
            ("patch /secret", "--- a\n+++ b\n@@ -1,2 +1 @@\n-x\n", "!malformed patch at line", 2),
            ("patch /secret", "--- a\n+++ b\n@@ -9223372036854775807 +1 @@\n-x\n+y\n", "!malformed patch", 2),
            (
                "patch /secret",
                "--- a\n+++ b\n@@ -999999999999 +1 @@\n-q\n+y\n",
                "patching file /secret\nHunk #1 FAILED at 1.\n1 out of 1 hunk FAILED -- saving rejects to file /secret.rej\n",
                1,
            ),
            ("patch /secret", "words\n", "!there is no patch in the input", 2),
            ("patch -d /w", "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n", "!cannot find the file to patch", 1),
            ("patch -p x", "", "!invalid number 'x' for -p", 2),
        ],
    );
}

/// What patch is for: what diff writes of two random texts makes the one of the other.
#[test]
fn whatever_diff_writes_can_be_applied() {
    use proptest::prelude::*;
    let text = || proptest::collection::vec("[ab]{0,1}", 0..12).prop_map(|lines| lines.join("\n"));
    let config = ProptestConfig {
        cases: 200,
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |(old in text(), new in text(), form in 0..4usize)| {
        let sys = FakeSystem::new();
        sys.set_file("/old", &old);
        sys.set_file("/new", &new);
        sys.set_file("/file", &old);
        let patch = sys.run_command("diff", &[["-u", "-c", "-U1", "-C1"][form], "/old", "/new"], b"").0;
        let done = run(&sys, "patch /file", &patch);
        let now = sys.file("/file").unwrap_or_default();
        prop_assert_eq!(now.as_bstr(), new.as_bytes().as_bstr(), "{:?} {}", done, patch.as_bstr());
    });
}

#[test]
fn csplit_parts_where_lines_say() {
    let sys = FakeSystem::new();
    let lines: String = (1..=10).map(|i| std::format!("{i}\n")).collect();
    sys.set_file("/in", &lines);
    let pieces = |prefix: &str| -> Vec<String> {
        let text = |i| sys.file(std::format!("{prefix}{i:02}").as_str());
        (0..9).map_while(text).map(|text| std::string::String::from_utf8(text).unwrap()).collect()
    };
    check(
        &sys,
        &[
            ("csplit -f /a /in 3 7", "", "4\n8\n9\n", 0),
            ("csplit -f /b /in /4/ /8/-1", "", "6\n6\n9\n", 0),
            ("csplit -f /c /in /4/+2 {0}", "", "10\n11\n", 0),
            ("csplit -f /d -s /in %4% /6/", "", "", 0),
            ("csplit -f /e -s /in 3 {*}", "", "", 0),
            ("csplit -f /f -s - /x/ {*}", "a\nx\nb\nx\nc\n", "", 0),
            ("csplit -f /g /in /none/", "", "21\n!'/none/': there is no such place", 1),
            ("csplit -kf /h /in /4/ /none/", "", "6\n15\n!'/none/': there is no such place", 1),
            ("csplit /in x", "", "!invalid place 'x'", 2),
            ("csplit /in /[/", "", "!Unmatched [", 2),
            ("csplit /in", "", "!a file and places", 2),
        ],
    );
    assert_eq!(pieces("/a"), ["1\n2\n", "3\n4\n5\n6\n", "7\n8\n9\n10\n"]);
    assert_eq!(pieces("/b"), ["1\n2\n3\n", "4\n5\n6\n", "7\n8\n9\n10\n"]);
    assert_eq!(pieces("/c"), ["1\n2\n3\n4\n5\n", "6\n7\n8\n9\n10\n"]);
    assert_eq!(pieces("/d"), ["4\n5\n", "6\n7\n8\n9\n10\n"]);
    assert_eq!(pieces("/e"), ["1\n2\n", "3\n4\n5\n", "6\n7\n8\n", "9\n10\n"]);
    assert_eq!(pieces("/f"), ["a\n", "x\nb\n", "x\nc\n"]);
    assert!(pieces("/g").is_empty(), "after a mistake nothing is left");
    assert_eq!(pieces("/h"), ["1\n2\n3\n", "4\n5\n6\n7\n8\n9\n10\n"], "unless -k says so");
}

#[test]
fn encodings_are_changed() {
    let sys = FakeSystem::new();
    let text = "a\u{e9}\u{20ac}\u{1f600}\n".repeat(3000);
    for code in ["UTF-16", "utf-16le", "UTF-16BE", "UTF-32", "UTF-32BE"] {
        let there = run(&sys, &std::format!("iconv -t {code}"), text.as_bytes());
        assert_eq!(there.status, 0, "{code}");
        let back = run(&sys, &std::format!("iconv -f {code}"), &there.stdout);
        assert!(back.text() == text && back.status == 0, "{code}: {}", back.error_text());
    }
    assert_eq!(run(&sys, "iconv -t UTF-16", "a\u{e9}".as_bytes()).stdout, b"\xff\xfea\0\xe9\0");
    assert_eq!(run(&sys, "iconv -f UTF-16", b"\xfe\xff\0a\0\xe9").text(), "a\u{e9}");
    assert_eq!(run(&sys, "iconv -t latin1", "a\u{e9}".as_bytes()).stdout, b"a\xe9");
    assert_eq!(run(&sys, "iconv -f latin1", b"a\xe9").text(), "a\u{e9}");
    assert_eq!(run(&sys, "iconv -c -f ascii", b"a\xe9b").text(), "ab");
    check(
        &sys,
        &[
            ("iconv -t ascii", "ab\u{e9}c", "ab!cannot write '\u{e9}' at byte 2", 1),
            ("iconv -ct ascii", "ab\u{e9}c", "abc", 1),
            ("iconv -f utf-16le", "abc", "\u{6261}!at byte 2 is no character", 1),
            ("iconv -f klingon", "", "!unknown encoding 'klingon'", 2),
        ],
    );
    let cut = run(&sys, "iconv", b"a\xe2\x82");
    assert!(cut.status == 1 && cut.error_text().contains("at byte 1 is no character"), "{cut:?}");
}

#[test]
fn limits_are_told() {
    let sys = FakeSystem::new();
    sys.set_file("/file", "");
    let long = "x".repeat(256);
    check(
        &sys,
        &[
            ("pathchk /file /none/x a/b", "", "", 0),
            ("pathchk /file/x", "", "!'/file' is not a directory", 1),
            (&std::format!("pathchk {long}"), "", "!has 256 bytes; 255 are possible", 1),
            ("pathchk -p fifteen-letters", "", "!has 15 bytes; 14 are possible", 1),
            ("pathchk -p a:b", "", "!':' in 'a:b' is not possible everywhere", 1),
            ("pathchk -P a/-b", "", "!'-b' in 'a/-b' begins with a dash", 1),
            ("pathchk", "", "!missing operand", 2),
            ("getconf PAGESIZE", "", "4096\n", 0),
            ("getconf NAME_MAX /", "", "255\n", 0),
            ("getconf NONSENSE", "", "!unknown name 'NONSENSE'", 2),
        ],
    );
    sys.set_file("/proc/cpuinfo", "processor : 0\nprocessor : 1\n");
    assert_eq!(run(&sys, "getconf _NPROCESSORS_ONLN", b"").text(), "2\n");
    assert!(run(&sys, "getconf -a", b"").text().contains("\nOPEN_MAX                  256\n"));
}

#[test]
fn ls_sorts_and_lays_out() {
    let sys = FakeSystem::new();
    for name in ["/w/f10", "/w/f2.c", "/w/f1.b", "/w/a b~"] {
        sys.set_file(name, "");
    }
    sys.set_file("/w/dir/x", "");
    check(
        &sys,
        &[
            ("ls -v /w", "", "a b~\ndir\nf1.b\nf2.c\nf10\n", 0),
            ("ls -X /w", "", "a b~\ndir\nf10\nf1.b\nf2.c\n", 0),
            ("ls -m /w", "", "a b~, dir, f1.b, f10, f2.c\n", 0),
            ("ls -mw 12 /w", "", "a b~, dir,\nf1.b, f10,\nf2.c\n", 0),
            ("ls -xw 12 /w", "", "a b~  dir\nf1.b  f10\nf2.c\n", 0),
            ("ls -Cw 12 /w", "", "a b~  f10\ndir   f2.c\nf1.b\n", 0),
            ("ls -Q -I f* /w", "", "\"a b~\"\n\"dir\"\n", 0),
            ("ls -bB --hide=f1* /w", "", "dir\nf2.c\n", 0),
            ("ls -b --hide=f* /w", "", "a\\ b~\ndir\n", 0),
            ("ls -A --hide=f1* /w", "", "a b~\ndir\nf1.b\nf10\nf2.c\n", 0),
            ("ls -1 --group-directories-first /w", "", "dir\na b~\nf1.b\nf10\nf2.c\n", 0),
            ("ls --color=always -I f* /w", "", "a b~\n\u{1b}[1;34mdir\u{1b}[0m\n", 0),
            (
                "ls -l --time-style=long-iso /w/f10",
                "",
                "-rw-r--r-- 1 root root 0 2023-11-14 22:13 /w/f10\n",
                0,
            ),
            (
                "ls --full-time /w/f10",
                "",
                "-rw-r--r-- 1 root root 0 2023-11-14 22:13:20.000000000 +0000 /w/f10\n",
                0,
            ),
            ("ls -lG /w/f10", "", "-rw-r--r-- 1 root 0 Nov 14 22:13 /w/f10\n", 0),
            ("ls --sort=x /w", "", "!invalid argument 'x'; try time, size", 2),
        ],
    );
}
