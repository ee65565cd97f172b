//! A tar archive in memory as a read-only file system: what the launcher packs appears under `/host`.
//!
//! The names are copied once, when it is mounted; the data of a file is read where it lies.

mod tar;
mod tree;

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::{any::Any, ops::Range};
use hashbrown::HashMap;
use pollux_shell::{
    env::{DirEntry, File, FileType, Metadata, OpenFlags, Result},
    errno::Errno,
};

use super::{
    description::{Content, Description},
    inode::{Answer, Inode, Node, now},
    memory,
    text::copy_from,
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
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Static(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// The root directory of an archive. Members that cannot be shown (a path with `..`, a link, a device)
/// are skipped with a warning in the log; an archive that is damaged is an error.
pub fn root(bytes: impl Into<Bytes>) -> core::result::Result<Node, ArchiveError> {
    let root: Node = tree::build(&bytes.into())?;
    Ok(root)
}

/// A file or directory of the archive; never changes.
struct Entry {
    metadata: Metadata,
    body: Body,
}

enum Body {
    Directory(HashMap<BString, Arc<Entry>>),
    File { archive: Bytes, data: Range<usize> },
}

impl Entry {
    fn list(&self) -> Result<Vec<DirEntry>> {
        let Body::Directory(names) = &self.body else { return Err(Errno::ENOTDIR) };
        let mut entries = memory::list(names.len())?;
        for (name, entry) in names {
            entries.push(DirEntry { name: memory::copy_name(name.as_ref())?, metadata: entry.metadata });
        }
        Ok(entries)
    }

    fn find(&self, name: &BStr) -> Result<Node> {
        match &self.body {
            Body::Directory(names) => Ok(names.get(name).ok_or(Errno::ENOENT)?.clone()),
            Body::File { .. } => Err(Errno::ENOTDIR),
        }
    }
}

impl Inode for Entry {
    fn kind(&self) -> FileType {
        self.metadata.kind
    }

    fn number(&self) -> u64 {
        self.metadata.inode
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        if flags.contains(OpenFlags::WRITE) {
            return now(Err(Errno::EROFS));
        }
        now(Ok(Arc::new(Description::new(self, flags))))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.find(name))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Content for Arc<Entry> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        match &self.body {
            Body::Directory(_) => Err(Errno::EISDIR),
            Body::File { archive, data } => Ok(copy_from(&archive.as_slice()[data.clone()], offset, buf)),
        }
    }

    fn write_at(&self, _offset: u64, _buf: &[u8], _append: bool) -> Result<(usize, u64)> {
        Err(Errno::EROFS)
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }
}
