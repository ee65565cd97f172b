//! Where walks have ended: the directory part of a path, and the places on the way there.
//!
//! A walk is remembered only when all the directories on it keep their names (see
//! [`Inode::keeps_names`](super::inode::Inode::keeps_names)). What changes where a path leads, which is removing or
//! moving a directory or a link, and mounting, lets everything be forgotten. Such a change happens first and is told
//! here afterwards; a walk that began before it was told is not remembered any more.

use alloc::vec::Vec;
use core::hash::BuildHasher;
use foldhash::fast::FixedState;

use super::{Lock, mount::Trail};

/// How many walks are remembered; one for each value of the hash.
const SLOTS: usize = 64;

#[derive(Default)]
pub(super) struct Walks {
    /// The same at each start: which walks have one place, so that only the last is remembered, does not change.
    hasher: FixedState,
    state: Lock<State>,
}

#[derive(Default)]
struct State {
    /// How many changes there were.
    changes: u64,
    slots: Vec<Option<(Vec<u8>, Trail)>>,
}

/// The moment at which a walk began.
#[derive(Clone, Copy)]
pub(super) struct Moment(u64);

impl Walks {
    /// To be asked before the mount table is.
    pub fn begin(&self) -> Moment {
        Moment(self.state.lock().changes)
    }

    /// Where the walk along `dir` ended.
    pub fn find(&self, dir: &[u8]) -> Option<Trail> {
        let state = self.state.lock();
        let (known, trail) = state.slots.get(self.slot(dir))?.as_ref()?;
        (known == dir).then(|| trail.clone())
    }

    /// Remembers a walk; not when there is no memory for it.
    pub fn remember(&self, began: Moment, dir: &[u8], trail: &Trail) {
        let mut key = Vec::new();
        if !trail.is_lasting() || key.try_reserve_exact(dir.len()).is_err() {
            return;
        }
        key.extend_from_slice(dir);
        let new = (key, trail.clone());
        let mut state = self.state.lock();
        if state.changes != began.0 || state.slots.is_empty() && state.slots.try_reserve_exact(SLOTS).is_err()
        {
            return;
        }
        state.slots.resize_with(SLOTS, || None);
        let old = state.slots[self.slot(dir)].replace(new);
        drop(state);
        drop(old); // outside the lock: it may be the last to know of a directory
    }

    /// Forgets all walks, and those that are on the way.
    pub fn forget(&self) {
        let mut state = self.state.lock();
        state.changes += 1;
        let old = core::mem::take(&mut state.slots);
        drop(state);
        drop(old);
    }

    fn slot(&self, dir: &[u8]) -> usize {
        self.hasher.hash_one(dir) as usize % SLOTS
    }
}
