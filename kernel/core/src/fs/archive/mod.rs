//! A tar archive in memory as a file system: what the launcher packs appears under `/host`.
//!
//! It is a tmpfs whose files have their data in the archive until they are written: the names are copied once, when it
//! is made; the data is read where it lies, and a chunk of it is copied when it is changed.

mod tar;
mod tree;

use alloc::{boxed::Box, sync::Arc};
use core::{ops::Range, time::Duration};

use super::{
    inode::Node,
    tmpfs::{Dir, Tmpfs},
};

pub use tar::ArchiveError;

/// The bytes of an archive.
#[derive(Clone)]
pub enum Bytes {
    /// They stay for good, as a module does that the boot loader put into memory.
    Static(&'static [u8]),
    /// They stay as long as the file system or an open file of it.
    Shared(Arc<[u8]>),
}

impl From<&'static [u8]> for Bytes {
    fn from(bytes: &'static [u8]) -> Self {
        Self::Static(bytes)
    }
}

impl From<Arc<[u8]>> for Bytes {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Shared(bytes)
    }
}

impl Bytes {
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }

    /// Some of them, to be kept without a copy.
    pub(super) fn lend(self, range: Range<usize>) -> bytes::Bytes {
        match self {
            Self::Static(bytes) => bytes::Bytes::from_static(&bytes[range]),
            Self::Shared(bytes) => bytes::Bytes::from_owner(bytes).slice(range),
        }
    }
}

/// The root directory of an archive. Members that cannot be shown (a path with `..`, a device) are skipped with a
/// warning in the log; an archive that is damaged is an error. What is changed and added takes `limit()` bytes at
/// most; `clock` tells the time since the epoch.
pub fn root(
    bytes: impl Into<Bytes>,
    limit: impl Fn() -> u64 + Send + Sync + 'static,
    clock: impl Fn() -> Duration + Send + Sync + 'static,
) -> Result<Node, ArchiveError> {
    let fs = Tmpfs::new(Box::new(limit), Box::new(clock));
    let root = Dir::root(fs, 0o755).map_err(|_| ArchiveError::OutOfMemory)?;
    tree::fill(&root, &bytes.into())?;
    Ok(root)
}
