//! `cargo test` of everything that runs on the host, and its counts.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use super::tally::{Outcome, Tally};
use crate::workspace;

const STEP: &str = "cargo test: everything that runs on the host";

pub(super) fn run(tally: &mut Tally) {
    // A name of one of our own tests fits none of these, and compiling them takes a while.
    let filter = tally.filter().map(str::to_owned);
    if filter.as_deref().is_some_and(|name| {
        ["guest", "clippy", "rustfmt", "rustdoc", "layers", "shellcheck", "loom", "miri", "sim"]
            .iter()
            .any(|own| name.starts_with(own))
    }) {
        return;
    }
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--workspace", "--exclude=pollux-kernel", "--no-fail-fast", "--"]).args(filter);
    count(tally, STEP, &mut cargo);
}

/// Runs a `cargo test`, under a heading, and counts its tests.
pub(super) fn count(tally: &mut Tally, step: &str, cargo: &mut Command) {
    match tally.heading(step, || test(cargo)) {
        Ok(counts) => tally.add(counts.passed, &counts.failed),
        Err(error) => tally.record(step, &Outcome::Failed(error)),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: Vec<String>,
    /// As the closing lines of the programs count them.
    sum_failed: usize,
}

fn test(cargo: &mut Command) -> Result<Counts, String> {
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo: {error}"))?;
    let mut counts = Counts::default();
    for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
        let line = line.map_err(|error| format!("reading the output of cargo: {error}"))?;
        println!("{line}");
        counts.add(&line);
    }
    let status = child.wait().map_err(|error| format!("cargo: {error}"))?;
    counts.judge(status.success())?;
    Ok(counts)
}

impl Counts {
    fn add(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failed.push(name.to_owned());
        }
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let count = |what: &str| {
            let before = result.split(what).next().filter(|_| result.contains(what))?;
            before.split_whitespace().next_back()?.parse::<usize>().ok()
        };
        self.passed += count(" passed").unwrap_or(0);
        self.sum_failed += count(" failed").unwrap_or(0);
    }

    /// A failure that no test is to blame for (a crate that does not compile, a test program that
    /// crashed) must not be lost.
    fn judge(&mut self, success: bool) -> Result<(), String> {
        while self.failed.len() < self.sum_failed {
            self.failed.push("a test of cargo test".into());
        }
        if !success && self.failed.is_empty() {
            return Err(format!("cargo test failed after {} tests that passed: see above", self.passed));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Counts {
        let mut counts = Counts::default();
        text.lines().for_each(|line| counts.add(line));
        counts
    }

    #[test]
    fn the_programs_of_cargo_test_are_added_up() {
        let text = "\
test a::b ... ok
test a::c ... FAILED
test result: FAILED. 1 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.03s
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.03s
";
        let mut counts = counts(text);
        assert_eq!(counts, Counts { passed: 13, failed: vec!["a::c".into()], sum_failed: 1 });
        assert_eq!(counts.judge(false), Ok(()));
    }

    #[test]
    fn a_crate_that_does_not_compile_is_a_failure() {
        let mut counts = counts("test result: ok. 3 passed; 0 failed; 0 ignored\n");
        assert!(counts.judge(false).is_err());
        assert_eq!(counts.judge(true), Ok(()));
    }
}
