//! Wakers for tests.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// Whether a task was woken.
pub struct Flag {
    woken: Arc<Woken>,
    waker: Waker,
}

impl Flag {
    /// Not woken yet.
    pub fn new() -> Self {
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        Self { waker: Waker::from(woken.clone()), woken }
    }

    /// A context whose waker sets this.
    pub fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// Whether it was woken since this was last asked.
    pub fn take(&self) -> bool {
        self.woken.0.swap(false, SeqCst)
    }

    /// As if it had been woken.
    pub fn set(&self) {
        self.waker.wake_by_ref();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future on this thread; sleeps until it is woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}
