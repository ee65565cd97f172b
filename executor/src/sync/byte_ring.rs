//! A ring of bytes from one producer to one consumer: what pipes are made of.
//!
//! ```text
//!                 head ──▶ oldest byte       newest byte ◀── tail
//!   the consumer reads [head, tail)        the producer writes [tail, head + capacity)
//! ```
//!
//! Both positions only grow (and wrap around with their type); a byte's place is its position modulo the memory,
//! which is a power of two at least as large as the capacity. No byte is ever in both ranges, so both sides may hold
//! slices at once, and a transfer is one or two copies of slices however long it is.
//!
//! ```text
//!   producer                               consumer
//!   writes bytes                           reads bytes
//!   tail := t + n   (Release, A) ────────▶ loads tail (Acquire, A')
//!   loads head (Acquire, B') ◀──────────── head := h + n   (Release, B)
//! ```
//!
//! A–A': who sees a position sees the bytes before it. B–B': the producer overwrites a byte only after it was read.
//! Each side keeps a copy of the other's position and looks at the original only when the copy does not suffice; the
//! originals have cache lines of their own.
//!
//! It does not wait and does not wake: its users have reasons to do so that it does not know.

use alloc::{
    alloc::{alloc, dealloc},
    sync::Arc,
};
use core::{alloc::Layout, fmt, ptr::NonNull};

use crate::shim::{AtomicUsize, Ordering::*};

/// How much of the memory is made ready at first; each time after that, as much again as there is.
const FIRST: usize = 4096;

/// Two lines: processors fetch them in pairs.
#[repr(align(128))]
struct OwnLine<T>(T);

/// Who touches what: the producer writes `tail`, the consumer `head`, and each loads the other's. `memory` is fixed; of
/// the bytes behind it each side touches its range alone, see the module.
struct Ring {
    head: OwnLine<AtomicUsize>,
    tail: OwnLine<AtomicUsize>,
    memory: NonNull<u8>,
    /// Bytes of memory less one.
    mask: usize,
    capacity: usize,
    #[cfg(loom)]
    shadow: shadow::Shadow,
}

// SAFETY: the positions are atomics, and the two sides never touch the same byte at once, see the module.
unsafe impl Send for Ring {}
// SAFETY: the same.
unsafe impl Sync for Ring {}

/// The side that writes.
pub struct ByteProducer {
    ring: Arc<Ring>,
    tail: usize,
    /// What `head` was, or is.
    head_seen: usize,
    /// So many bytes at the beginning of the memory are initialised. Nothing is where nobody has written: most rings
    /// pass a few bytes or none, and filling all of them with zeros would be most of the work of making one.
    ready: usize,
}

/// The side that reads.
pub struct ByteConsumer {
    ring: Arc<Ring>,
    head: usize,
    /// What `tail` was, or is.
    tail_seen: usize,
}

/// A ring that holds `capacity` bytes, of which the first has the position `start`; `None` when there is no memory.
///
/// # Panics
/// If `capacity` is 0.
pub fn byte_ring(capacity: usize, start: usize) -> Option<(ByteProducer, ByteConsumer)> {
    assert!(capacity > 0, "a ring must hold at least one byte");
    let size = capacity.checked_next_power_of_two()?;
    let layout = Layout::array::<u8>(size).ok()?;
    // SAFETY: the layout has a size above 0.
    let memory = NonNull::new(unsafe { alloc(layout) })?;
    let ring = Arc::new(Ring {
        head: OwnLine(AtomicUsize::new(start)),
        tail: OwnLine(AtomicUsize::new(start)),
        memory,
        mask: size - 1,
        capacity,
        #[cfg(loom)]
        shadow: shadow::Shadow::new(size),
    });
    let producer = ByteProducer { ring: ring.clone(), tail: start, head_seen: start, ready: 0 };
    Some((producer, ByteConsumer { ring, head: start, tail_seen: start }))
}

