//! Tests of the commands on the fake system, and against the host's own where it has them.

mod against_host;
mod archives;
mod bytes;
mod columns;
mod every;
mod files;
mod finding;
mod more;
mod mounts;
mod options;
mod posix;
mod screens;
mod sed;
mod system;
mod text;
mod vi;

use alloc::{string::String, vec::Vec};
use bstr::ByteSlice;

use super::*;
use crate::fake::{FakeSystem, Finished, Run};

/// One row of a table: command line (split at blanks), standard input, expected output and status.
type Row<'a> = (&'a str, &'a str, &'a str, u8);

/// Runs each row on `sys` and compares. Expected standard error is empty for status 0; otherwise the
/// output column is followed by `!` and a part of the message.
fn check(sys: &FakeSystem, rows: &[Row<'_>]) {
    for (line, stdin, expected, status) in rows {
        let (out, err) = expected.split_once('!').unwrap_or((expected, ""));
        let finished = run(sys, line, stdin.as_bytes());
        let what = alloc::format!("{line:?} with {stdin:?} gave {finished:?}");
        assert_eq!(finished.text(), out, "{what}");
        assert_eq!(finished.status, *status, "{what}");
        match err {
            "" => assert_eq!(finished.error_text(), "", "{what}"),
            part => assert!(finished.error_text().contains(part), "{what}"),
        }
    }
}

/// Runs one command line, split at blanks; `~` in a word stands for a blank.
fn run(sys: &FakeSystem, line: &str, stdin: &[u8]) -> Finished {
    let mut words = line.split(' ').map(|word| word.replace('~', " "));
    let name = words.next().unwrap();
    Run::new(sys, &name).args(words.collect::<Vec<String>>()).stdin(stdin).run()
}

#[test]
fn commands_are_sorted_and_found() {
    let sys = FakeSystem::new();
    assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name), "binary search needs the order");
    for command in COMMANDS {
        assert!(core::ptr::eq(find(&sys, command.name.as_bytes()).unwrap(), command));
        assert!(command.synopsis.starts_with(command.name), "{}", command.name);
        assert!(command.summary.ends_with('.'), "{}", command.name);
    }
    assert!(find(&sys, b"nonsense").is_none());
    assert!(find(&sys, b"").is_none());
}

#[test]
fn binary_bytes_pass_unchanged() {
    let all: Vec<u8> = (0..=255).cycle().take(5000).collect();
    for line in ["cat", "head -c 5000", "tail -c 5000", "tee", "tr x x", "tail -n +1", "grep -av nowhere"] {
        let finished = run(&FakeSystem::new(), line, &all);
        let expected = if line.starts_with("grep") { [&all[..], b"\n"].concat() } else { all.clone() };
        assert!(finished.stdout == expected, "{line}: {:?}", finished.stdout.as_bstr());
    }
}
