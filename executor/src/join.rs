//! The handle of a task: its output, or why there is none.

use alloc::string::String;
use core::{
    fmt,
    future::Future,
    marker::PhantomData,
    mem::MaybeUninit,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll},
};

use crate::{
    shim::Ordering::*,
    task::{Header, TaskPtr, info::TaskId, state::Joined},
    wait_site::{Awaited, waits_for},
};

/// Why a task has no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// It was cancelled before it ended.
    Cancelled,
    /// It panicked, with this message.
    Panicked(String),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("the task was cancelled"),
            JoinError::Panicked(message) => write!(f, "the task panicked: {message}"),
        }
    }
}

impl core::error::Error for JoinError {}

/// The handle of a task: a future of its output. Dropping it detaches the task, which runs on.
#[must_use = "dropping the handle detaches the task"]
pub struct JoinHandle<T> {
    task: TaskPtr,
    /// The output has been taken.
    over: bool,
    output: PhantomData<T>,
}

// SAFETY: the output is sent to whoever polls the handle, so it must be Send; a shared handle gives
// access to atomics only.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// The task's output is a `T`, and one of its references is the handle's.
    pub(crate) unsafe fn new(task: TaskPtr) -> JoinHandle<T> {
        JoinHandle { task, over: false, output: PhantomData }
    }

    /// The task's number.
    pub fn id(&self) -> TaskId {
        TaskId(self.task.header().id.load(Relaxed))
    }

    /// Asks that the task be ended: its future is dropped by the CPU that takes it up next; if it is
    /// being polled, after that poll. Not in a handler.
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Whether the task has ended, in whatever way.
    pub fn is_finished(&self) -> bool {
        self.task.header().state.is_done()
    }

    /// Takes the output.
    ///
    /// # Safety
    /// The task is done.
    ///
    /// # Panics
    /// If it was taken before.
    #[inline(always)]
    unsafe fn ready(&mut self) -> Poll<Result<T, JoinError>> {
        self.over = true;
        let mut output = MaybeUninit::<Poll<Result<T, JoinError>>>::uninit();
        // SAFETY: the task is done, so the output belongs to its only handle, which we have `&mut`; it is a `T`.
        unsafe {
            (self.task.header().vtable().take_output)(self.task, NonNull::from(&mut output).cast());
            output.assume_init()
        }
    }
}

/// The end of that task.
fn awaited(header: &Header) -> Awaited {
    Awaited { kind: Awaited::TASK, number: header.id.load(Relaxed) }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    // In line: a call of its own takes 60 instructions more where a task is spawned and awaited in one place.
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let header = self.task.header();
        let waits = match header.state.look_joined() {
            // SAFETY: it is done.
            Joined::Done => return unsafe { self.ready() },
            joined => joined == Joined::Waits,
        };
        // SAFETY: while JOIN_WAIT is set the slot is read-only for everyone.
        let waker = if waits { unsafe { &*header.join_waker.get() }.as_ref() } else { None };
        if !waker.is_some_and(|waker| waker.will_wake(cx.waker())) {
            if waits && header.state.join_unwait() {
                // SAFETY: it is done.
                return unsafe { self.ready() };
            }
            // SAFETY: JOIN_WAIT is clear and was so before the task was done, so the slot is the handle's.
            unsafe { *header.join_waker.get() = Some(cx.waker().clone()) };
            if header.state.join_wait() {
                // SAFETY: it is done.
                return unsafe { self.ready() };
            }
        }
        waits_for(cx, header.spawned_at(), awaited(header));
        Poll::Pending
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let header = self.task.header();
        // Who waited for the end does no more. (With JOIN_WAIT set the slot is read-only for everyone.)
        #[cfg(debug_assertions)]
        if header.state.look_joined() == Joined::Waits
            // SAFETY: as above.
            && let Some(waker) = unsafe { &*header.join_waker.get() }
        {
            crate::wait_site::waits_no_more(waker, awaited(header));
        }
        // In a handler nothing may be freed: then the output goes with the block, in a later tick.
        if !self.over && header.state.detach() && !header.executor.platform.in_interrupt() {
            // SAFETY: the task is done and this is its only handle.
            unsafe { (header.vtable().drop_output)(self.task) };
        }
        // SAFETY: the handle's reference, given up once.
        unsafe { self.task.release() };
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinHandle({}, {})", self.id(), self.task.header().name())
    }
}
