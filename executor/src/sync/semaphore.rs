//! Permits that tasks take and give back. The mutex and the read-write lock are made of it.

use core::{
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use super::{
    Lock,
    asked::{Asked, Entry, enter},
    waiters::Waiters,
};
use crate::{
    budget,
    wait_site::{Awaited, now_behind, task_number, waits_behind},
};

/// Where it can be asked, it must lie still.
#[cfg(debug_assertions)]
type Place = alloc::sync::Arc<Lock<State>>;
#[cfg(not(debug_assertions))]
type Place = Lock<State>;

/// How many of the tasks that have a lock are known.
const HOLDERS: usize = 4;

/// A counting semaphore, first come, first served: who asks for many permits is not overtaken by those who ask
/// for few. Task context only.
#[derive(Debug)]
pub struct Semaphore {
    /// What those who wait for it tell: [`Awaited::PERMITS`] or [`Awaited::LOCK`].
    kind: u8,
    state: Place,
}

#[derive(Debug)]
struct State {
    entry: Entry,
    permits: usize,
    /// What a granted one wants has been taken from `permits` already.
    waiters: Waiters<usize>,
    /// Of a lock: the numbers of tasks that have it, as far as there is room; the others are 0.
    holders: [u64; HOLDERS],
}

impl State {
    /// Whether so many permits are there, and nobody waits.
    fn is_free(&self, wanted: usize) -> bool {
        self.permits >= wanted && self.waiters.next_want().is_none()
    }

    /// Grants what the first in the line wants, if it is there: the waker to be woken.
    fn grant(&mut self) -> Option<Waker> {
        self.permits = self.permits.checked_sub(*self.waiters.next_want()?)?;
        self.waiters.grant_one()
    }

    fn add_holder(&mut self, task: u64) {
        if let Some(slot) = self.holders.iter_mut().find(|slot| **slot == 0) {
            *slot = task;
        }
    }

    fn remove_holder(&mut self, task: u64) {
        if let Some(slot) = self.holders.iter_mut().find(|slot| **slot == task) {
            *slot = 0;
        }
    }

    /// Behind whom a task waits: who is before it in the line, or one of those who have the lock, rather another than
    /// itself. 0 if none is known.
    fn behind(&self, ticket: u64, task: u64) -> u64 {
        self.waiters.before(ticket).unwrap_or_else(|| {
            let known = || self.holders.iter().copied().filter(|&holder| holder != 0);
            known().find(|&holder| holder != task).or_else(|| known().next()).unwrap_or(0)
        })
    }

    /// Tells the one after that ticket, if it still waits, behind whom it does now.
    fn tell_next(&self, ticket: Option<u64>, awaited: Awaited) {
        if let Some((next, waker)) = self.waiters.after(ticket) {
            now_behind(waker, awaited, self.behind(next, task_number(waker)));
        }
    }
}

impl Asked for Lock<State> {
    fn is_there(&self, _: u8, task: u64) -> Option<bool> {
        let state = self.try_lock()?;
        let next_is_there = state.waiters.next_want().is_some_and(|&want| want <= state.permits);
        Some(state.waiters.is_granted(task) || (state.waiters.is_next(task) && next_is_there))
    }
}

impl Semaphore {
    /// A semaphore with so many permits.
    pub fn new(permits: usize) -> Semaphore {
        Semaphore::of_kind(Awaited::PERMITS, permits)
    }

    /// What a lock is made of: it knows which tasks have permits.
    pub(super) fn of_lock(permits: usize) -> Semaphore {
        Semaphore::of_kind(Awaited::LOCK, permits)
    }

    fn of_kind(kind: u8, permits: usize) -> Semaphore {
        let state =
            State { entry: Entry::default(), permits, waiters: Waiters::default(), holders: [0; HOLDERS] };
        #[cfg(debug_assertions)]
        let state = alloc::sync::Arc::new(Lock::new(state));
        #[cfg(not(debug_assertions))]
        let state = Lock::new(state);
        Semaphore { kind, state }
    }

    fn awaited(&self) -> Awaited {
        let thing: &Lock<State> = &self.state;
        Awaited::at(self.kind, thing)
    }

    /// Waits for so many permits. Dropped before it is ready, it has taken none.
    #[track_caller]
    pub fn acquire(&self, permits: usize) -> Acquire<'_> {
        Acquire { semaphore: self, wanted: permits, ticket: None, made_at: Location::caller() }
    }

    /// Takes so many permits if they are there and nobody waits.
    pub fn try_acquire(&self, permits: usize) -> Option<Permit<'_>> {
        let mut state = self.state.lock();
        state.is_free(permits).then(|| {
            state.permits -= permits;
            Permit { semaphore: self, permits, holder: 0 }
        })
    }

    /// Adds permits: more than there were, or some that were kept by [`Permit::forget`].
    pub fn release(&self, permits: usize) {
        self.take_back(permits, 0);
    }

    fn take_back(&self, permits: usize, holder: u64) {
        let mut state = self.state.lock();
        state.permits += permits;
        if holder != 0 {
            state.remove_holder(holder);
        }
        while let Some(waker) = state.grant() {
            drop(state);
            waker.wake();
            state = self.state.lock();
        }
        state.tell_next(None, self.awaited());
    }

    /// How many permits nobody has.
    pub fn available(&self) -> usize {
        self.state.lock().permits
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
        let mut state = this.semaphore.state.lock();
        let turn = this.ticket.and_then(|ticket| state.waiters.turn(ticket));
        if turn.is_some() || (this.ticket.is_none() && state.is_free(this.wanted)) {
            ready!(budget::charge(cx));
            this.ticket = None;
            match turn {
                Some(turn) => state.waiters.take_turn(turn),
                None => state.permits -= this.wanted,
            }
            let holder = if this.semaphore.kind == Awaited::LOCK { task_number(cx.waker()) } else { 0 };
            if holder != 0 {
                state.add_holder(holder);
            }
            return Poll::Ready(Permit { semaphore: this.semaphore, permits: this.wanted, holder });
        }
        let task = task_number(cx.waker());
        let (ticket, old) = match this.ticket {
            Some(ticket) => (ticket, state.waiters.renew(ticket, cx.waker())),
            None => (state.waiters.join_as(task, cx.waker(), this.wanted), None),
        };
        this.ticket = Some(ticket);
        // SAFETY: where anybody can ask, it lies in an `Arc`, and its entry is its first field.
        unsafe { enter::<Lock<State>>(&this.semaphore.state, &state.entry) };
        // With the lock held, lest somebody who goes from the line tells something newer before.
        let behind = state.behind(ticket, task);
        waits_behind(cx, this.made_at, this.semaphore.awaited(), behind);
        drop(state);
        drop(old); // with no lock held: it may run foreign code
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.semaphore.state.lock();
        let granted = state.waiters.leave(ticket);
        state.tell_next(Some(ticket), self.semaphore.awaited());
        drop(state);
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
    /// Of a lock: the number of the task that took it, or 0.
    holder: u64,
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
            self.semaphore.take_back(self.permits, self.holder);
        }
    }
}
