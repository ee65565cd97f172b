//! Debug builds name a task whose wake was lost; others do not look.
#![cfg(debug_assertions)]

use std::process::Command;

/// What the commands write, on so many CPUs.
fn said(cpus: &str, commands: &str) -> String {
    let run =
        Command::new(env!("CARGO_BIN_EXE_pollux-hosted")).args(["--smp", cpus, "-c", commands]).output();
    let output = run.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// It looks when all CPUs have nothing to do, as they have while the shell sleeps. On a busy host that may take a while.
#[test]
fn a_planted_one_is_named_and_nothing_else_is() {
    for cpus in ["1", "4"] {
        let log = said(
            cpus,
            "seq 100 | sort -n | wc -l; echo lost-wake > /proc/fault
             until dmesg | grep -q 'lost wake'; do sleep 0.01; done; dmesg | grep 'lost wake'",
        );
        let lines: Vec<_> = log.lines().collect();
        assert_eq!((lines[0], lines.len()), ("100", 2), "{log}");
        assert!(lines[1].contains("(deaf) waits for a message in the channel at 0x"), "{log}");
    }
}

/// Threads that wake each other, and one that sleeps.
#[test]
fn no_wait_that_ends_is_taken_for_one() {
    let log = said(
        "2",
        "for i in $(seq 50); do seq 2000 | sort -n | cat | wc -l > /dev/null; sleep 0.001; done; dmesg | grep -c 'lost wake' || true",
    );
    assert_eq!(log, "0\n");
}
