//! From marked lines to the hunks that are printed.

use alloc::vec::Vec;
use core::ops::Range;

use super::myers::Changes;

/// Lines on the left that give way to lines on the right; one of the two may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub left: Range<usize>,
    pub right: Range<usize>,
}

/// Moves runs of changed lines down as far as they mean the same there, and joins runs that meet: that is how people
/// would mark them. `ids` are the items of the side that is moved in, `other` is whether lines of the other side changed.
pub(super) fn slide(changed: &mut [bool], ids: &[u32], other: &[bool]) {
    let end = changed.len();
    let (mut at, mut across) = (0, 0);
    loop {
        // To the next run, keeping step on the other side.
        while at < end && !changed[at] {
            while other.get(across) == Some(&true) {
                across += 1;
            }
            at += 1;
            across += 1;
        }
        if at == end {
            return;
        }
        let mut start = at;
        while at < end && changed[at] {
            at += 1;
        }
        while other.get(across) == Some(&true) {
            across += 1;
        }
        // The last place at which a run on the other side ends, too: best of all.
        let mut corresponding;
        loop {
            let length = at - start;
            // Up, so that what is met there is joined.
            while start > 0 && !changed[start - 1] && ids[start - 1] == ids[at - 1] {
                start -= 1;
                at -= 1;
                changed[start] = true;
                changed[at] = false;
                while start > 0 && changed[start - 1] {
                    start -= 1;
                }
                across = unchanged_before(other, across);
            }
            corresponding = if across > 0 && other[across - 1] { at } else { end };
            // And down again as far as possible.
            while at < end && !changed[at] && ids[start] == ids[at] {
                changed[start] = false;
                changed[at] = true;
                start += 1;
                at += 1;
                while at < end && changed[at] {
                    at += 1;
                }
                across += 1;
                while other.get(across) == Some(&true) {
                    across += 1;
                    corresponding = at;
                }
            }
            if at - start == length {
                break;
            }
        }
        while corresponding < at {
            start -= 1;
            at -= 1;
            changed[start] = true;
            changed[at] = false;
            across = unchanged_before(other, across);
        }
    }
}

/// The last line before a place that did not change.
fn unchanged_before(changed: &[bool], at: usize) -> usize {
    changed[..at].iter().rposition(|changed| !changed).unwrap_or(0)
}

/// The changes in order.
pub(super) fn changes(marks: &Changes) -> Vec<Change> {
    let mut all = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < marks.left.len() || right < marks.right.len() {
        let (from_left, from_right) = (left, right);
        while marks.left.get(left) == Some(&true) {
            left += 1;
        }
        while marks.right.get(right) == Some(&true) {
            right += 1;
        }
        if left > from_left || right > from_right {
            all.push(Change { left: from_left..left, right: from_right..right });
        }
        left += 1;
        right += 1;
    }
    all
}

/// Changes that share lines of context stand together.
pub(super) fn group(changes: &[Change], context: usize) -> Vec<&[Change]> {
    let near = |a: &Change, b: &Change| b.left.start - a.left.end <= 2 * context;
    changes.chunk_by(near).collect()
}
