//! What the executor needs of the machine it runs on: four questions. What else is here has an answer
//! already, which a machine may better.

use core::fmt;

use crate::supervisor::Report;

/// The machine as the executor sees it. A kernel answers from its per-CPU block, a Linux program from
/// a thread-local; neither answer may block or allocate, for all are given in interrupt handlers too.
///
/// A wrong answer can lose a wake or make a queue unfair. It cannot break memory safety: everything
/// that is reserved to one CPU is guarded by an atomic which finds out that it is not.
pub trait Platform: Send + Sync + 'static {
    /// The executor CPU that calls, counted from 0; `None` on a thread that runs no executor loop.
    fn current_cpu(&self) -> Option<usize>;
    /// Whether the caller is an interrupt handler (or whatever the machine has that cuts into a task).
    fn in_interrupt(&self) -> bool;
    /// Monotonic time in nanoseconds, the same on every CPU.
    fn now_ns(&self) -> u64;
    /// Makes an idle CPU leave its sleep, or not enter it when it is about to. Called only for a CPU
    /// that has published IDLE, and at most once each time it does.
    fn kick(&self, cpu: usize);

    /// [`Platform::current_cpu`] in task context, `None` in a handler. Asked at every wake and spawn: a
    /// machine that can answer both questions at one look should.
    fn task_cpu(&self) -> Option<usize> {
        if self.in_interrupt() { None } else { self.current_cpu() }
    }

    /// The vector of the interrupt whose handler this is, if the machine knows: for
    /// [`WokenBy::Interrupt`](crate::WokenBy::Interrupt).
    fn interrupt_vector(&self) -> Option<u8> {
        None
    }

    /// The supervisor has something to say. Task context, on a CPU, with no lock held; it should be short.
    fn report(&self, report: &Report) {
        let _ = report;
    }
}

/// There is not enough memory for what was asked. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not enough memory")
    }
}

impl core::error::Error for OutOfMemory {}
