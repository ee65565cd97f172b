//! Files: the tree of mounted file systems and the file systems that live in memory.

pub mod archive;
mod cache;
pub mod description;
pub mod dev;
mod directory;
mod fifo;
pub mod inode;
mod memory;
mod mount;
mod path;
pub mod proc;
mod text;
pub mod tmpfs;
mod vfs;

pub use path::{NAME_MAX, PATH_MAX};
pub use vfs::{NewMount, Vfs};

// Leaf futures that are always ready charge the task's budget; the locks are for task context only.
use pollux_executor::{budget::charge, sync::Lock};

#[cfg(test)]
pub(crate) mod tests;
