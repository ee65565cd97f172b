//! Things that are asked whether what a task waits for is there, for the search for lost wakes in debug builds: what
//! `pollux_executor::sync::is_there` is for the executor's own things.
//!
//! A thing comes into the table when a task begins to wait for it; the table does not keep it. Of what is asked no lock is
//! waited for: who uses the thing will wake.

use crate::waits::Wait;

/// What can be asked.
pub trait Asked: Send + Sync {
    /// Whether a task that waits for this would go on if it were polled. `None` if that is not known, or somebody uses the
    /// thing.
    fn is_there(&self, wait: Wait) -> Option<bool>;
}

#[cfg(debug_assertions)]
pub(crate) use table::{enter, is_there};

#[cfg(debug_assertions)]
mod table {
    use alloc::{
        collections::BTreeMap,
        sync::{Arc, Weak},
    };

    use pollux_executor::sync::Lock;

    use super::Asked;
    use crate::waits::Wait;

    /// By kind and number.
    type Things = BTreeMap<(u8, u64), Weak<dyn Asked>>;

    static THINGS: Lock<Things> = Lock::new(BTreeMap::new());

    fn key(wait: Wait) -> (u8, u64) {
        let code = wait.code();
        (code.kind, code.number)
    }

    /// From now on the thing is asked whether that is there.
    pub fn enter<T: Asked + 'static>(wait: Wait, thing: &Arc<T>) {
        let new: Weak<dyn Asked> = Arc::downgrade(thing) as Weak<dyn Asked>;
        let gone: Things = {
            let mut things = THINGS.lock();
            if things.get(&key(wait)).is_some_and(|old| old.ptr_eq(&new)) {
                return;
            }
            let gone = things.extract_if(.., |_, old| old.strong_count() == 0).collect();
            things.insert(key(wait), new);
            gone
        };
        drop(gone); // with no lock held
    }

    /// Whether it is there. `None` if that is not known.
    pub fn is_there(wait: Wait) -> Option<bool> {
        let thing = THINGS.lock().get(&key(wait))?.upgrade()?;
        thing.is_there(wait)
    }
}
