//! One value that many look at, each seeing the latest.

use alloc::sync::Arc;
use core::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    Lock, WakerSet,
    asked::{Asked, Entry, enter},
};
use crate::{
    budget,
    wait_site::{Awaited, waits_for},
};

#[derive(Debug)]
struct Shared<T> {
    entry: Entry,
    state: Lock<State<T>>,
    waiting: WakerSet,
}

#[derive(Debug)]
struct State<T> {
    value: T,
    /// Counts the changes.
    version: u64,
    /// What it was when somebody began to wait last.
    awaited: u64,
    sender_gone: bool,
}

/// A change, or the end of the sender, wakes all: who is not in the set has been woken.
impl<T> Asked for Shared<T> {
    fn is_there(&self, _: u8, task: u64) -> Option<bool> {
        let state = self.state.try_lock()?;
        Some(state.sender_gone || state.version != state.awaited || !self.waiting.try_has(task)?)
    }
}

/// A value, its only writer and a first reader. Task context only.
pub fn watch<T>(value: T) -> (WatchSender<T>, WatchReceiver<T>) {
    let state = Lock::new(State { value, version: 0, awaited: 0, sender_gone: false });
    let shared = Arc::new(Shared { entry: Entry::default(), state, waiting: WakerSet::new() });
    (WatchSender(shared.clone()), WatchReceiver { shared, seen: 0 })
}

/// The side that writes.
#[derive(Debug)]
pub struct WatchSender<T>(Arc<Shared<T>>);

/// A side that reads; there may be many, each with its own view of what is new.
#[derive(Debug)]
pub struct WatchReceiver<T> {
    shared: Arc<Shared<T>>,
    seen: u64,
}

/// The sender has gone: the value stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchClosed;

impl fmt::Display for WatchClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sender has gone, so the value will not change any more")
    }
}

impl core::error::Error for WatchClosed {}

impl<T> WatchSender<T> {
    /// Replaces the value and wakes all who wait for a change.
    pub fn send(&self, value: T) {
        let old = {
            let mut state = self.0.state.lock();
            state.version += 1;
            core::mem::replace(&mut state.value, value)
        };
        drop(old); // with no lock held
        self.0.waiting.wake_all();
    }

    /// Changes the value in place and wakes all who wait for a change. `change` runs with a lock held: it must
    /// be short, and use neither side of this watch.
    pub fn send_modify(&self, change: impl FnOnce(&mut T)) {
        {
            let mut state = self.0.state.lock();
            change(&mut state.value);
            state.version += 1;
        }
        self.0.waiting.wake_all();
    }

    /// One more reader, to which the present value is not new.
    pub fn subscribe(&self) -> WatchReceiver<T> {
        let seen = self.0.state.lock().version;
        WatchReceiver { shared: self.0.clone(), seen }
    }
}

impl<T> Drop for WatchSender<T> {
    fn drop(&mut self) {
        self.0.state.lock().sender_gone = true;
        self.0.waiting.wake_all();
    }
}

impl<T> WatchReceiver<T> {
    /// Looks at the latest value. `look` runs with a lock held: it must be short, and use neither side of this
    /// watch. The value counts as seen.
    pub fn look<R>(&mut self, look: impl FnOnce(&T) -> R) -> R {
        let state = self.shared.state.lock();
        self.seen = state.version;
        look(&state.value)
    }

    /// The latest value, which counts as seen.
    pub fn get(&mut self) -> T
    where
        T: Clone,
    {
        self.look(T::clone)
    }

    /// Waits until there is a value that this receiver has not seen, and counts it as seen.
    #[track_caller]
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed { receiver: self, made_at: Location::caller() }
    }

    /// What there is to tell, if there is something; pending when the budget is spent.
    fn take_change(&mut self, cx: &mut Context<'_>) -> Option<Poll<Result<(), WatchClosed>>> {
        let mut state = self.shared.state.lock();
        let changed = state.version != self.seen;
        if !(changed || state.sender_gone) {
            state.awaited = self.seen;
            return None;
        }
        Some(budget::charge(cx).map(|()| {
            self.seen = state.version;
            if changed { Ok(()) } else { Err(WatchClosed) }
        }))
    }
}

impl<T> Clone for WatchReceiver<T> {
    fn clone(&self) -> Self {
        WatchReceiver { shared: self.shared.clone(), seen: self.seen }
    }
}

/// The future of [`WatchReceiver::changed`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Changed<'a, T> {
    receiver: &'a mut WatchReceiver<T>,
    made_at: &'static Location<'static>,
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), WatchClosed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(change) = self.receiver.take_change(cx) {
            return change;
        }
        self.receiver.shared.waiting.register(cx.waker());
        // Again, for the change may have come before the waker was there.
        if let Some(change) = self.receiver.take_change(cx) {
            return change;
        }
        let shared = &*self.receiver.shared;
        // SAFETY: it lies in an `Arc`, and its entry is its first field.
        unsafe { enter(shared, &shared.entry) };
        waits_for(cx, self.made_at, Awaited::at(Awaited::CHANGE, shared));
        Poll::Pending
    }
}

#[cfg(all(test, debug_assertions, not(loom)))]
mod tests {
    use super::*;
    use core::{pin::pin, task::Waker};

    #[test]
    fn a_change_that_wakes_nobody_is_there_and_not_noticed() {
        let (sender, mut receiver) = watch(1);
        let shared = sender.0.clone();
        assert!(pin!(receiver.changed()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(shared.is_there(Awaited::CHANGE, 0), Some(false));
        shared.state.lock().version += 1;
        assert_eq!(shared.is_there(Awaited::CHANGE, 0), Some(true));
        assert!(pin!(receiver.changed()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(pin!(receiver.changed()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(shared.is_there(Awaited::CHANGE, 0), Some(false));
        shared.waiting.remove(Waker::noop());
        assert_eq!(shared.is_there(Awaited::CHANGE, 0), Some(true), "it was taken out, and did not go on");
        let _held = shared.state.lock();
        assert_eq!(shared.is_there(Awaited::CHANGE, 0), None, "it is in use");
    }
}
