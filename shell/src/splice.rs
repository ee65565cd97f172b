//! Moving bytes from one open file to another by the shortest way that the two have: uncopied when they were lent,
//! with one copy when one of the files works in place.
//!
//! This is `splice` and not `copy`: where neither file works in place there is no short way, and the caller needs a
//! buffer. [`Fd::move_to`](crate::fd::Fd::move_to) has one.

use core::task::{Context, Poll};

use crate::{
    env::{File, Result},
    errno::Errno,
};

/// Which of the two files refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The file to read from.
    Reading(Errno),
    /// The file to write to.
    Writing(Errno),
}

/// Moves up to `most` bytes, at least one unless `most` is 0 or `from` has ended. What `to` does not take stays in
/// `from`. When pending, the waker of `cx` is woken by whichever file it is that waits. `None` when neither file
/// works in place, or both are the same: a file that is read in place cannot be written meanwhile.
pub fn poll_splice(
    from: &dyn File,
    to: &dyn File,
    cx: &mut Context<'_>,
    most: usize,
) -> Option<Poll<core::result::Result<usize, Refused>>> {
    if core::ptr::addr_eq(from, to) {
        return None;
    }
    // The refusal of the file that is not the one called.
    let mut other = None;
    if from.reads_in_place() && (from.lends() || !to.writes_in_place()) {
        let moved = from.poll_read_in_place(cx, most, &mut |cx, piece| {
            let written = match piece.loan() {
                Some(loan) => to.poll_write_loan(cx, &loan),
                None => to.poll_write(cx, piece.bytes),
            };
            note(written, &mut other)
        });
        return Some(moved.map_err(|error| match other {
            Some(error) => Refused::Writing(error),
            None => Refused::Reading(error),
        }));
    }
    if to.writes_in_place() {
        let moved =
            to.poll_write_in_place(cx, most, &mut |cx, room| note(from.poll_read(cx, room), &mut other));
        return Some(moved.map_err(|error| match other {
            Some(error) => Refused::Reading(error),
            None => Refused::Writing(error),
        }));
    }
    None
}

fn note(answer: Poll<Result<usize>>, refusal: &mut Option<Errno>) -> Poll<Result<usize>> {
    if let Poll::Ready(Err(error)) = answer {
        *refusal = Some(error);
    }
    answer
}
