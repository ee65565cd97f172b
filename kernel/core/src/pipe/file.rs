//! The ends of a pipe as open files, which several tasks may share.

use alloc::sync::Arc;
use core::task::{Context, Poll, ready};
use pollux_executor::sync::Lock;
use pollux_shell::{
    env::{File, FileType, Metadata, Result},
    errno::Errno,
};

use super::{Reader, Shared, Writer};

/// The read end behind a lock.
pub struct ReadEnd {
    end: Lock<Reader>,
    shared: Arc<Shared>,
}

/// The write end behind a lock.
pub struct WriteEnd {
    end: Lock<Writer>,
    shared: Arc<Shared>,
}

impl ReadEnd {
    /// Makes the end shareable.
    pub fn new(reader: Reader) -> Self {
        let shared = reader.shared.clone();
        Self { end: Lock::new(reader), shared }
    }
}

impl WriteEnd {
    /// Makes the end shareable.
    pub fn new(writer: Writer) -> Self {
        let shared = writer.shared.clone();
        Self { end: Lock::new(writer), shared }
    }
}

impl File for ReadEnd {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let polled = self.end.lock().poll_take(cx, buf);
        let n = ready!(polled);
        if n > 0 {
            self.shared.writers.wake();
        }
        Poll::Ready(Ok(n))
    }

    fn poll_write(&self, _cx: &mut Context<'_>, _buf: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(METADATA)
    }
}

impl File for WriteEnd {
    fn poll_read(&self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let polled = self.end.lock().poll_put(cx, buf);
        let n = ready!(polled)?;
        if n > 0 {
            self.shared.readers.wake();
        }
        Poll::Ready(Ok(n))
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(METADATA)
    }
}

const METADATA: Metadata = Metadata::new(FileType::Pipe, 0o600);
