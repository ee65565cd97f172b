//! The shortest edit script between two sequences: Myers' algorithm in linear space, by the middle of the path.
//!
//! E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986). It knows nothing of lines:
//! an item is a number, equal items have equal numbers.

use alloc::{vec, vec::Vec};

use crate::env::System;

/// Which items of either side have no partner on the other.
pub(super) struct Changes {
    pub left: Vec<bool>,
    pub right: Vec<bool>,
}

/// A part of both sides that is still to be compared.
#[derive(Clone, Copy)]
struct Box {
    left: usize,
    left_end: usize,
    right: usize,
    right_end: usize,
}

/// Steps after which others are let run.
const STEPS: usize = 20_000;

/// Compares. Takes time in proportion to the sizes and the number of differences multiplied.
pub(super) async fn compare(sys: &dyn System, left: &[u32], right: &[u32]) -> Changes {
    let mut changes = Changes { left: vec![false; left.len()], right: vec![false; right.len()] };
    let diagonals = left.len() + right.len() + 3;
    let (mut forward, mut backward) = (vec![0; diagonals], vec![0; diagonals]);
    let mut todo = vec![Box { left: 0, left_end: left.len(), right: 0, right_end: right.len() }];
    let mut steps = 0;
    while let Some(mut part) = todo.pop() {
        while part.left < part.left_end && part.right < part.right_end && left[part.left] == right[part.right] {
            part.left += 1;
            part.right += 1;
        }
        while part.left < part.left_end
            && part.right < part.right_end
            && left[part.left_end - 1] == right[part.right_end - 1]
        {
            part.left_end -= 1;
            part.right_end -= 1;
        }
        if part.left == part.left_end || part.right == part.right_end {
            changes.left[part.left..part.left_end].fill(true);
            changes.right[part.right..part.right_end].fill(true);
            continue;
        }
        let mut search = Search::new(part, left, right, &mut forward, &mut backward);
        let (x, y) = loop {
            if let Some(middle) = search.round(&mut steps) {
                break middle;
            }
            if steps >= STEPS {
                steps = 0;
                sys.yield_now().await;
            }
        };
        todo.push(Box { left: x, right: y, ..part });
        todo.push(Box { left_end: x, right_end: y, ..part });
    }
    changes
}

/// The search for the middle of a shortest path through a box, from both corners at once.
///
/// On diagonal `k` (place on the left minus place on the right), `forward` has how far left the paths from the
/// beginning got, `backward` those from the end. Only diagonals that cross the box are looked at; those just outside
/// of what was reached hold a value that is never the better one.
struct Search<'a> {
    part: Box,
    left: &'a [u32],
    right: &'a [u32],
    forward: Front<'a>,
    backward: Front<'a>,
    /// The paths from the two ends meet in the forward half of a round when the distance of their diagonals is odd.
    odd: bool,
}

/// The places that the paths from one end have reached, by diagonal.
struct Front<'a> {
    places: &'a mut [isize],
    /// What is added to a diagonal to make an index.
    offset: isize,
    first: isize,
    last: isize,
    unreached: isize,
}

impl Front<'_> {
    fn get(&self, diagonal: isize) -> isize {
        self.places[(diagonal + self.offset) as usize]
    }

    fn set(&mut self, diagonal: isize, place: isize) {
        self.places[(diagonal + self.offset) as usize] = place;
    }

    /// One more diagonal on either side, where the box has one; else one less, so that every second one counts.
    fn widen(&mut self, lowest: isize, highest: isize) {
        if self.first > lowest {
            self.first -= 1;
            self.set(self.first - 1, self.unreached);
        } else {
            self.first += 1;
        }
        if self.last < highest {
            self.last += 1;
            self.set(self.last + 1, self.unreached);
        } else {
            self.last -= 1;
        }
    }

    fn has(&self, diagonal: isize) -> bool {
        (self.first..=self.last).contains(&diagonal)
    }
}

impl<'a> Search<'a> {
    fn new(
        part: Box,
        left: &'a [u32],
        right: &'a [u32],
        forward: &'a mut [isize],
        backward: &'a mut [isize],
    ) -> Self {
        let offset = right.len() as isize + 1;
        let front = |places, diagonal, place, unreached| {
            let mut front = Front { places, offset, first: diagonal, last: diagonal, unreached };
            front.set(diagonal, place);
            front
        };
        let begin = part.left as isize - part.right as isize;
        let end = part.left_end as isize - part.right_end as isize;
        let forward = front(forward, begin, part.left as isize, -1);
        let backward = front(backward, end, part.left_end as isize, isize::MAX);
        Self { part, left, right, forward, backward, odd: (begin - end) % 2 != 0 }
    }

    /// One more difference from either end; a place on a shortest path once the two meet.
    fn round(&mut self, steps: &mut usize) -> Option<(usize, usize)> {
        let Box { left, left_end, right, right_end } = self.part;
        let (left, left_end) = (left as isize, left_end as isize);
        let (right, right_end) = (right as isize, right_end as isize);
        let (lowest, highest) = (left - right_end, left_end - right);

        self.forward.widen(lowest, highest);
        for k in (self.forward.first..=self.forward.last).rev().step_by(2) {
            let (below, above) = (self.forward.get(k - 1), self.forward.get(k + 1));
            let start = if below < above { above } else { below + 1 };
            let mut x = start;
            while x < left_end && x - k < right_end && self.left[x as usize] == self.right[(x - k) as usize] {
                x += 1;
            }
            *steps += 1 + (x - start) as usize;
            self.forward.set(k, x);
            if self.odd && self.backward.has(k) && self.backward.get(k) <= x {
                return Some((x as usize, (x - k) as usize));
            }
        }

        self.backward.widen(lowest, highest);
        for k in (self.backward.first..=self.backward.last).rev().step_by(2) {
            let (below, above) = (self.backward.get(k - 1), self.backward.get(k + 1));
            let start = if below < above { below } else { above - 1 };
            let mut x = start;
            while x > left && x - k > right && self.left[x as usize - 1] == self.right[(x - k) as usize - 1] {
                x -= 1;
            }
            *steps += 1 + (start - x) as usize;
            self.backward.set(k, x);
            if !self.odd && self.forward.has(k) && x <= self.forward.get(k) {
                return Some((x as usize, (x - k) as usize));
            }
        }
        None
    }
}
