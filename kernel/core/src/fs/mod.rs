//! Files: the tree of mounted file systems and the file systems that live in memory.

mod directory;
pub mod inode;
mod mount;
mod path;
mod vfs;

pub use path::{NAME_MAX, PATH_MAX};
pub use vfs::{MountInfo, Vfs};

/// The lock of the file systems: taken in task context only, and never across an await.
pub(crate) type Lock<T> = spin::Mutex<T>;
