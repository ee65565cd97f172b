//! The ring of a CPU: the last records that were written there, however many there were in all.
//!
//! ```text
//!   word 0 of a slot   63                 32 31                  6 5       0
//!                      | the writer's      | the record's number  | kind    |
//! ```
//!
//! A writer takes a number by one atomic addition, so a handler that comes in the middle takes the next one. A slot says
//! which number its record has, last, and has no kind as long as it is not whole; a reader looks at that before and after it
//! reads, and takes nothing that is not whole. Nobody waits for anybody.
//!
//! A ring of another size has another buffer. The one before stays, as a handler may be in it, and is used again for its size.
//!
//! Who writes for so long that the others fill the whole ring meanwhile may end in the middle of another's record, which is not noticed:
//! on a CPU that would be a handler with more than a thousand events.

use alloc::vec::Vec;
use core::{
    ptr,
    sync::atomic::{
        AtomicPtr, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
        fence,
    },
};

use spin::Once;

/// Words of the smallest buffer. Miri looks at a whole buffer each time that one is referred to.
const LEAST: usize = if cfg!(miri) { 256 } else { 4096 };
/// How many sizes there are, each twice the one before.
const SIZES: usize = 7;
/// The word of a slot that says which record it is.
const TAG: usize = 0;
/// The bits of it that have the kind, which is never 0.
pub(crate) const KIND: u64 = (1 << KIND_BITS) - 1;
pub(crate) const KIND_BITS: u32 = 6;

type Slot<const WORDS: usize> = [AtomicU64; WORDS];

/// See the module. A record has so many words, a power of two.
#[repr(C)]
pub(crate) struct Ring<const WORDS: usize> {
    /// How many bytes of records were written.
    pub(crate) head: AtomicU64,
    /// The buffer in use, for the assembler of `entry`.
    pub(crate) buffer: AtomicPtr<Buffer<WORDS>>,
    /// The same by number; [`SIZES`] for none.
    used: AtomicUsize,
    /// Records before this are forgotten.
    from: AtomicU64,
    buffers: [Once<Buffer<WORDS>>; SIZES],
}

/// The slots of a ring, and what makes an offset of how many bytes were written: who takes the one takes the other.
#[repr(C)]
pub(crate) struct Buffer<const WORDS: usize> {
    pub(crate) mask: u64,
    /// The first slot, for the assembler of `entry`.
    pub(crate) start: AtomicPtr<Slot<WORDS>>,
    slots: &'static [Slot<WORDS>],
}

