//! What a file system has to offer to be mounted: one trait, for files and directories alike.
//!
//! The [`Vfs`](super::Vfs) walks paths and settles everything that concerns more than one name (mount
//! points, trailing slashes, `O_EXCL`); a file system only ever sees a single name in a directory of
//! its own, never `.`, `..`, an empty one or one longer than [`NAME_MAX`](super::NAME_MAX).

use alloc::{sync::Arc, vec::Vec};
use bstr::BStr;
use core::{any::Any, time::Duration};
use futures_util::future::{Either, Ready, ready};
use pollux_shell::{
    env::{BoxFuture, DirEntry, File, FileType, Metadata, OpenFlags, Result},
    errno::Errno,
};

/// A file or directory of some file system.
pub type Node = Arc<dyn Inode>;

/// What a file system answers: at once and without allocating when it has the answer in memory, or
/// later, through a future on the heap, when it has to wait for a device.
pub type Answer<'a, T> = Either<Ready<Result<T>>, BoxFuture<'a, Result<T>>>;

/// An [`Answer`] that is there already.
pub fn now<'a, T>(result: Result<T>) -> Answer<'a, T> {
    Either::Left(ready(result))
}

/// A file or directory. What only directories do answers `ENOTDIR` by default, and what changes a file
/// system answers `EROFS`.
pub trait Inode: Send + Sync + 'static {
    /// What it is. Never changes.
    fn kind(&self) -> FileType;

    /// Serial number, unique on its file system for as long as the node lives.
    fn number(&self) -> u64;

    /// What `stat` tells of it.
    fn metadata(&self) -> Metadata;

    /// Opens it. The caller has settled what concerns directories: they come with `READ` at most.
    /// `TRUNC` is for the file system to do; `CREATE`, `EXCL` and `DIRECTORY` have been done.
    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Arc<dyn File>>;

    /// Asked of the root of a file system: whether its names are fixed. For `/proc/mounts`; what
    /// decides is what the operations answer.
    fn read_only(&self) -> bool {
        true
    }

    /// Sets the time of last change.
    fn set_modified(&self, _time: Duration) -> Answer<'_, ()> {
        now(Err(Errno::EROFS))
    }

    /// The node behind a name; `ENOENT` when there is none.
    fn lookup<'a>(&'a self, _name: &'a BStr) -> Answer<'a, Node> {
        now(Err(Errno::ENOTDIR))
    }

    /// All names with what they refer to.
    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(Err(Errno::ENOTDIR))
    }

    /// Makes an empty file or directory; `EEXIST` when the name is taken.
    fn create<'a>(&'a self, _name: &'a BStr, _kind: NewNode) -> Answer<'a, Node> {
        now(Err(Errno::EROFS))
    }

    /// Removes a name that is not a directory (`EISDIR`). The data stays until it is closed.
    fn unlink<'a>(&'a self, _name: &'a BStr) -> Answer<'a, ()> {
        now(Err(Errno::EROFS))
    }

    /// Removes an empty directory; `ENOTDIR` or `ENOTEMPTY` when it is not one.
    fn rmdir<'a>(&'a self, _name: &'a BStr) -> Answer<'a, ()> {
        now(Err(Errno::EROFS))
    }

    /// Moves `name` from here to the directory `to`, which is on the same mount, with the rules of
    /// POSIX `rename`.
    fn rename<'a>(&'a self, _name: &'a BStr, _to: &'a Node, _to_name: &'a BStr) -> Answer<'a, ()> {
        now(Err(Errno::EROFS))
    }

    /// Itself, for a file system that has to find its own type in [`Inode::rename`].
    fn as_any(&self) -> &dyn Any;
}

/// What [`Inode::create`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewNode {
    /// An empty regular file.
    File,
    /// An empty directory.
    Directory,
}
