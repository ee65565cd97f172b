//! A machine of one's own, with one CPU and an interrupt, in 50 lines: `cargo run -p pollux-executor --example own_platform`.
use pollux_executor::{Executor, Idle, Platform, Tick, sync::AtomicWaker};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::{future::poll_fn, task::Poll};

/// The machine: its clock, whether a handler runs, and whether its CPU was told to wake; and who waits for its keyboard.
static CLOCK: AtomicU64 = AtomicU64::new(0);
static IN_HANDLER: AtomicBool = AtomicBool::new(false);
static KICKED: AtomicBool = AtomicBool::new(false);
static WAITS: AtomicWaker = AtomicWaker::new();
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

fn main() {
    let executor: &'static Executor = Box::leak(Box::new(Executor::new(&Machine, 1).expect("memory")));
    let reader = poll_fn(|cx| {
        WAITS.register(cx.waker());
        println!("{} keys at {} ns", executor.now_ns() / 1000, executor.now_ns());
        if executor.now_ns() >= 3000 { Poll::Ready(()) } else { Poll::Pending }
    });
    let reader = executor.spawn("reader", reader).expect("memory");
    while !reader.is_finished() {
        while executor.tick(0) == Tick::Worked {}
        // A kernel has interrupts off from here to its `sti; hlt`.
        if let Idle::Sleep { .. } = executor.prepare_idle(0) {
            CLOCK.fetch_add(1000, SeqCst); // asleep; time passes, and a key is pressed
            IN_HANDLER.store(true, SeqCst);
            WAITS.wake(); // the handler: wakes who waits, and nothing else
            IN_HANDLER.store(false, SeqCst);
            assert!(reader.is_finished() || KICKED.swap(false, SeqCst), "the wake has not ended the sleep");
            executor.leave_idle(0);
        }
    }
}
