//! A budget for each poll, so that a task whose data is always ready lets others run.

use core::task::{Context, Poll};

use crate::{shim::Ordering::*, task::waker};

/// How many operations a task may do in one poll.
pub(crate) const POLL_BUDGET: u16 = 128;

/// Charges one operation to the task that is polled. Leaf futures (a pipe, a channel, a mutex, a timer) call
/// this before they return ready, and before they take what makes them so, and pass on what is pending: the task is
/// woken already and continues after the others. Who is not ready is not charged: a task may wait for any number of
/// things. It may be called with a lock held. Under a waker that is not the executor's it is always ready.
#[inline]
pub fn charge(cx: &mut Context<'_>) -> Poll<()> {
    let Some(task) = waker::task_of(cx.waker()) else { return Poll::Ready(()) };
    let left = task.header().budget.load(Relaxed);
    if left == 0 {
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    task.header().budget.store(left - 1, Relaxed);
    Poll::Ready(())
}
