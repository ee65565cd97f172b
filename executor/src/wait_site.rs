//! Where a task waits: the line of source that a snapshot shows for a task that is not running.

use core::{panic::Location, task::Context};

use crate::{shim::Ordering::*, task::waker};

/// Notes where the task that is polled is about to wait. A leaf future calls this before it returns
/// pending, with the place where it was made (`#[track_caller]`); the snapshot of the task shows it
/// until the next poll. Under a waker that is not the executor's it does nothing.
pub fn waits_at(cx: &Context<'_>, place: &'static Location<'static>) {
    if let Some(task) = waker::task_of(cx.waker()) {
        task.header().waits_at.store(core::ptr::from_ref(place).cast_mut(), Relaxed);
    }
}
