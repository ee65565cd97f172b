//! A person at the prompt: completion, history, prompts, startup files, colours.

use alloc::{string::String, vec::Vec};

use super::{
    interactive::{screen, session_with},
    support::system,
};
use crate::fake::FakeSystem;

/// The screen after a session in which the last piece leaves the shell.
fn typed(sys: &FakeSystem, env: &[(&str, &str)], pieces: &[&str]) -> Vec<String> {
    screen(&session_with(sys, env, pieces).1)
}

/// The line that the keys leave, as the prompt shows it; it is then given up.
fn line_after(env: &[(&str, &str)], keys: &[&str]) -> String {
    let pieces: Vec<&str> = keys.iter().copied().chain(["\x03", "exit\r"]).collect();
    let lines = typed(&system(), env, &pieces);
    let line = lines.iter().find_map(|line| line.strip_suffix("^C")).expect("the line was given up");
    line.strip_prefix("pollux:~/work$ ").unwrap_or(line).into()
}

#[test]
fn tab_completes_what_can_stand_there() {
    let cases: &[(&[&str], &str)] = &[
        // commands
        (&["unse\t"], "unset"),
        (&["unse\tx"], "unset x"),
        (&["ls | unse\tx"], "ls | unset x"),
        (&["greet() { echo; }\r", "gree\tx"], "greet x"),
        (&["help unse\tx"], "help unset x"),
        (&["nosuch\t!"], "nosuch!"),
        // files
        (&["cat a\t!"], "cat a.txt !"),
        (&["cat di\tc\t!"], "cat dir/c.txt !"),
        (&["cat 'a\t!"], "cat 'a.txt' !"),
        (&["cat < b\t!"], "cat < b.txt !"),
        (&["cat ~/work/b\t!"], "cat ~/work/b.txt !"),
        (&["cat $HOME/work/b\t!"], "cat $HOME/work/b.txt !"),
        (&["cat .h\t!"], "cat .hidden !"),
        (&["dd if=di\t!"], "dd if=dir/!"),
        (&["cd \t!"], "cd dir/!"),
        (&["echo > 'x y'\r", "cat x\t!"], "cat x\\ y !"),
        (&["echo > 'x y'\r", "cat \"x\t!"], "cat \"x y\" !"),
        (&["echo > 'x$y'\r", "cat x\t!"], "cat x\\$y !"),
        // variables
        (&["echo $HOM\t!"], "echo $HOME!"),
        (&["echo \"${HOM\t!"], "echo \"${HOME}!"),
        (&["unset HOM\t!"], "unset HOME !"),
        // options
        (&["grep --he\t!"], "grep --help !"),
        // jobs
        (&["sleep 1000 &\r", "fg \t!"], "fg %1 !"),
        (&["sleep 1000 &\r", "kill %\t!"], "kill %1 !"),
        // a menu
        (&["cat \t\t\t!"], "cat a.txt !"),
        (&["cat \t\t\t\t!"], "cat b.txt !"),
        (&["cat \t\t\x1b[Z!"], "cat lib.sh !"),
        (&["cat \t\t\t\t\x07!"], "cat !"),
    ];
    for (keys, expected) in cases {
        assert_eq!(line_after(&[], keys).trim_end(), *expected, "{keys:?}");
    }
}

#[test]
fn the_second_tab_shows_a_menu_which_goes_with_the_next_key() {
    let (_, output) = session_with(&system(), &[], &["cat \t\t", "x\x03", "exit\r"]);
    let menu = output.find("a.txt").map(|at| &output[..at + 40]).expect("the menu is shown");
    assert_eq!(screen(menu)[..2], ["pollux:~/work$ cat", "a.txt   b.txt   dir/    lib.sh"]);
    let lines = screen(&output);
    assert_eq!(lines, ["pollux:~/work$ cat x^C", "pollux:~/work$ exit"]);
}

#[test]
fn the_history_is_in_a_file_and_comes_back() {
    let sys = system();
    typed(&sys, &[], &["echo one\r", "echo 'two\r", "lines'\r", " hidden\r", "echo one \\\\\r", "exit\r"]);
    let lines = typed(&sys, &[], &["cat ~/.sh_history\r", "history\r", "\x12lines\r", "exit\r"]);
    let file = ["echo one", "echo 'two\\", "lines'", "echo one \\\\", "exit", "cat ~/.sh_history"];
    assert_eq!(lines[1..7], file, "{lines:?}");
    let listed = ["    1  echo one", "    2  echo 'two", "lines'", "    3  echo one \\\\", "    4  exit"];
    assert_eq!(lines[8..13], listed, "{lines:?}");
    assert_eq!(lines[15..19], ["pollux:~/work$ echo 'two", "> lines'", "two", "lines"], "{lines:?}");
}

