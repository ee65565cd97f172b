//! A person at the terminal: keys in, screen out.

use alloc::{boxed::Box, collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::support::system;
use crate::{
    Shell,
    env::{File, Modes, Terminal},
    fake::FakeSystem,
    fd::FdTable,
};

/// Types pieces, each when everybody waits; the status, and all that the terminal was sent.
fn session_on(sys: &FakeSystem, pieces: &[&str]) -> (u8, String) {
    session_with(sys, &[], pieces)
}

/// The same with more in the environment.
pub(super) fn session_with(sys: &FakeSystem, more: &[(&str, &str)], pieces: &[&str]) -> (u8, String) {
    let terminal = sys.terminal();
    for piece in pieces {
        terminal.type_when_idle(piece);
    }
    let file: Arc<dyn File> = terminal.clone();
    let fds = FdTable::with_stdio(file.clone(), file.clone(), file);
    let mut env = BTreeMap::from([("HOME".into(), "/tmp".into()), ("PWD".into(), "/tmp/work".into())]);
    env.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    let mut shell = Shell::new(sys.port(), env, fds);
    shell.set_login();
    let prompts = Arc::new(AtomicUsize::new(0));
    let counted = prompts.clone();
    shell.on_first_prompt(Box::new(move || {
        counted.fetch_add(1, Relaxed);
    }));
    let status = sys.block_on(shell.run_interactive());
    assert_eq!(prompts.load(Relaxed), 1, "the hook is called once");
    assert_eq!(terminal.modes(), Modes::COOKED, "the terminal is left as it was");
    (status, terminal.take_output())
}

/// A session that ends before its first prompt.
pub(super) fn session_ended_early(sys: &FakeSystem) -> (u8, String) {
    let terminal = sys.terminal();
    let file: Arc<dyn File> = terminal.clone();
    let env = BTreeMap::from([("HOME".into(), "/tmp".into())]);
    let mut shell = Shell::new(sys.port(), env, FdTable::with_stdio(file.clone(), file.clone(), file));
    shell.set_login();
    (sys.block_on(shell.run_interactive()), terminal.take_output())
}

fn session(pieces: &[&str]) -> (u8, Vec<String>) {
    let (status, output) = session_on(&system(), pieces);
    (status, screen(&output))
}

/// The lines on the screen after this output, blank ones at the end left out.
pub(super) fn screen(output: &str) -> Vec<String> {
    let mut parser = vt100::Parser::new(24, 80, 0);
    // The fake terminal does not process output; a newline begins a line all the same.
    parser.process(output.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
    let mut lines: Vec<String> = parser.screen().rows(0, 80).map(|line| line.trim_end().into()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn a_command_runs_between_two_prompts() {
    let (status, lines) = session(&["echo hello\r", "exit 3\r"]);
    assert_eq!(lines, ["pollux:~/work$ echo hello", "hello", "pollux:~/work$ exit 3"]);
    assert_eq!(status, 3);
}

#[test]
fn end_of_file_on_an_empty_line_leaves_with_the_last_status() {
    let (status, lines) = session(&["false\r", "\x04"]);
    assert_eq!((status, lines[1].as_str()), (1, "pollux:~/work$ exit"));
}

#[test]
fn interrupting_a_line_gives_a_new_prompt_and_status_130() {
    let (_, lines) = session(&["echo gone\x03", "echo $?\r", "\x04"]);
    assert_eq!(lines[..3], ["pollux:~/work$ echo gone^C", "pollux:~/work$ echo $?", "130"]);
}

#[test]
fn interrupting_a_pipeline_ends_it_and_the_rest_of_the_line() {
    let sys = system();
    let (_, output) = session_on(&sys, &["sleep 100000 | cat; echo no\r", "\x03", "echo $?\r", "\x04"]);
    let lines = screen(&output);
    assert_eq!(lines[1..4], ["", "pollux:~/work$ echo $?", "130"], "{lines:?}");
    assert_eq!(sys.running(), 0);
}

#[test]
fn what_is_typed_ahead_goes_to_the_command() {
    let (_, lines) = session(&["cat | tr a-z A-Z\rhello\n\x04echo $?\r", "\x04"]);
    assert!(lines.contains(&"HELLO".into()) && lines.contains(&"0".into()), "{lines:?}");
}

#[test]
fn background_jobs_are_announced_listed_and_told_of_when_they_end() {
    let (_, lines) = session(&["true &\r", "\r", "sleep 1000 &\r", "jobs\r", "kill %1\r", "\r", "\x04"]);
    assert!(lines[1].starts_with("[1] "), "{lines:?}");
    assert!(lines.contains(&"[1]+ Done         true".into()), "{lines:?}");
    assert!(lines.contains(&"[1]+ Running      sleep 1000".into()), "{lines:?}");
    assert!(lines.contains(&"[1]+ Terminated   sleep 1000".into()), "{lines:?}");
}

#[test]
fn a_job_in_the_foreground_again_can_be_interrupted() {
    let sys = system();
    let (_, output) = session_on(&sys, &["sleep 100000 &\r", "fg\r", "\x03", "jobs; echo $?\r", "\x04"]);
    let lines = screen(&output);
    assert_eq!(lines.iter().filter(|line| *line == "0").count(), 1, "{lines:?}");
    assert_eq!(sys.running(), 0);
}

#[test]
fn interrupting_wait_leaves_the_job_alone() {
    let sys = system();
    let pieces = ["sleep 100000 &\r", "wait\r", "\x03", "echo $?; jobs\r", "\x04"];
    let (_, output) = session_on(&sys, &pieces);
    let lines = screen(&output);
    assert!(lines.contains(&"130".into()), "{lines:?}");
    assert!(lines.contains(&"[1]+ Running      sleep 100000".into()), "{lines:?}");
}

#[test]
fn leaving_ends_running_jobs() {
    let sys = system();
    session_on(&sys, &["sleep 100000 &\r", "exit\r"]);
    assert_eq!(sys.running(), 0);
}

#[test]
fn a_quote_that_is_open_is_continued_on_the_next_line() {
    let (_, lines) = session(&["echo 'a\r", "b'\r", "\x1b[A\r", "\x04"]);
    assert_eq!(lines[..4], ["pollux:~/work$ echo 'a", "> b'", "a", "b"], "{lines:?}");
    assert_eq!(lines[4..6], ["pollux:~/work$ echo 'a", "> b'"], "the history has it as one");
    let (status, lines) = session(&["echo 'a\r", "\x04", "\x04"]);
    assert!(lines.iter().any(|line| line.contains("this single quote is never closed")), "{lines:?}");
    assert_eq!(status, 2);
}

#[test]
fn a_hundred_thousand_characters_pasted_or_typed_cost_their_own_bytes() {
    let sys = system();
    let long = "x".repeat(100_000);
    let paste = alloc::format!("echo {long} | wc -c\r");
    let (_, output) = session_on(&sys, &[&paste, "\x04"]);
    assert!(output.contains("100001"));
    assert!(output.len() < 120_000, "{} bytes were written", output.len());
}

#[test]
fn odd_keys_break_nothing() {
    let keys = "\0\x01\x1b[99;99;99Z\u{9b}\x1b[200~\x1b\x1b[\x1fecho ok\r\x1b[201~";
    let (_, lines) = session(&[keys, "\x03echo on\r", "\x04"]);
    assert!(lines.contains(&"on".into()), "{lines:?}");
}

#[test]
fn an_interrupt_ends_a_loop_and_what_the_shell_itself_waits_for() {
    let (status, lines) =
        session(&["while read x; do echo $x; done\r", "one\n", "\x03", "echo $?\r", "exit 4\r"]);
    assert_eq!(lines[..3], ["pollux:~/work$ while read x; do echo $x; done", "one", ""]);
    assert_eq!(lines[3..], ["pollux:~/work$ echo $?", "130", "pollux:~/work$ exit 4"]);
    assert_eq!(status, 4);
}

#[test]
fn compound_commands_are_typed_over_several_lines() {
    let pieces =
        ["for i in 1 2\r", "do\r", "echo $i\r", "done\r", "cat <<E\r", "text $((1+1))\r", "E\r", "\x04"];
    let (_, lines) = session(&pieces);
    let expected = [
        "pollux:~/work$ for i in 1 2",
        "> do",
        "> echo $i",
        "> done",
        "1",
        "2",
        "pollux:~/work$ cat <<E",
        "> text $((1+1))",
        "> E",
        "text 2",
        "pollux:~/work$ exit",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn stty_shows_and_sets_the_modes_for_the_commands_that_follow() {
    let pieces = [
        "stty\r",
        "stty -ixon -onlcr nonsense; stty\r",
        "stty -ixon; stty; stty size\r",
        "stty sane; stty\r",
        "\x04",
    ];
    let (_, lines) = session(&pieces);
    let expected = [
        "pollux:~/work$ stty",
        "rows 24; columns 80;",
        "pollux:~/work$ stty -ixon -onlcr nonsense; stty",
        "stty: there is no mode 'nonsense'",
        "usage: stty [-F DEVICE] [-a | -g | size | SETTING...]",
        "rows 24; columns 80;",
        "pollux:~/work$ stty -ixon; stty; stty size",
        "rows 24; columns 80;",
        "-ixon",
        "24 80",
        "pollux:~/work$ stty sane; stty",
        "rows 24; columns 80;",
        "pollux:~/work$ exit",
    ];
    assert_eq!(lines, expected);
    let piped = super::support::run("stty < a.txt; stty -g < /dev/tty");
    assert_eq!(piped.stderr, "stty: standard input is not a terminal\n");
    assert_eq!((piped.stdout.as_str(), piped.status), ("2fff:3:1c:7f:15:4:-:11:13:1a:12:17:16:1:0\n", 0));
}

#[test]
fn stty_sets_characters_sizes_and_what_was_saved() {
    let pieces = [
        "stty intr ^X erase undef min 3 rows 40 cols 100\r",
        "stty; stty size\r",
        "saved=$(stty -g); stty sane; stty; stty $saved; stty -g\r",
        "stty rows x; stty intr; stty raw; stty; stty sane rows 24 cols 80\r",
        "\x04",
    ];
    let (_, lines) = session(&pieces);
    let shown = lines.join("\n");
    assert!(
        shown.contains("\nrows 40; columns 100;\nintr = ^X; erase = <undef>; min = 3; time = 0;\n40 100\n"),
        "{shown}"
    );
    assert!(shown.contains("\n2fff:18:1c:-:15:4:-:11:13:1a:12:17:16:3:0\n"), "{shown}");
    assert!(shown.contains("'x' is not a number for 'rows'"), "{shown}");
    assert!(shown.contains("'intr' needs a character, such as ^X"), "{shown}");
    assert!(shown.contains("-isig -icanon"), "{shown}");
}

#[test]
fn the_end_of_a_job_can_be_told_at_once() {
    for (first, at_once) in [("set -b\n", true), ("set +b\n", false)] {
        let (status, output) =
            session_on(&system(), &[first, "seq 500 | wc -l > /dev/null &\n", "echo ty", "ped\n", "exit\n"]);
        let (done, typed) = (output.find("Done").unwrap(), output.find("ty").unwrap());
        assert_eq!((status, done < typed), (0, at_once), "{output:?}");
        let shown = screen(&output);
        let lines = shown.iter().filter(|line| line.contains("echo typed")).count();
        assert_eq!(lines, 1, "{shown:#?}");
        assert!(shown.iter().any(|line| line.starts_with("[1]") && line.contains("Done")), "{shown:#?}");
    }
}
