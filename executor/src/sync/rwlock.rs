//! A lock for many readers or one writer, that may be held across an `.await`.

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

/// A writer's permits: all there are. A reader has one.
const ALL: usize = usize::MAX / 2;

/// An asynchronous read-write lock, first come, first served: readers that come after a writer wait for it.
/// Task context only.
pub struct RwLock<T> {
    permits: Semaphore,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes where the lock goes.
unsafe impl<T: Send> Send for RwLock<T> {}
// SAFETY: a shared lock gives `&mut T` to one task at a time (`T: Send`) or `&T` to many (`T: Sync`).
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    /// A lock around `value`.
    pub fn new(value: T) -> RwLock<T> {
        RwLock { permits: Semaphore::of_lock(ALL), value: UnsafeCell::new(value) }
    }

    /// Waits until no writer has the lock or waits for it.
    #[track_caller]
    pub fn read(&self) -> RwLockRead<'_, T> {
        RwLockRead { permit: self.permits.acquire(1), lock: self }
    }

    /// Waits until nobody has the lock.
    #[track_caller]
    pub fn write(&self) -> RwLockWrite<'_, T> {
        RwLockWrite { permits: self.permits.acquire(ALL), lock: self }
    }

    /// Shares the value if no writer has it or waits.
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        Some(ReadGuard { _permit: self.permits.try_acquire(1)?, lock: self })
    }

    /// Takes the value if nobody has it or waits.
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        Some(WriteGuard { _permits: self.permits.try_acquire(ALL)?, lock: self })
    }

    /// The value, which nobody else has any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// The future of [`RwLock::read`].
#[must_use = "futures do nothing unless polled"]
pub struct RwLockRead<'a, T> {
    permit: Acquire<'a>,
    lock: &'a RwLock<T>,
}

impl<'a, T> Future for RwLockRead<'a, T> {
    type Output = ReadGuard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let lock = self.lock;
        Pin::new(&mut self.permit).poll(cx).map(|permit| ReadGuard { _permit: permit, lock })
    }
}

/// The future of [`RwLock::write`].
#[must_use = "futures do nothing unless polled"]
pub struct RwLockWrite<'a, T> {
    permits: Acquire<'a>,
    lock: &'a RwLock<T>,
}

impl<'a, T> Future for RwLockWrite<'a, T> {
    type Output = WriteGuard<'a, T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let lock = self.lock;
        Pin::new(&mut self.permits).poll(cx).map(|permits| WriteGuard { _permits: permits, lock })
    }
}

/// The right to read the value of a [`RwLock`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct ReadGuard<'a, T> {
    _permit: Permit<'a>,
    lock: &'a RwLock<T>,
}

/// The right to the value of a [`RwLock`].
#[must_use = "the lock is released when the guard is dropped"]
pub struct WriteGuard<'a, T> {
    _permits: Permit<'a>,
    lock: &'a RwLock<T>,
}

// A guard is shared, and sent, only where the lock may be: it holds `&RwLock<T>`.

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: while this permit is out no writer has all of them.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: all permits are ours, so nobody else has the value.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RwLock")
    }
}