impl Ring {
    /// Where the `len` bytes from `position` on begin, and how many of them come before the memory's end.
    #[inline]
    fn run(&self, position: usize, len: usize) -> (NonNull<u8>, usize) {
        let at = position & self.mask;
        // SAFETY: `at` is below the size of the memory.
        (unsafe { self.memory.add(at) }, len.min(self.mask + 1 - at))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let layout = Layout::array::<u8>(self.mask + 1).expect("it was one when the memory was allocated");
        // SAFETY: allocated with this layout, and both sides are gone.
        unsafe { dealloc(self.memory.as_ptr(), layout) }
    }
}

impl ByteProducer {
    /// How many bytes the ring holds.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.ring.capacity
    }

    /// The position of the next byte.
    #[inline]
    pub fn position(&self) -> usize {
        self.tail
    }

    /// For how many bytes there is room: all there is, unless it is known that there is room for `enough`.
    #[inline]
    pub fn room(&mut self, enough: usize) -> usize {
        let room = self.room_seen();
        if room >= enough {
            return room;
        }
        self.head_seen = self.ring.head.0.load(Acquire); // B'
        self.room_seen()
    }

    #[inline]
    fn room_seen(&self) -> usize {
        self.ring.capacity - self.tail.wrapping_sub(self.head_seen)
    }

    /// Room to write into, as much as lies in one piece and is ready; what stands there is old.
    /// [`ByteProducer::commit`] sends it. Empty when the ring is full, and only then.
    pub fn grant(&mut self) -> &mut [u8] {
        let room = self.room(1);
        self.grant_of(room)
    }

    /// Some of so much room.
    #[inline]
    fn grant_of(&mut self, room: usize) -> &mut [u8] {
        let (start, mut len) = self.ring.run(self.tail, room);
        let at = self.tail & self.ring.mask;
        if at + len > self.ready {
            len = self.make_ready(at, len);
        }
        #[cfg(loom)]
        self.ring.shadow.write(self.tail, len);
        // SAFETY: these bytes are the producer's until `commit`, which takes `self` again; they are initialised.
        unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), len) }
    }

    /// Initialises some of the `len` bytes at `at` of the memory, which are the producer's; how many are ready.
    #[cold]
    fn make_ready(&mut self, at: usize, len: usize) -> usize {
        let step = FIRST.max(2 * self.ready);
        // A ring that begins elsewhere than at its memory's beginning gets all at once.
        let end = if at < step { (at + len).min(step) } else { at + len };
        if end > self.ready {
            // SAFETY: within the memory, and beyond what was ever granted: nobody else has looked at it.
            unsafe { self.ring.memory.add(self.ready).write_bytes(0, end - self.ready) };
            self.ready = end;
        }
        end - at
    }

    /// Sends the first `len` bytes of the grant.
    ///
    /// # Panics
    /// If there was no room for as many.
    #[inline]
    pub fn commit(&mut self, len: usize) {
        assert!(len <= self.room_seen(), "more bytes are sent than there was room for");
        #[cfg(loom)]
        self.ring.shadow.write(self.tail, len);
        self.tail = self.tail.wrapping_add(len);
        self.ring.tail.0.store(self.tail, Release); // A
    }

    /// Sends one byte if there is room for it.
    #[inline]
    pub fn push_byte(&mut self, byte: u8) -> bool {
        let room = self.room(1).min(1);
        let [place] = self.grant_of(room) else { return false };
        *place = byte;
        self.commit(1);
        true
    }

    /// Copies as much of `bytes` as there is room for, and sends it.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        // Twice when the room lies at the end of the memory and at its beginning.
        while !rest.is_empty() {
            let room = self.room(rest.len()).min(rest.len());
            let grant = self.grant_of(room);
            if grant.is_empty() {
                break;
            }
            let len = grant.len();
            grant.copy_from_slice(&rest[..len]);
            self.commit(len);
            rest = &rest[len..];
        }
        bytes.len() - rest.len()
    }
}

impl ByteConsumer {
    /// The position of the next byte.
    #[inline]
    pub fn position(&self) -> usize {
        self.head
    }

