//! What shows that the executor is right beyond its tests: an interrupt at every point and random programs beside
//! a model. And for the executor and the heap: loom's models of every interleaving, and the tests under Miri, which
//! finds undefined behaviour.

use std::{
    env,
    process::{Command, Stdio},
};

use super::{host_tests::count, tally::Tally};
use crate::workspace;

const POINTS: &str = "sim: interrupts at every point of the executor, and a model of it";
const LOOM: &str = "loom: the models of the executor and of the heap";
const MIRI: &str = "miri: the tests of the executor and of the heap";

/// The test programs that Miri runs; the others need minutes there, and their code is the same.
const MIRI_TESTS: &[&str] = &[
    "--lib",
    "--test=tasks",
    "--test=kinds",
    "--test=memory",
    "--test=supervisor",
    "--test=interrupts",
    "--test=timers",
    "--test=scopes",
    "--test=cpus",
    "--test=sync",
];

pub(super) fn run(tally: &mut Tally) {
    if tally.wants(POINTS) {
        let mut cargo = workspace::cargo();
        cargo.args(["test", "-p", "pollux-executor", "--features=sim", "--test=points", "--test=model"]);
        count(tally, POINTS, &mut cargo);
    }
    // Names of models begin with `loom`, so the name of one of them selects this step.
    let filter = tally.filter().map(str::to_owned);
    if filter.as_deref().is_none_or(|name| name.starts_with("loom")) {
        let model = filter.as_deref().filter(|name| !name.contains(':')).unwrap_or("loom");
        let mut cargo = workspace::cargo();
        cargo.args(["test", "-p", "pollux-executor", "-p", "pollux-memory", "--release", "--lib", model]);
        // Its own folder: other flags would throw the usual build away.
        cargo.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", workspace::target().join("loom"));
        count(tally, LOOM, &mut cargo);
    }
    if tally.wants(MIRI) {
        match miri_is_here() {
            Ok(()) => {
                // Executors and rings are made for good, so what they hold is not leaked by mistake.
                let leaks = "-Zmiri-strict-provenance -Zmiri-ignore-leaks";
                count(tally, MIRI, miri("pollux-executor", leaks).args(MIRI_TESTS));
                // The frames are safe code, and their tests too long for Miri.
                count(
                    tally,
                    MIRI,
                    miri("pollux-memory", "-Zmiri-strict-provenance").args(["--lib", "heap::"]),
                );
                count(tally, MIRI, miri("pollux-trace", leaks).args(["--lib", "ring::"]));
            }
            Err(why) => tally.not_run(MIRI, &why),
        }
    }
}

/// `cargo miri test` of a package.
fn miri(package: &str, flags: &str) -> Command {
    let mut cargo = Command::new("rustup");
    cargo.current_dir(workspace::root());
    cargo.args(["run", "nightly", "cargo", "miri", "test", "-p", package, "--no-fail-fast"]);
    cargo.env("MIRIFLAGS", flags);
    cargo.env("CARGO_TARGET_DIR", workspace::target().join("miri"));
    // What the stable cargo that started us has set is not for the other toolchain.
    ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"].iter().for_each(|name| {
        cargo.env_remove(name);
    });
    cargo
}

/// Whether there is a Miri, after trying to install one.
fn miri_is_here() -> Result<(), String> {
    const INSTALL: &[&str] =
        &["toolchain", "install", "nightly", "--profile", "minimal", "-c", "miri", "-c", "rust-src"];
    let there = || succeeds(Command::new("rustup").args(["run", "nightly", "cargo", "miri", "--version"]));
    if there() {
        return Ok(());
    }
    let how = format!("rustup {}", INSTALL.join(" "));
    if env::var_os("POLLUX_NO_INSTALL").is_some() {
        return Err(format!("Miri is missing; to install it, type: {how}"));
    }
    println!("Miri is missing; installing it: {how}");
    if succeeds(Command::new("rustup").args(INSTALL)) && there() {
        return Ok(());
    }
    Err(format!("Miri is missing and could not be installed by: {how}"))
}

fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.env_remove("RUSTUP_TOOLCHAIN").status().is_ok_and(|status| status.success())
}
