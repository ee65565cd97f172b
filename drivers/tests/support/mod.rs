//! A waker for tests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
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
}
