//! Random input through our commands and the host's coreutils must come out the same.
//!
//! Where the host has no such command, or not GNU's, its test says so on standard error and passes.

use proptest::{prelude::*, test_runner::RngSeed};
use std::{
    io::Write,
    process::{Command as HostCommand, Stdio},
};

use super::*;

/// Whether the host has GNU's version of the command.
pub(super) fn host_has(name: &str) -> bool {
    let version = HostCommand::new(name).arg("--version").output();
    let found = version
        .is_ok_and(|output| output.stdout.starts_with(name.as_bytes()) && output.stdout.contains_str("GNU"));
    if !found {
        std::eprintln!("SKIPPED: the host has no GNU {name} to compare with");
    }
    found
}

pub(super) fn host(name: &str, args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let mut command = HostCommand::new(name);
    command
        .args(args)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut pipe, input) = (child.stdin.take().unwrap(), stdin.to_vec());
    let feeder = std::thread::spawn(move || drop(pipe.write_all(&input))); // `head` may stop listening
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output.stdout
}

fn same(name: &str, args: &[&str], stdin: &[u8]) -> Result<(), TestCaseError> {
    let ours = FakeSystem::new().run_command(name, args, stdin).0;
    let theirs = host(name, args, stdin);
    prop_assert_eq!(ours.as_bstr(), theirs.as_bstr(), "{} {:?} of {:?}", name, args, stdin.as_bstr());
    Ok(())
}

/// Short lines of few letters, so that repeats, ties and empty lines are common; any bytes now and then.
pub(super) fn text() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop_oneof![8 => proptest::sample::select(b"aAbB01 29.-\t:".to_vec()), 1 => any::<u8>()];
    proptest::collection::vec(prop_oneof![4 => letter, 1 => Just(b'\n')], 0..300)
}

/// Text without bytes that count as words here and not there (GNU wants something printable).
fn printable() -> impl Strategy<Value = Vec<u8>> {
    text().prop_map(|text| {
        text.into_iter().map(|byte| if byte.is_ascii_graphic() { byte } else { space(byte) }).collect()
    })
}

/// Text whose bytes are characters in every locale.
fn ascii() -> impl Strategy<Value = Vec<u8>> {
    text().prop_map(|text| text.into_iter().map(|byte| byte & 0x7f).collect())
}

fn space(byte: u8) -> u8 {
    b" \t\n\r"[usize::from(byte % 4)]
}

fn compare<S: Strategy<Value = Vec<u8>>>(name: &str, text: S, options: &[&[&str]]) {
    if !host_has(name) {
        return;
    }
    let cases = 24 * options.len() as u32;
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(1), // the same cases every time
        failure_persistence: None,
        ..Default::default()
    };
    let which = (0..options.len()).prop_map(|i| options[i]);
    proptest!(config, |(text in text, args in which)| same(name, args, &text)?);
}

#[test]
fn sort() {
    let options: &[&[&str]] = &[
        &[],
        &["-n"],
        &["-r"],
        &["-u"],
        &["-f"],
        &["-fu"],
        &["-nu"],
        &["-b"],
        &["-d"],
        &["-h"],
        &["-s", "-k2"],
        &["-k2,2"],
        &["-k1.2,2.1"],
        &["-k2b,2"],
        &["-t:", "-k2"],
        &["-t:", "-k2n", "-k1r"],
        &["-rn", "-k2"],
        &["-M"],
        &["-g"],
        &["-di"],
        &["-z"],
        &["-k2n", "-k1g"],
    ];
    // GNU sort 9.1 takes byte 0x80 for a thousands separator in the C locale; nobody should.
    let sane = || text().prop_map(|text| text.into_iter().filter(|byte| *byte != 0x80).collect::<Vec<u8>>());
    compare("sort", sane(), options);
    // GNU sort 9.1 takes a dot at the beginning of a name for that of an ending; later ones do not.
    let text = sane().prop_map(|text| text.replace(".", "1."));
    compare("sort", text, &[&["-V"], &["-k2V", "-k1g"]]);
}

#[test]
fn uniq() {
    compare(
        "uniq",
        text(),
        &[
            &[],
            &["-c"],
            &["-d"],
            &["-u"],
            &["-i"],
            &["-f1"],
            &["-s1"],
            &["-ci"],
            &["-w2"],
            &["-D"],
            &["--group"],
            &["-zc"],
        ],
    );
}

#[test]
fn wc() {
    compare("wc", printable(), &[&[], &["-l"], &["-w"], &["-c"], &["-lc"], &["-L"]]);
}

