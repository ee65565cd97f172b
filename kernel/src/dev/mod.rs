//! The devices of this machine, and the kernel tasks that serve them.

pub mod channel;
pub mod console;
pub mod firmware;
mod outlet;
pub mod power;

use pollux_hal::{Clock, IrqLock as HalLock};

use crate::{arch::clock, sync::IrqLock};

impl HalLock for IrqLock<()> {
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        let _guard = self.lock();
        section()
    }
}

/// The kernel's clock, for drivers.
pub struct KernelClock;

impl Clock for KernelClock {
    fn now_ns(&self) -> u64 {
        clock::now_ns()
    }
}
