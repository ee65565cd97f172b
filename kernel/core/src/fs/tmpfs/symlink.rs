//! Symbolic links: a path as text.

use alloc::sync::Arc;
use bstr::{BStr, BString, ByteSlice};
use core::any::Any;
use pollux_shell::{
    env::{Changes, FileType, Metadata, OpenFlags, Result},
    errno::Errno,
};

use super::{Head, Tmpfs};
use crate::fs::{
    inode::{Answer, Inode, Opened, now},
    memory,
};

pub(in crate::fs) struct Symlink {
    pub(super) head: Head,
    target: BString,
}

impl Symlink {
    pub(super) fn new(fs: Arc<Tmpfs>, target: &BStr) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { target: memory::copy_name(target)?, head: Head::new(fs, 1, 0o777)? }))
    }

    pub(super) fn stat(&self) -> Metadata {
        Metadata { size: self.target.len() as u64, ..self.head.metadata(FileType::Symlink) }
    }
}

impl Inode for Symlink {
    fn kind(&self) -> FileType {
        FileType::Symlink
    }

    fn number(&self) -> u64 {
        self.head.number
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::ELOOP))
    }

    /// The permissions of a link mean nothing, and cannot be set.
    fn change(&self, changes: &Changes) -> Answer<'_, ()> {
        if changes.mode.is_some() {
            return now(Err(Errno::EOPNOTSUPP));
        }
        self.head.change(changes);
        now(Ok(()))
    }

    fn read_link(&self) -> Answer<'_, BString> {
        now(memory::copy_name(self.target.as_bstr()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