#[test]
fn tr() {
    let options: &[&[&str]] = &[
        &["a-b", "x-z"],
        &["-d", "ab\\n"],
        &["-s", " a"],
        &["-s", "ab", "01"],
        &["-cd", "[:alnum:]\\n"],
        &["-cs", "[:alpha:]", "\\n"],
        &["[:lower:]", "[:upper:]"],
        &["[:digit:][:space:]", "[#*]"],
        &["-ds", "a", "b"],
        &["\\001-\\077", "_"],
    ];
    compare("tr", text(), options);
}

#[test]
fn head() {
    compare(
        "head",
        text(),
        &[&[], &["-n", "3"], &["-c", "7"], &["-n", "-2"], &["-c", "-5"], &["-4"], &["-n0"]],
    );
}

#[test]
fn tail() {
    compare(
        "tail",
        text(),
        &[&[], &["-n", "3"], &["-c", "7"], &["-n", "+2"], &["-c", "+5"], &["-4"], &["-n0"]],
    );
}

#[test]
fn cat() {
    compare("cat", text(), &[&[], &["-n"], &["-b"], &["-s"], &["-A"], &["-sn"], &["-vE"]]);
}

#[test]
fn grep() {
    if !host_has("grep") {
        return;
    }
    // The host's grep gives up on input with bytes it calls binary, so text only.
    let options: &[&[&str]] = &[
        &["a"],
        &["-v", "a*b"],
        &["-E", "(a|b)+[0-9]"],
        &["-c", "^a"],
        &["-n", "b$"],
        &["-w", "a"],
        &["-x", "a*"],
        &["-o", "a[^b]*"],
        &["-oE", "a|ab|aba"],
        &["-i", "a.B"],
        &["\\(a\\|b\\)\\{2\\}"],
        &["-C1", "a0"],
        &["-m2", "a"],
        &["-F", "a."],
        &["-E", "(a|b)+?[0-9]*+"],
        &["a\\{2\\}*b"],
        &["\\(.\\)\\1"],
        &["-oE", "(a*)b\\1"],
        &["-nb", "-A1", "b"],
        &["-c", "-v", "-e", "a", "-e", "b"],
        &["--color=always", "-n", "-C1", "b"],
        &["--color=always", "-v", "a"],
        &["--color=always", "-H", "-oi", "A"],
        &["-z", "-c", "a"],
    ];
    compare("grep", printable(), options);
}

#[test]
fn cut() {
    let options: &[&[&str]] = &[
        &["-b2"],
        &["-b1,3-4,6-"],
        &["-c-3"],
        &["-b1-2,3-4", "--output-delimiter=:"],
        &["-d:", "-f2"],
        &["-d ", "-sf1,3-"],
        &["-f2-"],
        &["-da", "-f1,2", "--output-delimiter=<>"],
        &["-d:", "-f2,4-", "--complement"],
        &["-b2-3", "--complement"],
        &["-z", "-c2-"],
    ];
    compare("cut", ascii(), options);
}

#[test]
fn tac() {
    compare("tac", text(), &[&[]]);
}

#[test]
fn fold() {
    compare("fold", ascii(), &[&[], &["-w5"], &["-sw5"], &["-bw3"], &["-bsw4"], &["-w9"]]);
}

#[test]
fn expand_and_unexpand() {
    compare("expand", ascii(), &[&[], &["-i"], &["-t3"], &["-t2,5,9"], &["-it4"]]);
    let blanks = ascii().prop_map(|text| text.replace("b", "  ").replace("a", "\t "));
    compare("unexpand", blanks, &[&[], &["-a"], &["-t3"], &["-t2,5,9"]]);
}

#[test]
fn nl() {
    let options: &[&[&str]] =
        &[&[], &["-ba"], &["-bn"], &["-w3", "-s: "], &["-nln"], &["-nrz", "-v-3", "-i2"], &["-p", "-ha"]];
    let marks = text().prop_map(|text| text.replace("b", "\\:"));
    compare("nl", marks, options);
}

#[test]
fn paste() {
    let options: &[&[&str]] = &[
        &[],
        &["-s"],
        &["-", "-"],
        &["-d:,", "-", "-", "-", "-"],
        &["-sd:,\\n"],
        &["-d\\0.", "-", "-", "-"],
    ];
    compare("paste", text(), options);
}

