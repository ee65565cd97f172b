//! `^C` for the shell itself: while it runs something of its own (a loop, `read`, `wait`) it is what the terminal
//! signals, in the place of a job.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    future::{Future, pending, poll_fn},
    ops::ControlFlow::{Break, Continue},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::*},
    task::Poll,
};
use futures_util::{
    future::{Either, select},
    task::AtomicWaker,
};

use super::{Flow, Leave};
use crate::{
    env::{BoxFuture, Exit, Job, Pid, Result, Signal, Stage},
    errno::Errno,
    shell::Shell,
};

/// Stands for the shell where the terminal has a job.
#[derive(Default)]
pub(crate) struct Interrupts {
    came: AtomicBool,
    waker: AtomicWaker,
}

impl Interrupts {
    /// Ready once `^C` has come; it is still to be taken.
    async fn wait(&self) {
        poll_fn(|cx| {
            self.waker.register(cx.waker());
            // After the waker is there. Acquire: partner of the Release in `signal`.
            if self.came.load(Acquire) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Job for Interrupts {
    fn spawn(&self, _: Stage) -> Result<Pid> {
        Err(Errno::EINVAL)
    }

    /// The shell of a person at a terminal ends by `exit` and `^D` only.
    fn signal(&self, signal: Signal) {
        if signal == Signal::Int {
            self.came.store(true, Release);
            self.waker.wake();
        }
    }

    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(pending())
    }

    fn try_wait(&self) -> Option<Vec<Exit>> {
        None
    }
}

impl Shell {
    /// Back to the prompt, if `^C` has come.
    pub(crate) async fn heed_interrupt(&mut self) -> Flow {
        let came = self.interrupts.as_ref().is_some_and(|interrupts| interrupts.came.swap(false, Acquire));
        if !came {
            return Continue(());
        }
        self.tell("\n").await;
        self.status = 130;
        Break(Leave::Interrupt)
    }

    /// Forgets a `^C` that came before.
    pub(crate) fn forget_interrupt(&self) {
        if let Some(interrupts) = &self.interrupts {
            interrupts.came.store(false, Relaxed);
        }
    }

    /// Waits for something, unless `^C` comes first.
    pub(crate) async fn unless_interrupted<T>(&mut self, future: impl Future<Output = T>) -> Flow<T> {
        let interrupts: Option<Arc<Interrupts>> = self.interrupts.clone();
        let interrupted = async {
            match &interrupts {
                Some(interrupts) => interrupts.wait().await,
                None => pending().await,
            }
        };
        match select(pin!(future), pin!(interrupted)).await {
            Either::Left((output, _)) => Continue(output),
            Either::Right(_) => match self.heed_interrupt().await {
                Break(leave) => Break(leave),
                Continue(()) => Break(Leave::Interrupt),
            },
        }
    }
}
