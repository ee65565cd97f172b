//! The open file description of everything that has bytes at offsets: the access mode, and an offset
//! that reads and writes move on. It is the one allocation of an open.

use core::task::{Context, Poll, ready};
use pollux_shell::{
    env::{File, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
};

use super::{Lock, charge};

/// Bytes at offsets.
pub(super) trait Content: Send + Sync {
    /// Copies what is at `offset` on, or less; nothing at or after the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize>;

    /// Writes some of `buf` at `offset`, or at the end, as one step, with `append`. Answers how many
    /// bytes it took and the offset after them. Only called when opened with `WRITE`.
    fn write_at(&self, offset: u64, buf: &[u8], append: bool) -> Result<(usize, u64)>;

    /// What `fstat` tells; its size is where `SeekFrom::End` starts from.
    fn metadata(&self) -> Metadata;
}

pub(super) struct Description<C> {
    content: C,
    flags: OpenFlags,
    /// Held during the transfer: two reads through one description never get the same bytes
    /// (POSIX.1-2024 XSH 2.9.7).
    offset: Lock<u64>,
}

impl<C: Content> Description<C> {
    pub fn new(content: C, flags: OpenFlags) -> Self {
        Self { content, flags, offset: Lock::new(0) }
    }
}

impl<C: Content> File for Description<C> {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::READ) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        ready!(charge(cx));
        let mut offset = self.offset.lock();
        let result = self.content.read_at(*offset, buf);
        if let Ok(count) = result {
            *offset += count as u64;
        }
        Poll::Ready(result)
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::WRITE) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(charge(cx));
        let mut offset = self.offset.lock();
        let result = self.content.write_at(*offset, buf, self.flags.contains(OpenFlags::APPEND));
        Poll::Ready(result.map(|(count, end)| {
            *offset = end;
            count
        }))
    }

    fn seek(&self, to: SeekFrom) -> Result<u64> {
        let mut offset = self.offset.lock();
        let target = match to {
            SeekFrom::Start(start) => Some(start),
            SeekFrom::Current(by) => offset.checked_add_signed(by),
            SeekFrom::End(by) => self.content.metadata().size.checked_add_signed(by),
        };
        // Offsets are signed numbers (`off_t`), here as everywhere.
        *offset = target.filter(|&target| target <= i64::MAX as u64).ok_or(Errno::EINVAL)?;
        Ok(*offset)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.content.metadata())
    }
}
