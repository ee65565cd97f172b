//! Each option once, compared with GNU's, and the faults that were found that way.

use super::{against_host::host, *};

/// Command lines (split at blanks, `~` stands for one) with their standard input. Where the host has GNU's command,
/// both have to print the same.
const LINES: &[(&str, &str)] = &[
    ("sort -V", "1.2.10\n1.2.9\n1.10\na\nfile-1.2\nfile-1.10\n1.2~rc\n1.2\nf.10.c\nf.9.c\n"),
    ("sort -M", "Feb\nJAN\nxx\n  dec\nmar\n\nmayor\n"),
    ("sort -g", "1e3\n-5\n2e-2\nnan\n inf\n0x10\nabc\n+3\n-inf\n1e\n"),
    ("sort -i", "b\u{1}a\nab\nb\u{2}b\n"),
    ("sort -rh", "1K\n2M\n3\n1G\n"),
    ("sort -k2M,2 -k1,1nr", "1 feb\n2 jan\n3 feb\n"),
    ("sort -k2V", "x 1.10\nx 1.9\n"),
    ("sort -k2.2b,2.3", "a  xb\nb ya\n"),
    ("sort -t: -k3,3n -k1,1", "a:b:3\nb:a:1\nc:c:3\n"),
    ("sort -z", "b\0a\0c"),
    ("sort -mu - -", "a\nb\n"),
    ("sort -c", "b\na\n"),
    ("sort -C", "b\na\n"),
    ("sort --check=quiet -u", "a\na\n"),
    ("sort --sort=numeric -S 1M -T /tmp --parallel=2", "10\n9\n"),
    ("head -5c", "abcdefgh"),
    ("head -1k", "abcdefgh"),
    ("head -2", "a\nb\nc\n"),
    ("head -z -n 1", "a\0b\0"),
    ("head -zn -1", "a\0b\0"),
    ("head -c -3", "abcdef"),
    ("tail -z -n 1", "a\0b\0c\0"),
    ("tail -3c -", "abcdefgh"),
    ("tail -n +2", "a\nb\nc\n"),
    ("tail -2", "a\nb\nc\n"),
    ("wc -L", "a\tbc\nd\n"),
    ("wc -mwl", "he x\n"),
    ("cut -d: -f2 --complement", "a:b:c\nx\n"),
    ("cut -c2-3,5 --complement", "abcdef\n"),
    ("cut -b-2,4- --complement", "abcdef\n"),
    ("cut -b1,2,3 --output-delimiter=-", "abcdef\n"),
    ("cut -z -c1", "ab\0cd\0"),
    ("tr abc [x*2]y", "aabbcc\n"),
    ("tr abc x[y*]", "abc\n"),
    ("tr abcd x[y*]z", "abcd\n"),
    ("tr abc [x*0]", "abc\n"),
    ("tr [:upper:] [:lower:]", "HeLLo\n"),
    ("tr -d [:digit:]", "hello123\n"),
    ("tr [=a=]] xy", "a]b\n"),
    ("tr -t abc xy", "abc\n"),
    ("tr -s [:space:]", "a  b\n\n\nc\n"),
    ("uniq -w1", "ab\nac\nb\n"),
    ("uniq -D", "a\na\nb\nc\nc\nc\n"),
    ("uniq --all-repeated=separate", "a\na\nb\nc\nc\nc\n"),
    ("uniq --all-repeated=prepend", "a\na\nb\nc\nc\nc\n"),
    ("uniq --group", "a\na\nb\nc\n"),
    ("uniq --group=prepend", "a\na\nb\nc\n"),
    ("uniq --group=append", "a\na\nb\nc\n"),
    ("uniq --group=both", "a\na\nb\nc\n"),
    ("uniq --group=both", ""),
    ("uniq -z -c", "a\0a\0b\0"),
    ("uniq -f1 -s1 -w1", "x abc\ny cbd\n"),
    ("grep -ZHn a", "a\nb\n"),
    ("grep -lZ a", "a\n"),
    ("grep -TH a", "a\n"),
    ("grep --label=x -H a", "a\n"),
    ("grep -1 b", "a\nb\nc\nd\n"),
    ("grep --group-separator=XX -A0 a", "a\nb\na\n"),
    ("grep --no-group-separator -A0 a", "a\nb\na\n"),
    ("grep -i --no-ignore-case A", "a\n"),
    ("grep -I a", "a\0b\na\n"),
    ("grep -c a", "a\0b\na\n"),
    ("grep -a a", "a\0b\na\n"),
    ("grep --binary-files=text a", "a\0b\na\n"),
    ("grep --line-buffered a", "a\n"),
    ("od -tx1z", "abc\0\u{1}def"),
    ("od -tx1zc -w20", "abcdefghijklmnopqrstuvwxyz"),
    ("od -tfF -tfD", "abcdefghijklmnop"),
    ("od -tf4", "\0\0\u{0}?\0\0\0\0\u{1}\u{0}\0\0"),
    ("od -e", "abcdefghijklmnop\0\0\0\0\0\0\0\0"),
    ("od -i", "abcdefgh"),
    ("od -l", "abcdefgh"),
    ("od -h", "abcdefgh"),
    ("od -D", "abcdefgh"),
    ("od -X", "abcdefgh"),
    ("od -O", "abcdefgh"),
    ("od -f", "abcdefgh"),
    ("od -w", "abcdefghijklmnopqrstuvwxyzabcdefghijkl"),
    ("od -S 3", "hello\0hi\0you\0end"),
    ("od -An -S2", "hello\0hi\0you\0end"),
    ("od +2", "abcdefgh"),
    ("printf %e~%f~%g~%G~%E~%.3e~%.0f\\n 1234.5 1.5 0.0001 1e10 5 12345 2.5", ""),
    ("printf %5.2f|%-8.1f|%08.3f|%+g|%~g|%#g|%-9e|\\n 3.14159 2.25 -2.5 3 4 1 5", ""),
    ("printf %g~%g~%g~%g~%g\\n 100000 1000000 1e-5 123456789 -0", ""),
    ("printf %g~%G~%8f~%-8f|\\n inf nan inf -inf", ""),
    ("printf %d~%o~%x~%X~%u~%i~%c\\n -3 8 255 255 -1 7 xyz", ""),
    ("printf %#o~%#x~%#o\\n 8 255 0", ""),
    ("printf %ld~%lld~%hd\\n 1 2 3", ""),
    ("printf %*d|%-*d|%.*f\\n 5 1 5 2 2 3.14159", ""),
    ("printf \\x41\\102\\n", ""),
    ("printf %d\\n 9223372036854775808", ""),
    ("printf %b|\\n a\\tb\\0101", ""),
    ("seq -f %05.2f 1 0.5 2", ""),
    ("seq -f x%gy%% 3", ""),
    ("seq -f %e 1e3 1e3 3000", ""),
    ("seq 1e3 1001", ""),
    ("seq 0x10 0x12", ""),
    ("seq 1.50e1 0.5 16", ""),
    ("seq -w -5 5 5", ""),
    ("seq -s, 1 3", ""),
    ("seq 3 -1 1", ""),
    (
        "date -ud @1700000000 +%Y~%y~%C~%g~%G~%V~%U~%W~%u~%w~%j~%e~%k~%l~%p~%P~%r~%R~%T~%D~%F~%c~%x~%X~%h~%n~%t~%%~%s~%q",
        "",
    ),
    (
        "date -ud @1700000000 +%z~%:z~%::z~%:::z~%Z~%_d~%-m~%^a~%#p~%#Z~%10Y~%_5d~%05e~%3N~%N~%-H~%_H~%Q~%10a~%-5a",
        "",
    ),
    ("date -ud @1704067199 +%G-%V~%U~%W", ""),
    ("date -ud @1609459200 +%G-%V~%g~%U~%W", ""),
    ("date -ud @0 -I", ""),
    ("date -ud @0 -Ihours", ""),
    ("date -ud @0 -Iseconds", ""),
    ("date -ud @1.5 -Ins", ""),
    ("date -ud @0 -R", ""),
    ("date -ud @0 --rfc-3339=seconds", ""),
    ("date -ud @0 --rfc-3339=ns", ""),
    ("date -ud 2024-01-31~12:00~+1~month +%F~%T", ""),
    ("date -ud 2024-02-29T12:34:56+01:00 +%s", ""),
    ("date -ud Thu,~29~Feb~2024~12:34:56~-0800 +%s", ""),
    ("date -ud 29-Feb-2024~10pm +%s", ""),
    ("date -uf - +%F", "@0\n1 Jan 2024\n"),
];

