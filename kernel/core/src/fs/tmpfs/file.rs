//! Regular files.

use alloc::sync::Arc;
use core::{
    any::Any,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use pollux_shell::env::{File, FileType, Metadata, OpenFlags, Result};

use super::{Head, Tmpfs, blocks::Blocks};
use crate::fs::{
    Lock,
    description::{Content, Description},
    inode::{Answer, Inode, now},
};

/// What one read or write moves at most. It bounds how long the data's lock is held, and is what an
/// appending write is atomic up to.
const MAX_TRANSFER: usize = 256 * 1024;

/// A regular file; its data goes when the last name and the last description are gone.
pub(super) struct Regular {
    pub head: Head,
    blocks: Lock<Blocks>,
    /// The length of `blocks`, written under its lock, for `stat` to read without.
    len: AtomicU64,
}

impl Regular {
    pub fn new(fs: Arc<Tmpfs>) -> Result<Arc<Self>> {
        let blocks = Lock::new(Blocks::new(&fs.space));
        Ok(Arc::new(Self { head: Head::new(fs, 1)?, blocks, len: AtomicU64::new(0) }))
    }

    pub fn stat(&self) -> Metadata {
        self.head.metadata(FileType::Regular, self.len.load(Ordering::Relaxed), 0o644)
    }

    fn truncate(&self) {
        let empty = Blocks::new(&self.head.fs.space);
        let old = {
            let mut blocks = self.blocks.lock();
            self.len.store(0, Ordering::Relaxed);
            core::mem::replace(&mut *blocks, empty)
        };
        drop(old); // outside the lock
        self.head.touch();
    }
}

impl Inode for Regular {
    fn kind(&self) -> FileType {
        FileType::Regular
    }

    fn number(&self) -> u64 {
        self.head.number
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        if flags.contains(OpenFlags::TRUNC) {
            self.truncate();
        }
        now(Ok(Arc::new(Description::new(self, flags))))
    }

    fn set_modified(&self, time: Duration) -> Answer<'_, ()> {
        self.head.set_modified(time);
        now(Ok(()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Content for Arc<Regular> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let size = buf.len().min(MAX_TRANSFER);
        Ok(self.blocks.lock().read(offset, &mut buf[..size]))
    }

    fn write_at(&self, offset: u64, buf: &[u8], append: bool) -> Result<(usize, u64)> {
        let buf = &buf[..buf.len().min(MAX_TRANSFER)];
        let (count, end) = {
            let mut blocks = self.blocks.lock();
            let offset = if append { blocks.len() } else { offset };
            let count = blocks.write(offset, buf)?;
            self.len.store(blocks.len(), Ordering::Relaxed);
            (count, offset + count as u64)
        };
        self.head.touch();
        Ok((count, end))
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }
}
