//! What benchmarks need of the hardware itself. The kernel has it; hosted, on threads, there is none, and benchmarks that need
//! it cannot be run.

use core::task::Waker;

use pollux_shell::{
    env::{BoxFuture, Result},
    errno::Errno,
};
use spin::Once;

/// The processor, its interrupts and its memory.
pub trait Hardware: Send + Sync {
    /// Takes a frame of memory and gives it back. `ENOMEM` if there is none.
    fn frame(&self) -> Result<()>;
    /// Takes so many frames, at most 512, one by one, and gives them back, one by one. `ENOMEM` if there are not so many.
    fn frames(&self, count: usize) -> Result<()>;
    /// Makes this CPU forget how it translates one page, the nth of some.
    fn flush_page(&self, nth: u64);
    /// Makes this CPU forget how it translates all pages, but those that it may keep for good.
    fn flush_all(&self);
    /// Interrupts this CPU: entry, the common path without a handler, and exit.
    fn interrupt(&self);
    /// Interrupts this CPU with a handler that wakes.
    fn interrupt_to_wake(&self, waker: &Waker);
    /// Waits until what tasks were about to send out of the machine has left it.
    fn drain(&self) -> BoxFuture<'static, ()>;
}

static HARDWARE: Once<&'static dyn Hardware> = Once::new();

/// There is hardware. The first call counts.
pub fn install(hardware: &'static dyn Hardware) {
    HARDWARE.call_once(|| hardware);
}

/// The hardware, or `ENODEV`.
pub(crate) fn hardware() -> Result<&'static dyn Hardware> {
    HARDWARE.get().copied().ok_or(Errno::ENODEV)
}
