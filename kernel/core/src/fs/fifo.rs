//! A pipe with a name as an open file: what a pipe does, and what is known of the name.

use bstr::BString;
use bytes::Bytes;
use core::task::{Context, Poll};
use pollux_shell::{
    env::{File, Fill, Metadata, PipeEnds, Result, Take},
    errno::Errno,
};

use super::{mount::InUse, tmpfs::Opening};

pub(super) struct FifoFile {
    pub opening: Opening,
    pub path: BString,
    pub _in_use: InUse,
}

impl FifoFile {
    fn read(&self, read: impl FnOnce(&dyn File) -> Poll<Result<usize>>) -> Poll<Result<usize>> {
        let Some(end) = &self.opening.read else { return Poll::Ready(Err(Errno::EBADF)) };
        let done = read(&**end);
        if let Poll::Ready(Ok(1..)) = done {
            self.opening.note_access();
        }
        done
    }

    fn write(&self, write: impl FnOnce(&dyn File) -> Poll<Result<usize>>) -> Poll<Result<usize>> {
        let Some(end) = &self.opening.write else { return Poll::Ready(Err(Errno::EBADF)) };
        let done = write(&**end);
        if let Poll::Ready(Ok(1..)) = done {
            self.opening.touch();
        }
        done
    }

    /// One of the ends, for what both answer alike.
    fn end(&self) -> Result<&dyn File> {
        match (&self.opening.read, &self.opening.write) {
            (Some(end), _) => Ok(&**end),
            (None, Some(end)) => Ok(&**end),
            (None, None) => Err(Errno::EBADF),
        }
    }
}

impl File for FifoFile {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.read(|end| end.poll_read(cx, buf))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.write(|end| end.poll_write(cx, buf))
    }

    fn reads_in_place(&self) -> bool {
        self.opening.read.is_some()
    }

    fn poll_read_in_place(&self, cx: &mut Context<'_>, most: usize, take: Take<'_>) -> Poll<Result<usize>> {
        self.read(|end| end.poll_read_in_place(cx, most, take))
    }

    fn writes_in_place(&self) -> bool {
        self.opening.write.is_some()
    }

    fn poll_write_in_place(&self, cx: &mut Context<'_>, most: usize, fill: Fill<'_>) -> Poll<Result<usize>> {
        self.write(|end| end.poll_write_in_place(cx, most, fill))
    }

    fn poll_write_loan(&self, cx: &mut Context<'_>, loan: &Bytes) -> Poll<Result<usize>> {
        self.write(|end| end.poll_write_loan(cx, loan))
    }

    fn poll_read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [&mut [u8]]) -> Poll<Result<usize>> {
        self.read(|end| end.poll_read_vectored(cx, bufs))
    }

    fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[&[u8]]) -> Poll<Result<usize>> {
        self.write(|end| end.poll_write_vectored(cx, bufs))
    }

    fn pipe_capacity(&self) -> Result<usize> {
        self.end()?.pipe_capacity()
    }

    fn set_pipe_capacity(&self, bytes: usize) -> Result<usize> {
        self.end()?.set_pipe_capacity(bytes)
    }

    fn pipe_ends(&self) -> Option<PipeEnds> {
        let (reads, writes) = (self.opening.read.is_some(), self.opening.write.is_some());
        Some(PipeEnds { reads, writes, ..self.end().ok()?.pipe_ends()? })
    }

    fn readable(&self) -> Option<bool> {
        self.opening.read.as_ref()?.readable()
    }

    fn writable(&self) -> Option<bool> {
        self.opening.write.as_ref()?.writable()
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.opening.metadata())
    }

    fn path(&self) -> Option<BString> {
        Some(self.path.clone())
    }
}
