//! Any number of wakers, for a thing that many tasks wait for.

use alloc::collections::VecDeque;
use core::task::Waker;

use super::Lock;
use crate::wait_site::task_number;

/// How many wakers are taken out in one hold of the lock.
const AT_ONCE: usize = 8;

/// Wakers in the order they came. Task context only: it allocates, though its room is kept for good,
/// so that a steady state does not.
///
/// A waiter registers *before* it looks again at what it waits for; who changes that thing wakes
/// *after* the change. A waiter that goes away may leave its waker behind: [`WakerSet::wake_all`] does
/// not mind; with [`WakerSet::wake_one`] it must [`remove`](WakerSet::remove) it or pass the wake on.
#[derive(Debug, Default)]
pub struct WakerSet(Lock<VecDeque<Waker>>);

impl WakerSet {
    /// An empty set.
    pub const fn new() -> WakerSet {
        WakerSet(Lock::new(VecDeque::new()))
    }

    /// Adds a waker, unless one is there that wakes the same task.
    pub fn register(&self, waker: &Waker) {
        let mut wakers = self.0.lock();
        if !wakers.iter().any(|old| old.will_wake(waker)) {
            wakers.push_back(waker.clone());
        }
    }

    /// Takes out a waker of the same task; false if there is none, so it has been woken.
    pub fn remove(&self, waker: &Waker) -> bool {
        let mut wakers = self.0.lock();
        let found = wakers.iter().position(|old| old.will_wake(waker)).and_then(|at| wakers.remove(at));
        drop(wakers);
        found.is_some() // the waker is dropped here, with no lock held
    }

    /// Whether there is a waker of that task, by its number; `None` while the set is in use.
    pub(crate) fn try_has(&self, task: u64) -> Option<bool> {
        Some(self.0.try_lock()?.iter().any(|waker| task_number(waker) == task))
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Wakes all that are there now, in order, with no lock held.
    pub fn wake_all(&self) {
        let mut left = self.0.lock().len();
        while left > 0 {
            let mut batch = [const { None::<Waker> }; AT_ONCE];
            let n = left.min(AT_ONCE);
            {
                let mut wakers = self.0.lock();
                batch[..n].fill_with(|| wakers.pop_front());
            }
            left -= n;
            batch.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// Wakes the one that has waited longest; false if there is none.
    pub fn wake_one(&self) -> bool {
        let waker = self.0.lock().pop_front();
        match waker {
            Some(waker) => {
                waker.wake();
                true
            }
            None => false,
        }
    }
}
