//! Wakers: a task pointer that owns one reference.

use core::{
    mem::ManuallyDrop,
    ptr::NonNull,
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{Header, TaskPtr};

// A static, not a constant, so that its address tells our wakers from others.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// # Safety
/// `data` is that of a waker of ours that lives for as long as the result is used.
unsafe fn task(data: *const ()) -> TaskPtr {
    // SAFETY: our wakers hold a task's pointer, never null, and a reference that keeps it alive.
    unsafe { TaskPtr::from_raw(NonNull::new_unchecked(data.cast_mut().cast::<Header>())) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is of a living waker, as the vtable's contract says.
    unsafe { task(data) }.retain();
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as above; the waker's reference is given up here, after its last use.
    unsafe {
        task(data).wake();
        task(data).release();
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as above.
    unsafe { task(data) }.wake();
}

unsafe fn drop(data: *const ()) {
    // SAFETY: as above; this gives up the waker's reference.
    unsafe { task(data).release() }
}

/// A waker for the duration of a poll. It borrows the life reference, so nothing is counted unless the
/// future clones it.
pub(crate) fn borrowed(task: TaskPtr) -> ManuallyDrop<Waker> {
    let data = task.as_ptr().as_ptr().cast_const().cast::<()>();
    // SAFETY: the functions of the vtable keep the contract of `RawWaker`; the task outlives the poll,
    // and as the result is never dropped, no reference is given up that was not counted.
    ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(data, &VTABLE)) })
}

/// A waker of a task of its own.
#[inline(always)]
pub(crate) fn new(task: TaskPtr) -> Waker {
    task.retain();
    ManuallyDrop::into_inner(borrowed(task)) // with the reference that is counted now
}

/// The task that a waker wakes, if it is one of ours.
#[inline]
pub(crate) fn task_of(waker: &Waker) -> Option<TaskPtr> {
    // SAFETY: the vtable tells that it is ours, and the waker is borrowed: the result is used before
    // the borrow ends by all callers.
    core::ptr::eq(waker.vtable(), &VTABLE).then(|| unsafe { task(waker.data()) })
}
