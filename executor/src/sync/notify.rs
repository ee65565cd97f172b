//! An event without a value.

use alloc::sync::Arc;
use core::{
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{
    Lock,
    asked::{Asked, Entry, enter},
    waiters::Waiters,
};
use crate::{
    budget,
    wait_site::{Awaited, waits_for},
};

/// Tells tasks that something has happened. One notification is remembered while nobody waits, so that
/// `notify_one` before `notified().await` is not lost. Task context only.
#[derive(Debug, Default)]
pub struct Notify(Arc<Lock<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    entry: Entry,
    remembered: bool,
    waiters: Waiters,
}

impl Asked for Lock<Inner> {
    fn is_there(&self, _: u8, task: u64) -> Option<bool> {
        let inner = self.try_lock()?;
        Some(inner.waiters.is_granted(task) || (inner.remembered && inner.waiters.is_next(task)))
    }
}

impl Notify {
    /// Nothing has happened yet.
    pub fn new() -> Notify {
        Notify::default()
    }

    /// Wakes the task that has waited longest, or the next one that waits.
    pub fn notify_one(&self) {
        let mut inner = self.0.lock();
        match inner.waiters.grant_one() {
            Some(waker) => {
                drop(inner);
                waker.wake();
            }
            None => inner.remembered = true,
        }
    }

    /// Wakes all tasks that wait now.
    pub fn notify_all(&self) {
        let mut left = self.0.lock().waiters.waiting();
        while left > 0 {
            left -= 1;
            let waker = self.0.lock().waiters.grant_one();
            waker.into_iter().for_each(core::task::Waker::wake);
        }
    }

    /// A future that is ready once notified. It waits from its first poll on.
    #[track_caller]
    pub fn notified(&self) -> Notified {
        Notified { notify: self.0.clone(), ticket: None, made_at: Location::caller() }
    }
}

/// The future of [`Notify::notified`]. Dropped after it was chosen and before it saw that, it passes
/// the notification on.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct Notified {
    notify: Arc<Lock<Inner>>,
    ticket: Option<u64>,
    made_at: &'static Location<'static>,
}

impl Future for Notified {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let (made_at, awaited) = (this.made_at, Awaited::at(Awaited::NOTICE, &*this.notify));
        let mut inner = this.notify.lock();
        // SAFETY: it lies in an `Arc`, and its entry is its first field.
        unsafe { enter(&*this.notify, &inner.entry) };
        match this.ticket {
            None if inner.remembered => {
                ready!(budget::charge(cx));
                inner.remembered = false;
                Poll::Ready(())
            }
            None => {
                this.ticket = Some(inner.waiters.join(cx.waker(), ()));
                waits_for(cx, made_at, awaited);
                Poll::Pending
            }
            Some(ticket) => {
                if let Some(turn) = inner.waiters.turn(ticket) {
                    ready!(budget::charge(cx));
                    inner.waiters.take_turn(turn);
                    this.ticket = None;
                    return Poll::Ready(());
                }
                let old = inner.waiters.renew(ticket, cx.waker());
                drop(inner);
                drop(old);
                waits_for(cx, made_at, awaited);
                Poll::Pending
            }
        }
    }
}

impl Drop for Notified {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut inner = self.notify.lock();
        let granted = inner.waiters.leave(ticket);
        drop(inner);
        if granted {
            Notify(self.notify.clone()).notify_one();
        }
    }
}
