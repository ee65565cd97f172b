//! The ends of a pipe as open files, which several tasks may share.

use alloc::sync::Arc;
use bytes::Bytes;
use core::{
    sync::atomic::Ordering,
    task::{Context, Poll},
};
use pollux_shell::{
    env::{File, FileType, Fill, Metadata, PipeEnds, Result, Take},
    errno::Errno,
};
use pollux_trace::trace;

use super::{Reader, Shared, Writer, turn::Turn};
use crate::{asked::Asked, waits::Wait};

/// The read end, for whoever's turn it is.
pub struct ReadEnd {
    end: Turn<Reader>,
    shared: Arc<Shared>,
}

/// The write end, for whoever's turn it is.
pub struct WriteEnd {
    end: Turn<Writer>,
    shared: Arc<Shared>,
}

impl ReadEnd {
    /// Makes the end shareable.
    pub fn new(reader: Reader) -> Self {
        let shared = reader.shared.clone();
        Self { end: Turn::new(reader), shared }
    }

    /// The pipe's number.
    pub fn number(&self) -> u64 {
        self.shared.number
    }

    /// Says whether anybody has this end open. While nobody has, writing fails with `EPIPE`; what was written stays.
    /// After `false` comes [`ReadEnd::tell_closed`], with no lock held.
    pub fn set_open(&self, open: bool) {
        self.shared.read_open.store(open, Ordering::Release);
    }

    /// Wakes those who may wait for what was said by [`ReadEnd::set_open`].
    pub fn tell_closed(&self) {
        self.shared.writers.wake();
    }

    /// Reads for a task that is no stage. Nobody finds this end among a stage's files, so it is asked itself whether a wake was
    /// lost.
    #[track_caller]
    pub fn poll_read_outside(self: &Arc<Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let polled = self.poll_read(cx, buf);
        if polled.is_pending() {
            Wait::PipeBytes(self.shared.number).tell_of(cx, self);
        }
        polled
    }

    fn poll(
        &self,
        cx: &mut Context<'_>,
        read: impl FnOnce(&mut Reader, &mut Context<'_>) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        let result = self.end.poll(cx, read);
        if let Poll::Ready(Ok(n @ 1..)) = result {
            trace!(PipeReceive, self.shared.number, n);
            self.shared.writers.wake_after_fence();
        }
        result
    }
}

impl WriteEnd {
    /// Makes the end shareable.
    pub fn new(writer: Writer) -> Self {
        let shared = writer.shared.clone();
        Self { end: Turn::new(writer), shared }
    }

    /// The pipe's number.
    pub fn number(&self) -> u64 {
        self.shared.number
    }

    /// Says whether anybody has this end open. While nobody has, reading ends where the bytes end. After `false` comes
    /// [`WriteEnd::tell_closed`], with no lock held.
    pub fn set_open(&self, open: bool) {
        self.shared.write_open.store(open, Ordering::Release); // partner: the load in `Reader::look`
    }

    /// Wakes those who may wait for what was said by [`WriteEnd::set_open`].
    pub fn tell_closed(&self) {
        self.shared.readers.wake();
    }

    /// Writes for a task that is no stage: see [`ReadEnd::poll_read_outside`].
    #[track_caller]
    pub fn poll_write_outside(self: &Arc<Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let polled = self.poll_write(cx, buf);
        if polled.is_pending() {
            Wait::PipeRoom(self.shared.number).tell_of(cx, self);
        }
        polled
    }

    fn poll(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut Writer, &mut Context<'_>) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        let result = self.end.poll(cx, write);
        if let Poll::Ready(Ok(n @ 1..)) = result {
            trace!(PipeSend, self.shared.number, n);
            self.shared.readers.wake_after_fence();
        }
        result
    }
}

impl File for ReadEnd {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.poll(cx, |reader, cx| reader.poll_take(cx, buf).map(Ok))
    }

    fn poll_write(&self, _cx: &mut Context<'_>, _buf: &[u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn reads_in_place(&self) -> bool {
        true
    }

    /// What was lent goes on as it is.
    fn lends(&self) -> bool {
        true
    }

    fn poll_read_in_place(&self, cx: &mut Context<'_>, most: usize, take: Take<'_>) -> Poll<Result<usize>> {
        self.poll(cx, |reader, cx| reader.poll_take_in_place(cx, most, take))
    }

    fn poll_read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [&mut [u8]]) -> Poll<Result<usize>> {
        self.poll(cx, |reader, cx| reader.poll_take_vectored(cx, bufs).map(Ok))
    }

    fn pipe_capacity(&self) -> Result<usize> {
        Ok(self.shared.capacity.load(Ordering::Relaxed))
    }

    fn set_pipe_capacity(&self, bytes: usize) -> Result<usize> {
        self.shared.set_capacity(bytes)
    }

    fn pipe_ends(&self) -> Option<PipeEnds> {
        Some(PipeEnds { number: self.shared.number, reads: true, writes: false })
    }

    fn readable(&self) -> Option<bool> {
        self.end.look(Reader::is_ready)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(metadata(&self.shared))
    }
}

impl File for WriteEnd {
    fn poll_read(&self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Err(Errno::EBADF))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.poll(cx, |writer, cx| writer.poll_put_one(cx, buf))
    }

    fn writes_in_place(&self) -> bool {
        true
    }

    fn poll_write_in_place(&self, cx: &mut Context<'_>, most: usize, fill: Fill<'_>) -> Poll<Result<usize>> {
        self.poll(cx, |writer, cx| writer.poll_put_in_place(cx, most, fill))
    }

    fn poll_write_loan(&self, cx: &mut Context<'_>, loan: &Bytes) -> Poll<Result<usize>> {
        self.poll(cx, |writer, cx| writer.poll_lend(cx, loan))
    }

    fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[&[u8]]) -> Poll<Result<usize>> {
        self.poll(cx, |writer, cx| writer.poll_put(cx, bufs))
    }

    fn pipe_capacity(&self) -> Result<usize> {
        Ok(self.shared.capacity.load(Ordering::Relaxed))
    }

    fn set_pipe_capacity(&self, bytes: usize) -> Result<usize> {
        self.shared.set_capacity(bytes)
    }

    fn pipe_ends(&self) -> Option<PipeEnds> {
        Some(PipeEnds { number: self.shared.number, reads: false, writes: true })
    }

    fn writable(&self) -> Option<bool> {
        self.end.look(Writer::is_ready)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(metadata(&self.shared))
    }
}

impl Asked for ReadEnd {
    fn is_there(&self, _: Wait) -> Option<bool> {
        self.readable()
    }
}

impl Asked for WriteEnd {
    fn is_there(&self, _: Wait) -> Option<bool> {
        self.writable()
    }
}

fn metadata(pipe: &Shared) -> Metadata {
    Metadata { inode: pipe.number, ..Metadata::new(FileType::Pipe, 0o600) }
}