/// Compares where the command reads standard input and also a file, which `FILE` among the options stands for.
fn compare_two<S: Strategy<Value = (Vec<u8>, Vec<u8>)>>(name: &str, texts: S, options: &[&[&str]]) {
    if !host_has(name) {
        return;
    }
    let path = std::env::temp_dir().join(std::format!("pollux-{name}-{}", std::process::id()));
    let config = ProptestConfig {
        cases: 24 * options.len() as u32,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    };
    let which = (0..options.len()).prop_map(|i| options[i]);
    proptest!(config, |((stdin, file) in texts, args in which)| {
        let with = |path: &str| -> Vec<String> { args.iter().map(|arg| arg.replace("FILE", path)).collect() };
        std::fs::write(&path, &file).unwrap();
        let theirs = with(path.to_str().unwrap());
        let theirs = host(name, &theirs.iter().map(String::as_str).collect::<Vec<_>>(), &stdin);
        let sys = FakeSystem::new();
        sys.set_file("/file", &file);
        let ours = with("/file");
        let ours = sys.run_command(name, &ours.iter().map(String::as_str).collect::<Vec<_>>(), &stdin).0;
        prop_assert_eq!(ours.as_bstr(), theirs.as_bstr(), "{} {:?}: {:?} {:?}", name, args, stdin.as_bstr(), file.as_bstr());
    });
    let _ = std::fs::remove_file(&path);
}

/// Lines of a short key and something, sorted by the key.
fn keyed() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(("[ab]{1,2}", "(:|[xy:]{1,4})?"), 0..12).prop_map(|mut lines| {
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        lines.iter().flat_map(|(key, rest)| std::format!("{key}:{rest}\n").into_bytes()).collect()
    })
}

#[test]
fn comm() {
    let line = proptest::collection::vec(proptest::sample::select(b"abc \xff".to_vec()), 0..3);
    let sorted = proptest::collection::vec(line, 0..12).prop_map(|mut lines| {
        lines.sort();
        lines.join(&b'\n')
    });
    let options: &[&[&str]] =
        &[&["-", "FILE"], &["-12", "-", "FILE"], &["-3", "FILE", "-"], &["-2", "-", "FILE"]];
    compare_two("comm", (sorted.clone(), sorted), options);
}

#[test]
fn join() {
    let options: &[&[&str]] = &[
        &["-t:", "-", "FILE"],
        &["-t:", "-a1", "-", "FILE"],
        &["-t:", "-a1", "-a2", "-o0,2.2,1.3", "-eNONE", "-", "FILE"],
        &["-t:", "-v2", "FILE", "-"],
        &["-t:", "-v1", "-v2", "-", "FILE"],
        &["-a2", "-", "FILE"],
    ];
    compare_two("join", (keyed(), keyed()), options);
}

/// A text of few different lines, and one made from it by random changes.
fn edited() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let line = proptest::sample::select(std::vec!["a\n", "b\n", "c\n", "a b\n", "A  b \n", "\n", "é\n"]);
    let edits = proptest::collection::vec((0..30usize, 0..3u8, line.clone()), 0..8);
    (proptest::collection::vec(line, 0..30), edits, any::<[bool; 2]>()).prop_map(|(left, edits, cut)| {
        let mut right = left.clone();
        for (at, kind, line) in edits {
            match kind {
                0 if at < right.len() => drop(right.remove(at)),
                1 if at < right.len() => right[at] = line,
                _ => right.insert(at.min(right.len()), line),
            }
        }
        let end = |lines: Vec<&str>, cut: bool| {
            let mut text = lines.concat().into_bytes();
            if cut {
                text.pop();
            }
            text
        };
        (end(left, cut[0] && cut[1]), end(right, cut[1]))
    })
}

#[test]
fn diff() {
    // Pairs of texts with one best answer, so that all forms can be compared as they are.
    let pair = ("[a-e]{0,8}", "[f-k]{1,4}", "[l-p]{0,8}", "[q-v]{0,4}", any::<[bool; 2]>());
    let texts = pair.prop_map(|(before, old, after, new, cut)| {
        let lines = |text: &str, cut: bool| {
            let mut out: Vec<u8> = text.bytes().flat_map(|byte| [byte, b'\n']).collect();
            if cut {
                out.pop();
            }
            out
        };
        (lines(&(before.clone() + &old + &after), cut[0]), lines(&(before + &new + &after), cut[1]))
    });
    let names = ["--label", "a", "--label", "b", "-", "FILE"];
    let [u, c, u1] = [["-u"], ["-c"], ["-U1"]].map(|option| [&option[..], &names].concat());
    compare_two("diff", texts, &[&["-", "FILE"], &["FILE", "-"], &["-e", "-", "FILE"], &u, &c, &u1]);
}

