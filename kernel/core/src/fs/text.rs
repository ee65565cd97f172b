//! A text that was made when its file was opened: every read through one description sees the same.

use alloc::{string::String, sync::Arc};
use core::task::{Context, Poll, ready};
use pollux_shell::{
    env::{File, Metadata, Result},
    errno::Errno,
};

use super::{charge, description::Content};

/// What takes a text that was written, without the white space around it.
pub(super) type Take = dyn Fn(&str) -> Result<()> + Send + Sync;

pub(super) struct TextFile {
    pub text: String,
    pub metadata: Metadata,
    /// `EBADF` for writers without.
    pub write: Option<Arc<Take>>,
}

impl Content for TextFile {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        Ok(copy_from(self.text.as_bytes(), offset, buf))
    }

    fn write_at(&self, offset: u64, buf: &[u8], _append: bool) -> Result<(usize, u64)> {
        let write = self.write.as_ref().ok_or(Errno::EBADF)?;
        let text = core::str::from_utf8(buf).map_err(|_| Errno::EINVAL)?;
        write(text.trim())?;
        Ok((buf.len(), offset.saturating_add(buf.len() as u64)))
    }

    fn number(&self) -> u64 {
        self.metadata.inode
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }
}

/// A file that only takes orders, each write one. It has no offset and so no lock: an order may end the task that
/// gives it.
pub(super) struct OrderFile<F> {
    pub take: F,
    pub metadata: Metadata,
}

impl<F: Fn(&str) -> Result<()> + Send + Sync> File for OrderFile<F> {
    fn poll_read(&self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        ready!(charge(cx));
        let order = core::str::from_utf8(buf).map_err(|_| Errno::EINVAL);
        Poll::Ready(order.and_then(|order| (self.take)(order.trim())).map(|()| buf.len()))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.metadata)
    }
}

/// Copies what `bytes` has at `offset`; nothing at or after the end.
pub(super) fn copy_from(bytes: &[u8], offset: u64, buf: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
    let count = rest.len().min(buf.len());
    buf[..count].copy_from_slice(&rest[..count]);
    count
}
