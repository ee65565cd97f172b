//! The sampling profiler's clock. Where the processors have event counters that can interrupt, these do so, by an NMI, which sees
//! what runs with interrupts off as well; elsewhere the timer interrupt looks where the CPU was, and what runs with interrupts off
//! is seen where they are switched on again. A CPU that sleeps is not looked at.
//!
//! An NMI may come while a sample is taken, or anything else is. What it does then: it reads the task's number, the time and the
//! stack, and takes a slot of the ring of its own (`pollux_trace`'s `ring.rs`); nothing of that is locked or half written.

use pollux_executor::STUCK_POLL_NS;
use pollux_trace::samples;

use crate::{
    arch::{idt::Frame, pmu},
    backtrace, cpu,
};

/// What takes samples here.
pub fn name() -> &'static str {
    if pmu::can_sample() { "the processor's counters" } else { "the timer interrupt" }
}

/// How long the timer of a CPU that is awake waits.
pub fn period_ns() -> u64 {
    match samples::rate() {
        0 => STUCK_POLL_NS,
        _ if pmu::can_sample() => STUCK_POLL_NS,
        rate => (1_000_000_000 / u64::from(rate)).min(STUCK_POLL_NS),
    }
}

/// Takes a sample of what the timer's interrupt has interrupted, if samples are to be taken.
pub fn look() {
    if samples::rate() > 0 && !pmu::can_sample() {
        cpu::interrupted(take);
    }
}

/// Takes a sample if the NMI that has come is the counters'; whether it is.
pub fn on_nmi(frame: &Frame) -> bool {
    let ours = pmu::overflowed();
    if ours == Some(true) {
        take(frame);
    }
    ours.is_some()
}

fn take(frame: &Frame) {
    let mut frames = [0; samples::FRAMES];
    let count = backtrace::collect(Some(frame), &mut frames);
    samples::take(&frames[..count]);
}
