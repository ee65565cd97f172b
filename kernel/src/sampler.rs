//! The sampling profiler's clock: the timer interrupt looks where the CPU was.
//!
//! A CPU that sleeps is not looked at. What runs with interrupts off is seen where they are switched on again.

use pollux_executor::STUCK_POLL_NS;
use pollux_trace::samples;

use crate::{backtrace, cpu};

/// How long the timer of a CPU that is awake waits.
pub fn period_ns() -> u64 {
    match samples::rate() {
        0 => STUCK_POLL_NS,
        rate => (1_000_000_000 / u64::from(rate)).min(STUCK_POLL_NS),
    }
}

/// Takes a sample of what the timer's interrupt has interrupted, if samples are to be taken.
pub fn look() {
    if samples::rate() == 0 {
        return;
    }
    let mut frames = [0; samples::FRAMES];
    if let Some(count) = cpu::interrupted(|frame| backtrace::collect(Some(frame), &mut frames)) {
        samples::take(&frames[..count]);
    }
}
