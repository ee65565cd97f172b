//! Random scripts, run beside dash where that is installed: the same output and the same status. The seed of a script
//! that goes wrong is printed, with the script.

use alloc::{format, string::String};

use pollux_cases::HostShell;

use super::support::run;

const SCRIPTS: u64 = 150;

/// Random numbers out of a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

// Left out is what shells do not agree on: `$?` after a substitution in the same command, `shift` by too many, and
// `set -u` in a here-document.
const WORDS: &[&str] = &[
    "a",
    "b",
    "$x",
    "\"$x\"",
    "'q r'",
    "$y",
    "${x:-d}",
    "${x#a}",
    "${y%?}",
    "${#x}",
    "$1",
    "\"$@\"",
    "$#",
    "$((i * 2))",
    "`echo bq`",
    "$(echo s)",
    "\"$(echo a b)\"",
    "*.txt",
    "\"*\"",
    "a$x",
    "${z-unset}",
    "${x:+alt}",
];
const CONDITIONS: &[&str] = &[
    "true",
    "false",
    "[ \"$x\" = a ]",
    "[ \"$x\" = \"$y\" ]",
    "[ $i -lt 3 ]",
    "! true",
    "(exit 2)",
    "{ false; }",
    "true && false",
    "false || true",
    "[ -n \"$z\" ]",
    "test -z \"$x\"",
];
const COMMANDS: &[&str] = &[
    "i=$((i + 1))",
    "y=$x$i",
    ":",
    "echo $x$y$i",
    "[ $# -gt 0 ] && shift",
    "unset x",
    "false",
    "true",
    "x=1 y=2 sh -c 'echo $x'",
    "eval 'echo '$i",
    "f a b",
    "f",
    "break",
    "continue",
    "echo p | cat",
];

fn command(r: &mut Random, depth: usize) -> String {
    let (word, other) = (r.one(WORDS), r.one(WORDS));
    if depth == 0 {
        return match r.below(5) {
            0 => format!("echo {word} {other}"),
            1 => format!("x={word}"),
            2 => format!("set -- {word} {other}"),
            3 => format!("printf '<%s>' {word}; echo"),
            _ => r.one(COMMANDS).into(),
        };
    }
    let condition = r.one(CONDITIONS);
    let (one, two) = (list(r, depth - 1), list(r, depth - 1));
    match r.below(16) {
        0 => format!("if {condition}; then\n{one}else\n{two}fi"),
        1 => format!("for v in {word} {other}; do\necho $v\n{one}done"),
        2 => format!("n{depth}=0\nwhile [ $n{depth} -lt 3 ]; do\nn{depth}=$((n{depth} + 1))\n{one}done"),
        3 => format!("case {word} in\na*)\n{one};;\n*q*|b)\n{two};;\nesac"),
        4 => format!("(\n{one})"),
        5 => format!("{{\n{one}}}"),
        6 => format!("{{\n{one}}} | cat"),
        7 => format!("cat <<E\nh $x $((1 + 1)) {}\nE", r.one(&["$y", "`echo in`", "'q'", "\\$x"])),
        8 => format!("{condition} && {}", command(r, 0)),
        9 => format!("{condition} || {}", command(r, 0)),
        10 => format!("f() {{ echo in $1; return {}; }}\nf {word}", r.below(4)),
        11 => format!("x=$(\n{one})"),
        12 => format!("{{\n{one}}} > out{depth}\ncat out{depth}"),
        13 => format!("printf '1 2\\n3 4\\n' | while read a b; do\necho $b$a\n{one}done"),
        14 => format!("! {{\n{one}}}"),
        _ => format!("until [ $i -gt 2 ]; do\ni=$((i + 1))\n{one}done"),
    }
}

fn list(r: &mut Random, depth: usize) -> String {
    (0..=r.below(3)).map(|_| command(r, depth) + "\n").collect()
}

fn script(seed: u64) -> String {
    let r = &mut Random(seed);
    let options = r.one(&["", "", "set -e\n", "set -f\n"]);
    format!("x=a y='b c' i=0\nf() {{ echo F $#; }}\n{options}{}echo end $? $x $i\n", list(r, 3))
}

#[test]
fn random_scripts_do_what_they_do_in_dash() {
    let Some(dash) = HostShell::find("dash") else {
        std::println!("dash is not installed: nothing is compared with it");
        return;
    };
    for seed in 0..SCRIPTS {
        let script = script(seed);
        let theirs = dash.run(&script).expect("dash runs");
        let outcome = run(&script);
        let ours = (outcome.stdout, i32::from(outcome.status));
        assert_eq!(ours, (theirs.stdout, theirs.status), "the script of seed {seed}:\n{script}");
    }
}
