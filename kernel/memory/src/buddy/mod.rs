//! Physical frames by number: free blocks of 1 to 512 frames, each at a multiple of its size.
//!
//! A block that is freed joins its buddy, the other half of the block of twice the size, if that is free, and so on. What
//! is handed out is cut from the smallest block that will do, and the lowest of these, so that large blocks last.
//!
//! All there is to know is in bitmaps outside of the frames, one set for each size: free memory is never touched,
//! so it need not be mapped, and this code needs no unsafe. What it does not do: remember who has what. A frame that is
//! freed twice is found out in debug builds only.

mod bits;
#[cfg(test)]
mod tests;

use bits::Bits;

/// The order of the largest block: 2 to the power of 9 frames are 2 MiB.
pub const MAX_ORDER: usize = 9;
const LARGEST: usize = 1 << MAX_ORDER;

/// Which frames are free.
pub struct Buddy<'a> {
    words: &'a mut [u64],
    /// The free blocks of each order, by their first frame's number divided by their size.
    orders: [Bits; MAX_ORDER + 1],
    free: usize,
}

/// Frames in a row, as they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many, at least one.
    pub count: usize,
    /// The first one's number is a multiple of this power of two.
    pub align: usize,
    /// All of their numbers are below this.
    pub limit: usize,
}

impl Run {
    /// Frames in a row that may be anywhere.
    pub fn of(count: usize) -> Run {
        Run { count, align: 1, limit: usize::MAX }
    }
}

impl<'a> Buddy<'a> {
    /// How many words [`Buddy::new`] needs for frames 0 to `frames` - 1.
    pub fn words(frames: usize) -> usize {
        layout(frames)[MAX_ORDER].end()
    }

    /// Frames 0 to `frames` - 1, none of them free yet. Takes as many words as [`Buddy::words`] says.
    pub fn new(frames: usize, words: &'a mut [u64]) -> Buddy<'a> {
        words.fill(0);
        Buddy { words, orders: layout(frames), free: 0 }
    }

    /// Goes on with the same words, seen at another address.
    pub fn move_words(&mut self, words: &'a mut [u64]) {
        self.words = words;
    }

    /// How many frames are free.
    pub fn free_frames(&self) -> usize {
        self.free
    }

    /// Takes frames in a row, if there are any.
    ///
    /// A run of up to 512 frames is cut from a block of at least its length, rounded up to a power of two; what
    /// is left over goes back at once. So such a run may be refused although there is one that lies across blocks.
    pub fn alloc_run(&mut self, run: Run) -> Option<usize> {
        assert!(run.count > 0 && run.align.is_power_of_two(), "no run at all, or a crooked one: {run:?}");
        let size = run.count.max(run.align).checked_next_power_of_two()?;
        // What lies in the block behind the run may be beyond the limit.
        let (first, length) = if size <= LARGEST {
            (self.alloc_block(size.trailing_zeros() as usize, run.limit.checked_sub(run.count)?)?, size)
        } else {
            self.alloc_large(run)?
        };
        self.free_run(first + run.count, length - run.count);
        Some(first)
    }

    /// Takes one to `most` frames in a row, all below `limit`: what is quickest to have and breaks up least. Says where and
    /// how many.
    pub fn alloc_some(&mut self, most: usize, limit: usize) -> Option<(usize, usize)> {
        for from in 0..=MAX_ORDER {
            let order = from.min(most.ilog2() as usize);
            let last = limit.checked_sub(1 << order)?;
            if let Some(block) = self.orders[from].first(self.words).filter(|block| block << from <= last) {
                return Some((self.take(from, block, order), 1 << order));
            }
        }
        None
    }

    /// Gives back frames in a row: all or a part of what was handed out in one go or in several.
    pub fn free_run(&mut self, first: usize, count: usize) {
        let (mut frame, end) = (first, first + count);
        while frame < end {
            let order = (frame.trailing_zeros() as usize).min((end - frame).ilog2() as usize).min(MAX_ORDER);
            self.free_block(frame, order);
            frame += 1 << order;
        }
    }

    /// A block of the order that starts at `last` or before.
    fn alloc_block(&mut self, order: usize, last: usize) -> Option<usize> {
        for from in order..=MAX_ORDER {
            if let Some(block) = self.orders[from].first(self.words).filter(|block| block << from <= last) {
                return Some(self.take(from, block, order));
            }
        }
        None
    }

    /// Takes the first block of `order` out of a free block of the order `from`. Returns its first frame.
    fn take(&mut self, from: usize, mut block: usize, order: usize) -> usize {
        self.orders[from].remove(self.words, block);
        for half in (order..from).rev() {
            block *= 2;
            self.orders[half].insert(self.words, block + 1);
        }
        self.free -= 1 << order;
        block << order
    }

    /// Whole blocks of the largest size in a row: the first frame and how many they are.
    fn alloc_large(&mut self, run: Run) -> Option<(usize, usize)> {
        let (blocks, align) = (run.count.div_ceil(LARGEST), (run.align / LARGEST).max(1));
        let largest = &mut self.orders[MAX_ORDER];
        let mut start = largest.first(self.words)?.next_multiple_of(align);
        loop {
            let length = (0..blocks).take_while(|&i| largest.contains(self.words, start + i)).count();
            if start * LARGEST + run.count > run.limit || start + blocks > largest.limit() {
                return None;
            }
            if length == blocks {
                break;
            }
            start = (start + length + 1).next_multiple_of(align);
        }
        (start..start + blocks).for_each(|block| largest.remove(self.words, block));
        self.free -= blocks * LARGEST;
        Some((start * LARGEST, blocks * LARGEST))
    }

    fn free_block(&mut self, frame: usize, order: usize) {
        debug_assert!(!self.is_free(frame), "frame {frame} is freed twice");
        self.free += 1 << order;
        let (mut block, mut order) = (frame >> order, order);
        while order < MAX_ORDER && self.orders[order].contains(self.words, block ^ 1) {
            self.orders[order].remove(self.words, block ^ 1);
            block /= 2;
            order += 1;
        }
        self.orders[order].insert(self.words, block);
    }

    fn is_free(&self, frame: usize) -> bool {
        (0..).zip(&self.orders).any(|(order, blocks)| blocks.contains(self.words, frame >> order))
    }
}

/// The sets of all orders, one behind the other.
fn layout(frames: usize) -> [Bits; MAX_ORDER + 1] {
    let mut start = 0;
    core::array::from_fn(|order| {
        let bits = Bits::new(start, frames.div_ceil(1 << order));
        start = bits.end();
        bits
    })
}
