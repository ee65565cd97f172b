//! A lock that knows who holds it.

use std::{
    sync::{Mutex, PoisonError},
    thread::{self, ThreadId},
};

use crate::IrqLock;

/// An [`IrqLock`] for threads. A fake device that is guarded by it checks each access against
/// [`FakeLock::assert_held`].
#[derive(Debug, Default)]
pub struct FakeLock {
    alone: Mutex<()>,
    holder: Mutex<Option<ThreadId>>,
}

impl FakeLock {
    /// A free lock.
    pub const fn new() -> Self {
        Self { alone: Mutex::new(()), holder: Mutex::new(None) }
    }

    /// Whether the calling thread is inside a section.
    pub fn held(&self) -> bool {
        self.holder() == Some(thread::current().id())
    }

    /// Panics unless the calling thread is inside a section.
    pub fn assert_held(&self, what: &str) {
        assert!(
            self.held(),
            "{what} outside the device's lock: the handler may be touching it on another CPU"
        );
    }

    fn holder(&self) -> Option<ThreadId> {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_holder(&self, holder: Option<ThreadId>) {
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = holder;
    }
}

/// Frees the lock also when the section panics, so that a test of a misuse can go on.
struct Held<'a>(&'a FakeLock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.set_holder(None);
    }
}

impl IrqLock for FakeLock {
    fn with<R>(&self, section: impl FnOnce() -> R) -> R {
        assert!(!self.held(), "nested sections of one lock: the kernel's lock would spin for ever");
        let _alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        self.set_holder(Some(thread::current().id()));
        let _held = Held(self);
        section()
    }
}
