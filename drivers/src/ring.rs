//! The byte ring between a handler and a task: one producer, one consumer, no locks, no allocation,
//! wait-free on both sides.
//!
//! ```text
//!            head (next to read)            tail (next to write)
//!              |                              |
//!   ...........[ bytes that the consumer owns ][ room that the producer owns ]....
//!
//!   producer: load head (Acquire) -> store bytes (Relaxed) -> store tail (Release)   P
//!   consumer: load tail (Acquire) -> load bytes (Relaxed)  -> store head (Release)   C
//! ```
//!
//! P's Release store of `tail` pairs with C's Acquire load of it: the consumer sees the bytes. C's
//! Release store of `head` pairs with P's Acquire load of it: the producer reuses a place only after
//! it was read. `head` and `tail` count bytes ever moved, modulo 2^64; a place is the count modulo `N`.
//!
//! Two producers or two consumers at once cannot break memory (every byte is an atomic) but would mix
//! and repeat bytes. Who is which is for the driver to say.

use core::sync::atomic::{
    AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// A ring of `N` bytes, `N` a power of two.
#[derive(Debug)]
pub struct ByteRing<const N: usize> {
    head: AtomicUsize,
    tail: AtomicUsize,
    bytes: [AtomicU8; N],
}

impl<const N: usize> ByteRing<N> {
    /// An empty ring.
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two(), "a ring's capacity is a power of two") };
        Self { head: AtomicUsize::new(0), tail: AtomicUsize::new(0), bytes: [const { AtomicU8::new(0) }; N] }
    }

    /// How many bytes wait. Exact for the consumer as a lower bound, for the producer as an upper bound.
    pub fn len(&self) -> usize {
        // Head first: reading it last could see it ahead of a stale tail.
        let head = self.head.load(Acquire);
        self.tail.load(Acquire).wrapping_sub(head).min(N)
    }

    /// Whether no byte waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.len() == N
    }

    /// Producer: adds a byte, or hands it back when there is no room.
    pub fn push(&self, byte: u8) -> Result<(), u8> {
        if self.push_slice(&[byte]) == 1 { Ok(()) } else { Err(byte) }
    }

    /// Producer: adds as many bytes as there is room for and says how many.
    pub fn push_slice(&self, bytes: &[u8]) -> usize {
        let tail = self.tail.load(Relaxed);
        let room = N - tail.wrapping_sub(self.head.load(Acquire));
        let count = room.min(bytes.len());
        for (i, byte) in bytes[..count].iter().enumerate() {
            self.bytes[tail.wrapping_add(i) % N].store(*byte, Relaxed);
        }
        self.tail.store(tail.wrapping_add(count), Release);
        count
    }

    /// Consumer: takes the oldest byte.
    pub fn pop(&self) -> Option<u8> {
        let mut byte = [0];
        (self.pop_slice(&mut byte) == 1).then_some(byte[0])
    }

    /// Consumer: takes as many bytes as wait and fit, and says how many.
    pub fn pop_slice(&self, out: &mut [u8]) -> usize {
        let head = self.head.load(Relaxed);
        let waiting = self.tail.load(Acquire).wrapping_sub(head);
        let count = waiting.min(out.len());
        for (i, byte) in out[..count].iter_mut().enumerate() {
            *byte = self.bytes[head.wrapping_add(i) % N].load(Relaxed);
        }
        self.head.store(head.wrapping_add(count), Release);
        count
    }
}

impl<const N: usize> Default for ByteRing<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::{thread, vec::Vec};

    #[test]
    fn takes_what_fits_and_keeps_the_order_across_the_wrap() {
        let ring = ByteRing::<8>::new();
        let mut out = [0; 8];
        for round in 0..10u8 {
            let bytes = [round, 1, 2, 3, 4];
            assert_eq!(ring.push_slice(&bytes), 5);
            assert_eq!(ring.push_slice(&bytes), 3, "three places are left of eight");
            assert!(ring.is_full());
            assert_eq!(ring.push(9), Err(9));
            assert_eq!(ring.pop_slice(&mut out), 8);
            assert_eq!(out, [round, 1, 2, 3, 4, round, 1, 2]);
            assert_eq!(ring.pop(), None);
        }
    }

    #[test]
    fn two_threads_lose_and_repeat_nothing() {
        let ring = ByteRing::<16>::new();
        let sent: Vec<u8> = (0..50_000u32).map(|i| (i * 7 + i / 256) as u8).collect();
        let mut got = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = &sent[..];
                while !rest.is_empty() {
                    let count = ring.push_slice(&rest[..rest.len().min(11)]);
                    rest = &rest[count..];
                    if count == 0 {
                        thread::yield_now();
                    }
                }
            });
            while got.len() < sent.len() {
                let mut out = [0; 5];
                let count = ring.pop_slice(&mut out);
                got.extend_from_slice(&out[..count]);
                if count == 0 {
                    thread::yield_now();
                }
            }
        });
        assert!(got == sent, "bytes were lost, repeated or reordered");
    }
}
