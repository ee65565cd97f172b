//! Reading by one copy, into buffers of the reader's own.
//!
//! A reader that sleeps in [`Reader::poll_read`] has lent its buffer for the time of one poll only: nobody can know that the
//! memory is still there afterwards, as a future that is forgotten (`core::mem::forget`) drops nothing, and its borrow
//! ends all the same. So a buffer that is to be written while its reader sleeps changes hands: the reader gives it to the pipe,
//! and gets one back, filled.
//!
//! ```text
//!   Reader --offer--> offers --the writer copies--> segments --filled--> Reader
//! ```
//!
//! **Order.** The writer fills a buffer only when its ring has been read, and only it writes. So while there are bytes in the
//! ring ahead of the reader, none of its buffers is filled, and one is among the offers; unless the ring was an older one,
//! or a loan comes first.
//!
//! **Short writes**, of at most [`PIPE_BUF`](super::PIPE_BUF) bytes, are never split, so they always go through the ring.
//!
//! **One copy or none too many.** While filled buffers wait to be read, a large write waits for the next one and does not go
//! through the ring. With two buffers or more at the pipe the writer fills all of them before the two sides change places.
//!
//! **Cancelling.** A future that is dropped leaves its buffer with the pipe, filled or not, and the bytes in it can be read
//! in any way. All goes with the pipe.

use alloc::vec::Vec;
use core::{
    future::poll_fn,
    sync::atomic::Ordering,
    task::{Context, Poll, ready},
};
use pollux_executor::budget;
use pollux_shell::{env::Result, errno::Errno, io::buffer};
use pollux_trace::trace;

use super::{LOAN_MIN, MAX_SEGMENTS, Reader, Segment, Writer};
use crate::waits::Wait;

impl Reader {
    /// Gives the pipe a buffer to be filled: all of its length. `EINVAL` when it has none; `ENOMEM` when there is no memory to
    /// note it.
    pub fn offer(&mut self, buf: Vec<u8>) -> Result<()> {
        if buf.is_empty() {
            return Err(Errno::EINVAL);
        }
        let mut offers = self.shared.offers.lock();
        offers.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        offers.push_back(buf);
        self.shared.offered.store(offers.len(), Ordering::Relaxed);
        Ok(())
    }

    /// Gives `buf` to the pipe and puts one back that is filled, which may be another one that was given: how many bytes at its
    /// beginning were read; 0 is end of file. An empty `buf` is not given; those that the pipe has must do.
    pub async fn read_owned(&mut self, buf: &mut Vec<u8>) -> Result<usize> {
        if !buf.is_empty() {
            self.offer(core::mem::take(buf))?;
        }
        poll_fn(|cx| self.poll_filled(cx, buf)).await
    }

    /// Takes back a buffer that was given and nobody has filled.
    pub fn take_back(&mut self) -> Option<Vec<u8>> {
        self.shared.take_offer()
    }

    fn poll_filled(&mut self, cx: &mut Context<'_>, buf: &mut Vec<u8>) -> Poll<Result<usize>> {
        if !ready!(self.poll_ready(cx)) {
            *buf = self.take_back().unwrap_or_default();
            return Poll::Ready(Ok(0));
        }
        let len = match self.take_filled() {
            Some((filled, len)) => {
                *buf = filled;
                len
            }
            None => {
                *buf = match self.take_back() {
                    Some(given) => given,
                    None => buffer(LOAN_MIN)?,
                };
                self.copy_into(buf)
            }
        };
        trace!(PipeReceive, self.shared.number, len);
        self.shared.writers.wake();
        Poll::Ready(Ok(len))
    }
}

impl super::Shared {
    fn take_offer(&self) -> Option<Vec<u8>> {
        let mut offers = self.offers.lock();
        let buf = offers.pop_front();
        self.offered.store(offers.len(), Ordering::Relaxed);
        buf
    }
}

/// What a writer with many bytes finds.
enum Found {
    Buffers,
    /// Filled ones, which are to be read first.
    Filled,
    /// Nothing that concerns it: bytes go through the ring.
    Nothing,
}

impl Writer {
    /// Writes into buffers that the reader gave, without waking it; `None` when the bytes are to go through the ring.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>, bufs: &[&[u8]]) -> Option<Poll<Result<usize>>> {
        let mut found = self.look_for_buffers();
        if let Found::Filled = found {
            self.shared.writers.register(cx.waker());
            found = self.look_for_buffers();
        }
        match found {
            Found::Nothing => None,
            Found::Filled => {
                Wait::PipeRoom(self.shared.number).tell(cx);
                Some(Poll::Pending)
            }
            Found::Buffers if budget::charge(cx).is_pending() => Some(Poll::Pending),
            // None when the reader has taken its buffer back, or there is no memory for the segment.
            Found::Buffers => Some(self.fill_buffers(bufs)).filter(|&n| n > 0).map(|n| Poll::Ready(Ok(n))),
        }
    }

    fn look_for_buffers(&mut self) -> Found {
        let shared = &self.shared;
        let offered = shared.offered.load(Ordering::Relaxed) > 0;
        let filled = shared.filled.load(Ordering::Relaxed) > 0;
        if !(offered || filled) || !shared.read_open.load(Ordering::Relaxed) {
            return Found::Nothing;
        }
        let few = shared.queued.load(Ordering::Relaxed) < MAX_SEGMENTS;
        let capacity = self.ring.capacity();
        match self.ring.room(capacity) == capacity {
            true if offered && few => Found::Buffers,
            true if filled => Found::Filled,
            _ => Found::Nothing,
        }
    }

    /// Fills as many buffers as there are, and as there are bytes for.
    fn fill_buffers(&mut self, bufs: &[&[u8]]) -> usize {
        let mut sources = bufs.iter().copied().filter(|buf| !buf.is_empty());
        let (mut total, mut rest) = (0, sources.next().unwrap_or_default());
        while !rest.is_empty()
            && self.shared.queued.load(Ordering::Relaxed) < MAX_SEGMENTS
            && let Some(mut buf) = self.shared.take_offer()
        {
            let mut len = 0;
            while len < buf.len() && !rest.is_empty() {
                let n = rest.len().min(buf.len() - len);
                buf[len..len + n].copy_from_slice(&rest[..n]);
                len += n;
                rest = &rest[n..];
                if rest.is_empty() {
                    rest = sources.next().unwrap_or_default();
                }
            }
            // Before the reader can see it, which takes it back.
            self.shared.filled.fetch_add(1, Ordering::Relaxed);
            if !self.queue(Segment::Filled { at: self.ring.position(), buf, bytes: 0..len }) {
                self.shared.filled.fetch_sub(1, Ordering::Relaxed);
                break;
            }
            total += len;
        }
        total
    }
}
