//! How much the file system holds, and may hold.

use alloc::{boxed::Box, sync::Arc};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use pollux_shell::{
    env::{self, Result},
    errno::Errno,
};

pub(super) struct Space {
    limit: Box<dyn Fn() -> u64 + Send + Sync>,
    used: AtomicU64,
    files: AtomicU64,
}

impl Space {
    pub fn new(limit: Box<dyn Fn() -> u64 + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0), files: AtomicU64::new(0) })
    }

    /// A lease of nothing yet. Never fails: an overfull file system can be emptied.
    pub fn lease(self: &Arc<Self>) -> Lease {
        Lease { space: self.clone(), bytes: 0 }
    }

    pub fn count_file(&self) {
        self.files.fetch_add(1, Relaxed);
    }

    pub fn forget_file(&self) {
        self.files.fetch_sub(1, Relaxed);
    }

    pub fn told(&self) -> env::Space {
        env::Space { total: (self.limit)(), used: self.used.load(Relaxed), files: self.files.load(Relaxed) }
    }
}

/// A part of the space that is in use, until it is dropped.
pub(super) struct Lease {
    space: Arc<Space>,
    bytes: u64,
}

impl Lease {
    /// Takes more; `ENOSPC`, and nothing taken, when there is less.
    pub fn grow(&mut self, bytes: u64) -> Result<()> {
        let limit = (self.space.limit)();
        let more = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= limit);
        self.space.used.fetch_update(Relaxed, Relaxed, more).map_err(|_| Errno::ENOSPC)?;
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back a part.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.space.used.fetch_sub(bytes, Relaxed);
        self.bytes -= bytes;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.space.used.fetch_sub(self.bytes, Relaxed);
    }
}
