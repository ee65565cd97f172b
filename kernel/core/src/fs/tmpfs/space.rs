//! How much the file system holds, and may hold.

use alloc::{boxed::Box, sync::Arc};
use core::sync::atomic::{AtomicU64, Ordering};
use pollux_shell::{env::Result, errno::Errno};

pub(super) struct Space {
    limit: Box<dyn Fn() -> u64 + Send + Sync>,
    used: AtomicU64,
}

impl Space {
    pub fn new(limit: Box<dyn Fn() -> u64 + Send + Sync>) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0) })
    }

    /// A lease of nothing yet. Never fails: an overfull file system can be emptied.
    pub fn lease(self: &Arc<Self>) -> Lease {
        Lease { space: self.clone(), bytes: 0 }
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
        self.space
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map_err(|_| Errno::ENOSPC)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.space.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
