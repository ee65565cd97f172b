//! A clock that the test moves.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::Clock;

/// A clock that advances by a fixed step each time it is read, and by hand. A driver that spins until a
/// deadline therefore gets there, without any time passing.
#[derive(Debug, Default)]
pub struct FakeClock {
    now_ns: AtomicU64,
    step_ns: u64,
}

impl FakeClock {
    /// A clock at 0 that each reading moves by `step_ns`.
    pub const fn stepping(step_ns: u64) -> Self {
        Self { now_ns: AtomicU64::new(0), step_ns }
    }

    /// Moves the clock.
    pub fn advance(&self, by_ns: u64) {
        self.now_ns.fetch_add(by_ns, Relaxed);
    }
}

impl Clock for FakeClock {
    fn now_ns(&self) -> u64 {
        self.now_ns.fetch_add(self.step_ns, Relaxed)
    }
}
