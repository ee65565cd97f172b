//! A bounded channel, many to one, with backpressure.

use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use pollux_trace::trace;

use super::{
    Lock, LockGuard,
    asked::{Asked, Entry, enter},
    waiters::Waiters,
};
use crate::{
    budget,
    wait_site::{Awaited, address, waits_for},
};

#[derive(Debug)]
struct Inner<T> {
    entry: Entry,
    queue: VecDeque<T>,
    capacity: usize,
    senders: usize,
    receiver_gone: bool,
    /// The receiver, when it waits.
    receiver: Option<Waker>,
    /// Senders that wait for room. A granted one owns a slot of `reserved`.
    waiting: Waiters,
    reserved: usize,
}

impl<T> Inner<T> {
    fn has_room(&self) -> bool {
        self.queue.len() + self.reserved < self.capacity
    }

    /// Gives free room to senders that wait for it: the one to wake.
    fn grant(&mut self) -> Option<Waker> {
        if !self.has_room() {
            return None;
        }
        let waker = self.waiting.grant_one()?;
        self.reserved += 1;
        Some(waker)
    }
}

impl<T> Asked for Lock<Inner<T>> {
    fn is_there(&self, kind: u8, task: u64) -> Option<bool> {
        let inner = self.try_lock()?;
        Some(match kind {
            Awaited::MESSAGE => !inner.receiver_gone && (!inner.queue.is_empty() || inner.senders == 0),
            _ => inner.waiting.is_granted(task) || (inner.waiting.is_next(task) && inner.has_room()),
        })
    }
}

/// A channel that holds up to `capacity` messages: sending waits while it is full. Task context only.
///
/// # Panics
/// If `capacity` is 0.
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(capacity > 0, "a channel must hold at least one message");
    let inner = Arc::new(Lock::new(Inner {
        entry: Entry::default(),
        queue: VecDeque::with_capacity(capacity),
        capacity,
        senders: 1,
        receiver_gone: false,
        receiver: None,
        waiting: Waiters::default(),
        reserved: 0,
    }));
    (Sender(inner.clone()), Receiver(inner))
}

/// A side that sends; there may be many. When the last goes, the receiver gets what is left, then `None`.
#[derive(Debug)]
pub struct Sender<T>(Arc<Lock<Inner<T>>>);

/// The side that receives.
#[derive(Debug)]
pub struct Receiver<T>(Arc<Lock<Inner<T>>>);

/// The receiver has gone; the message comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendError<T>(pub T);

/// Why a message was not taken at once; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There is no room now.
    Full(T),
    /// The receiver has gone.
    Closed(T),
}

/// Why there was no message at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// There is none now.
    Empty,
    /// There will be none: all senders have gone.
    Closed,
}

impl<T: fmt::Debug> core::error::Error for SendError<T> {}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the receiver has gone")
    }
}

impl<T> Sender<T> {
    /// Sends a message, waiting for room. Dropped before it is ready, it has sent nothing.
    #[track_caller]
    pub fn send(&self, message: T) -> Sending<'_, T> {
        Sending { inner: &self.0, message: Some(message), ticket: None, made_at: Location::caller() }
    }

    /// Sends messages in a batch: takes them from `messages` as long as there is room at once; how many. The receiver
    /// is woken once for them all. Those that found no room stay. An error when the receiver has gone; all stay then.
    pub fn try_send_many(&self, messages: &mut VecDeque<T>) -> Result<usize, SendError<()>> {
        let mut inner = self.0.lock();
        if inner.receiver_gone {
            return Err(SendError(()));
        }
        let count = messages.len().min(inner.capacity - inner.queue.len() - inner.reserved);
        inner.queue.extend(messages.drain(..count));
        trace!(ChannelSend, address(&*self.0), count);
        let receiver = if count > 0 { inner.receiver.take() } else { None };
        drop(inner);
        receiver.into_iter().for_each(Waker::wake);
        Ok(count)
    }

    /// Sends a message if there is room at once.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let mut inner = self.0.lock();
        if inner.receiver_gone {
            return Err(TrySendError::Closed(message));
        }
        if !inner.has_room() {
            return Err(TrySendError::Full(message));
        }
        inner.queue.push_back(message);
        trace!(ChannelSend, address(&*self.0), 1);
        let receiver = inner.receiver.take();
        drop(inner);
        receiver.into_iter().for_each(Waker::wake);
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Sender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let receiver = {
            let mut inner = self.0.lock();
            inner.senders -= 1;
            if inner.senders == 0 { inner.receiver.take() } else { None }
        };
        receiver.into_iter().for_each(Waker::wake);
    }
}

/// The future of [`Sender::send`]: a message on its way, and its sender's place in the line.
#[must_use = "futures do nothing unless polled"]
pub struct Sending<'a, T> {
    inner: &'a Lock<Inner<T>>,
    message: Option<T>,
    ticket: Option<u64>,
    made_at: &'static Location<'static>,
}

