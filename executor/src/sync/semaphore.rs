//! Permits that tasks take and give back. The mutex and the read-write lock are made of it.

use core::{
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{Lock, waiters::Waiters};
use crate::wait_site::{Awaited, waits_for};

/// A counting semaphore, first come, first served: who asks for many permits is not overtaken by those who ask
/// for few. Task context only.
#[derive(Debug)]
pub struct Semaphore(Lock<State>);

#[derive(Debug)]
struct State {
    permits: usize,
    /// What a granted one wants has been taken from `permits` already.
    waiters: Waiters<usize>,
}

impl State {
    fn try_take(&mut self, wanted: usize) -> bool {
        let free = self.permits >= wanted && self.waiters.next_want().is_none();
        if free {
            self.permits -= wanted;
        }
        free
    }

    /// Grants what the first in the line wants, if it is there: the waker to be woken.
    fn grant(&mut self) -> Option<Waker> {
        self.permits = self.permits.checked_sub(*self.waiters.next_want()?)?;
        self.waiters.grant_one()
    }
}

impl Semaphore {
    /// A semaphore with so many permits.
    pub fn new(permits: usize) -> Semaphore {
        Semaphore(Lock::new(State { permits, waiters: Waiters::default() }))
    }

    /// Waits for so many permits. Dropped before it is ready, it has taken none.
    #[track_caller]
    pub fn acquire(&self, permits: usize) -> Acquire<'_> {
        Acquire { semaphore: self, wanted: permits, ticket: None, made_at: Location::caller() }
    }

    /// Takes so many permits if they are there and nobody waits.
    pub fn try_acquire(&self, permits: usize) -> Option<Permit<'_>> {
        let taken = self.0.lock().try_take(permits);
        taken.then(|| Permit { semaphore: self, permits })
    }

    /// Adds permits: more than there were, or some that were kept by [`Permit::forget`].
    pub fn release(&self, permits: usize) {
        self.0.lock().permits += permits;
        while let Some(waker) = {
            let mut state = self.0.lock();
            state.grant()
        } {
            waker.wake();
        }
    }

    /// How many permits nobody has.
    pub fn available(&self) -> usize {
        self.0.lock().permits
    }
}

/// The future of [`Semaphore::acquire`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Acquire<'a> {
    semaphore: &'a Semaphore,
    wanted: usize,
    ticket: Option<u64>,
    made_at: &'static Location<'static>,
}

impl<'a> Future for Acquire<'a> {
    type Output = Permit<'a>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit<'a>> {
        let this = &mut *self;
        let mut state = this.semaphore.0.lock();
        let ready = match this.ticket {
            None => state.try_take(this.wanted),
            Some(ticket) => state.waiters.take_grant(ticket),
        };
        if ready {
            this.ticket = None;
            return Poll::Ready(Permit { semaphore: this.semaphore, permits: this.wanted });
        }
        let old = match this.ticket {
            Some(ticket) => state.waiters.renew(ticket, cx.waker()),
            None => {
                this.ticket = Some(state.waiters.join(cx.waker(), this.wanted));
                None
            }
        };
        drop(state);
        drop(old); // with no lock held: it may run foreign code
        let number = core::ptr::from_ref(this.semaphore).addr() as u64;
        waits_for(cx, this.made_at, Awaited { kind: Awaited::PERMITS, number });
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let granted = self.semaphore.0.lock().waiters.leave(ticket);
        // Also when it was not granted: the next one may want less than this one did.
        self.semaphore.release(if granted { self.wanted } else { 0 });
    }
}

/// Permits of a [`Semaphore`], given back when dropped.
#[must_use = "the permits are given back when this is dropped"]
#[derive(Debug)]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
}

impl Permit<'_> {
    /// Keeps the permits for good; [`Semaphore::release`] can make up for them.
    pub fn forget(mut self) {
        self.permits = 0;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.release(self.permits);
        }
    }
}
