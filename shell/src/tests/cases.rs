//! Scripts with what they must write and return; checked against dash too where that is installed.

use super::{
    language::{LANGUAGE, OF_BASH},
    support::{HostShell, run},
};

/// A script, its standard output, its standard error, its status.
pub type Case = (&'static str, &'static str, &'static str, u8);

/// What dash agrees on. Standard error is compared only with ours: messages differ.
const COMMON: &[Case] = &[
    // Quoting
    ("echo 'a  b' \"c  d\" e\\ \\ f", "a  b c  d e  f\n", "", 0),
    ("x=1; echo '$x' \"$x\" \\$x \"\\$x\" \"a'b\" 'a\"b'", "$x 1 $x $x a'b a\"b\n", "", 0),
    ("echo \"\" '' | wc -c", "2\n", "", 0),
    ("echo a\\\nb \"c\\\nd\"", "ab cd\n", "", 0),
    ("echo a#b # comment", "a#b\n", "", 0),
    // Parameters
    ("x='a  b'; echo $x \"$x\"", "a b a  b\n", "", 0),
    (
        "echo ${x:-d} ${x-d} ${x:+s} [${x+s}]; x=; echo [${x:-d}] [${x-d}] [${x+s}]",
        "d d []\n[d] [] [s]\n",
        "",
        0,
    ),
    ("echo ${x:=kept}; echo $x", "kept\nkept\n", "", 0),
    ("x=hello; echo ${#x} ${x#he} ${x%lo} ${x##*l} ${x%%l*}", "5 llo hel o he\n", "", 0),
    ("set -- a 'b c' d; echo $# \"$2\" $3; shift; echo \"$*\"", "3 b c d\nb c d\n", "", 0),
    ("set --; echo [\"$@\"] | wc -w", "1\n", "", 0),
    ("IFS=:; x=a:b::c; set -- $x; echo $# \"$3\" \"$4\"", "4  c\n", "", 0),
    ("IFS=' :'; x=' : b'; set -- $x; echo $#", "2\n", "", 0),
    ("false; echo $?; true; echo $?", "1\n0\n", "", 0),
    ("set -- 1 2; IFS=-; echo \"$*\"", "1-2\n", "", 0),
    ("x=\"a b\"; echo ${y:-$x \"c  d\"}", "a b c  d\n", "", 0),
    ("echo \"${x:-a  b}\" \"${x:-'q'}\"", "a  b 'q'\n", "", 0),
    ("x=a; x=b env | grep ^x=; echo $x", "x=b\na\n", "", 0),
    ("x=1; export x; env | grep ^x=; unset x; echo [$x]", "x=1\n[]\n", "", 0),
    // Tilde
    ("cd ~; pwd | grep -c dir; echo '~' \"~\" | cat", "1\n~ ~\n", "", 0),
    // Substitution
    ("echo $(echo a; echo b) \"$(echo a; echo b)\"", "a b a\nb\n", "", 0),
    ("echo `echo \\`echo deep\\``", "deep\n", "", 0),
    ("x=$(false); echo $?; x=$(echo v); echo $x$?", "1\nv0\n", "", 0),
    ("echo \"$(echo \"$(echo ')')\")\"", ")\n", "", 0),
    // Lists
    ("true && echo a || echo b; false && echo c || echo d; ! true; echo $?", "a\nd\n1\n", "", 0),
    ("false || false && echo no; echo $?", "1\n", "", 0),
    ("{ echo a; echo b; } | wc -l; (x=2; echo $x); echo [$x]", "2\n2\n[]\n", "", 0),
    ("(exit 3); echo $?; { exit 4; }; echo no", "3\n", "", 4),
    ("echo a\n\n# nothing\necho b &&\necho c |\ncat", "a\nb\nc\n", "", 0),
    ("eval 'x=1;' echo '$x'", "1\n", "", 0),
    (". ./lib.sh; echo $from", "args 0\nlib\n", "", 0),
    ("sh -c 'echo $0 $1 $#' name one two", "name one 2\n", "", 0),
    ("echo 'echo sub $1' > s; sh s arg", "sub arg\n", "", 0),
    ("set -e; false || true; ! true; echo on; false; echo off", "on\n", "", 1),
    ("(set -e; false; echo no); echo $?", "1\n", "", 0),
    ("exit 300", "", "", 44),
    // Pipelines
    ("seq 1 1000 | grep 7 | wc -l", "271\n", "", 0),
    ("true | false; echo $?; false | true; echo $?", "1\n0\n", "", 0),
    ("yes | head -n 2", "y\ny\n", "", 0),
    ("echo abcdef | { head -c 2; echo; cat; }", "ab\ncdef\n", "", 0),
    ("seq 2000 | tee t1 | cat | tee t2 | wc -c; cmp t1 t2 && echo same", "8893\nsame\n", "", 0),
    ("seq 5000 | cat | dd bs=1k status=none | cat | tail -n 1", "5000\n", "", 0),
    ("{ cat lib.sh a.txt; cat lib.sh & wait; } | cat | wc -l", "3\n", "", 0),
    ("x=1; echo 2 | x=3; echo $x; cd dir | cat; cat a.txt", "1\nalpha\n", "", 0),
    ("seq 3 | { head -n 1 > /dev/null; cat > /dev/null; echo end; }", "end\n", "", 0),
    // Redirections
    ("echo a > f; echo b >> f; cat f; cat < f | wc -l; echo c >| f; cat < f", "a\nb\n2\nc\n", "", 0),
    ("{ echo out; echo err >&2; } 2>&1 | sort", "err\nout\n", "", 0),
    ("echo err 2>/dev/null 1>&2; echo $?", "0\n", "", 0),
    ("nosuch 2>/dev/null; echo $?", "127\n", "", 0),
    ("> empty; wc -c < empty; cat 0< a.txt", "0\nalpha\n", "", 0),
    ("echo x 3>&1 >&3 3>&-", "x\n", "", 0),
    ("cat; cat", "in1\nin2\n", "", 0),
    // Names
    (
        "echo *.txt; echo d*/*; echo nomatch*; echo \"*\"; echo [ab].txt [!a].txt",
        "a.txt b.txt\ndir/c.txt\nnomatch*\n*\na.txt b.txt b.txt\n",
        "",
        0,
    ),
    ("x='*.txt'; echo $x \"$x\"; set -f; echo *.txt", "a.txt b.txt *.txt\n*.txt\n", "", 0),
    (
        "cd dir; echo ../a.txt ../*.txt; cd - > /dev/null; cat a.txt",
        "../a.txt ../a.txt ../b.txt\nalpha\n",
        "",
        0,
    ),
    // Jobs
    ("sleep 0 & wait; echo $?; false & wait $!; echo $?", "0\n1\n", "", 0),
    ("cat & wait; echo done", "done\n", "", 0),
    ("sleep 100 & kill $!; wait $!; echo $?", "143\n", "", 0),
];

/// What is ours alone: messages, and where dash differs.
const OURS: &[Case] = &[
    // dash reads ahead of the command that it runs, so that its cat finds nothing.
    ("echo 'echo one; cat' | cat - a.txt | sh", "one\nalpha\n", "", 0),
    ("nosuch arg", "", "sh: nosuch: command not found\n", 127),
    (
        "echo 'abc",
        "",
        "sh: line 1: syntax error: this single quote is never closed\n  echo 'abc\n       ^\n",
        2,
    ),
    (
        "echo ok\necho a | | b",
        "ok\n",
        "sh: line 2: syntax error: `|` cannot stand here\n  echo a | | b\n           ^\n",
        2,
    ),
    ("cat < missing; echo $?", "1\n", "sh: missing: No such file or directory\n", 0),
    ("echo a > dir; echo $?", "1\n", "sh: dir: Is a directory\n", 0),
    ("echo a | cat > dir", "", "sh: dir: Is a directory\n", 1),
    ("cd missing; pwd", "/tmp/work\n", "sh: cd: missing: No such file or directory\n", 0),
    ("cd a.txt", "", "sh: cd: a.txt: Not a directory\n", 1),
    ("echo ${x?gone}; echo no", "", "sh: x: gone\n", 2),
    ("set -u; echo $x; echo no", "", "sh: x: parameter not set\n", 2),
    ("set -x; x=1; echo a 'b c'", "a b c\n", "+ echo a b c\n", 0),
    ("set -o pipefail; false | true", "", "", 1),
    ("echo a &> f; cat f; nosuch >& f; cat f", "a\nsh: nosuch: command not found\n", "", 0),
    ("command -v cd echo nosuch; type cd", "cd\necho\ncd is a shell builtin\n", "", 0),
    (
        "./missing; dir/; echo $?",
        "126\n",
        "sh: ./missing: No such file or directory\nsh: dir/: Is a directory\n",
        0,
    ),
    (
        "kill %3; kill 99999; kill -FOO 1",
        "",
        "sh: kill: %3: no such job\nsh: kill: 99999: No such process\nsh: kill: FOO: no such signal; kill -l lists them\n",
        1,
    ),
    ("sleep 100 & jobs; kill %1; wait %1", "[1] Running      sleep 100\n", "", 143),
    (
        "help cd",
        "cd [DIR | -]\n    Changes the working directory: to HOME without DIR, back with -.\n",
        "",
        0,
    ),
    ("exit --help x; echo no", "", "sh: exit: --help: not a number\n", 2),
    (
        "cd --help",
        "Usage: cd [DIR | -]\nChanges the working directory: to HOME without DIR, back with -.\n",
        "",
        0,
    ),
    ("echo $(", "", "sh: line 1: syntax error: this `$(` is never closed\n  echo $(\n       ^\n", 2),
    ("(echo a", "", "sh: line 1: syntax error: this `(` is never closed\n  (echo a\n  ^\n", 2),
    (
        "echo a >",
        "",
        "sh: line 1: syntax error: a file name must follow this redirection\n  echo a >\n         ^\n",
        2,
    ),
    ("echo x >&7", "", "sh: 7: Bad file descriptor\n", 1),
    ("export 1a=b", "", "sh: export: 1a: not a name\n", 1),
    ("echo $'\\u00e9\\U1F600' $'a\\0b' $'\\q'", "\u{e9}\u{1f600} a \\q\n", "", 0),
    ("sleep 0 & disown; jobs; disown %7; echo $?", "1\n", "sh: disown: %7: no such job\n", 0),
    ("echo {1..99999}", "{1..99999}\n", "", 0),
    (
        "cat <<E",
        "",
        "sh: line 1: syntax error: this here-document has no end: no line is `E`\n  cat <<E\n      ^\n",
        2,
    ),
    ("echo $((1 / 0)); echo no", "", "sh: arithmetic: division by zero\n", 2),
    ("x=abc; echo $((x))", "", "sh: x: `abc` is not a number\n", 2),
    ("echo $((1 + ))", "", "sh: the arithmetic expression ends too early\n", 2),
    ("readonly a=1; a=2; echo no", "", "sh: a: is read only\n", 2),
    ("local x", "", "sh: local: this is for functions\n", 1),
    (
        "if true; echo x; fi",
        "",
        "sh: line 1: syntax error: `fi` cannot stand here\n  if true; echo x; fi\n                   ^\n",
        2,
    ),
    (
        "for 1x in a; do :; done",
        "",
        "sh: line 1: syntax error: a variable's name must follow `for`\n  for 1x in a; do :; done\n      ^\n",
        2,
    ),
    (
        "if true; then fi",
        "",
        "sh: line 1: syntax error: a command must stand before `fi`\n  if true; then fi\n                ^\n",
        2,
    ),
    (
        "while true; do echo a",
        "",
        "sh: line 1: syntax error: this loop has no `done`\n  while true; do echo a\n  ^\n",
        2,
    ),
    ("shift 2", "", "sh: shift: there are not that many parameters\n", 1),
];

#[test]
fn scripts_do_what_the_table_says() {
    let mut wrong = 0;
    for (script, stdout, stderr, status) in COMMON.iter().chain(LANGUAGE).chain(OF_BASH).chain(OURS) {
        let outcome = run(script);
        let found = (outcome.stdout.as_str(), outcome.stderr.as_str(), outcome.status);
        let expected = (*stdout, *stderr, *status);
        if found != expected {
            std::eprintln!("{script}\n  expected {expected:?}\n  found    {found:?}");
            wrong += 1;
        }
    }
    assert_eq!(wrong, 0, "scripts went wrong, see above");
}

#[test]
fn dash_agrees_with_the_table() {
    agrees("dash", COMMON.iter().chain(LANGUAGE));
}

#[test]
fn bash_agrees_with_the_table() {
    agrees("bash", OF_BASH.iter());
}

/// Compares with a shell of the host, where it is installed.
fn agrees<'a>(shell: &'static str, cases: impl Iterator<Item = &'a Case>) {
    let Some(host) = HostShell::find(shell) else { return };
    for (script, stdout, _, status) in cases {
        let (text, code) = host.run(script);
        assert_eq!((text.as_str(), code), (*stdout, Some(i32::from(*status))), "{shell}: {script}");
    }
}
