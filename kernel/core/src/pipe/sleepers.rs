//! Who waits at one end of a pipe.
//!
//! Who finds nothing to do registers, and looks again. Who changed something wakes. Each has a fence in
//! between; one of the two fences comes first, and whoever comes second sees what the other did:
//!
//! ```text
//!   sleeper                        waker
//!   put the waker down             change the ring (or: close, give the turn back)
//!   any = true
//!   fence (SeqCst)                 fence (SeqCst)
//!   look at the ring               look at `any`, take it back, wake who is there
//! ```
//!
//! `any` is set after the waker is there. The other way round a wake could take `any` back, find nobody
//! yet, and leave a sleeper that no later wake looks for.
//!
//! While nobody sleeps, a transfer pays a fence and a load. Most ends have one task, whose waker has a place of its own;
//! the others go to a set.

use core::{
    sync::atomic::{AtomicBool, Ordering, fence},
    task::Waker,
};
use pollux_executor::sync::{Lock, WakerSet};

pub(super) struct Sleepers {
    first: Lock<First>,
    others: WakerSet,
    any: AtomicBool,
}

struct First {
    waker: Option<Waker>,
    /// Whether there are others.
    more: bool,
}

impl Sleepers {
    pub const fn new() -> Self {
        let first = Lock::new(First { waker: None, more: false });
        Self { first, others: WakerSet::new(), any: AtomicBool::new(false) }
    }

    /// After this the caller looks again, and sleeps only if there is still nothing to do.
    pub fn register(&self, waker: &Waker) {
        let mut first = self.first.lock();
        match &first.waker {
            Some(old) if old.will_wake(waker) => {}
            Some(_) => {
                self.others.register(waker); // under the lock, so that who sees `more` finds it
                first.more = true;
            }
            None => first.waker = Some(waker.clone()),
        }
        drop(first);
        self.any.store(true, Ordering::Release); // partner: the swap below, so that it finds the waker
        fence(Ordering::SeqCst); // partner: the fence below
    }

    /// Wakes all, after something was changed that they may be waiting for.
    #[inline]
    pub fn wake(&self) {
        fence(Ordering::SeqCst); // partner: the fence above
        self.wake_after_fence();
    }

    /// [`Sleepers::wake`] by a caller that has put a fence behind its change already.
    #[inline]
    pub fn wake_after_fence(&self) {
        if self.any.load(Ordering::Relaxed) && self.any.swap(false, Ordering::Acquire) {
            self.wake_who_is_there();
        }
    }

    #[inline(never)]
    fn wake_who_is_there(&self) {
        let mut first = self.first.lock();
        let waker = first.waker.take();
        let more = core::mem::take(&mut first.more);
        drop(first);
        if let Some(waker) = waker {
            waker.wake(); // with no lock held
        }
        if more {
            self.others.wake_all();
        }
    }
}
