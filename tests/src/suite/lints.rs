//! rustfmt, clippy and rustdoc with warnings denied, and shellcheck.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::tally::{Outcome, Tally};
use crate::workspace::{self, KERNEL_TARGET};

pub(super) fn run(tally: &mut Tally) {
    tally.check("rustfmt: every file", || cargo(&["fmt", "--all", "--check"]));
    tally.check("clippy: everything for the host", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--exclude=pollux-kernel",
            "--all-targets",
            "--features=pollux-executor/sim",
            "--",
            "-D",
            "warnings",
        ])
    });
    tally.check("clippy: the kernel for its target", || {
        cargo(&["clippy", "-p", "pollux-kernel", "--target", KERNEL_TARGET, "--", "-D", "warnings"])
    });
    tally.check("rustdoc: the executor, without a warning", || {
        let mut cargo = workspace::cargo();
        command(cargo.args(["doc", "-p", "pollux-executor", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    tally.check("shellcheck: every script", shellcheck);
}

/// Runs cargo with its output on ours.
fn cargo(arguments: &[&str]) -> Outcome {
    command(workspace::cargo().args(arguments))
}

fn command(command: &mut Command) -> Outcome {
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(status) => Outcome::Failed(format!("{status}: see above")),
        Err(error) => Outcome::Failed(format!("{}: {error}", command.get_program().to_string_lossy())),
    }
}

fn shellcheck() -> Outcome {
    match scripts() {
        Ok(scripts) => command(Command::new("shellcheck").args(scripts)),
        Err(error) => Outcome::Failed(error),
    }
}

/// The files of the checkout that begin like a shell script.
fn scripts() -> Result<Vec<PathBuf>, String> {
    let root = workspace::root();
    let listed = Command::new("git").arg("-C").arg(&root).args(["ls-files", "-z"]).output();
    let listed = listed.map_err(|error| format!("git ls-files: {error}"))?;
    let names = String::from_utf8_lossy(&listed.stdout);
    let files = names.split_terminator('\0').map(|name| root.join(name));
    let scripts: Vec<_> = files.filter(|file| fs::read(file).is_ok_and(|text| is_script(&text))).collect();
    if scripts.is_empty() {
        return Err(format!("git names no scripts: {}", String::from_utf8_lossy(&listed.stderr)));
    }
    Ok(scripts)
}

fn is_script(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    first.starts_with(b"#!") && (first.ends_with(b"sh") || first.ends_with(b"bash"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_their_first_line() {
        assert!(is_script(b"#!/usr/bin/env bash\nset -e\n"));
        assert!(is_script(b"#!/bin/sh"));
        assert!(!is_script(b"#!/usr/bin/python3\n"));
        assert!(!is_script(b"# run it with bash\n"));
        assert!(!is_script(b""));
    }
}
