//! Time, for drivers that must not wait for ever.

/// A monotonic clock.
///
/// Contract: it never goes backwards, it advances while its reader spins with interrupts off, and it
/// may be read on any CPU and in a handler.
pub trait Clock {
    /// Nanoseconds since some fixed moment.
    fn now_ns(&self) -> u64;
}

impl<T: Clock + ?Sized> Clock for &T {
    fn now_ns(&self) -> u64 {
        (**self).now_ns()
    }
}
