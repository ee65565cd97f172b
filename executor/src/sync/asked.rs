//! Things that are asked whether what a task waits for is there: how debug builds find wakes that were lost (see
//! `docs/decisions/011-lost-wakes.md`). Release builds keep nothing of this.
//!
//! A thing comes into the table when a task begins to wait for it, and leaves it when it goes. Of what is asked no lock is
//! waited for: who uses the thing will wake.

/// What can be asked. (In release builds nobody asks.)
#[cfg_attr(not(debug_assertions), expect(dead_code))]
pub(crate) trait Asked {
    /// Whether the task, by its number, would go on if it were polled. `None` if somebody uses the thing.
    fn is_there(&self, kind: u8, task: u64) -> Option<bool>;
}

#[cfg(debug_assertions)]
pub use table::is_there;
#[cfg(debug_assertions)]
pub(crate) use table::{Entry, enter};

/// What a thing has for its place in the table: nothing, as there is none.
#[cfg(not(debug_assertions))]
#[derive(Debug, Default)]
pub(crate) struct Entry(());

/// # Safety
/// None is needed.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) unsafe fn enter<T: Asked>(_: &T, _: &Entry) {}

#[cfg(debug_assertions)]
mod table {
    use alloc::collections::BTreeMap;
    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::{super::Lock, Asked};
    use crate::{task::info::TaskInfo, wait_site::Awaited};

    /// By the number that a task tells, the bits of an address that [`Awaited`] has room for.
    static THINGS: Lock<BTreeMap<u64, Thing>> = Lock::new(BTreeMap::new());

    /// A thing that is there.
    struct Thing {
        entry: usize,
        at: *const (),
        ask: unsafe fn(*const (), u8, u64) -> Option<bool>,
    }

    // SAFETY: it is used with the table's lock held, and by `enter`'s promise may be used from anywhere.
    unsafe impl Send for Thing {}

    /// The place of a thing in the table, if it has one; a field of the thing.
    #[derive(Debug, Default)]
    pub(crate) struct Entry(AtomicBool);

    impl Drop for Entry {
        fn drop(&mut self) {
            if *self.0.get_mut() {
                let own = core::ptr::from_ref(self).addr();
                THINGS.lock().retain(|_, thing| thing.entry != own);
            }
        }
    }

    /// # Safety
    /// `at` is a `T`.
    unsafe fn ask<T: Asked>(at: *const (), kind: u8, task: u64) -> Option<bool> {
        // SAFETY: the caller's promise.
        unsafe { &*at.cast::<T>() }.is_there(kind, task)
    }

    /// From now on the thing can be asked.
    ///
    /// # Safety
    /// The thing does not move from now on, and its entry, which is a field of it, is dropped before any other field. It may
    /// be used from several threads at once.
    pub(crate) unsafe fn enter<T: Asked>(thing: &T, entry: &Entry) {
        if entry.0.swap(true, Relaxed) {
            return;
        }
        let at = core::ptr::from_ref(thing);
        let new = Thing { entry: core::ptr::from_ref(entry).addr(), at: at.cast(), ask: ask::<T> };
        THINGS.lock().insert(Awaited::at(0, thing).key(), new);
    }

    /// Whether what that task waits for is there, of the things of this crate. `None` if that is not known.
    pub fn is_there(task: &TaskInfo) -> Option<bool> {
        let awaited = task.waits_for?;
        let things = THINGS.lock();
        let thing = things.get(&awaited.key())?;
        // SAFETY: it is in the table, whose lock is held, so its entry has not been dropped, and it is where it was.
        unsafe { (thing.ask)(thing.at, awaited.kind, task.id.0) }
    }
}
