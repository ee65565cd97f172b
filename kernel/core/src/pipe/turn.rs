//! Turns at one end of a pipe that several tasks share: the lock around the end.
//!
//! Who finds it taken sleeps until it is given back. Nobody spins, for the one whose turn it is may be working with
//! bytes in place; and nobody keeps a turn while it waits, so turns at several pipes never wait for each other.
//!
//! It is not one of the kernel's locks: a panic of the one whose turn it is ends that task alone.

use core::{
    ops::{Deref, DerefMut},
    sync::atomic::{Ordering, fence},
    task::{Context, Poll},
};
use spin::mutex::{SpinMutex, SpinMutexGuard};

use super::sleepers::Sleepers;

pub(super) struct Turn<T> {
    end: SpinMutex<T>,
    waiting: Sleepers,
}

struct Held<'a, T> {
    /// `Some` until `drop`.
    guard: Option<SpinMutexGuard<'a, T>>,
    waiting: &'a Sleepers,
}

impl<T> Turn<T> {
    pub const fn new(end: T) -> Self {
        Self { end: SpinMutex::new(end), waiting: Sleepers::new() }
    }

    /// Looks at the end, unless somebody else uses it: then `None`. No turn is taken, and nobody is woken.
    pub fn look<R>(&self, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.end.try_lock().map(|mut end| look(&mut end))
    }

    /// Does something with the end when it is our turn. Afterwards there has been a fence: the caller may go on with
    /// [`Sleepers::wake_after_fence`].
    pub fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut T, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut guard = self.end.try_lock();
        if guard.is_none() {
            self.waiting.register(cx.waker());
            guard = self.end.try_lock();
        }
        if guard.is_none() {
            return Poll::Pending;
        }
        let mut held = Held { guard, waiting: &self.waiting };
        act(&mut held, cx)
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        fence(Ordering::SeqCst); // partner: the fence in `Sleepers::register`
        self.waiting.wake_after_fence();
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it is our turn until the drop")
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it is our turn until the drop")
    }
}
