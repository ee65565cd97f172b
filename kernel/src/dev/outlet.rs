//! Output that is on its way when the machine is to be switched off or started anew.
//!
//! What a command has written may still lie in the pipe or terminal from which a task copies it to the port. Who is about to end it all
//! asks that task to be through with what there is now. A writer that is always ready does not keep the machine on.

use core::{
    future::{Future, poll_fn},
    sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    task::{Context, Poll},
};

use embassy_sync::signal::Signal;
use pollux_executor::sync::AtomicWaker;

use crate::sync::IrqRawMutex;

/// After so many pieces all is out that was there when somebody asked: a pipe has room for four of the largest.
const PIECES: u32 = 16;

/// A task that copies output, for who wants to know that it is through.
pub struct Outlet {
    copies: AtomicBool,
    /// Somebody asks, and after so many more pieces is told; 0 for nobody.
    asked: AtomicU32,
    task: AtomicWaker,
    through: Signal<IrqRawMutex, ()>,
}

/// The copying task has this for as long as it copies.
pub struct Copying<'a>(&'a Outlet);

impl Outlet {
    /// Nobody copies yet.
    pub const fn new() -> Outlet {
        Outlet {
            copies: AtomicBool::new(false),
            asked: AtomicU32::new(0),
            task: AtomicWaker::new(),
            through: Signal::new(),
        }
    }

    /// A task begins to copy: one at a time.
    pub fn copy(&self) -> Copying<'_> {
        self.copies.store(true, SeqCst);
        Copying(self)
    }

    /// Waits until what there is now has been handed on. At once where nobody copies.
    pub async fn through(&self) {
        self.through.reset();
        // Both sequentially consistent, and in the other order where the task ends: one of the two sees the other.
        self.asked.store(PIECES, SeqCst);
        if self.copies.load(SeqCst) {
            self.task.wake();
            self.through.wait().await;
        }
    }

    fn tell(&self) {
        if self.asked.swap(0, SeqCst) != 0 {
            self.through.signal(());
        }
    }
}

impl Copying<'_> {
    /// The next piece of output. Call it when the one before has been handed on.
    pub fn next<T>(&self, mut read: impl FnMut(&mut Context<'_>) -> Poll<T>) -> impl Future<Output = T> {
        let outlet = self.0;
        poll_fn(move |cx| {
            let piece = read(cx);
            if piece.is_pending() {
                outlet.task.register(cx.waker());
                outlet.tell(); // there is nothing more
            } else if outlet.asked.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) == Ok(1) {
                outlet.through.signal(()); // who asked needs no more
            }
            piece
        })
    }
}

impl Drop for Copying<'_> {
    fn drop(&mut self) {
        self.0.copies.store(false, SeqCst);
        self.0.tell();
    }
}
