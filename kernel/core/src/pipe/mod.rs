//! Pipes: a byte ring between one writer and one reader, whole slices at a time, no lock between the
//! two sides.
//!
//! ```text
//!   Writer --push--> [ first ring, 4 KiB ] --pop--> Reader
//!      \                                             /
//!       '-grow once-> [ ring of full capacity ] ----'
//! ```
//!
//! **Memory.** A pipe begins with [`FIRST`] bytes and gets its full capacity when the writer first finds
//! it full, so a thousand pipes that carry a few lines cost 4 MiB instead of 64. The writer makes the
//! larger ring, goes over to it and leaves its read side in `next`; the reader goes over when the first
//! ring is empty. Until then up to `FIRST` bytes more than the capacity are on their way. When there is
//! no memory for the larger ring the pipe stays small and works, and the writer asks again later.
//!
//! **Who touches what.** The rings' positions belong to one side each ([`ringbuf`]). `read_open` and
//! `write_open` go from true to false once, when their end is dropped. `grown` is set by the writer
//! after `next`, and taken back by the reader.
//!
//! **No lost wake.** See [`Sleepers`].
//!
//! A sleeping peer is woken once per transfer, however many bytes that was; one that runs is not woken.
//! [`Reader`] and [`Writer`] have one owner; [`files`] wraps each in a lock so that several tasks can
//! share an end, as descriptors need it. Wakes happen outside that lock.

mod file;
mod io;
mod sleepers;

pub use file::{ReadEnd, WriteEnd};
pub use io::IoError;

use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, ready},
};
use pollux_executor::{budget, sync::Lock};
use pollux_shell::{
    env::{File, Result},
    errno::Errno,
};
use ringbuf::{
    HeapCons, HeapProd, HeapRb,
    traits::{Consumer, Observer, Producer, Split},
};

use sleepers::Sleepers;

/// What a pipe holds, unless it is asked for another capacity.
pub const CAPACITY: usize = 64 * 1024;
/// A write of so many bytes, or fewer, is never split (`<limits.h>`).
pub const PIPE_BUF: usize = 4096;
/// What it has room for before the writer first finds it full.
pub const FIRST: usize = 4096;

/// A pipe that holds `capacity` bytes (at least one). `ENOMEM` when there is no memory for it.
pub fn pipe(capacity: usize) -> Result<(Reader, Writer)> {
    let first = capacity.min(FIRST);
    let (producer, consumer) = HeapRb::try_new(first.max(1)).map_err(|_| Errno::ENOMEM)?.split();
    let shared = Arc::new(Shared {
        readers: Sleepers::new(),
        writers: Sleepers::new(),
        read_open: AtomicBool::new(true),
        write_open: AtomicBool::new(true),
        grown: AtomicBool::new(false),
        next: Lock::new(None),
    });
    let full_capacity = (capacity > first).then_some(capacity);
    Ok((Reader { ring: consumer, shared: shared.clone() }, Writer { ring: producer, full_capacity, shared }))
}

/// A pipe of the usual capacity as two open files: the read end and the write end.
pub fn files() -> Result<(Arc<dyn File>, Arc<dyn File>)> {
    let (reader, writer) = pipe(CAPACITY)?;
    Ok((Arc::new(ReadEnd::new(reader)), Arc::new(WriteEnd::new(writer))))
}

struct Shared {
    readers: Sleepers,
    writers: Sleepers,
    read_open: AtomicBool,
    write_open: AtomicBool,
    grown: AtomicBool,
    next: Lock<Option<HeapCons<u8>>>,
}

/// The read end. Dropping it makes writing fail with `EPIPE`.
pub struct Reader {
    ring: HeapCons<u8>,
    shared: Arc<Shared>,
}

/// What a reader finds.
enum Found {
    Bytes,
    Nothing,
    End,
}

impl Reader {
    /// Reads some bytes; 0 is end of file, unless `buf` is empty.
    pub fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        let n = ready!(self.poll_take(cx, buf));
        if n > 0 {
            self.shared.writers.wake();
        }
        Poll::Ready(Ok(n))
    }

    /// Reads without waking the writer.
    fn poll_take(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<usize> {
        if buf.is_empty() || !ready!(self.poll_ready(cx)) {
            return Poll::Ready(0);
        }
        Poll::Ready(self.ring.pop_slice(buf))
    }

    /// Waits for bytes (true) or the end (false).
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
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
        if self.ring.is_empty() {
            self.follow();
        }
        match (self.ring.is_empty(), open) {
            (false, _) => Found::Bytes,
            (true, true) => Found::Nothing,
            (true, false) => Found::End,
        }
    }

    /// Goes over to the larger ring, if the writer has and nothing is left in the first.
    fn follow(&mut self) {
        // Partner: the store in `Writer::grow`. Having seen it, the first ring's last bytes are seen too.
        if self.shared.grown.load(Ordering::Acquire)
            && self.ring.is_empty()
            && let Some(next) = self.shared.next.lock().take()
        {
            self.shared.grown.store(false, Ordering::Relaxed); // ours alone from here on
            self.ring = next;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.read_open.store(false, Ordering::Release);
        self.shared.writers.wake();
    }
}

/// The write end. Dropping it gives the reader end of file once it has read everything.
pub struct Writer {
    ring: HeapProd<u8>,
    /// What to grow to; `None` when the ring has its full capacity.
    full_capacity: Option<usize>,
    shared: Arc<Shared>,
}

impl Writer {
    /// Writes some of `buf`, at least one byte unless it is empty. `EPIPE` when the read end is closed.
    pub fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let n = ready!(self.poll_put(cx, buf))?;
        if n > 0 {
            self.shared.readers.wake();
        }
        Poll::Ready(Ok(n))
    }

    /// Writes without waking the reader.
    fn poll_put(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(self.poll_ready(cx, buf.len()))?;
        let mut n = self.ring.push_slice(buf);
        if n < buf.len() && self.grow() {
            n += self.ring.push_slice(&buf[n..]);
        }
        Poll::Ready(Ok(n))
    }

    /// Waits for room to write something of `wanted` bytes.
    fn poll_ready(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<Result<()>> {
        if !self.is_decided(wanted) {
            self.shared.writers.register(cx.waker());
            if !self.is_decided(wanted) {
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
        let needed = if wanted <= PIPE_BUF { wanted.min(self.ring.capacity().get()) } else { 1 };
        !self.shared.read_open.load(Ordering::Relaxed) || self.ring.vacant_len() >= needed || self.grow()
    }

    /// Goes over to a ring of full capacity; false when it has that, or there is no memory for it.
    fn grow(&mut self) -> bool {
        let Some(capacity) = self.full_capacity else { return false };
        let Ok(ring) = HeapRb::try_new(capacity) else { return false };
        let (producer, consumer) = ring.split();
        self.ring = producer;
        self.full_capacity = None;
        *self.shared.next.lock() = Some(consumer);
        self.shared.grown.store(true, Ordering::Release); // partner: the load in `Reader::follow`
        true
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.write_open.store(false, Ordering::Release); // partner: the load in `Reader::look`
        self.shared.readers.wake();
    }
}

#[cfg(test)]
mod tests;
