//! Who waits at one end of a pipe.
//!
//! Who finds nothing to do registers, and looks again. Who changed something wakes. Each has a fence in
//! between; one of the two fences comes first, and whoever comes second sees what the other did:
//!
//! ```text
//!   sleeper                        waker
//!   add to the set                 change the ring (or: close, give the turn back)
//!   any = true
//!   fence (SeqCst)                 fence (SeqCst)
//!   look at the ring               look at `any`, take it back, wake the set
//! ```
//!
//! `any` is set after the set has the waker. The other way round a wake could take `any` back, find the
//! set still empty, and leave a sleeper that no later wake looks for.
//!
//! While nobody sleeps, a transfer pays a fence and a load.

use core::{
    sync::atomic::{AtomicBool, Ordering, fence},
    task::Waker,
};
use pollux_executor::sync::WakerSet;

pub(super) struct Sleepers {
    set: WakerSet,
    any: AtomicBool,
}

impl Sleepers {
    pub const fn new() -> Self {
        Self { set: WakerSet::new(), any: AtomicBool::new(false) }
    }

    /// After this the caller looks again, and sleeps only if there is still nothing to do.
    pub fn register(&self, waker: &Waker) {
        self.set.register(waker);
        self.any.store(true, Ordering::Release); // partner: the swap below, so that it finds the waker
        fence(Ordering::SeqCst); // partner: the fence below
    }

    /// Wakes all, after something was changed that they may be waiting for.
    pub fn wake(&self) {
        fence(Ordering::SeqCst); // partner: the fence above
        self.wake_after_fence();
    }

    /// [`Sleepers::wake`] by a caller that has put a fence behind its change already.
    pub fn wake_after_fence(&self) {
        if self.any.load(Ordering::Relaxed) && self.any.swap(false, Ordering::Acquire) {
            self.set.wake_all();
        }
    }
}
