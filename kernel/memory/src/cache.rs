//! The frames that a CPU has at hand: a stack of 64, filled and emptied 32 at a time.
//!
//! Only the CPU that it belongs to changes it, in task context; any may read how many there are. The fields
//! are atomics for that reader alone: there is not one locked instruction, and two CPUs that both took frames from
//! one cache would get the same frame.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// The most that a CPU has at hand.
pub const CACHE: usize = 64;
/// What is taken from the common frames, and given back, at a time.
pub const BATCH: usize = 32;

/// One CPU's frames, by number.
#[repr(align(64))]
pub struct FrameCache {
    len: AtomicUsize,
    frames: [AtomicU32; CACHE],
}

impl FrameCache {
    /// No frames.
    pub const fn new() -> FrameCache {
        FrameCache { len: AtomicUsize::new(0), frames: [const { AtomicU32::new(0) }; CACHE] }
    }

    /// Takes the frame that came last, whose lines are likely still in the CPU's cache.
    #[inline]
    pub fn pop(&self) -> Option<usize> {
        let last = self.len.load(Relaxed).checked_sub(1)?;
        let frame = self.frames.get(last)?.load(Relaxed);
        self.len.store(last, Relaxed);
        Some(frame as usize)
    }

    /// Puts a frame in; `false`, and it is not in, when there is no room.
    #[inline]
    pub fn push(&self, frame: usize) -> bool {
        let len = self.len.load(Relaxed);
        let Some(place) = self.frames.get(len) else { return false };
        place.store(frame as u32, Relaxed);
        self.len.store(len + 1, Relaxed);
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for FrameCache {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn it_is_full_at_64_and_gives_back_the_last_first() {
        let cache = FrameCache::new();
        assert_eq!(cache.pop(), None);
        assert!((100..100 + CACHE).all(|frame| cache.push(frame)));
        assert!(!cache.push(7), "a frame beyond the last place must stay with its owner");
        assert_eq!(cache.len(), CACHE);
        assert!((100..100 + CACHE).rev().all(|frame| cache.pop() == Some(frame)));
        assert!(cache.is_empty());
    }
}
