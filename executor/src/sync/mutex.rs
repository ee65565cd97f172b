//! A lock that may be held across an `.await`.

use core::{
    cell::UnsafeCell,
    fmt,
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
    task::{Context, Poll},
};

use super::{
    Semaphore,
    semaphore::{Acquire, Permit},
};

/// An asynchronous mutex, first come, first served: an unlocking task hands it to the one that has
/// waited longest. Task context only.
pub struct Mutex<T> {
    /// One permit: who has it has the value.
    turn: Semaphore,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by one guard at a time; moving between CPUs needs `T: Send`.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: as above; a shared mutex gives `&mut T` to one at a time, so `T: Send` is enough.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// A mutex around `value`.
    pub fn new(value: T) -> Mutex<T> {
        Mutex { turn: Semaphore::of_lock(1), value: UnsafeCell::new(value) }
    }

    /// Waits for the mutex.
    #[track_caller]
    pub fn lock(&self) -> MutexLock<'_, T> {
        MutexLock { turn: self.turn.acquire(1), mutex: self }
    }

    /// Takes the mutex if it is free and nobody waits.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        Some(MutexGuard { _turn: self.turn.try_acquire(1)?, mutex: self })
    }

    /// The value, which nobody else has any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

/// The future of [`Mutex::lock`].
#[must_use = "futures do nothing unless polled"]
pub struct MutexLock<'a, T> {
    turn: Acquire<'a>,
    mutex: &'a Mutex<T>,
}

impl<'a, T> Future for MutexLock<'a, T> {
    type Output = MutexGuard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mutex = self.mutex;
        Pin::new(&mut self.turn).poll(cx).map(|turn| MutexGuard { _turn: turn, mutex })
    }
}

/// The right to the value of a [`Mutex`].
#[must_use = "the mutex is released when the guard is dropped"]
pub struct MutexGuard<'a, T> {
    _turn: Permit<'a>,
    mutex: &'a Mutex<T>,
}

// SAFETY: a shared guard gives shared access to the value, and no more.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the turn is ours until the guard is dropped.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex")
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