#[test]
fn options_do_what_gnu_s_do() {
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for (line, stdin) in LINES {
        let mut words = line.split(' ').map(|word| word.replace('~', " "));
        let name = words.next().unwrap();
        if missing.contains(&name) || !against_host::host_has(&name) {
            missing.push(name);
            continue;
        }
        let args: Vec<String> = words.collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ours = FakeSystem::new().run_command(&name, &args, stdin.as_bytes()).0;
        let theirs = host(&name, &args, stdin.as_bytes());
        if ours != theirs {
            different.push(std::format!(
                "{line}\n  ours:   {:?}\n  theirs: {:?}",
                ours.as_bstr(),
                theirs.as_bstr()
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn mistakes_in_options_are_told() {
    check(
        &FakeSystem::new(),
        &[
            ("sort -nM", "", "!-M does not go with another way to compare", 2),
            ("sort -k1nV", "", "!invalid key '1nV'", 2),
            ("sort --sort=x", "", "!invalid argument 'x' to --sort", 2),
            ("tr a-z [:digit:]", "", "!SET2 may have no class", 2),
            ("tr [a*] x", "", "![c*] may only be in SET2", 2),
            ("uniq --group=x", "", "!invalid method 'x'", 2),
            ("uniq --group -c", "", "!goes not with choosing or counting", 2),
            ("uniq -w x", "", "!invalid number", 2),
            ("grep -d x a", "", "!-d takes read, skip or recurse", 2),
            ("grep --binary-files=x a", "", "!--binary-files takes", 2),
            ("seq -f %d 3", "", "!invalid conversion in '%d'", 2),
            ("seq -f x 3", "", "!no conversion like %g in 'x'", 2),
            ("seq -f %g%g 3", "", "!more than one conversion", 2),
            ("seq -w -f %g 3", "", "!exclude each other", 2),
            ("od -S 0", "", "!invalid length '0'", 2),
            ("od -tf3", "", "!invalid type: 'f3'", 2),
            ("printf %f x", "", "0.000000!'x': expected a number", 1),
            ("printf %d 9223372036854775808", "", "9223372036854775807!out of range", 1),
            ("printf %(%F", "", "!a time ends with )T", 1),
        ],
    );
}

#[test]
fn printf_prints_times_and_quotes() {
    check(
        &FakeSystem::new(),
        &[
            ("printf %(%F~%T)T|%(%Y)T 86400 0", "", "1970-01-02 00:00:00|1970", 0),
            ("printf \\u20ac\\U0001f600%b \\u0041", "", "\u{20ac}\u{1f600}A", 0),
            ("printf %q|%q|%q a~b it's plain", "", "'a b'|'it'\\''s'|plain", 0),
        ],
    );
}

#[test]
fn names_of_files_come_from_a_file() {
    let sys = FakeSystem::new();
    sys.set_file("/a", "2\n1\n");
    sys.set_file("/b", "3\n");
    sys.set_file("/list", "/a\0/b\0");
    sys.set_file("/empty", "");
    check(
        &sys,
        &[
            ("sort --files0-from=/list", "", "1\n2\n3\n", 0),
            ("sort --files0-from=- -r", "/b\0/a", "3\n2\n1\n", 0),
            ("wc -l --files0-from=/list", "", "2 /a\n1 /b\n3 total\n", 0),
            ("wc --files0-from=/list /a", "", "!goes without operands", 2),
            ("wc --files0-from=/empty", "", "!no names in '/empty'", 1),
        ],
    );
}

#[test]
fn merging_keeps_its_input() {
    let sys = FakeSystem::new();
    sys.set_file("/a", "a\nc\n");
    sys.set_file("/b", "b\nd\n");
    check(&sys, &[("sort -m /a /b -o /c", "", "", 0), ("sort -m /a /b -o /a", "", "", 0)]);
    assert_eq!(sys.file("/c").unwrap().as_bstr(), "a\nb\nc\nd\n");
    assert_eq!(sys.file("/a").unwrap().as_bstr(), "a\nb\nc\nd\n", "a file that is read is not cut short");
}

#[test]
fn a_random_order_has_all_lines_and_keeps_equal_ones_together() {
    let sys = FakeSystem::new();
    sys.set_file("/seed", "0123456789abcdef");
    let text: String = (0..50).map(|i| alloc::format!("{}\n", i % 10)).collect();
    let out = run(&sys, "sort -R --random-source=/seed", text.as_bytes()).text();
    let mut lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 50);
    assert!(!lines.is_sorted(), "{out}");
    lines.dedup();
    assert_eq!(lines.len(), 10, "{out}");
    assert_eq!(run(&sys, "sort -R --random-source=/seed", text.as_bytes()).text(), out, "the same seed");
    sys.set_file("/seed", "another");
    assert_ne!(run(&sys, "sort -R --random-source=/seed", text.as_bytes()).text(), out, "another seed");
}

#[test]
fn the_end_of_a_file_is_that_of_a_pipe() {
    let sys = FakeSystem::new();
    let texts =
        ["", "x", "\n", "a\nb\nc\n", "a\n\n\nb", &"0123456789\n".repeat(10_000), &"x".repeat(100_000)];
    for text in texts {
        sys.set_file("/file", text);
        for part in ["-n0", "-n1", "-n2", "-n5000", "-n+2", "-c0", "-c1", "-c40000", "-c+3", "-zn1"] {
            let of_file = run(&sys, &alloc::format!("tail {part} /file"), b"");
            let of_pipe = run(&sys, &alloc::format!("tail {part}"), text.as_bytes());
            assert!(of_file == of_pipe, "{part} of {} bytes: {:?}", text.len(), of_file.stdout.as_bstr());
        }
    }
}

#[test]
fn find_prints_and_chooses() {
    let sys = FakeSystem::new();
    sys.set_file("/d/a.txt", "hello");
    sys.set_file("/d/e/B.TXT", "");
    sys.block_on(sys.symlink("a.txt".into(), "/d/l".into())).unwrap();
    sys.block_on(sys.symlink("none".into(), "/d/n".into())).unwrap();
    let times =
        crate::env::Changes::times(core::time::Duration::ZERO, core::time::Duration::from_millis(86_400_250));
    sys.block_on(sys.change("/d/a.txt".into(), times, true)).unwrap();
    check(
        &sys,
        &[
            (
                "find /d -name a* -printf %p~%f~%h~%P~%H~%d~%s~%y~%m~%M~%n~%u\\n",
                "",
                "/d/a.txt a.txt /d a.txt /d 1 5 f 644 -rw-r--r-- 1 root\n",
                0,
            ),
            ("find /d -type l -printf %f:%l:%y%Y|", "", "l:a.txt:lf|n:none:lN|", 0),
            (
                "find /d/a.txt -printf %T@~%TY-%Tm~%TS~%T+\\n%t\\n",
                "",
                "86400.2500000000 1970-01 00.2500000000 1970-01-02+00:00:00.2500000000\nFri Jan  2 00:00:00.2500000000 1970\n",
                0,
            ),
            (
                "find /d/a.txt -printf %10f|%-10f|%05s\\t%%%Q\\c -print",
                "",
                "     a.txt|a.txt     |00005\t%%Q/d/a.txt\n",
                0,
            ),
            ("find /d -iregex .*/[ab]\\.txt", "", "/d/a.txt\n/d/e/B.TXT\n", 0),
            ("find /d -regextype posix-extended -regex .*/(a|x)\\.t+xt", "", "/d/a.txt\n", 0),
            ("find /d -regex a.txt", "", "", 0),
            ("find /d -ipath */E/b*", "", "/d/e/B.TXT\n", 0),
            ("find /d -ilname NON*", "", "/d/n\n", 0),
            ("find /d -xtype f -name l", "", "/d/l\n", 0),
            ("find /d -xtype l", "", "/d/n\n", 0),
            ("find /d -name a.txt -print -quit -print", "", "/d/a.txt\n", 0),
            ("find /d -name a.txt -print , -name e -print", "", "/d/a.txt\n/d/e\n", 0),
            ("find /d -type d -executable", "", "/d\n/d/e\n", 0),
            ("find /d -readable -writable -type f -not -executable", "", "/d/a.txt\n/d/e/B.TXT\n", 0),
            ("find /d -type f -newermt 1971-01-01", "", "/d/e/B.TXT\n", 0),
            ("find /d -type f -newerat 1969", "", "!invalid date '1969'", 2),
            ("find /d -type f -newerma /d/a.txt", "", "/d/a.txt\n/d/e/B.TXT\n", 0),
            ("find /d -daystart -type f -mtime 0", "", "/d/e/B.TXT\n", 0),
            ("find /d -nouser", "", "", 0),
            ("find /d -name e -fprint /out -fprintf /out :%f", "", "", 0),
            ("cat /out", "", "/d/e\n:e", 0),
            ("find /d -name B* -execdir echo {} ;", "", "./B.TXT\n", 0),
            ("find /d -name B* -ok echo {} ;", "y\n", "/d/e/B.TXT\n!< echo ... /d/e/B.TXT > ?", 0),
            ("find /d -regex [", "", "!Unmatched [", 2),
            ("find /d -regextype x", "", "!invalid argument 'x'", 2),
        ],
    );
    let list = run(&sys, "find /d/l -ls", b"").text();
    assert!(list.contains(" lrwxrwxrwx   1 root     root ") && list.ends_with(" /d/l -> a.txt\n"), "{list}");
}

#[test]
fn cmp_and_dd_pass_over_bytes() {
    let sys = FakeSystem::new();
    sys.set_file("/a", "abc\nd\n");
    sys.set_file("/b", "xabd\u{1}d\n");
    check(
        &sys,
        &[
            ("cmp -i 0:1 -n 2 /a /b", "", "", 0),
            ("cmp /a /b 0 1", "", "/a /b differ: byte 3, line 1\n", 1),
            ("cmp -b -i 2:3 /a /b", "", "/a /b differ: byte 1, line 1 is 143 c 144 d\n", 1),
            ("cmp -lb -i 2:3 /a /b", "", "1 143 c    144 d\n2  12 ^J     1 ^A\n", 1),
            ("cmp -i 100 /a /b", "", "", 0),
            ("cmp -i x /a /b", "", "!invalid number of bytes to pass over", 2),
            ("dd conv=swab status=none", "abcde", "badce", 0),
            ("dd conv=swab,ucase status=none bs=4", "abcdef", "BADCFE", 0),
            ("dd iflag=skip_bytes skip=3 status=none", "abcde", "de", 0),
            ("dd oflag=seek_bytes seek=2 conv=notrunc,fsync of=/a status=none", "XY", "", 0),
            ("cat /a", "", "abXYd\n", 0),
        ],
    );
}

#[test]
fn diff_shows_files_beside_each_other_and_in_colours() {
    let sys = FakeSystem::new();
    sys.set_file("/p/a", "a\nb\nc\n");
    sys.set_file("/q/a", "a\nB\nc\nd\n");
    sys.set_file("/q/b.o", "");
    sys.set_file("/q/r", "a\r\nb  \nc");
    check(
        &sys,
        &[
            ("diff -y -W 40 /p/a /q/a", "", "a\t\t\ta\nb\t\t   |\tB\nc\t\t\tc\n\t\t   >\td\n", 1),
            ("diff -yW40 --suppress-common-lines /q/a /p/a", "", "B\t\t   |\tb\nd\t\t   <\n", 1),
            ("diff -yW40 /p/a /p/a", "", "a\t\t\ta\nb\t\t\tb\nc\t\t\tc\n", 0),
            (
                "diff --color=always /p/a /q/a",
                "",
                "\u{1b}[36m2c2\u{1b}[0m\n\u{1b}[31m< b\u{1b}[0m\n---\n\u{1b}[32m> B\u{1b}[0m\n\u{1b}[36m3a4\u{1b}[0m\n\u{1b}[32m> d\u{1b}[0m\n",
                1,
            ),
            (
                "diff --color=always -U0 -L x -L y /p/a /q/a",
                "",
                "\u{1b}[1m--- x\u{1b}[0m\n\u{1b}[1m+++ y\u{1b}[0m\n\u{1b}[36m@@ -2 +2 @@\u{1b}[0m\n\u{1b}[31m-b\u{1b}[0m\n\u{1b}[32m+B\u{1b}[0m\n\u{1b}[36m@@ -3,0 +4 @@\u{1b}[0m\n\u{1b}[32m+d\u{1b}[0m\n",
                1,
            ),
            ("diff -x *.o -x r /p /q", "", "diff -x '*.o' -x r /p/a /q/a\n2c2\n< b\n---\n> B\n3a4\n> d\n", 1),
            ("diff -u --normal -i /p/a /q/a", "", "3a4\n> d\n", 1),
            ("diff -Z --strip-trailing-cr /p/a /q/r", "", "", 0),
            ("diff -W x /p/a /q/a", "", "!invalid width", 2),
            ("diff --color=x /p/a /q/a", "", "!--color takes always", 2),
        ],
    );
    // Without options nothing stands between.
    let plain = run(&sys, "diff /p /q", b"").text();
    assert!(plain.starts_with("diff /p/a /q/a\n2c2\n"), "{plain}");
}

#[test]
fn xargs_bounds_and_ends() {
    let sys = FakeSystem::new();
    check(
        &sys,
        &[
            ("xargs -E STOP echo", "a b STOP c", "a b\n", 0),
            ("xargs -e echo", "a _ b", "a _ b\n", 0),
            ("xargs -s 9 echo", "a b c", "a b\nc\n", 0),
            ("xargs -s 7 echo", "a bcd", "a\n!the command would be too long", 1),
            ("xargs -x -n 3 -s 9 echo", "a b c", "!the command would be too long", 1),
            ("xargs -l echo", "a b\nc\n", "a b\nc\n", 0),
            ("xargs -i echo [{}]", "a b\n", "[a b]\n", 0),
            ("xargs -P x echo", "", "!invalid number 'x' for -P", 2),
            ("xargs -P 0 -n 1 false", "a b c", "", 123),
        ],
    );
    for jobs in ["1", "2", "3", "0"] {
        let out = run(&sys, &alloc::format!("xargs -P {jobs} -n 1 echo"), b"1 2 3 4 5 6 7").text();
        let mut lines: Vec<&str> = out.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["1", "2", "3", "4", "5", "6", "7"], "{jobs}");
    }
}

#[test]
fn a_search_that_is_given_up_is_told() {
    let sys = FakeSystem::new();
    // Back-references make the search take exponential time; the beginning of the line still matches quickly.
    let line = alloc::format!("zz {}!\n", "a".repeat(40));
    let pattern = "(z)\\1|(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*\\2\\3b";
    for option in ["-oE", "-E --color=always"] {
        let found = run(&sys, &alloc::format!("grep {option} {pattern}"), line.as_bytes());
        assert_eq!(found.status, 2, "{option}: {found:?}");
        assert!(found.text().contains("zz"), "what was found before is printed: {found:?}");
        assert!(
            found.error_text().contains("standard input") || found.error_text().contains("-:"),
            "{found:?}"
        );
    }
}
