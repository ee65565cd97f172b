//! The write end.

use alloc::sync::Arc;
use bytes::Bytes;
use core::{
    future::poll_fn,
    sync::atomic::Ordering,
    task::{Context, Poll, ready},
};
use pollux_executor::{
    budget,
    sync::{ByteProducer, byte_ring},
};
use pollux_shell::{
    env::{Fill, Result},
    errno::Errno,
};
use pollux_trace::trace;

use super::{LOAN_MIN, LOANS, MAX_SEGMENTS, PIPE_BUF, Segment, Shared};
use crate::waits::Wait;

/// The write end. Dropping it gives the reader end of file once it has read everything.
pub struct Writer {
    pub(super) ring: ByteProducer,
    pub(super) shared: Arc<Shared>,
}

impl Writer {
    pub(super) fn new(ring: ByteProducer, shared: Arc<Shared>) -> Self {
        Self { ring, shared }
    }

    /// How many bytes the ring of the moment holds.
    #[cfg(test)]
    pub(super) fn ring_capacity(&self) -> usize {
        self.ring.capacity()
    }

    /// Writes some of `buf`, at least one byte unless it is empty. `EPIPE` when the read end is closed.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let n = ready!(self.poll_put_one(cx, buf))?;
        if n > 0 {
            trace!(PipeSend, self.shared.number, n);
            self.shared.readers.wake();
        }
        Poll::Ready(Ok(n))
    }

    /// Waits for room, and lends as much of it as lies in one piece; what stands there is old. The counterpart of
    /// `BufRead` for the read end: [`Writer::commit`] sends what was written.
    pub async fn grant(&mut self) -> Result<&mut [u8]> {
        poll_fn(|cx| self.poll_room(cx, PIPE_BUF + 1)).await?;
        if self.ring.room(1) == 0 && !self.grow() {
            return Err(Errno::EPIPE); // it was decided: nobody reads any more
        }
        Ok(self.ring.grant())
    }

    /// Sends the first `len` bytes of the grant, or all of it.
    pub fn commit(&mut self, len: usize) {
        let len = len.min(self.ring.grant().len());
        if len > 0 {
            trace!(PipeSend, self.shared.number, len);
            self.ring.commit(len);
            self.shared.readers.wake();
        }
    }

    /// Hands bytes over without copying them, unless they are few: then some of them are written.
    pub fn poll_write_loan(&mut self, cx: &mut Context<'_>, loan: &Bytes) -> Poll<Result<usize>> {
        let n = ready!(self.poll_lend(cx, loan))?;
        if n > 0 {
            trace!(PipeSend, self.shared.number, n);
            self.shared.readers.wake();
        }
        Poll::Ready(Ok(n))
    }

    /// Writes without waking the reader.
    pub(super) fn poll_put_one(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if buf.len() > PIPE_BUF
            && let Some(filled) = self.poll_fill(cx, &[buf])
        {
            return filled;
        }
        ready!(self.poll_room(cx, buf.len()))?;
        Poll::Ready(Ok(self.put(buf)))
    }

    /// Copies what there is room for.
    fn put(&mut self, buf: &[u8]) -> usize {
        let mut n = self.ring.push(buf);
        if n < buf.len() && self.grow() {
            n += self.ring.push(&buf[n..]);
        }
        n
    }

    /// Writes several buffers without waking the reader.
    pub(super) fn poll_put(&mut self, cx: &mut Context<'_>, bufs: &[&[u8]]) -> Poll<Result<usize>> {
        let wanted = bufs.iter().fold(0, |sum: usize, buf| sum.saturating_add(buf.len()));
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        if wanted > PIPE_BUF
            && let Some(filled) = self.poll_fill(cx, bufs)
        {
            return filled;
        }
        ready!(self.poll_room(cx, wanted))?;
        let mut total = 0;
        for buf in bufs {
            let n = self.put(buf);
            total += n;
            if n < buf.len() {
                break;
            }
        }
        Poll::Ready(Ok(total))
    }

    /// Writes in place, without waking the reader: see [`File::poll_write_in_place`].
    ///
    /// [`File::poll_write_in_place`]: pollux_shell::env::File::poll_write_in_place
    pub(super) fn poll_put_in_place(
        &mut self,
        cx: &mut Context<'_>,
        most: usize,
        fill: Fill<'_>,
    ) -> Poll<Result<usize>> {
        if most == 0 {
            return Poll::Ready(Ok(0));
        }
        ready!(self.poll_room(cx, most))?;
        let mut total = 0;
        while total < most && (self.ring.room(most - total) > 0 || self.grow()) {
            let grant = self.ring.grant();
            let len = grant.len().min(most - total);
            let filled = match fill(cx, &mut grant[..len]) {
                Poll::Ready(Ok(filled)) => filled.min(len),
                _ if total > 0 => break, // it will say so again
                answer => return answer,
            };
            self.ring.commit(filled);
            total += filled;
            if filled < len {
                break;
            }
        }
        Poll::Ready(Ok(total))
    }

    /// Hands bytes over without copying them, unless they are few; without waking the reader.
    pub(super) fn poll_lend(&mut self, cx: &mut Context<'_>, loan: &Bytes) -> Poll<Result<usize>> {
        if loan.len() < LOAN_MIN {
            return self.poll_put_one(cx, loan);
        }
        if !self.may_lend(loan.len()) {
            self.shared.writers.register(cx.waker());
            if !self.may_lend(loan.len()) {
                Wait::PipeRoom(self.shared.number).tell(cx);
                return Poll::Pending;
            }
        }
        if !self.shared.read_open.load(Ordering::Relaxed) {
            return Poll::Ready(Err(Errno::EPIPE));
        }
        ready!(budget::charge(cx));
        let segment = Segment::Loan { at: self.ring.position(), bytes: loan.clone() };
        // Before the reader can see it, which takes it back.
        self.shared.lent.fetch_add(loan.len(), Ordering::Relaxed);
        if !self.queue(segment) {
            self.shared.lent.fetch_sub(loan.len(), Ordering::Relaxed);
            return self.poll_put_one(cx, loan);
        }
        Poll::Ready(Ok(loan.len()))
    }

    /// Whether a loan finds room, or nobody who could make any.
    fn may_lend(&self, len: usize) -> bool {
        let lent = self.shared.lent.load(Ordering::Relaxed);
        let capacity = self.shared.capacity.load(Ordering::Relaxed);
        let fits = lent == 0 || lent.saturating_add(len) <= LOANS * capacity;
        let room = fits && self.shared.queued.load(Ordering::Relaxed) < MAX_SEGMENTS;
        room || !self.shared.read_open.load(Ordering::Relaxed)
    }

    /// Puts a segment into the line; false when there is no memory for it.
    pub(super) fn queue(&mut self, segment: Segment) -> bool {
        let mut segments = self.shared.segments.lock();
        if segments.try_reserve(1).is_err() {
            return false;
        }
        segments.push_back(segment);
        // Partner: the load in `Reader::is_readable`.
        self.shared.queued.store(segments.len(), Ordering::Release);
        true
    }

    /// Whether a write of any size, or a loan, is over at once: nothing is on its way to the reader, or there is none.
    pub(super) fn is_ready(&mut self) -> bool {
        let segments =
            self.shared.queued.load(Ordering::Relaxed) + self.shared.filled.load(Ordering::Relaxed);
        let lent = self.shared.lent.load(Ordering::Relaxed);
        let capacity = self.ring.capacity();
        !self.shared.read_open.load(Ordering::Relaxed)
            || (segments == 0 && lent == 0 && self.ring.room(capacity) == capacity)
    }

    /// Waits for room to write something of `wanted` bytes.
    fn poll_room(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<Result<()>> {
        if !self.is_decided(wanted) {
            self.shared.writers.register(cx.waker());
            if !self.is_decided(wanted) {
                Wait::PipeRoom(self.shared.number).tell(cx);
                return Poll::Pending;
            }
        }
        if !self.shared.read_open.load(Ordering::Relaxed) {
            return Poll::Ready(Err(Errno::EPIPE));
        }
        ready!(budget::charge(cx));
        Poll::Ready(Ok(()))
    }

    /// Whether there is room, or nobody who could make any. Up to [`PIPE_BUF`] bytes go in whole, so that the lines
    /// of several writers do not mix (POSIX.1-2024 XSH write); of more, any part may.
    fn is_decided(&mut self, wanted: usize) -> bool {
        if self.ring.capacity() > self.shared.capacity.load(Ordering::Relaxed) {
            self.change_ring();
        }
        let needed = if wanted <= PIPE_BUF { wanted.min(self.ring.capacity()) } else { 1 };
        !self.shared.read_open.load(Ordering::Relaxed) || self.ring.room(needed) >= needed || self.grow()
    }

    /// Goes over to a ring of full capacity; false when it has that, or there is no memory for it.
    fn grow(&mut self) -> bool {
        self.ring.capacity() < self.shared.capacity.load(Ordering::Relaxed) && self.change_ring()
    }

    /// Goes over to a ring of the capacity that the pipe shall have.
    fn change_ring(&mut self) -> bool {
        // Each ring that waits for the reader holds memory.
        if self.shared.queued.load(Ordering::Relaxed) >= MAX_SEGMENTS {
            return false;
        }
        let capacity = self.shared.capacity.load(Ordering::Relaxed);
        let Some((producer, consumer)) = byte_ring(capacity, self.ring.position()) else { return false };
        let queued = self.queue(Segment::Ring(consumer));
        if queued {
            self.ring = producer;
        }
        queued
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.write_open.store(false, Ordering::Release); // partner: the load in `Reader::look`
        self.shared.readers.wake();
    }
}
