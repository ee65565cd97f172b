//! Who waits for a lock is known by the line that takes it.

use pollux_executor::sync::Lock;
use pollux_trace::{Event, Modes, Place, Platform, Polled};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::*},
    thread,
};

struct Machine;

static TIME: AtomicU64 = AtomicU64::new(1);

impl Platform for Machine {
    fn cpu(&self) -> usize {
        0
    }
    fn ticks(&self) -> u64 {
        TIME.fetch_add(1, Relaxed)
    }
    fn polled(&self, _cpu: usize) -> Option<&'static Polled> {
        None
    }
    fn ns_of(&self, ticks: u64) -> u64 {
        ticks
    }
}

#[test]
fn a_lock_that_is_waited_for_is_told_with_the_line_that_wants_it() {
    pollux_trace::install(&Machine, 1);
    pollux_trace::enable(Event::LockContended, Modes::COUNT | Modes::RECORD).unwrap();
    let lock = Lock::new(());
    drop(lock.lock());
    assert_eq!(pollux_trace::stats(Event::LockContended, None).count, 0, "it was free");
    let line = line!() + 8;
    // A thread that is about to take the lock may be late: then again.
    while pollux_trace::stats(Event::LockContended, None).count == 0 {
        let about_to = AtomicBool::new(false);
        let held = lock.lock();
        thread::scope(|scope| {
            scope.spawn(|| {
                about_to.store(true, Release);
                drop(lock.lock());
            });
            while !about_to.load(Acquire) {
                thread::yield_now();
            }
            (0..100).for_each(|_| thread::yield_now());
            drop(held);
        });
    }
    let records = pollux_trace::snapshot().unwrap().records;
    let [place, waited_ns] = records[0].numbers;
    assert_eq!(Place(place).to_string(), format!("{}:{line}", file!()));
    assert!(waited_ns > 0);
}
