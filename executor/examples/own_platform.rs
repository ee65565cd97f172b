//! A machine of one's own, with one CPU and an interrupt: what it must answer, and its loop:
//! `cargo run -p pollux-executor --example own_platform`.

use pollux_executor::{Executor, Idle, Platform, Tick, sync::AtomicWaker};
use std::{
    future::poll_fn,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    task::Poll,
};

/// The machine: its clock, whether a handler runs, and whether its CPU was told to wake.
static CLOCK: AtomicU64 = AtomicU64::new(0);
static IN_HANDLER: AtomicBool = AtomicBool::new(false);
static KICKED: AtomicBool = AtomicBool::new(false);

struct Machine;

impl Platform for Machine {
    fn current_cpu(&self) -> Option<usize> {
        Some(0)
    }
    fn in_interrupt(&self) -> bool {
        IN_HANDLER.load(SeqCst)
    }
    fn now_ns(&self) -> u64 {
        CLOCK.load(SeqCst)
    }
    fn kick(&self, _cpu: usize) {
        KICKED.store(true, SeqCst);
    }
}

/// The device's interrupt: note what has happened, wake who waits for it, and nothing else.
static KEYS: AtomicU64 = AtomicU64::new(0);
static WAITS: AtomicWaker = AtomicWaker::new();

fn key_interrupt() {
    IN_HANDLER.store(true, SeqCst);
    KEYS.fetch_add(1, SeqCst);
    WAITS.wake();
    IN_HANDLER.store(false, SeqCst);
}

fn main() {
    let executor: &'static Executor = Box::leak(Box::new(Executor::new(&Machine, 1).expect("memory")));
    let reader = executor.spawn("reader", async {
        let keys = |wanted| {
            poll_fn(move |cx| {
                WAITS.register(cx.waker());
                if KEYS.load(SeqCst) >= wanted { Poll::Ready(()) } else { Poll::Pending }
            })
        };
        for n in 1..=3 {
            keys(n).await;
            println!("key {n} at {} ns", executor.now_ns());
        }
    });
    let reader = reader.expect("memory");
    while !reader.is_finished() {
        while executor.tick(0) == Tick::Worked {}
        // A kernel has interrupts off from here to its `sti; hlt`.
        if let Idle::Sleep { .. } = executor.prepare_idle(0) {
            CLOCK.fetch_add(1000, SeqCst); // asleep; time passes, and a key is pressed
            key_interrupt();
            assert!(reader.is_finished() || KICKED.swap(false, SeqCst), "the wake has not ended the sleep");
            executor.leave_idle(0);
        }
    }
}
