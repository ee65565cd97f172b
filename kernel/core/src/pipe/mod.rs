//! Pipes: a byte ring between one writer and one reader, whole slices at a time, no lock between the
//! two sides.
//!
//! ```text
//!   Writer --> [ ring ] ------------------------------> Reader
//!      \                                                 /
//!       '--> segments: loan, larger ring, loan, ... ----'
//! ```
//!
//! **Ways through.** Bytes are copied in and out; or written into the ring and read in it ([`Fill`], [`Take`]: a grant);
//! or handed over without a copy (a loan: [`Bytes`] of at least [`LOAN_MIN`]); or written into [buffers that the reader
//! gave](owned), by one copy.
//!
//! **Segments.** What does not stand in the ring of the moment waits in a line of its own, each with the position in the
//! stream at which its turn comes: loans, filled buffers, and the ring that follows this one. The reader takes all that are there
//! at once, and reads the ring only up to the position of the foremost.
//!
//! **Memory.** A pipe begins with [`FIRST`] bytes and gets its full capacity when the writer first finds
//! it full, so a thousand pipes that carry a few lines cost 4 MiB instead of 64. The writer makes the
//! next ring and goes over to it at once, the reader when it has read the first. Until then up to what the first one
//! held is on its way besides. When there is no memory for the larger ring the pipe stays small and works, and the
//! writer asks again later. A new capacity comes about in the same way.
//!
//! **Who touches what.** The ring's positions belong to one side each ([`byte_ring`]). `read_open` and
//! `write_open` go from true to false once, when their end is dropped. The line of segments has a lock, which is taken
//! for each of them by the writer, and `queued`, its length. The writer queues a segment before it writes what comes after
//! it; the reader looks at `queued` after it has looked for bytes, so it never sees bytes without the segment before them.
//!
//! **Names.** The pipe behind a name ([`parts`]) keeps both ends for as long as anybody has it open, and says with
//! `set_open` whether anybody has each: for that pipe `read_open` and `write_open` go both ways.
//!
//! **No lost wake.** See [`Sleepers`].
//!
//! A sleeping peer is woken once per transfer, however many bytes that was; one that runs is not woken.
//! [`Reader`] and [`Writer`] have one owner; [`files`] gives each to whoever's [turn](turn) it is, so that several tasks
//! can share an end, as descriptors need it. Wakes happen after the turn.
//!
//! [`Fill`]: pollux_shell::env::Fill
//! [`Take`]: pollux_shell::env::Take

mod file;
mod io;
mod owned;
mod reader;
mod sleepers;
mod turn;
mod writer;

pub use file::{ReadEnd, WriteEnd};
pub use io::IoError;
pub use reader::Reader;
pub use writer::Writer;

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use bytes::Bytes;
use core::{
    ops::Range,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};
use pollux_executor::sync::{ByteConsumer, Lock, byte_ring};
use pollux_shell::{
    env::{File, Result},
    errno::Errno,
};

use crate::waits::new_number;
use sleepers::Sleepers;

/// What a pipe holds, unless it is asked for another capacity.
pub const CAPACITY: usize = 64 * 1024;
/// The most that a pipe can be asked to hold (Linux: `/proc/sys/fs/pipe-max-size`).
pub const MAX_CAPACITY: usize = 1024 * 1024;
/// A write of so many bytes, or fewer, is never split (`<limits.h>`).
pub const PIPE_BUF: usize = 4096;
/// What it has room for before the writer first finds it full.
pub const FIRST: usize = 4096;
/// Fewer bytes are copied when they are lent: that is less work.
pub const LOAN_MIN: usize = 4096;
/// How many segments may wait in the line; the reader may have as many in hand.
const MAX_SEGMENTS: usize = 16;
/// Loans are no more than so many times the capacity, unless there is only one. They take none of the pipe's memory; a
/// bound as for bytes would make both sides sleep and wake for each loan of that size.
const LOANS: usize = 4;

/// A pipe that holds `capacity` bytes (at least one). `ENOMEM` when there is no memory for it.
pub fn pipe(capacity: usize) -> Result<(Reader, Writer)> {
    let capacity = capacity.max(1);
    let (producer, consumer) = byte_ring(capacity.min(FIRST), 0).ok_or(Errno::ENOMEM)?;
    let shared = Arc::new(Shared {
        number: new_number(),
        readers: Sleepers::new(),
        writers: Sleepers::new(),
        read_open: AtomicBool::new(true),
        write_open: AtomicBool::new(true),
        capacity: AtomicUsize::new(capacity),
        queued: AtomicUsize::new(0),
        lent: AtomicUsize::new(0),
        segments: Lock::default(),
        offers: Lock::default(),
        offered: AtomicUsize::new(0),
        filled: AtomicUsize::new(0),
    });
    Ok((Reader::new(consumer, shared.clone()), Writer::new(producer, shared)))
}

/// A pipe of the usual capacity as two open files: the read end and the write end.
pub fn files() -> Result<(Arc<dyn File>, Arc<dyn File>)> {
    let (reader, writer) = pipe(CAPACITY)?;
    Ok((Arc::new(ReadEnd::new(reader)), Arc::new(WriteEnd::new(writer))))
}

/// A pipe of the usual capacity that nobody has open yet: see [`ReadEnd::set_open`] and [`WriteEnd::set_open`].
pub fn parts() -> Result<(Arc<ReadEnd>, Arc<WriteEnd>)> {
    let (reader, writer) = pipe(CAPACITY)?;
    let (read, write) = (ReadEnd::new(reader), WriteEnd::new(writer));
    read.set_open(false);
    write.set_open(false);
    Ok((Arc::new(read), Arc::new(write)))
}

/// What comes at some position of the stream, other than bytes in the ring of the moment.
enum Segment {
    /// Bytes that were lent. Those that are read leave it at its beginning.
    Loan { at: usize, bytes: Bytes },
    /// A buffer of the reader's own, written to by the writer. Of these bytes of it none has been read.
    Filled { at: usize, buf: Vec<u8>, bytes: Range<usize> },
    /// The ring that everything from its first position on stands in.
    Ring(ByteConsumer),
}

impl Segment {
    /// The position at which it comes.
    fn position(&self) -> usize {
        match self {
            Segment::Loan { at, .. } | Segment::Filled { at, .. } => *at,
            Segment::Ring(ring) => ring.position(),
        }
    }
}

struct Shared {
    /// What it is known by.
    number: u64,
    readers: Sleepers,
    writers: Sleepers,
    read_open: AtomicBool,
    write_open: AtomicBool,
    /// What the pipe shall hold; its ring may hold less, or still more.
    capacity: AtomicUsize,
    /// How many segments there are.
    queued: AtomicUsize,
    /// How many bytes are on loan and have not been read.
    lent: AtomicUsize,
    segments: Lock<VecDeque<Segment>>,
    /// Buffers that the reader has given and nobody has filled yet, and how many they are.
    offers: Lock<VecDeque<Vec<u8>>>,
    offered: AtomicUsize,
    /// How many that are filled have not been read.
    filled: AtomicUsize,
}

impl Shared {
    /// Asks for another capacity, which the writer brings about: a power of two from a page to [`MAX_CAPACITY`].
    fn set_capacity(&self, bytes: usize) -> Result<usize> {
        let bytes = bytes.max(FIRST).checked_next_power_of_two().ok_or(Errno::EINVAL)?;
        if bytes > MAX_CAPACITY {
            return Err(Errno::EPERM);
        }
        self.capacity.store(bytes, Ordering::Relaxed);
        self.writers.wake(); // there may be room now
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
