//! Files: the tree of mounted file systems and the file systems that live in memory.

pub mod archive;
mod description;
pub mod dev;
mod directory;
pub mod inode;
mod memory;
mod mount;
mod path;
pub mod proc;
mod text;
pub mod tmpfs;
mod vfs;

pub use path::{NAME_MAX, PATH_MAX};
pub use vfs::{MountInfo, Vfs};

/// Takes one unit of the task's budget, as every leaf future does that is always ready.
pub(crate) fn charge(_cx: &mut core::task::Context<'_>) -> core::task::Poll<()> {
    core::task::Poll::Ready(())
}

/// The lock of the file systems: taken in task context only, and never across an await.
pub(crate) type Lock<T> = spin::Mutex<T>;
