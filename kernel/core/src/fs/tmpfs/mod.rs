//! A file system in memory.
//!
//! ## Locks
//!
//! Every directory has a lock for its names, every file one for its data, and the file system one for
//! the shape of the tree. An operation on a single name takes the lock of its directory alone. Only who
//! holds the tree's lock (`rmdir`, `rename`) takes a second directory's lock while holding one, so no
//! two can wait for each other in a circle. Numbers that `stat` tells are atomics and take no lock.
//! What an operation removes is dropped after its locks are released: freeing a large file takes a while.

mod blocks;
mod dir;
mod file;
mod space;

use alloc::{boxed::Box, sync::Arc};
use core::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};
use pollux_shell::env::{FileType, Metadata, Result};

use super::{Lock, inode::Node};
use dir::Dir;
use space::{Lease, Space};

/// What an empty file or directory is charged with: its node, its name and its place in a table.
const NODE_COST: u64 = 512;

/// The root directory of a new file system. It holds `limit()` bytes at most, and asks anew whenever it
/// grows; `clock` tells the time since the epoch. `ENOSPC` when the limit has no room for the root.
pub fn root(
    limit: impl Fn() -> u64 + Send + Sync + 'static,
    clock: impl Fn() -> Duration + Send + Sync + 'static,
) -> Result<Node> {
    let fs = Arc::new(Tmpfs {
        space: Space::new(Box::new(limit)),
        clock: Box::new(clock),
        numbers: AtomicU64::new(1),
        tree: Lock::new(()),
    });
    Ok(Dir::new(fs)?)
}

/// What all nodes of one file system share.
struct Tmpfs {
    space: Arc<Space>,
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    numbers: AtomicU64,
    /// Held while the tree changes its shape: see the module's text.
    tree: Lock<()>,
}

/// What files and directories have in common.
struct Head {
    fs: Arc<Tmpfs>,
    number: u64,
    /// Nanoseconds since the epoch; the year 2554 is the last that fits.
    modified_ns: AtomicU64,
    links: AtomicU32,
    _lease: Lease,
}

impl Head {
    fn new(fs: Arc<Tmpfs>, links: u32) -> Result<Self> {
        let mut lease = fs.space.lease();
        lease.grow(NODE_COST)?;
        Ok(Self {
            _lease: lease,
            number: fs.numbers.fetch_add(1, Ordering::Relaxed),
            modified_ns: AtomicU64::new(nanoseconds((fs.clock)())),
            links: AtomicU32::new(links),
            fs,
        })
    }

    /// Notes that the data has changed now.
    fn touch(&self) {
        self.set_modified((self.fs.clock)());
    }

    fn set_modified(&self, time: Duration) {
        self.modified_ns.store(nanoseconds(time), Ordering::Relaxed);
    }

    fn metadata(&self, kind: FileType, size: u64, mode: u16) -> Metadata {
        Metadata {
            kind,
            size,
            mode,
            links: self.links.load(Ordering::Relaxed),
            inode: self.number,
            modified: Duration::from_nanos(self.modified_ns.load(Ordering::Relaxed)),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
