//! What a command reads of a here-document: a file in memory.

use alloc::vec::Vec;
use core::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
};

use crate::{
    env::{File, FileType, Metadata, Result, SeekFrom},
    errno::Errno,
};

pub(super) struct Document {
    text: Vec<u8>,
    /// The offset. It publishes nothing, so relaxed accesses do.
    at: AtomicUsize,
}

impl Document {
    pub fn new(text: Vec<u8>) -> Document {
        Document { text, at: AtomicUsize::new(0) }
    }
}

impl File for Document {
    fn poll_read(&self, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let advance = |at: usize| Some(at + buf.len().min(self.text.len().saturating_sub(at)));
        let at = self.at.fetch_update(Relaxed, Relaxed, advance).unwrap_or_else(|at| at);
        let rest = self.text.get(at..).unwrap_or_default();
        let size = buf.len().min(rest.len());
        buf[..size].copy_from_slice(&rest[..size]);
        Poll::Ready(Ok(size))
    }

    fn poll_write(&self, _: &mut Context<'_>, _: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn seek(&self, to: SeekFrom) -> Result<u64> {
        let to = match to {
            SeekFrom::Start(to) => i64::try_from(to).ok(),
            SeekFrom::Current(by) => (self.at.load(Relaxed) as i64).checked_add(by),
            SeekFrom::End(by) => (self.text.len() as i64).checked_add(by),
        };
        let to = to.and_then(|to| usize::try_from(to).ok()).ok_or(Errno::EINVAL)?;
        self.at.store(to, Relaxed);
        Ok(to as u64)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(of_memory(self.text.len()))
    }
}

/// What `fstat` tells of a file in the shell's own memory.
pub(super) fn of_memory(size: usize) -> Metadata {
    Metadata { size: size as u64, links: 0, ..Metadata::new(FileType::Regular, 0o600) }
}
