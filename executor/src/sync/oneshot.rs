//! One value, once, from one task to another.

use alloc::sync::Arc;
use core::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    Lock,
    asked::{Asked, Entry, enter},
};
use crate::{
    budget,
    wait_site::{Awaited, waits_for},
};

#[derive(Debug)]
struct Inner<T> {
    entry: Entry,
    value: Option<T>,
    waker: Option<Waker>,
    sender_gone: bool,
    receiver_gone: bool,
}

impl<T> Asked for Lock<Inner<T>> {
    fn is_there(&self, _: u8, _: u64) -> Option<bool> {
        let inner = self.try_lock()?;
        Some(!inner.receiver_gone && (inner.value.is_some() || inner.sender_gone))
    }
}

/// A channel for one value. Task context only.
#[track_caller]
pub fn oneshot<T>() -> (OneshotSender<T>, OneshotReceiver<T>) {
    let entry = Entry::default();
    let inner = Inner { entry, value: None, waker: None, sender_gone: false, receiver_gone: false };
    let inner = Arc::new(Lock::new(inner));
    (OneshotSender(inner.clone()), OneshotReceiver { inner, made_at: Location::caller() })
}

/// The side that sends.
#[derive(Debug)]
pub struct OneshotSender<T>(Arc<Lock<Inner<T>>>);

/// The side that receives: a future of the value.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct OneshotReceiver<T> {
    inner: Arc<Lock<Inner<T>>>,
    made_at: &'static Location<'static>,
}

/// The sender was dropped without having sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canceled;

impl fmt::Display for Canceled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sender went away without sending")
    }
}

impl core::error::Error for Canceled {}

impl<T> OneshotSender<T> {
    /// Sends the value; gives it back if nobody will receive it.
    pub fn send(self, value: T) -> Result<(), T> {
        let mut inner = self.0.lock();
        if inner.receiver_gone {
            return Err(value);
        }
        inner.value = Some(value);
        Ok(()) // dropping the sender wakes the receiver
    }

    /// Whether the receiver has gone.
    pub fn is_canceled(&self) -> bool {
        self.0.lock().receiver_gone
    }
}

impl<T> Drop for OneshotSender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut inner = self.0.lock();
            inner.sender_gone = true;
            inner.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Future for OneshotReceiver<T> {
    type Output = Result<T, Canceled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.inner.lock();
        if inner.value.is_some() || inner.sender_gone {
            return budget::charge(cx).map(|()| inner.value.take().ok_or(Canceled));
        }
        let old = inner.waker.replace(cx.waker().clone());
        // SAFETY: it lies in an `Arc`, and its entry is its first field.
        unsafe { enter(&*self.inner, &inner.entry) };
        drop(inner);
        drop(old);
        waits_for(cx, self.made_at, Awaited::at(Awaited::VALUE, &*self.inner));
        Poll::Pending
    }
}

impl<T> Drop for OneshotReceiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut inner = self.inner.lock();
            inner.receiver_gone = true;
            (inner.value.take(), inner.waker.take())
        };
        drop(left); // with no lock held
    }
}
