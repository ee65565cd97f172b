//! What a file system has to offer to be mounted: one trait, for everything that has a name.
//!
//! The [`Vfs`](super::Vfs) walks paths, follows symbolic links and settles everything that concerns more than one name
//! (mount points, trailing slashes, `O_EXCL`); a file system only ever sees a single name in a directory of
//! its own, never `.`, `..`, an empty one or one longer than [`NAME_MAX`](super::NAME_MAX).

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::{
    any::Any,
    sync::atomic::{AtomicU64, Ordering},
};
use futures_util::future::{Either, Ready, ready};
use pollux_shell::{
    env::{BoxFuture, Changes, DirEntry, File, FileType, Metadata, OpenFlags, Result, Space},
    errno::Errno,
};

use super::{description::Content, tmpfs::Opening};

/// A file or directory of some file system.
pub type Node = Arc<dyn Inode>;

/// What a file system answers: at once and without allocating when it has the answer in memory, or
/// later, through a future on the heap, when it has to wait for a device.
pub type Answer<'a, T> = Either<Ready<Result<T>>, BoxFuture<'a, Result<T>>>;

/// An [`Answer`] that is there already.
pub fn now<'a, T>(result: Result<T>) -> Answer<'a, T> {
    Either::Left(ready(result))
}

/// A number for a new file system, for [`Metadata::device`].
pub fn new_device() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What opening gives.
pub enum Opened {
    /// Bytes at offsets: the tree makes the description, and keeps some to be used again.
    Content(Arc<dyn Content>),
    /// A description of the file system's own.
    File(Arc<dyn File>),
    /// One or both ends of a pipe with a name.
    Fifo(Opening),
}

/// A file, directory or link. What only directories do answers `ENOTDIR` by default, and what changes a file
/// system answers `EROFS`.
pub trait Inode: Send + Sync + 'static {
    /// What it is. Never changes.
    fn kind(&self) -> FileType;

    /// Serial number, unique on its file system for as long as the node lives.
    fn number(&self) -> u64;

    /// What `stat` tells of it.
    fn metadata(&self) -> Metadata;

    /// Opens it; never asked of directories and links. `TRUNC` is for the file system to do; `CREATE`, `EXCL`,
    /// `DIRECTORY` and `NOFOLLOW` have been done.
    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened>;

    /// Asked of the root of a file system: whether its names are fixed. For `/proc/mounts`; what
    /// decides is what the operations answer.
    fn read_only(&self) -> bool {
        true
    }

    /// Asked of the root of a file system: how full it is, if it takes space at all.
    fn space(&self) -> Option<Space> {
        None
    }

    /// Asked of a directory: whether its names change only by the operations here, so that a walk may be remembered.
    fn keeps_names(&self) -> bool {
        false
    }

    /// Sets permissions, owner and times.
    fn change(&self, _changes: &Changes) -> Answer<'_, ()> {
        now(Err(Errno::EROFS))
    }

    /// The node behind a name; `ENOENT` when there is none.
    fn lookup<'a>(&'a self, _name: &'a BStr) -> Answer<'a, Node> {
        now(Err(Errno::ENOTDIR))
    }

    /// All names of one moment with what they refer to.
    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(Err(Errno::ENOTDIR))
    }

    /// Where a symbolic link leads.
    fn read_link(&self) -> Answer<'_, BString> {
        now(Err(Errno::EINVAL))
    }

    /// Makes something new; `EEXIST` when the name is taken.
    fn create<'a>(&'a self, _name: &'a BStr, _new: NewNode<'a>, _mode: u16) -> Answer<'a, Node> {
        now(Err(Errno::EROFS))
    }

    /// Gives `node`, which is on the same mount and no directory, a name in this directory.
    fn link<'a>(&'a self, _name: &'a BStr, _node: Node) -> Answer<'a, ()> {
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

    /// Itself, for a file system that has to find its own type in [`Inode::rename`] and [`Inode::link`].
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// What [`Inode::create`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewNode<'a> {
    /// An empty regular file.
    File,
    /// An empty directory.
    Directory,
    /// A symbolic link that leads there.
    Symlink(&'a BStr),
    /// A pipe with a name.
    Fifo,
}
