//! The read end.

use alloc::sync::Arc;
use bytes::{Buf, Bytes};
use core::{
    sync::atomic::Ordering,
    task::{Context, Poll, ready},
};
use pollux_executor::{budget, sync::ByteConsumer};
use pollux_shell::env::{Piece, Result, Take};

use super::{Segment, Shared};

/// The read end. Dropping it makes writing fail with `EPIPE`.
pub struct Reader {
    ring: ByteConsumer,
    /// The foremost segment; the ring may be read up to its position.
    next: Option<Segment>,
    pub(super) shared: Arc<Shared>,
}

/// What a reader finds.
enum Found {
    Bytes,
    Nothing,
    End,
}

impl Reader {
    pub(super) fn new(ring: ByteConsumer, shared: Arc<Shared>) -> Self {
        Self { ring, next: None, shared }
    }

    /// Reads some bytes; 0 is end of file, unless `buf` is empty.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let n = ready!(self.poll_take(cx, buf));
        if n > 0 {
            self.shared.writers.wake();
        }
        Poll::Ready(Ok(n))
    }

    /// Takes what is left of a loan, uncopied, if that is what comes next.
    pub fn take_loan(&mut self) -> Option<Bytes> {
        if !self.is_readable(1) {
            return None;
        }
        let loan = self.piece(usize::MAX).loan()?;
        self.take(loan.len());
        self.shared.writers.wake();
        Some(loan)
    }

    /// Reads without waking the writer.
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        self.poll_take_vectored(cx, &mut [buf])
    }

    /// [`Reader::poll_take`] into several buffers.
    pub(super) fn poll_take_vectored(&mut self, cx: &mut Context<'_>, bufs: &mut [&mut [u8]]) -> Poll<usize> {
        if bufs.iter().all(|buf| buf.is_empty()) || !ready!(self.poll_ready(cx)) {
            return Poll::Ready(0);
        }
        let mut total = 0;
        for buf in bufs {
            let mut filled = 0;
            while filled < buf.len() && self.is_readable(buf.len() - filled) {
                let bytes = self.piece(buf.len() - filled).bytes;
                let n = bytes.len();
                buf[filled..filled + n].copy_from_slice(bytes);
                self.take(n);
                filled += n;
            }
            total += filled;
        }
        Poll::Ready(total)
    }

    /// Reads in place, without waking the writer: see [`File::poll_read_in_place`].
    ///
    /// [`File::poll_read_in_place`]: pollux_shell::env::File::poll_read_in_place
    pub(super) fn poll_take_in_place(
        &mut self,
        cx: &mut Context<'_>,
        most: usize,
        take: Take<'_>,
    ) -> Poll<Result<usize>> {
        if most == 0 || !ready!(self.poll_ready(cx)) {
            return Poll::Ready(Ok(0));
        }
        let mut total = 0;
        while total < most && self.is_readable(most - total) {
            let piece = self.piece(most - total);
            let len = piece.bytes.len();
            let used = match take(cx, piece) {
                Poll::Ready(Ok(used)) => used.min(len),
                _ if total > 0 => break, // it will say so again
                answer => return answer,
            };
            self.take(used);
            total += used;
            if used < len {
                break;
            }
        }
        Poll::Ready(Ok(total))
    }

    /// Waits for bytes (true) or the end (false).
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut found = self.look();
        if let Found::Nothing = found {
            self.shared.readers.register(cx.waker());
            found = self.look();
        }
        match found {
            Found::Nothing => Poll::Pending,
            Found::End => Poll::Ready(false),
            Found::Bytes => {
                ready!(budget::charge(cx));
                Poll::Ready(true)
            }
        }
    }

    fn look(&mut self) -> Found {
        // Before the ring: what was written before the close is then seen. Partner: `Writer::drop`.
        let open = self.shared.write_open.load(Ordering::Acquire);
        match (self.is_readable(1), open) {
            (true, _) => Found::Bytes,
            (false, true) => Found::Nothing,
            (false, false) => Found::End,
        }
    }

    /// Whether there are bytes; goes over to the next ring if this one has been read. Looks for what is new if what
    /// is known is less than `enough`.
    fn is_readable(&mut self, enough: usize) -> bool {
        loop {
            let in_ring = self.ring.len(enough);
            // After the ring: see the module's text.
            if self.next.is_none() && self.shared.queued.load(Ordering::Acquire) > 0 {
                self.next = self.next_segment();
            }
            match self.next.take() {
                Some(Segment::Ring(ring)) if ring.position() == self.ring.position() => self.ring = ring,
                next => {
                    self.next = next;
                    return in_ring > 0 || self.is_at_loan();
                }
            }
        }
    }

    fn next_segment(&self) -> Option<Segment> {
        let mut segments = self.shared.segments.lock();
        let next = segments.pop_front();
        self.shared.queued.store(segments.len(), Ordering::Release);
        next
    }

    fn is_at_loan(&self) -> bool {
        matches!(&self.next, Some(Segment::Loan { at, .. }) if *at == self.ring.position())
    }

    /// What can be read at once, up to `most` bytes. Not empty if it `is_readable`.
    pub(super) fn piece(&self, most: usize) -> Piece<'_> {
        let end = match &self.next {
            Some(Segment::Loan { at, bytes }) if *at == self.ring.position() => {
                return Piece { bytes: &bytes[..most.min(bytes.len())], lent: Some(bytes) };
            }
            Some(Segment::Loan { at, .. }) => *at,
            Some(Segment::Ring(ring)) => ring.position(),
            None => self.ring.position().wrapping_sub(1), // as far as a ring can be
        };
        let bytes = self.ring.seen();
        let len = bytes.len().min(most).min(end.wrapping_sub(self.ring.position()));
        Piece { bytes: &bytes[..len], lent: None }
    }

    /// Takes bytes of the piece.
    pub(super) fn take(&mut self, len: usize) {
        match &mut self.next {
            Some(Segment::Loan { at, bytes }) if *at == self.ring.position() => {
                bytes.advance(len);
                if bytes.is_empty() {
                    self.next = None;
                }
                self.shared.lent.fetch_sub(len, Ordering::Relaxed);
            }
            _ => self.ring.consume(len),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.read_open.store(false, Ordering::Release);
        let unread = core::mem::take(&mut *self.shared.segments.lock());
        drop(unread); // outside the lock
        self.shared.writers.wake();
    }
}
