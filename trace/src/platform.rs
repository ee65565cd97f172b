//! What tracepoints need to know of the machine.
//!
//! It is asked through a trait object. In the kernel the two questions of every event go to functions that are found when it
//! is linked, as a call through an object costs more than its answer: see [`link!`](crate::link).

use spin::Once;

/// What tracepoints need to know of the platform. All may be asked in a handler, and answer at once.
pub trait Platform: Sync {
    /// The number of the CPU that calls; any larger one on what is no CPU.
    fn cpu(&self) -> usize;
    /// What that CPU does now.
    fn now(&self, cpu: usize) -> Now;
    /// A time in nanoseconds.
    fn ns_of(&self, ticks: u64) -> u64;
    /// [`samples::rate`](crate::samples::rate) is another now. In task context.
    fn rate_changed(&self) {}
    /// Puts the addresses of the caller's stack there, the innermost first; how many. 0 where they are not known.
    fn stack(&self, frames: &mut [u64]) -> usize {
        let _ = frames;
        0
    }
}

/// What a CPU does.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The number of the task that it polls, or 0; its low 32 bits.
    pub task: u32,
    /// The time, in units of the platform's own that grow.
    pub ticks: u64,
}

/// With the number of CPUs.
pub(crate) static PLATFORM: Once<(&'static dyn Platform, usize)> = Once::new();

/// Says what the tracepoints of a machine with so many CPUs ask. The first one counts.
pub fn install(platform: &'static dyn Platform, cpus: usize) {
    PLATFORM.call_once(|| (platform, cpus));
}

/// Has every event ask this static [`Platform`] directly. The kernel says so once; without it, it is not linked.
#[macro_export]
macro_rules! link {
    ($platform:path) => {
        // SAFETY: the names are those of `pollux_trace::platform`, and nobody else's.
        #[unsafe(no_mangle)]
        fn pollux_trace_cpu() -> usize {
            $crate::Platform::cpu(&$platform)
        }

        // SAFETY: as above.
        #[unsafe(no_mangle)]
        fn pollux_trace_now(cpu: usize) -> $crate::Now {
            $crate::Platform::now(&$platform, cpu)
        }
    };
}

#[cfg(not(target_os = "none"))]
mod ask {
    use super::*;

    pub fn cpu() -> usize {
        PLATFORM.get().map_or(usize::MAX, |(platform, _)| platform.cpu())
    }

    pub fn now(cpu: usize) -> Now {
        PLATFORM.get().map_or(Now { task: 0, ticks: 0 }, |(platform, _)| platform.now(cpu))
    }
}

#[cfg(target_os = "none")]
#[allow(unsafe_code)]
mod ask {
    use super::Now;

    // SAFETY: `link!` defines both with these types, and they are safe functions.
    unsafe extern "Rust" {
        safe fn pollux_trace_cpu() -> usize;
        safe fn pollux_trace_now(cpu: usize) -> Now;
    }

    #[inline(always)]
    pub fn cpu() -> usize {
        pollux_trace_cpu()
    }

    #[inline(always)]
    pub fn now(cpu: usize) -> Now {
        pollux_trace_now(cpu)
    }
}

pub(crate) use ask::{cpu, now};