#[test]
fn histfile_histsize_and_histcontrol_are_obeyed() {
    let sys = system();
    let env = [("HISTFILE", "/tmp/h"), ("HISTSIZE", "2"), ("HISTCONTROL", "ignoredups")];
    typed(&sys, &env, &["echo 1\r", "echo 1\r", " echo 2\r", "echo 3\r", "echo 4\r", "exit\r"]);
    let lines = typed(&sys, &env, &["cat /tmp/h\r", "exit\r"]);
    assert_eq!(lines[1..4], ["echo 4", "exit", "cat /tmp/h"], "the file was shortened: {lines:?}");
    let lines = typed(&system(), &[("HISTFILE", "")], &["echo 1\r", "cat ~/.sh_history\r", "exit\r"]);
    assert!(lines[3].contains("No such file"), "{lines:?}");
    let lines = typed(&system(), &[("HISTFILE", "/dev/zero")], &["echo 1\r", "history\r", "exit\r"]);
    assert_eq!(lines[3], "    1  echo 1", "{lines:?}");
}

#[test]
fn fc_lists_lines_and_runs_them_again() {
    let cases: &[(&str, &[&str])] = &[
        ("fc -l", &["1\techo one", "2\techo two", "3\techo three"]),
        ("fc -ln", &["\techo one", "\techo two", "\techo three"]),
        ("fc -lr", &["3\techo three", "2\techo two", "1\techo one"]),
        ("fc -l 2", &["2\techo two", "3\techo three"]),
        ("fc -l 1 2", &["1\techo one", "2\techo two"]),
        ("fc -l 2 1", &["2\techo two", "1\techo one"]),
        ("fc -l -2 -1", &["2\techo two", "3\techo three"]),
        ("fc -s", &["echo three", "three"]),
        ("fc -s 1", &["echo one", "one"]),
        ("fc -s one=four 1", &["echo four", "four"]),
        ("fc -e - two=five -2", &["echo five", "five"]),
        ("fc -s x=y; history 1", &["echo three", "three", "    3  echo three"]),
        ("fc -s nosuch", &["sh: fc: nosuch: no line begins with this"]),
        ("fc -z", &["sh: fc: there is no option -z"]),
        ("history 2", &["    3  echo three", "    4  history 2"]),
        (
            "history -d 1; history 9",
            &["    1  echo two", "    2  echo three", "    3  history -d 1; history 9"],
        ),
        ("history -c; history", &[]),
        ("history -x", &["sh: history: usage: history [COUNT | -c | -d NUMBER]"]),
    ];
    for (command, expected) in cases {
        let command = alloc::format!("{command}\r");
        let env = [("HISTFILE", "")];
        let lines = typed(&system(), &env, &["echo one\r", "echo two\r", "echo three\r", &command, "exit\r"]);
        let output: Vec<String> = lines[7..lines.len() - 1].iter().map(|line| tabbed(line)).collect();
        let expected: Vec<String> = expected.iter().map(|line| tabbed(line)).collect();
        assert_eq!(output, expected, "{command:?}");
    }
}

/// A line with its tabs as the terminal shows them.
fn tabbed(line: &str) -> String {
    match line.split_once('\t') {
        Some((before, after)) => alloc::format!("{before:8}{after}"),
        None => line.into(),
    }
}

#[test]
fn fc_lets_an_editor_change_a_line() {
    let sys = system();
    sys.set_file("/tmp/edit", b"sed_like() { echo echo changed > \"$1\"; }; sed_like \"$1\"\n");
    let lines =
        typed(&sys, &[("HISTFILE", ""), ("FCEDIT", "sh /tmp/edit")], &["echo one\r", "fc\r", "exit\r"]);
    assert_eq!(lines[3..5], ["echo changed", "changed"], "{lines:?}");
    let by_ed = ["echo one\r", "fc\r", "s/one/two/\n", "w\n", "q\n", "exit\r"];
    let lines = typed(&sys, &[("HISTFILE", "")], &by_ed);
    assert!(lines.iter().any(|line| line == "two"), "{lines:?}");
    let lines = typed(&sys, &[("HISTFILE", "")], &["echo one\r", "fc -e false\r", "exit\r"]);
    assert_eq!(lines[3], "sh: fc: the editor failed; nothing is run", "{lines:?}");
}

#[test]
fn prompts_have_the_escapes_of_bash_and_what_posix_expands() {
    // PS1, and what is shown in front of the second command. The fake's clock stands at 2001-09-09 01:46:40.
    let cases: &[(&str, &str)] = &[
        ("\\u@\\h:\\w\\$ ", "root@pollux:~/work# "),
        ("\\W> ", "work> "),
        ("\\j \\! \\# ", "0 2 2 "),
        ("[\\?] ", "[3] "),
        ("[$?] ", "[3] "),
        ("\\s \\\\ \\101 ", "sh \\ A "),
        ("a\\nb> ", "b> "),
        ("\\[\\e[31m\\]x\\[\\e[m\\] ", "x "),
        ("$HOME> ", "/tmp> "),
        ("${NONE:-none}> ", "none> "),
        ("$(echo sub)> ", "sub> "),
        ("$((1 + 2))> ", "3> "),
        ("\\q> ", "\\q> "),
        ("${broken> ", "${broken> "),
    ];
    for (form, expected) in cases {
        let lines = typed(&system(), &[("PS1", form)], &["(exit 3)\r", "echo marker\r", "exit\r"]);
        let wanted = alloc::format!("{expected}echo marker");
        assert!(lines.contains(&wanted), "{form:?}: {lines:?}");
    }
}