    /// How many bytes are there: all, unless it is known that there are `enough`.
    #[inline]
    pub fn len(&mut self, enough: usize) -> usize {
        let len = self.len_seen();
        if len >= enough {
            return len;
        }
        self.tail_seen = self.ring.tail.0.load(Acquire); // A'
        self.len_seen()
    }

    /// How many bytes were there when we last looked.
    #[inline]
    pub fn len_seen(&self) -> usize {
        self.tail_seen.wrapping_sub(self.head)
    }

    /// The bytes that were there when we last looked, as many as lie in one piece.
    #[inline]
    pub fn seen(&self) -> &[u8] {
        let (start, len) = self.ring.run(self.head, self.len_seen());
        #[cfg(loom)]
        self.ring.shadow.read(self.head, len);
        // SAFETY: these bytes are the consumer's until `consume`, which takes `self` mutably.
        unsafe { core::slice::from_raw_parts(start.as_ptr(), len) }
    }

    /// Gives the room of the first `len` bytes back.
    ///
    /// # Panics
    /// If fewer were there when we last looked.
    #[inline]
    pub fn consume(&mut self, len: usize) {
        assert!(len <= self.len_seen(), "more bytes are taken than there are");
        #[cfg(loom)]
        self.ring.shadow.read(self.head, len);
        self.head = self.head.wrapping_add(len);
        self.ring.head.0.store(self.head, Release); // B
    }
}

impl fmt::Debug for ByteProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteProducer").field("tail", &self.tail).finish_non_exhaustive()
    }
}

impl fmt::Debug for ByteConsumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteConsumer").field("head", &self.head).finish_non_exhaustive()
    }
}

/// For loom, which cannot see through slices: a cell for each byte that is touched whenever the byte may be.
#[cfg(loom)]
mod shadow {
    use alloc::vec::Vec;
    use loom::cell::UnsafeCell;

    pub(super) struct Shadow(Vec<UnsafeCell<()>>);

    impl Shadow {
        pub(super) fn new(size: usize) -> Shadow {
            Shadow((0..size).map(|_| UnsafeCell::new(())).collect())
        }

        pub(super) fn write(&self, from: usize, len: usize) {
            (0..len).for_each(|i| self.0[from.wrapping_add(i) % self.0.len()].with_mut(|_| ()));
        }

