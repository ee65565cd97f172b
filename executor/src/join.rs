//! The handle of a task: its output, or why there is none.

use alloc::string::String;
use core::{
    fmt,
    future::Future,
    marker::PhantomData,
    mem::MaybeUninit,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use crate::{
    shim::Ordering::*,
    task::{Header, TaskPtr, info::TaskId, state::Joined, waker},
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

    /// A poll of a handle that waits: leaves the waker, if it is another. True if the task is done.
    ///
    /// # Safety
    /// The handle is the caller's alone, and its waker is published.
    #[inline]
    unsafe fn waits(header: &Header, waker: &Waker) -> bool {
        // SAFETY: while JOIN_WAIT is set, the slot has a waker and is read-only for everyone.
        if unsafe { header.join_waker() }.will_wake(waker) {
            return false;
        }
        // SAFETY: by the promise.
        unsafe { Self::waits_anew(header, waker) }
    }

    /// # Safety
    /// As for `waits`.
    #[cold]
    unsafe fn waits_anew(header: &Header, waker: &Waker) -> bool {
        let waker = waker.clone(); // foreign code, which may panic: nothing has changed yet
        if header.state.join_unwait() {
            return true;
        }
        // SAFETY: JOIN_WAIT is clear and was so before the task was done, so the slot is the handle's. It has a waker.
        let before = unsafe { core::mem::replace((*header.join_waker.get()).assume_init_mut(), waker) };
        let done = header.state.join_wait_again();
        drop(before);
        done
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
        let mut output = MaybeUninit::<Poll<Result<T, JoinError>>>::uninit();
        // SAFETY: the task is done, so the output belongs to its only handle, which we have `&mut`; it is a `T`, and what is
        // written is ready.
        unsafe {
            (self.task.header().vtable().take_output)(self.task, NonNull::from(&mut output).cast());
            self.over = true; // not before: what the call leaves alone is known after it
            let output = output.assume_init();
            core::hint::assert_unchecked(output.is_ready()); // so the caller need not look
            output
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
        let done = match header.state.look_joined() {
            Joined::Done => true,
            Joined::Waits => {
                // SAFETY: the handle is ours, and waits.
                let done = unsafe { Self::waits(header, cx.waker()) };
                if !done {
                    waits_for(cx, header.spawned_at(), awaited(header));
                }
                done
            }
            // The slot has no waker yet, as whoever clears JOIN_WAIT sets it again.
            Joined::No => match waker::task_of(cx.waker()) {
                Some(joiner) => {
                    // SAFETY: JOIN_WAIT is clear and was so before the task was done, so the slot is the handle's.
                    unsafe { (*header.join_waker.get()).write(waker::new(joiner)) };
                    let done = header.state.join_wait();
                    if !done {
                        joiner.header().wait_site.tell(header.spawned_at(), awaited(header));
                    }
                    done
                }
                None => {
                    // SAFETY: as above.
                    unsafe { (*header.join_waker.get()).write(cx.waker().clone()) };
                    header.state.join_wait()
                }
            },
        };
        if done {
            // SAFETY: it is done.
            return unsafe { self.ready() };
        }
        Poll::Pending
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let header = self.task.header();
        // Who waited for the end does no more. (With JOIN_WAIT set the slot is read-only for everyone.)
        #[cfg(debug_assertions)]
        if header.state.look_joined() == Joined::Waits {
            // SAFETY: as above.
            crate::wait_site::waits_no_more(unsafe { header.join_waker() }, awaited(header));
        }
        if !self.over && header.state.detach() {
            // In a handler nothing may be freed: then the output goes with the block, in a later tick.
            if header.executor.platform.in_interrupt() {
                header.state.leave_output();
            } else {
                // SAFETY: the task is done and this is its only handle.
                unsafe { (header.vtable().drop_output)(self.task) };
            }
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
