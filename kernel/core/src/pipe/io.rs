//! The traits of `embedded_io_async` for the ends of a pipe, so that code written for devices and
//! sockets works on pipes as well.

use core::{fmt, future::poll_fn};
use embedded_io_async::{BufRead, Error, ErrorKind, ErrorType, Read, Write};
use pollux_shell::errno::Errno;

use super::{Reader, Writer};

/// A POSIX error that `embedded_io_async` understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IoError(pub Errno);

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for IoError {}

impl Error for IoError {
    fn kind(&self) -> ErrorKind {
        match self.0 {
            Errno::EPIPE => ErrorKind::BrokenPipe,
            Errno::ENOMEM => ErrorKind::OutOfMemory,
            _ => ErrorKind::Other,
        }
    }
}

impl ErrorType for Reader {
    type Error = IoError;
}

impl ErrorType for Writer {
    type Error = IoError;
}

impl Read for Reader {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, IoError> {
        poll_fn(|cx| self.poll_read(cx, buf)).await.map_err(IoError)
    }
}

/// Reads in place: the bytes stay in the ring until they are consumed.
impl BufRead for Reader {
    async fn fill_buf(&mut self) -> Result<&[u8], IoError> {
        poll_fn(|cx| self.poll_ready(cx)).await;
        Ok(self.piece(usize::MAX).bytes)
    }

    fn consume(&mut self, amount: usize) {
        let amount = amount.min(self.piece(usize::MAX).bytes.len());
        if amount > 0 {
            self.take(amount);
            self.shared.writers.wake();
        }
    }
}

impl Write for Writer {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, IoError> {
        poll_fn(|cx| self.poll_write(cx, buf)).await.map_err(IoError)
    }

    /// Nothing to do: what is written can be read at once.
    async fn flush(&mut self) -> Result<(), IoError> {
        Ok(())
    }
}
