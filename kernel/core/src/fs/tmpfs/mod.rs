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
mod chunk;
mod dir;
mod fifo;
mod file;
mod head;
mod space;
mod symlink;

use alloc::{boxed::Box, sync::Arc};
use core::{sync::atomic::AtomicU64, time::Duration};
use pollux_shell::env::Result;

use super::{
    Lock,
    inode::{Node, new_device},
};
pub(super) use dir::{Dir, Entry};
pub use fifo::Opening;
use head::Head;
use space::Space;

/// The time since the epoch.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// The root directory of a new file system. It holds `limit()` bytes at most, and asks anew whenever it
/// grows; `clock` tells the time since the epoch. `ENOSPC` when the limit has no room for the root.
pub fn root(
    limit: impl Fn() -> u64 + Send + Sync + 'static,
    clock: impl Fn() -> Duration + Send + Sync + 'static,
) -> Result<Node> {
    Ok(Dir::root(Tmpfs::new(Box::new(limit), Box::new(clock)), 0o755)?)
}

/// What all nodes of one file system share.
pub(super) struct Tmpfs {
    space: Arc<Space>,
    clock: Clock,
    device: u64,
    numbers: AtomicU64,
    /// Held while the tree changes its shape: see the module's text.
    tree: Lock<()>,
}

impl Tmpfs {
    pub fn new(limit: Box<dyn Fn() -> u64 + Send + Sync>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            space: Space::new(limit),
            clock,
            device: new_device(),
            numbers: AtomicU64::new(1),
            tree: Lock::new(()),
        })
    }
}