/// Where several scripts are as short, ours need not be GNU's; but it has to be as short, and right.
#[test]
fn diff_is_minimal_and_patches() {
    if !host_has("diff") || !host_has("patch") {
        return;
    }
    let directory = std::env::temp_dir();
    let [left_path, right_path, script] = ["left", "right", "script"]
        .map(|name| directory.join(std::format!("pollux-diff-{name}-{}", std::process::id())));
    let config = ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    };
    proptest!(config, |((left, right) in edited())| {
        std::fs::write(&left_path, &left).unwrap();
        std::fs::write(&right_path, &right).unwrap();
        let sys = FakeSystem::new();
        sys.set_file("/left", &left);
        sys.set_file("/right", &right);
        let ours = |form: &str| sys.run_command("diff", &[form, "/left", "/right"], b"").0;
        let changed = |text: &[u8]| text.lines().filter(|line| line.starts_with(b"<") || line.starts_with(b">")).count();
        let theirs = host("diff", &["-d", left_path.to_str().unwrap(), right_path.to_str().unwrap()], b"");
        prop_assert_eq!(changed(&ours("-a")), changed(&theirs), "{:?} {:?}", left.as_bstr(), right.as_bstr());
        for form in ["-u", "-c", "-U0"] {
            std::fs::write(&script, ours(form)).unwrap();
            let args = ["-s", "-o", "-", left_path.to_str().unwrap(), script.to_str().unwrap()];
            let patched = if left == right { right.clone() } else { host("patch", &args, b"") };
            prop_assert_eq!(patched.as_bstr(), right.as_bstr(), "{} of {:?}", form, left.as_bstr());
        }
    });
    for path in [left_path, right_path, script] {
        let _ = std::fs::remove_file(path);
    }
}

/// Bytes of all kinds, with repeats that fill whole lines of a dump.
fn binary() -> impl Strategy<Value = Vec<u8>> {
    let run = prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 0..40),
        1 => (any::<u8>(), 0..70usize).prop_map(|(byte, n)| std::vec![byte; n]),
    ];
    proptest::collection::vec(run, 0..5).prop_map(|runs| runs.concat())
}

#[test]
fn od() {
    let options: &[&[&str]] = &[
        &[],
        &["-c"],
        &["-b"],
        &["-x"],
        &["-a"],
        &["-An", "-tx1"],
        &["-Ad", "-td1u1"],
        &["-Ax", "-tx1", "-tc", "-tx4"],
        &["-v", "-td2x8", "-to8"],
        &["-tu8", "-td8", "-N50"],
        &["-tu4u2", "-j3"],
        &["-w6", "-td2", "-tx1"],
        &["-tx1", "-N7"],
    ];
    let long = binary().prop_map(|bytes| [b"abc", &bytes[..]].concat()); // enough to skip
    compare("od", long, options);
}

#[test]
fn base64() {
    compare("base64", binary(), &[&[], &["-w0"], &["-w5"], &["-w1"]]);
    let codes = proptest::collection::vec(proptest::sample::select(b"AZaz09+/\n".to_vec()), 0..60);
    compare("base64", codes, &[&["-d"], &["-di"]]);
}

#[test]
fn checksums() {
    for name in ["cksum", "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum"] {
        compare(name, binary(), &[&[], &["-"]]);
    }
}

#[test]
fn cmp() {
    let change = (binary(), binary(), any::<bool>());
    let texts = change.prop_map(|(common, other, differ)| {
        let mut changed = common.clone();
        changed
            .iter_mut()
            .zip(&other)
            .filter(|(_, new)| differ && **new < 64)
            .for_each(|(old, new)| *old = *new);
        (common, changed)
    });
    // Two regular files, as for a pipe GNU's -l makes room for any size.
    compare_two("cmp", texts, &[&["-l", "FILE", "FILE"], &["-s", "-", "FILE"]]);
}

/// Like [`compare`] for commands of others than GNU, which have no common way of saying that they are there.
fn compare_other(name: &str, options: &[&[&str]]) {
    if HostCommand::new(name).stdin(Stdio::null()).output().is_err() {
        std::eprintln!("SKIPPED: the host has no {name} to compare with");
        return;
    }
    let config = ProptestConfig {
        cases: 24 * options.len() as u32,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    };
    let which = (0..options.len()).prop_map(|i| options[i]);
    proptest!(config, |(bytes in binary(), args in which)| same(name, args, &bytes)?);
}

#[test]
fn hexdump_and_xxd() {
    compare_other("hexdump", &[&[], &["-C"], &["-v"], &["-Cv", "-n40"]]);
    let options: &[&[&str]] = &[
        &[],
        &["-p"],
        &["-c7"],
        &["-g1"],
        &["-g4", "-u"],
        &["-g0"],
        &["-c5", "-g3"],
        &["-l20"],
        &["-p", "-c9"],
    ];
    compare_other("xxd", options);
}
