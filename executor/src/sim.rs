//! Interrupts at a chosen point, and choices by a seed, for tests (feature `sim`).
//!
//! Every access to an atomic is a point, and at one of them a handler runs, on the same thread, as an interrupt
//! would. A test runs an operation of the executor once for every point in it, with the handler there. Between two
//! points the executor touches nothing that a handler could see, so these are all the places that matter.

use alloc::boxed::Box;
use core::cell::{Cell, RefCell};

std::thread_local! {
    /// What comes, and after how many more points.
    static HANDLER: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
    static LEFT: Cell<u64> = const { Cell::new(0) };
    /// Inside of [`step`].
    static IN_STEP: Cell<bool> = const { Cell::new(false) };
    static HOLDS: Cell<u64> = const { Cell::new(0) };
    /// The state of the generator that orders the queues; 0 leaves them in the order of the policy.
    static SHUFFLE: Cell<u64> = const { Cell::new(0) };
}

/// Runs `operation` with `handler` at its point number `n`, counted from 0. Returns whether it has so many.
pub fn interrupt_at(n: u64, handler: impl FnOnce() + 'static, operation: impl FnOnce()) -> bool {
    LEFT.set(n);
    HANDLER.set(Some(Box::new(handler)));
    operation();
    HANDLER.take().is_none()
}

/// Runs what others would wait for the end of, and no handler touches: it has no point in it. (What a test plays at a
/// point may be another CPU's tick, on this thread, which cannot wait.)
pub(crate) fn step<R>(f: impl FnOnce() -> R) -> R {
    let before = IN_STEP.replace(true);
    HOLDS.set(HOLDS.get() + 1);
    let result = f();
    IN_STEP.set(before);
    result
}

/// How often this thread has held a lock that no handler may take, since one could wait for what it has interrupted.
pub fn holds() -> u64 {
    HOLDS.get()
}

/// A point.
pub(crate) fn point() {
    let ready = !IN_STEP.get() && HANDLER.with_borrow(|handler| handler.is_some());
    if ready && LEFT.replace(LEFT.get().wrapping_sub(1)) == 0 {
        // Taken out first: its own accesses are no points.
        if let Some(handler) = HANDLER.take() {
            handler();
        }
    }
}

/// From now on, on this thread, a seeded generator decides which queue of a CPU is asked first, whose turn the
/// LIFO slot is and which CPU is stolen from. 0 brings the policy back.
pub fn shuffle(seed: u64) {
    SHUFFLE.set(seed);
}

/// Whether the generator chooses.
pub(crate) fn chooses() -> bool {
    SHUFFLE.get() != 0
}

/// A choice of the generator, if it is the one that chooses (xorshift).
pub(crate) fn choice() -> Option<u64> {
    let mut x = SHUFFLE.get();
    if x == 0 {
        return None;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    SHUFFLE.set(x);
    Some(x)
}
