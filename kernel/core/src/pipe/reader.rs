//! The read end.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::{Buf, Bytes};
use core::{
    sync::atomic::Ordering,
    task::{Context, Poll, ready},
};
use pollux_executor::{budget, sync::ByteConsumer};
use pollux_shell::env::{Piece, Result, Take};
use pollux_trace::trace;

use super::{Segment, Shared};
use crate::waits::Wait;

/// The read end. Dropping it makes writing fail with `EPIPE`.
pub struct Reader {
    ring: ByteConsumer,
    /// The foremost segments, taken out of the shared line all at once; the ring may be read up to the first one's position.
    line: VecDeque<Segment>,
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
        Self { ring, line: VecDeque::new(), shared }
    }

    /// Reads some bytes; 0 is end of file, unless `buf` is empty.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let n = ready!(self.poll_take(cx, buf));
        if n > 0 {
            trace!(PipeReceive, self.shared.number, n);
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
        trace!(PipeReceive, self.shared.number, loan.len());
        self.shared.writers.wake();
        Some(loan)
    }

    /// Reads without waking the writer.
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        if buf.is_empty() || !ready!(self.poll_ready(cx)) {
            return Poll::Ready(0);
        }
        Poll::Ready(self.copy_into(buf))
    }

    /// [`Reader::poll_take`] into several buffers.
    pub(super) fn poll_take_vectored(&mut self, cx: &mut Context<'_>, bufs: &mut [&mut [u8]]) -> Poll<usize> {
        if bufs.iter().all(|buf| buf.is_empty()) || !ready!(self.poll_ready(cx)) {
            return Poll::Ready(0);
        }
        Poll::Ready(bufs.iter_mut().map(|buf| self.copy_into(buf)).sum())
    }

    /// Copies what can be read at once, as far as it fits.
    pub(super) fn copy_into(&mut self, buf: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < buf.len() && self.is_readable(buf.len() - filled) {
            let bytes = self.piece(buf.len() - filled).bytes;
            let n = bytes.len();
            buf[filled..filled + n].copy_from_slice(bytes);
            self.take(n);
            filled += n;
        }
        filled
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
            Found::Nothing => {
                Wait::PipeBytes(self.shared.number).tell(cx);
                Poll::Pending
            }
            Found::End => Poll::Ready(false),
            Found::Bytes => {
                ready!(budget::charge(cx));
                Poll::Ready(true)
            }
        }
    }

    /// Whether a read is over at once.
    pub(super) fn is_ready(&mut self) -> bool {
        !matches!(self.look(), Found::Nothing)
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
        let in_ring = self.ring.len(enough);
        // After the ring: see the module's text.
        if self.line.is_empty() && self.shared.queued.load(Ordering::Acquire) == 0 {
            return in_ring > 0;
        }
        self.is_readable_by_segments(enough)
    }

    fn is_readable_by_segments(&mut self, enough: usize) -> bool {
        loop {
            let in_ring = self.ring.len(enough);
            if self.line.is_empty() && self.shared.queued.load(Ordering::Acquire) > 0 {
                let mut segments = self.shared.segments.lock();
                core::mem::swap(&mut *segments, &mut self.line);
                self.shared.queued.store(0, Ordering::Release);
            }
            match self.line.front() {
                Some(next) if next.position() == self.ring.position() => {
                    if !matches!(next, Segment::Ring(_)) {
                        return true;
                    }
                }
                _ => return in_ring > 0,
            }
            if let Some(Segment::Ring(ring)) = self.line.pop_front() {
                self.ring = ring;
            }
        }
    }

    /// The buffer of the reader's own that comes next, if one does: all that is filled, or what is left of it.
    pub(super) fn take_filled(&mut self) -> Option<(Vec<u8>, usize)> {
        match self.line.front() {
            Some(Segment::Filled { at, .. }) if *at == self.ring.position() => {}
            _ => return None,
        }
        let Some(Segment::Filled { mut buf, bytes, .. }) = self.line.pop_front() else { return None };
        self.shared.filled.fetch_sub(1, Ordering::Relaxed);
        let len = bytes.len();
        if bytes.start > 0 {
            buf.copy_within(bytes, 0); // the rest of what was begun in another way
        }
        Some((buf, len))
    }

    /// What can be read at once, up to `most` bytes. Not empty if it `is_readable`.
    pub(super) fn piece(&self, most: usize) -> Piece<'_> {
        let end = match self.line.front() {
            Some(Segment::Loan { at, bytes }) if *at == self.ring.position() => {
                return Piece { bytes: &bytes[..most.min(bytes.len())], lent: Some(bytes) };
            }
            Some(Segment::Filled { at, buf, bytes }) if *at == self.ring.position() => {
                let bytes = &buf[bytes.clone()];
                return Piece { bytes: &bytes[..most.min(bytes.len())], lent: None };
            }
            Some(segment) => segment.position(),
            None => self.ring.position().wrapping_sub(1), // as far as a ring can be
        };
        let bytes = self.ring.seen();
        let len = bytes.len().min(most).min(end.wrapping_sub(self.ring.position()));
        Piece { bytes: &bytes[..len], lent: None }
    }

    /// Takes bytes of the piece.
    pub(super) fn take(&mut self, len: usize) {
        match self.line.front_mut() {
            Some(Segment::Loan { at, bytes }) if *at == self.ring.position() => {
                bytes.advance(len);
                if bytes.is_empty() {
                    self.line.pop_front();
                }
                self.shared.lent.fetch_sub(len, Ordering::Relaxed);
            }
            Some(Segment::Filled { at, bytes, .. }) if *at == self.ring.position() => {
                bytes.start += len;
                if bytes.start == bytes.end {
                    self.line.pop_front();
                    self.shared.filled.fetch_sub(1, Ordering::Relaxed);
                }
            }
            _ => self.ring.consume(len),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.read_open.store(false, Ordering::Release);
        let unread = core::mem::take(&mut *self.shared.segments.lock());
        let offered = core::mem::take(&mut *self.shared.offers.lock());
        drop((unread, offered)); // outside the locks
        self.shared.writers.wake();
    }
}
