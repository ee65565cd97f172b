//! What tracepoints need to know of the machine.

use core::sync::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed},
};

use spin::Once;

use crate::Block;

/// What tracepoints need to know of the platform. All may be asked in a handler, and answer at once, if not said otherwise.
pub trait Platform: Sync {
    /// The number of the CPU that calls; any larger one on what is no CPU.
    fn cpu(&self) -> usize;
    /// The time, in units of the platform's own that grow. In the kernel it is the TSC.
    fn ticks(&self) -> u64;
    /// A time in nanoseconds.
    fn ns_of(&self, ticks: u64) -> u64;
    /// The task that a CPU polls; `None` if none ever will be. Asked in task context.
    fn polled(&self, cpu: usize) -> Option<&'static Polled>;
    /// What each CPU writes to; the last is for what is no CPU. Said before anything is switched on, in task context, and again at times. The
    /// kernel puts the address of each where it has [linked](crate::link) it.
    fn adopt(&self, blocks: &'static [Block]) {
        let _ = blocks;
    }
    /// [`samples::rate`](crate::samples::rate) is another now. In task context.
    fn rate_changed(&self) {}
    /// Puts the addresses of the caller's stack there, the innermost first; how many. 0 where they are not known.
    fn stack(&self, frames: &mut [u64]) -> usize {
        let _ = frames;
        0
    }
}

/// The task that a CPU polls, which writes both.
#[repr(C)]
#[derive(Debug)]
pub struct Polled {
    /// The task; null between polls. Whoever polls sets it after the number, and takes it away before that is another's.
    pub task: AtomicPtr<()>,
    /// Its number. Between polls it may be anything.
    pub number: AtomicU64,
}

impl Polled {
    /// Nothing is polled yet, with that in the number's place.
    pub const fn new(number: u64) -> Polled {
        Polled { task: AtomicPtr::new(core::ptr::null_mut()), number: AtomicU64::new(number) }
    }

    /// The low 32 bits of the task's number; 0 between polls.
    pub(crate) fn id(&self) -> u32 {
        if self.task.load(Acquire).is_null() { 0 } else { self.number.load(Relaxed) as u32 }
    }
}

/// With the number of CPUs.
pub(crate) static PLATFORM: Once<(&'static dyn Platform, usize)> = Once::new();

/// Says what the tracepoints of a machine with so many CPUs ask. The first one counts.
pub fn install(platform: &'static dyn Platform, cpus: usize) {
    PLATFORM.call_once(|| (platform, cpus));
}

pub(crate) fn ticks() -> u64 {
    PLATFORM.get().map_or(0, |(platform, _)| platform.ticks())
}

/// Says so many bytes behind what GS points to a CPU has the address of its [`Block`]. The kernel says so once; without it, it
/// is not linked.
#[macro_export]
macro_rules! link {
    ($offset:expr) => {
        ::core::arch::global_asm!(
            ".globl pollux_trace_block",
            ".set pollux_trace_block, {}",
            const $offset,
        );
    };
}
