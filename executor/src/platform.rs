//! What the executor needs of the machine it runs on: four questions. What else is here has an answer
//! already, which a machine may better.
//!
//! A machine is asked through a trait object, so that several can be in one program. On bare metal, where there is one, what every wake, poll and
//! lock asks goes to functions that are found when the kernel is linked: see [`link!`](crate::link).

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

    /// [`Platform::current_cpu`] in task context; `None`, or a number that no CPU has, in a handler. Asked at every wake and
    /// spawn: a machine that can answer both questions at one look should.
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

/// On bare metal, has every executor and every [`Lock`](crate::sync::Lock) ask this static, which is a [`Platform`] and
/// [`LockHooks`](crate::sync::LockHooks), directly where they ask most: the call through an object costs more than the answer. A kernel says so
/// once; without it, it is not linked. Elsewhere there is no need.
#[macro_export]
macro_rules! link {
    ($platform:path) => {
        // SAFETY: the names are those of `pollux_executor::platform`, and nobody else's.
        #[unsafe(no_mangle)]
        fn pollux_executor_task_cpu() -> Option<usize> {
            $crate::Platform::task_cpu(&$platform)
        }

        // SAFETY: as above.
        #[unsafe(no_mangle)]
        fn pollux_executor_current_cpu() -> Option<usize> {
            $crate::Platform::current_cpu(&$platform)
        }

        // SAFETY: as above.
        #[unsafe(no_mangle)]
        fn pollux_executor_now_ns() -> u64 {
            $crate::Platform::now_ns(&$platform)
        }

        // SAFETY: as above.
        #[unsafe(no_mangle)]
        fn pollux_executor_lock_acquired() {
            debug_assert!(
                !$crate::sync::LockHooks::in_interrupt(&$platform),
                "an interrupt handler took a lock that is for tasks only"
            );
            $crate::sync::LockHooks::acquired(&$platform)
        }

        // SAFETY: as above.
        #[unsafe(no_mangle)]
        fn pollux_executor_lock_released() {
            $crate::sync::LockHooks::released(&$platform)
        }
    };
}

#[cfg(not(target_os = "none"))]
mod ask {
    use super::Platform;

    pub(crate) fn task_cpu(platform: &dyn Platform) -> Option<usize> {
        platform.task_cpu()
    }

    pub(crate) fn current_cpu(platform: &dyn Platform) -> Option<usize> {
        platform.current_cpu()
    }

    pub(crate) fn now_ns(platform: &dyn Platform) -> u64 {
        platform.now_ns()
    }
}

#[cfg(target_os = "none")]
pub(crate) mod ask {
    use super::Platform;

    // SAFETY: `link!` defines all with these types, and they are safe functions.
    unsafe extern "Rust" {
        safe fn pollux_executor_task_cpu() -> Option<usize>;
        safe fn pollux_executor_current_cpu() -> Option<usize>;
        safe fn pollux_executor_now_ns() -> u64;
        safe fn pollux_executor_lock_acquired();
        safe fn pollux_executor_lock_released();
    }

    #[inline(always)]
    pub(crate) fn lock_acquired() {
        pollux_executor_lock_acquired();
    }

    #[inline(always)]
    pub(crate) fn lock_released() {
        pollux_executor_lock_released();
    }

    #[inline(always)]
    pub(crate) fn task_cpu(_: &dyn Platform) -> Option<usize> {
        pollux_executor_task_cpu()
    }

    #[inline(always)]
    pub(crate) fn current_cpu(_: &dyn Platform) -> Option<usize> {
        pollux_executor_current_cpu()
    }

    #[inline(always)]
    pub(crate) fn now_ns(_: &dyn Platform) -> u64 {
        pollux_executor_now_ns()
    }
}

pub(crate) use ask::{current_cpu, now_ns, task_cpu};

/// There is not enough memory for what was asked. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not enough memory")
    }
}

impl core::error::Error for OutOfMemory {}