// The message is not pinned by being in it.
impl<T> Unpin for Sending<'_, T> {}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let shared = self.inner;
        let mut inner = shared.lock();
        let turn = self.ticket.and_then(|ticket| inner.waiting.turn(ticket));
        if turn.is_some() || inner.receiver_gone || (self.ticket.is_none() && inner.has_room()) {
            ready!(budget::charge(cx));
            if let Some(turn) = turn {
                inner.waiting.take_turn(turn);
                inner.reserved -= 1;
                self.ticket = None;
            }
            let message = self.message.take().expect("a sending future was polled after it was ready");
            if inner.receiver_gone {
                return Poll::Ready(Err(SendError(message)));
            }
            inner.queue.push_back(message);
            trace!(ChannelSend, address(shared), 1);
            let receiver = inner.receiver.take();
            drop(inner);
            receiver.into_iter().for_each(Waker::wake);
            return Poll::Ready(Ok(()));
        }
        let old = match self.ticket {
            Some(ticket) => inner.waiting.renew(ticket, cx.waker()),
            None => {
                self.ticket = Some(inner.waiting.join(cx.waker(), ()));
                None
            }
        };
        // SAFETY: it lies in an `Arc`, and its entry is its first field.
        unsafe { enter(shared, &inner.entry) };
        drop(inner);
        drop(old);
        waits_for(cx, self.made_at, Awaited::at(Awaited::ROOM, shared));
        Poll::Pending
    }
}

impl<T> Drop for Sending<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut inner = self.inner.lock();
        let mut next = None;
        if inner.waiting.leave(ticket) {
            // Room was kept for this one: the next may have it.
            inner.reserved -= 1;
            next = inner.grant();
        }
        drop(inner);
        next.into_iter().for_each(Waker::wake);
    }
}

impl<T> Receiver<T> {
    /// The next message; `None` once all senders have gone and all is read.
    #[track_caller]
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv { receiver: self, made_at: Location::caller() }
    }

    /// [`Receiver::recv`] as a poll function.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut inner = self.0.lock();
        if inner.queue.is_empty() && inner.senders > 0 {
            self.wait(inner, cx);
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let Some(message) = inner.queue.pop_front() else { return Poll::Ready(None) };
        trace!(ChannelReceive, address(&*self.0), 1);
        let sender = inner.grant();
        drop(inner);
        sender.into_iter().for_each(Waker::wake);
        Poll::Ready(Some(message))
    }

    /// Messages in a batch: appends up to `most` that are there to `into`, waiting for the first; how many. 0 once all
    /// senders have gone and all is read, or if `most` is 0. One lock and one charge for them all; a message is moved
    /// from the sender to the channel and from there into `into`, and what it owns stays where it is.
    #[track_caller]
    pub fn recv_many<'a>(&'a mut self, into: &'a mut Vec<T>, most: usize) -> RecvMany<'a, T> {
        RecvMany { receiver: self, into, most, made_at: Location::caller() }
    }

    /// [`Receiver::recv_many`] as a poll function.
    pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, into: &mut Vec<T>, most: usize) -> Poll<usize> {
        if most == 0 {
            return Poll::Ready(0);
        }
        let mut inner = self.0.lock();
        if inner.queue.is_empty() && inner.senders > 0 {
            self.wait(inner, cx);
            return Poll::Pending;
        }
        ready!(budget::charge(cx));
        let count = inner.queue.len().min(most);
        if count == 0 {
            return Poll::Ready(0);
        }
        into.extend(inner.queue.drain(..count));
        trace!(ChannelReceive, address(&*self.0), count);
        drop(inner);
        // Room for several: each of them is one sender's, who is woken once.
        loop {
            let Some(sender) = self.0.lock().grant() else { return Poll::Ready(count) };
            sender.wake();
        }
    }

    /// The task waits for a message.
    fn wait(&self, mut inner: LockGuard<'_, Inner<T>>, cx: &Context<'_>) {
        let old = inner.receiver.replace(cx.waker().clone());
        // SAFETY: it lies in an `Arc`, and its entry is its first field.
        unsafe { enter(&*self.0, &inner.entry) };
        drop(inner);
        drop(old); // with no lock held: it may run foreign code
    }

    /// The next message, if there is one at once.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let mut inner = self.0.lock();
        let Some(message) = inner.queue.pop_front() else {
            return Err(if inner.senders == 0 { TryRecvError::Closed } else { TryRecvError::Empty });
        };
        trace!(ChannelReceive, address(&*self.0), 1);
        let sender = inner.grant();
        drop(inner);
        sender.into_iter().for_each(Waker::wake);
        Ok(message)
    }
}

/// The future of [`Receiver::recv`].
#[must_use = "futures do nothing unless polled"]
pub struct Recv<'a, T> {
    receiver: &'a mut Receiver<T>,
    made_at: &'static Location<'static>,
}

impl<T> Future for Recv<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let message = self.receiver.poll_recv(cx);
        if message.is_pending() {
            waits_for(cx, self.made_at, Awaited::at(Awaited::MESSAGE, &*self.receiver.0));
        }
        message
    }
}

/// The future of [`Receiver::recv_many`].
#[must_use = "futures do nothing unless polled"]
pub struct RecvMany<'a, T> {
    receiver: &'a mut Receiver<T>,
    into: &'a mut Vec<T>,
    most: usize,
    made_at: &'static Location<'static>,
}

impl<T> Future for RecvMany<'_, T> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let this = &mut *self;
        let count = this.receiver.poll_recv_many(cx, this.into, this.most);
        if count.is_pending() {
            waits_for(cx, this.made_at, Awaited::at(Awaited::MESSAGE, &*this.receiver.0));
        }
        count
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.receiver_gone = true;
        let left = (core::mem::take(&mut inner.queue), inner.receiver.take());
        drop(inner);
        drop(left); // with no lock held
        // Every sender that waits finds out; their turns need no room.
        loop {
            let mut inner = self.0.lock();
            let Some(sender) = inner.waiting.grant_one() else { return };
            inner.reserved += 1;
            drop(inner);
            sender.wake();
        }
    }
}