/// No memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl<const WORDS: usize> Ring<WORDS> {
    /// Bytes of a record.
    const BYTES: u64 = 8 * WORDS as u64;
    /// The fewest and the most records.
    pub(crate) const SIZES: core::ops::RangeInclusive<usize> = LEAST / WORDS..=(LEAST / WORDS) << (SIZES - 1);

    pub(crate) fn new() -> Self {
        Ring {
            head: AtomicU64::new(0),
            buffer: AtomicPtr::new(ptr::null_mut()),
            used: AtomicUsize::new(SIZES),
            from: AtomicU64::new(0),
            buffers: [const { Once::new() }; SIZES],
        }
    }

    /// The slots in use, a power of two of them; none before the first [`Ring::set_size`].
    fn slots(&self) -> &[Slot<WORDS>] {
        let buffer = self.buffers.get(self.used.load(Acquire)).and_then(Once::get); // partner: the Release in `set_size`
        buffer.map_or(&[], |buffer| buffer.slots)
    }

    /// How many records it keeps.
    pub(crate) fn capacity(&self) -> usize {
        self.slots().len()
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.buffers.iter().filter_map(Once::get).map(|buffer| size_of_val(buffer.slots)).sum()
    }

    /// Makes the buffer for so many records, a power of two in [`Ring::SIZES`].
    pub(crate) fn make(&self, records: usize) -> Result<(), OutOfMemory> {
        self.buffers[Self::size(records)].try_call_once(|| {
            let mut slots = Vec::new();
            slots.try_reserve_exact(records).map_err(|_| OutOfMemory)?;
            slots.resize_with(records, || [const { AtomicU64::new(0) }; WORDS]);
            let slots = &*slots.leak();
            let start = AtomicPtr::new(slots.as_ptr().cast_mut());
            Ok(Buffer { mask: (records as u64 - 1) * Self::BYTES, start, slots })
        })?;
        Ok(())
    }

    /// Has it keep so many records, if the buffer for that was [made](Ring::make); what it has is forgotten. One call at a time.
    pub(crate) fn set_size(&'static self, records: usize) {
        let size = Self::size(records);
        if let Some(buffer) = self.buffers[size].get() {
            // Partner: the load in `entry`, which acquires as all loads do on x86.
            self.buffer.store(ptr::from_ref(buffer).cast_mut(), Release);
            self.used.store(size, Release); // partner: the Acquire in `slots`
            self.clear();
        }
    }

    fn size(records: usize) -> usize {
        debug_assert!(records.is_power_of_two() && Self::SIZES.contains(&records));
        (records / Self::SIZES.start()).ilog2() as usize
    }

    /// Forgets what was written.
    pub(crate) fn clear(&self) {
        self.from.store(self.written(), Relaxed);
    }

    /// How many records were written.
    fn written(&self) -> u64 {
        self.head.load(Acquire) / Self::BYTES
    }

    /// What the low half of that record's tag is, but for its kind.
    fn low(number: u64) -> u64 {
        number << KIND_BITS & u64::from(u32::MAX)
    }

    /// Writes a record. Of the first word the low half is its kind, at most [`KIND`] and not 0.
    pub(crate) fn push(&self, words: [u64; WORDS]) {
        debug_assert!((1..=KIND).contains(&(words[TAG] & u64::from(u32::MAX))));
        let number = self.head.fetch_add(Self::BYTES, Relaxed) / Self::BYTES;
        let slots = self.slots();
        let Some(slot) = slots.get(number as usize & slots.len().wrapping_sub(1)) else { return };
        // Not whole from here on. The fence: no word of the record is seen before that.
        slot[TAG].store(0, Relaxed);
        fence(Release);
        for (to, &word) in slot[TAG + 1..].iter().zip(&words[TAG + 1..]) {
            to.store(word, Relaxed);
        }
        slot[TAG].store(words[TAG] | Self::low(number), Release);
    }

    /// The records that are there, the oldest first, and how many were overwritten or in the middle of being written. Of the
    /// first word the low half is the kind.
    pub(crate) fn read(&self, mut take: impl FnMut([u64; WORDS])) -> u64 {
        let slots = self.slots();
        let (head, from) = (self.written(), self.from.load(Relaxed));
        let first = from.max(head.saturating_sub(slots.len() as u64));
        let mut taken = 0;
        for number in first..head {
            let slot = &slots[number as usize & (slots.len() - 1)];
            let tag = slot[TAG].load(Acquire);
            let kind = (tag ^ Self::low(number)) & u64::from(u32::MAX);
            if !(1..=KIND).contains(&kind) {
                continue; // not whole, or another one
            }
            let mut words = core::array::from_fn(|word| slot[word].load(Relaxed));
            words[TAG] = tag >> 32 << 32 | kind;
            fence(Acquire);
            if slot[TAG].load(Relaxed) == tag {
                take(words);
                taken += 1;
            }
        }
        head.saturating_sub(from) - taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        boxed::Box,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        thread,
    };

    const LEAST: usize = super::LEAST / 4;

    fn ring() -> &'static Ring<4> {
        let ring = Box::leak(Box::new(Ring::new()));
        resize(ring, LEAST);
        ring
    }

    fn resize(ring: &'static Ring<4>, records: usize) {
        ring.make(records).unwrap();
        ring.set_size(records);
    }

    fn read(ring: &Ring<4>) -> (Vec<u64>, u64) {
        let mut numbers = Vec::new();
        let lost = ring.read(|words| numbers.push(words[1]));
        (numbers, lost)
    }

    #[test]
    fn what_was_overwritten_is_counted() {
        let ring = ring();
        let n = LEAST as u64;
        (0..n + 10).for_each(|i| ring.push([1, i, 0, 0]));
        assert_eq!(read(ring), ((10..n + 10).collect(), 10));
        ring.clear();
        assert_eq!(read(ring), (Vec::new(), 0));
        ring.push([1, 77, 0, 0]);
        assert_eq!(read(ring), (Vec::from([77]), 0));
    }

    #[test]
    fn a_ring_of_another_size_begins_anew() {
        let ring = ring();
        (0..10).for_each(|i| ring.push([1, i, 0, 0]));
        resize(ring, 4 * LEAST);
        assert_eq!(read(ring), (Vec::new(), 0));
        let n = 3 * LEAST as u64;
        (0..n).for_each(|i| ring.push([1, i, 0, 0]));
        assert_eq!(read(ring), ((0..n).collect(), 0));
        assert_eq!((ring.capacity(), ring.memory()), (4 * LEAST, 5 * LEAST * 32));
        resize(ring, LEAST);
        assert_eq!((ring.capacity(), ring.memory()), (LEAST, 5 * LEAST * 32), "buffers stay");
        assert_eq!(read(ring), (Vec::new(), 0), "and what is in them is old");
        (0..3).for_each(|i| ring.push([1, i, 0, 0]));
        assert_eq!(read(ring), ((0..3).collect(), 0));
    }

    /// While one writes, another reads: each record is whole, and none is gone without being counted.
    #[test]
    fn a_reader_sees_whole_records_only() {
        let ring = ring();
        let over = Arc::new(AtomicBool::new(false));
        let last = if cfg!(miri) { 1500 } else { 300_000 };
        let writer = {
            let over = over.clone();
            thread::spawn(move || {
                (1..=last).for_each(|i: u64| ring.push([i << 32 | KIND, i, i * 3, i * 5]));
                over.store(true, SeqCst);
            })
        };
        while !over.load(SeqCst) {
            let mut before = 0;
            ring.read(|[tag, i, three, five]| {
                assert_eq!((tag, three, five), (i << 32 | KIND, i * 3, i * 5));
                assert!(before < i);
                before = i;
            });
        }
        writer.join().unwrap();
        let (numbers, lost) = read(ring);
        assert_eq!(numbers.len() as u64 + lost, last);
        assert_eq!(numbers, (last - LEAST as u64 + 1..=last).collect::<Vec<_>>());
    }
}
