//! Regular files.

use alloc::sync::Arc;
use core::{
    any::Any,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use pollux_shell::env::{Changes, FileType, Metadata, OpenFlags, Result};

use super::{
    Head, Tmpfs,
    blocks::{Blocks, Lent},
};
use crate::fs::{
    Lock,
    archive::Bytes,
    description::Content,
    inode::{Answer, Inode, Opened, now},
};

/// What one read or write moves at most. It bounds how long the data's lock is held, and is what an
/// appending write is atomic up to.
const MAX_TRANSFER: usize = 256 * 1024;

/// A regular file; its data goes when the last name and the last description are gone.
pub(in crate::fs) struct Regular {
    pub(super) head: Head,
    blocks: Lock<Blocks>,
    /// Whether there is data that lies in an archive.
    in_archive: bool,
    /// The length of `blocks` and the space that it takes in units of 512 bytes, written under its lock, for `stat` to
    /// read without.
    len: AtomicU64,
    sectors: AtomicU64,
}

impl Regular {
    pub(super) fn new(fs: Arc<Tmpfs>, mode: u16) -> Result<Arc<Self>> {
        let blocks = Blocks::new(&fs.space);
        Self::with(fs, mode, blocks)
    }

    /// A file with the data that lies there. What is written to it goes elsewhere.
    pub(super) fn over(fs: Arc<Tmpfs>, mode: u16, bytes: Bytes, range: Range<usize>) -> Result<Arc<Self>> {
        let blocks = Blocks::over(&fs.space, bytes, range);
        Self::with(fs, mode, blocks)
    }

    fn with(fs: Arc<Tmpfs>, mode: u16, blocks: Blocks) -> Result<Arc<Self>> {
        let head = Head::new(fs, 1, mode)?;
        let (len, sectors) = (AtomicU64::new(blocks.len()), AtomicU64::new(blocks.sectors()));
        let in_archive = blocks.is_over_an_archive();
        Ok(Arc::new(Self { head, blocks: Lock::new(blocks), in_archive, len, sectors }))
    }

    pub(super) fn stat(&self) -> Metadata {
        Metadata {
            size: self.len.load(Relaxed),
            blocks: self.sectors.load(Relaxed),
            ..self.head.metadata(FileType::Regular)
        }
    }

    fn note(&self, blocks: &Blocks) {
        self.len.store(blocks.len(), Relaxed);
        self.sectors.store(blocks.sectors(), Relaxed);
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

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened> {
        if flags.contains(OpenFlags::TRUNC)
            && let Err(error) = Content::set_len(&*self, 0)
        {
            return now(Err(error));
        }
        now(Ok(Opened::Content(self)))
    }

    fn change(&self, changes: &Changes) -> Answer<'_, ()> {
        self.head.change(changes);
        now(Ok(()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Content for Regular {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let size = buf.len().min(MAX_TRANSFER);
        let count = self.blocks.lock().read(offset, &mut buf[..size]);
        self.head.note_access();
        Ok(count)
    }

    fn reads_in_place(&self) -> bool {
        true
    }

    /// To lend a frame through a pipe takes twice as much as to copy it; what lies in an archive is worth it.
    fn lends(&self) -> bool {
        self.in_archive
    }

    fn lend_at(&self, offset: u64, most: usize) -> bytes::Bytes {
        let fresh = Arc::default();
        let lent = self.blocks.lock().lend(offset, most.min(MAX_TRANSFER), fresh);
        self.head.note_access();
        lent.map_or_else(bytes::Bytes::new, Lent::into_bytes)
    }

    fn write_at(&self, offset: u64, buf: &[u8], append: bool) -> Result<(usize, u64)> {
        let buf = &buf[..buf.len().min(MAX_TRANSFER)];
        let (count, end) = {
            let mut blocks = self.blocks.lock();
            let offset = if append { blocks.len() } else { offset };
            let count = blocks.write(offset, buf)?;
            self.note(&blocks);
            (count, offset + count as u64)
        };
        self.head.touch();
        Ok((count, end))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        let gone = {
            let mut blocks = self.blocks.lock();
            let gone = blocks.set_len(len)?;
            self.note(&blocks);
            gone
        };
        drop(gone); // outside the lock
        self.head.touch();
        Ok(())
    }

    fn number(&self) -> u64 {
        self.head.number
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }
}
