//! The ring of a CPU: the last records that were written there, however many there were in all.
//!
//! A writer takes a number by one atomic addition, so a handler that comes in the middle takes the next one. A slot says
//! which number its record has, last; a reader looks at that before and after it reads, and takes nothing that is not
//! whole. Nobody waits for anybody.
//!
//! The slots come in pieces, which stay when the ring is made smaller: a handler may be in one.

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

use spin::Once;

/// Words of a piece.
const PIECE: usize = 4096;
/// The most pieces of a ring.
const PIECES: usize = 64;
/// The word of a slot that says which record it is: the writer's bits are the high 48, the lap is in the low 16.
const LAP: usize = 0;

type Slot<const WORDS: usize> = [AtomicU64; WORDS];

/// See the module. A record has so many words, a power of two.
pub(crate) struct Ring<const WORDS: usize> {
    /// How many records were written.
    head: AtomicU64,
    /// Records before this are forgotten.
    from: AtomicU64,
    /// Slots in use, a power of two.
    slots: AtomicU32,
    pieces: [Once<Box<[Slot<WORDS>]>>; PIECES],
}

/// No memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl<const WORDS: usize> Ring<WORDS> {
    /// Slots of a piece.
    const PIECE: usize = PIECE / WORDS;
    /// The fewest and the most records.
    pub(crate) const SIZES: core::ops::RangeInclusive<usize> = Self::PIECE..=Self::PIECE * PIECES;

    pub(crate) fn new() -> Self {
        Ring {
            head: AtomicU64::new(0),
            from: AtomicU64::new(0),
            slots: AtomicU32::new(0),
            pieces: [const { Once::new() }; PIECES],
        }
    }

    /// How many records it keeps.
    pub(crate) fn capacity(&self) -> usize {
        self.slots.load(Relaxed) as usize
    }

    /// The memory that it has, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.is_completed()).count() * PIECE * 8
    }

    /// Has it keep so many records, a power of two in [`Ring::SIZES`]; what it has is forgotten.
    pub(crate) fn resize(&self, records: usize) -> Result<(), OutOfMemory> {
        debug_assert!(records.is_power_of_two() && Self::SIZES.contains(&records));
        for piece in &self.pieces[..records / Self::PIECE] {
            piece.try_call_once(|| {
                let mut slots = Vec::new();
                slots.try_reserve_exact(Self::PIECE).map_err(|_| OutOfMemory)?;
                slots.resize_with(Self::PIECE, || [const { AtomicU64::new(0) }; WORDS]);
                Ok(slots.into_boxed_slice())
            })?;
        }
        self.clear();
        self.slots.store(records as u32, Relaxed);
        Ok(())
    }

    /// Forgets what was written.
    pub(crate) fn clear(&self) {
        self.from.store(self.head.load(Relaxed), Relaxed);
    }

    /// Where that record is among so many slots. Without slots there are no pieces either.
    fn slot(&self, number: u64, slots: u64) -> Option<&Slot<WORDS>> {
        let index = (number & slots.wrapping_sub(1)) as usize;
        self.pieces[index / Self::PIECE % PIECES].get()?.get(index % Self::PIECE)
    }

    /// Which record of those in its slot it is, never 0: the mark of a slot that is not whole.
    fn lap(number: u64) -> u64 {
        // Slots are at least a piece apart, and the lowest bit is always set.
        u64::from((number / (Self::PIECE as u64 / 2)) as u16 | 1)
    }

    /// Writes a record; the low 16 bits of the first word are not kept.
    pub(crate) fn push(&self, words: [u64; WORDS]) {
        let number = self.head.fetch_add(1, Relaxed);
        let Some(slot) = self.slot(number, u64::from(self.slots.load(Relaxed))) else { return };
        // Not whole from here on. The fence: no word of the record is seen before that.
        slot[LAP].store(0, Relaxed);
        fence(Release);
        for (to, &word) in slot[LAP + 1..].iter().zip(&words[LAP + 1..]) {
            to.store(word, Relaxed);
        }
        slot[LAP].store(words[LAP] & !0xffff | Self::lap(number), Release);
    }

    /// The records that are there, the oldest first, and how many were overwritten or in the middle of being written.
    pub(crate) fn read(&self, mut take: impl FnMut([u64; WORDS])) -> u64 {
        let slots = u64::from(self.slots.load(Relaxed));
        let (head, from) = (self.head.load(Acquire), self.from.load(Relaxed));
        if slots == 0 || head == from {
            return 0;
        }
        let first = from.max(head.saturating_sub(slots));
        let mut taken = 0;
        for number in first..head {
            let Some(slot) = self.slot(number, slots) else { continue };
            let tag = slot[LAP].load(Acquire);
            if tag & 0xffff != Self::lap(number) {
                continue;
            }
            let mut words = core::array::from_fn(|word| slot[word].load(Relaxed));
            words[LAP] = tag & !0xffff;
            fence(Acquire);
            if slot[LAP].load(Relaxed) == tag {
                take(words);
                taken += 1;
            }
        }
        head - from - taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        thread,
    };

    const PIECE: usize = super::PIECE / 4;

    fn ring() -> Ring<4> {
        let ring = Ring::new();
        ring.resize(PIECE).unwrap();
        ring
    }

    fn read(ring: &Ring<4>) -> (Vec<u64>, u64) {
        let mut numbers = Vec::new();
        let lost = ring.read(|words| numbers.push(words[1]));
        (numbers, lost)
    }

    #[test]
    fn what_was_overwritten_is_counted() {
        let ring = ring();
        let n = PIECE as u64;
        (0..n + 10).for_each(|i| ring.push([0, i, 0, 0]));
        assert_eq!(read(&ring), ((10..n + 10).collect(), 10));
        ring.clear();
        assert_eq!(read(&ring), (Vec::new(), 0));
        ring.push([0, 77, 0, 0]);
        assert_eq!(read(&ring), (Vec::from([77]), 0));
    }

    #[test]
    fn a_ring_of_another_size_begins_anew() {
        let ring = ring();
        (0..100).for_each(|i| ring.push([0, i, 0, 0]));
        ring.resize(4 * PIECE).unwrap();
        assert_eq!(read(&ring), (Vec::new(), 0));
        (0..3000).for_each(|i| ring.push([0, i, 0, 0]));
        assert_eq!(read(&ring), ((0..3000).collect(), 0));
        assert_eq!((ring.capacity(), ring.memory()), (4 * PIECE, 4 * PIECE * 32));
        ring.resize(PIECE).unwrap();
        assert_eq!((ring.capacity(), ring.memory()), (PIECE, 4 * PIECE * 32), "pieces stay");
    }

    /// While one writes, another reads: each record is whole, and none is gone without being counted.
    #[test]
    fn a_reader_sees_whole_records_only() {
        let ring = Arc::new(ring());
        let over = Arc::new(AtomicBool::new(false));
        let last = if cfg!(miri) { 1500 } else { 300_000 };
        let writer = {
            let (ring, over) = (ring.clone(), over.clone());
            thread::spawn(move || {
                (1..=last).for_each(|i: u64| ring.push([i << 16, i, i * 3, i * 5]));
                over.store(true, SeqCst);
            })
        };
        while !over.load(SeqCst) {
            let mut before = 0;
            ring.read(|[tag, i, three, five]| {
                assert_eq!((tag >> 16, three, five), (i, i * 3, i * 5));
                assert!(before < i);
                before = i;
            });
        }
        writer.join().unwrap();
        let (numbers, lost) = read(&ring);
        assert_eq!(numbers.len() as u64 + lost, last);
        assert_eq!(numbers, (last - PIECE as u64 + 1..=last).collect::<Vec<_>>());
    }
}
