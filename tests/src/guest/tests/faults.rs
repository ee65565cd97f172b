//! Faults happen, each with its own status and a message that says which.

use crate::{
    guest::{Alone, Check, Guest, Laboratory, Shared},
    verdict::{Exit, QEMU_PANIC},
};

pub(super) const TESTS: &[Alone] = &[
    ("a panic ends with 251 and its report", panic),
    ("a stack overflow is a named double fault", stack_overflow),
    ("a page fault is named", page_fault),
    ("a hang ends with 252 and says where", hang),
    ("a triple fault ends with 253", triple_fault),
    ("a fault in a shell that a person uses is shown too", panic_on_one_cpu),
    ("a guest that is busy does not hang", busy),
];

/// Of debug builds, which hold handlers to the interrupt contract.
pub(super) const DEBUG: &[Shared] = &[
    ("a handler that allocates ends with a panic", |guest| {
        broken_contract(guest, "handler-allocates", "an interrupt handler allocates or frees")
    }),
    ("a handler that takes a lock of tasks ends with a panic", |guest| {
        broken_contract(guest, "handler-locks", "an interrupt handler takes a lock of tasks")
    }),
    ("a handler that gives a notification ends with a panic", |guest| {
        broken_contract(guest, "handler-notifies", "an interrupt handler took a lock that is for tasks only")
    }),
    ("a handler that spawns a task ends with a panic", |guest| {
        broken_contract(guest, "handler-spawns", "an interrupt handler spawned a task")
    }),
];

fn broken_contract(guest: &mut Guest, kind: &str, message: &str) -> Check {
    guest.type_text(format!("echo {kind} > /proc/fault; echo after\r"))?;
    check_eq!(guest.expect_end()?, Exit::Code(QEMU_PANIC), "how QEMU ended");
    check!(guest.log().contains(message), "the log lacks {message:?}");
    Ok(())
}

/// Makes the fault and checks the status and that standard error has all of these.
fn fault(laboratory: &Laboratory, options: &[&str], kind: &str, status: i32, messages: &[&str]) -> Check {
    // Nothing is written before: what is on its way to the launcher when the machine ends may be lost with it.
    let command = format!("echo {kind} > /proc/fault; echo after");
    let run = laboratory.expect(options, &command, status, "")?;
    for message in messages {
        check!(
            run.errors.contains(message),
            "standard error lacks {message:?}\n{}",
            laboratory.describe(&run)
        );
    }
    Ok(())
}

fn panic(laboratory: &Laboratory) -> Check {
    let report = ["panic: ", "on CPU ", "in task", "Machine>::fault", "the guest panicked", "kernel log is"];
    fault(laboratory, &[], "panic", 251, &report)
}

fn stack_overflow(laboratory: &Laboratory) -> Check {
    fault(laboratory, &[], "stack-overflow", 251, &["double fault", "overflow", "the guest panicked"])
}

fn page_fault(laboratory: &Laboratory) -> Check {
    fault(laboratory, &[], "page-fault", 251, &["page fault", "Machine>::fault"])
}

fn hang(laboratory: &Laboratory) -> Check {
    let messages = [
        "the guest hangs",
        "Machine>::fault",
        "dump: CPU 0 ",
        "dump: CPU 1 ",
        "does not answer",
        "Machine>::fault+",
        "(init): Waiting",
        ", for the end of job ",
        "dump: end",
        "kernel log is",
    ];
    fault(laboratory, &["--hang-after", "3"], "hang", 252, &messages)
}

fn triple_fault(laboratory: &Laboratory) -> Check {
    fault(laboratory, &[], "triple-fault", 253, &["triple fault", "kernel log is"])
}

fn panic_on_one_cpu(laboratory: &Laboratory) -> Check {
    fault(laboratory, &["--smp", "1"], "panic", 251, &["the guest panicked"])
}

fn busy(laboratory: &Laboratory) -> Check {
    laboratory
        .expect(&["--hang-after", "2"], "seq 300000 | sort -n | tail -n 1; sleep 3", 0, "300000\n")
        .map(drop)
}
