//! Letting the others go first.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::task::waker;

/// A future that is pending once, and woken at once: the task goes to the end of the line. It works
/// under any executor.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        match waker::task_of(cx.waker()) {
            Some(task) => task.wake_self(),
            None => cx.waker().wake_by_ref(),
        }
        Poll::Pending
    }
}