#[test]
fn times_in_prompts_are_times() {
    let digits =
        |line: &str| line.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect::<String>();
    let cases: &[(&str, &[&str])] = &[
        ("\\t> ", &["99:99:99> exit"]),
        ("\\T> ", &["99:99:99> exit"]),
        ("\\A> ", &["99:99> exit"]),
        ("\\@> ", &["99:99 AM> exit", "99:99 PM> exit"]),
        ("\\D{%Y-%m}> ", &["9999-99> exit"]),
        ("\\D{}> ", &["99:99:99> exit"]),
    ];
    for (form, expected) in cases {
        let lines = typed(&system(), &[("PS1", form)], &["exit\r"]);
        assert!(expected.contains(&digits(&lines[0]).as_str()), "{form:?}: {lines:?}");
    }
}

#[test]
fn what_a_directory_is_called_is_not_run_by_the_prompt() {
    let lines = typed(&system(), &[], &["mkdir '$(echo x)' && cd '$(echo x)'\r", "exit\r"]);
    assert_eq!(lines[1], "pollux:~/work/$(echo x)$ exit", "{lines:?}");
}

#[test]
fn the_other_prompts_are_variables_too() {
    let lines = typed(&system(), &[("PS2", "\\W: ")], &["echo 'a\r", "b'\r", "exit\r"]);
    assert_eq!(lines[1], "work: b'", "{lines:?}");
    let lines = typed(&system(), &[("PS4", "[$HOME] ")], &["set -x; echo a\r", "exit\r"]);
    assert_eq!(lines[1..3], ["[/tmp] echo a", "a"], "{lines:?}");
    let traced = super::support::run("PS4='+$(echo x) '; set -x; echo a");
    assert_eq!(traced.stderr, "+x echo a\n");
}

#[test]
fn a_login_shell_runs_its_profiles_and_env() {
    let sys = system();
    sys.make_dir("/etc");
    sys.set_file("/etc/profile", b"all=1");
    sys.set_file("/tmp/.profile", b"mine=$all.2; f() { echo called; }; ENV='$HOME/rc'\n(((\necho never");
    sys.set_file("/tmp/rc", b"env=$mine.3\n");
    let lines = typed(&sys, &[], &["echo $env; f\r", "exit\r"]);
    assert!(lines.contains(&"1.2.3".into()) && lines.contains(&"called".into()), "{lines:?}");
    assert!(lines[0].contains("syntax error") && !lines.contains(&"never".into()), "{lines:?}");
    sys.set_file("/tmp/.profile", b"echo bye; exit 5");
    let (status, output) = super::interactive::session_ended_early(&sys);
    assert_eq!((status, output.as_str()), (5, "bye\n"));
}

#[test]
fn colours_and_bracketed_paste_are_for_terminals_that_have_them() {
    let output = |env: &[(&str, &str)]| session_with(&system(), env, &["ec", "ho hi\r", "exit\r"]).1;
    let colour = output(&[("TERM", "xterm")]);
    assert!(colour.contains("\x1b[0;31m") && colour.contains("\x1b[0;32m") && colour.contains("\x1b[?2004h"));
    assert_eq!(screen(&colour)[..2], ["pollux:~/work$ echo hi", "hi"]);
    let plain = output(&[("TERM", "xterm"), ("NO_COLOR", "1")]);
    assert!(!plain.contains("\x1b[0;3") && plain.contains("\x1b[?2004h"));
    for env in [&[("TERM", "dumb")][..], &[]] {
        let dumb = output(env);
        assert!(!dumb.contains("\x1b[0;3") && !dumb.contains("\x1b[?2004h"), "{dumb:?}");
    }
}

#[test]
fn what_is_pasted_is_run_when_enter_is_pressed() {
    let paste = "\x1b[200~echo one\recho two\r\x1b[201~";
    let lines = typed(&system(), &[("TERM", "xterm")], &[paste, "echo three\r", "exit\r"]);
    let expected = [
        "pollux:~/work$ echo one",
        "> echo two",
        "> echo three",
        "one",
        "two",
        "three",
        "pollux:~/work$ exit",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_hundred_kilobytes_pasted_in_small_pieces_are_drawn_in_linear_time() {
    let piece = "x".repeat(50);
    let pieces: Vec<&str> = core::iter::once("echo ").chain((0..2000).map(|_| piece.as_str())).collect();
    let whole: Vec<&str> = pieces.iter().copied().chain([" | wc -c\r", "exit\r"]).collect();
    let (_, output) = session_with(&system(), &[("TERM", "xterm")], &whole);
    assert!(output.contains("100001"));
    assert!(output.len() < 250_000, "{} bytes were written", output.len());
}
