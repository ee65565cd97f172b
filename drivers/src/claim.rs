//! "One task at a time", checked.

use core::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};

/// A side of a driver that one task at a time may be in. Not a lock: nobody waits.
#[derive(Debug)]
pub(crate) struct Claim(AtomicBool);

/// The claim, given back when dropped.
pub(crate) struct Claimed<'a>(&'a Claim);

impl Claim {
    pub(crate) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Panics with `complaint` when another task is in. Acquire pairs with the Release in `drop`: one
    /// task's ring operations are over before the next one's begin.
    pub(crate) fn take(&self, complaint: &str) -> Claimed<'_> {
        assert!(!self.0.swap(true, Acquire), "{complaint} at once: each would get a part");
        Claimed(self)
    }
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn can_be_taken_again_once_given_back() {
        let claim = Claim::new();
        drop(claim.take("two"));
        drop(claim.take("two"));
    }

    #[test]
    #[should_panic(expected = "two tasks read at once")]
    fn cannot_be_taken_twice() {
        let claim = Claim::new();
        let _first = claim.take("two tasks read");
        let _second = claim.take("two tasks read");
    }
}