        pub(super) fn read(&self, from: usize, len: usize) {
            (0..len).for_each(|i| self.0[from.wrapping_add(i) % self.0.len()].with(|_| ()));
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use loom::thread;

    /// Every byte arrives once and in order, and no byte is touched by both sides at once, over the memory's end.
    #[test]
    fn loom_byte_ring_passes_every_byte() {
        loom::model(|| {
            let (mut producer, mut consumer) = byte_ring(2, usize::MAX).expect("memory");
            let writing = thread::spawn(move || {
                let mut next = 1;
                for _ in 0..2 {
                    next += producer.push(&[next, next + 1]) as u8;
                }
                if let [first, ..] = producer.grant() {
                    *first = next;
                    producer.commit(1);
                    next += 1;
                }
                next
            });
            let mut expected = 1;
            for _ in 0..2 {
                let len = consumer.len(2);
                for (i, byte) in consumer.seen().iter().enumerate() {
                    assert_eq!(*byte, expected + i as u8);
                }
                let n = consumer.seen().len();
                assert!(n > 0 || len == 0, "some of what is there lies in one piece");
                consumer.consume(n);
                expected += n as u8;
            }
            let sent = writing.join().expect("the producer");
            let len = consumer.len(3);
            assert_eq!(usize::from(sent - expected), len);
        });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use super::*;
    use std::{thread, vec::Vec};

    fn take(consumer: &mut ByteConsumer, most: usize) -> Vec<u8> {
        let mut taken = Vec::new();
        while taken.len() < most && consumer.len_seen() > 0 {
            let len = consumer.seen().len().min(most - taken.len());
            taken.extend_from_slice(&consumer.seen()[..len]);
            consumer.consume(len);
        }
        taken
    }

    #[test]
    fn it_is_first_in_first_out_over_the_end_of_the_memory() {
        let (mut producer, mut consumer) = byte_ring(5, usize::MAX - 2).unwrap();
        for round in 0..20u8 {
            assert_eq!(producer.push(&[round; 3]), 3);
            assert!(producer.push_byte(round));
            assert_eq!(producer.push(&[round + 100; 4]), 1, "its capacity is not that of its memory");
            assert!(!producer.push_byte(7));
            assert_eq!(producer.grant(), &[]);
            assert_eq!(consumer.len(8), 5);
            assert_eq!(take(&mut consumer, 8), [round, round, round, round, round + 100]);
        }
    }

    #[test]
    fn grants_are_written_and_read_in_place() {
        let (mut producer, mut consumer) = byte_ring(8, 6).unwrap();
        producer.grant().copy_from_slice(b"ab");
        producer.commit(2);
        producer.grant()[..3].copy_from_slice(b"cde");
        producer.commit(3);
        assert_eq!(consumer.seen(), b"", "it has not looked yet");
        assert_eq!(consumer.len(1), 5);
        assert_eq!(consumer.seen(), b"ab");
        consumer.consume(2);
        assert_eq!(consumer.seen(), b"cde");
        consumer.consume(1);
        assert_eq!(consumer.position(), 9);
        assert_eq!(producer.room(8), 6);
    }

    #[test]
    fn memory_is_made_ready_as_it_is_needed() {
        for start in [0, 3, 5000, 0x3_ffff] {
            let (mut producer, mut consumer) = byte_ring(1 << 14, start).unwrap();
            let mut sent = 0_usize;
            while sent < 1 << 15 {
                let grant = producer.grant();
                let n = grant.len();
                // Under Miri this shows that all of it may be read.
                assert!(
                    n > 0 && grant.iter().all(|byte| *byte == 0 || sent >= 1 << 14),
                    "{n} bytes at {sent}"
                );
                grant.fill(1);
                producer.commit(n);
                sent += n;
                assert!(consumer.len(1 << 14) >= n);
                assert!(consumer.seen().iter().all(|byte| *byte == 1));
                take(&mut consumer, 1 << 14);
            }
        }
    }

    #[test]
    #[should_panic(expected = "more bytes are sent than there was room for")]
    fn it_sends_no_more_than_there_is_room_for() {
        byte_ring(4, 0).unwrap().0.commit(5);
    }

    #[test]
    #[should_panic(expected = "more bytes are taken than there are")]
    fn it_gives_no_room_back_that_was_not_taken() {
        byte_ring(4, 0).unwrap().1.consume(1);
    }

    #[test]
    fn a_ring_without_memory_is_none() {
        assert!(byte_ring(usize::MAX / 2, 0).is_none());
        assert!(byte_ring(usize::MAX, 0).is_none());
    }

    /// Under Miri this also shows that no byte is touched by both at once.
    #[test]
    fn two_threads_pass_every_byte() {
        let total = if cfg!(miri) { 600 } else { 1_000_000 };
        let (mut producer, mut consumer) = byte_ring(13, 0).unwrap();
        let writing = thread::spawn(move || {
            let bytes: Vec<u8> = (0..total).map(|n| n as u8).collect();
            let mut sent = 0;
            while sent < total {
                let end = total.min(sent + 1 + sent % 17);
                let n = if sent % 3 == 0 {
                    let grant = producer.grant();
                    let n = grant.len().min(end - sent);
                    grant[..n].copy_from_slice(&bytes[sent..sent + n]);
                    producer.commit(n);
                    n
                } else {
                    producer.push(&bytes[sent..end])
                };
                sent += n;
                if n == 0 {
                    thread::yield_now();
                }
            }
        });
        let mut got = 0;
        while got < total {
            let taken = if consumer.len(5) == 0 { Vec::new() } else { take(&mut consumer, 1 + got % 16) };
            for byte in &taken {
                assert_eq!(*byte, got as u8, "byte {got}");
                got += 1;
            }
            if taken.is_empty() {
                thread::yield_now();
            }
        }
        writing.join().unwrap();
    }
}
