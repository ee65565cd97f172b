//! A lock that may be held across an `.await`.

use core::{
    cell::UnsafeCell,
    fmt,
    future::poll_fn,
    ops::{Deref, DerefMut},
    task::{Context, Poll},
};

use super::{Lock, waiters::Waiters};

/// An asynchronous mutex, first come, first served: an unlocking task hands it to the one that has
/// waited longest. Task context only.
#[derive(Default)]
pub struct Mutex<T> {
    line: Lock<Line>,
    /// Belongs to whoever has the turn, which is one at a time: `locked` says that there is one.
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by one guard at a time; moving between CPUs needs `T: Send`.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: as above; a shared mutex gives `&mut T` to one at a time, so `T: Send` is enough.
unsafe impl<T: Send> Sync for Mutex<T> {}

#[derive(Default)]
struct Line {
    locked: bool,
    waiters: Waiters,
}

impl<T> Mutex<T> {
    /// A mutex around `value`.
    pub fn new(value: T) -> Mutex<T> {
        Mutex { line: Lock::default(), value: UnsafeCell::new(value) }
    }

    /// Waits for the mutex.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        let mut place = Place { line: &self.line, ticket: None };
        poll_fn(|cx| place.poll(cx)).await;
        MutexGuard { mutex: self }
    }

    /// Takes the mutex if it is free and nobody waits.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let mut line = self.line.lock();
        if line.locked {
            return None;
        }
        line.locked = true;
        drop(line);
        Some(MutexGuard { mutex: self })
    }

    /// The value, which nobody else has any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

/// A waiter's place in the line; dropped with the turn, it passes that on.
struct Place<'a> {
    line: &'a Lock<Line>,
    ticket: Option<u64>,
}

impl Place<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut line = self.line.lock();
        let Some(ticket) = self.ticket else {
            if !line.locked {
                line.locked = true;
                return Poll::Ready(());
            }
            self.ticket = Some(line.waiters.join(cx.waker()));
            return Poll::Pending;
        };
        if line.waiters.take_grant(ticket) {
            self.ticket = None;
            return Poll::Ready(());
        }
        let old = line.waiters.renew(ticket, cx.waker());
        drop(line);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket
            && self.line.lock().waiters.leave(ticket)
        {
            unlock(self.line);
        }
    }
}

/// Hands the turn to the next, or leaves the mutex free.
fn unlock(line: &Lock<Line>) {
    let next = {
        let mut line = line.lock();
        let next = line.waiters.grant_one();
        line.locked = next.is_some();
        next
    };
    next.into_iter().for_each(core::task::Waker::wake);
}

/// The right to the value of a [`Mutex`].
#[must_use = "the mutex is released when the guard is dropped"]
pub struct MutexGuard<'a, T> {
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

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        unlock(&self.mutex.line);
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
