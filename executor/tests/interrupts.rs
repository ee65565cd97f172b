//! The interrupt contract, clause by clause.

#[path = "support/heap.rs"]
mod heap;
mod support;

use futures_util::future::poll_fn;
use heap::heap_use;
use pollux_executor::{Executor, Idle};
use std::{
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};
use support::{Stage, Trace, interrupt};

/// Starts a task that leaves its waker and waits for `rounds` wakes; says each poll.
fn sleeper(executor: &'static Executor, cpu: usize, trace: &Trace, rounds: u32) -> Arc<Mutex<Option<Waker>>> {
    let slot = Arc::new(Mutex::new(None));
    let (place, trace) = (slot.clone(), trace.clone());
    let mut left = rounds;
    let future = poll_fn(move |cx| {
        trace.say("poll");
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        *place.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    });
    drop(executor.spawn_on(cpu, "sleeper", future).unwrap());
    slot
}

#[test]
fn a_wake_in_a_handler_neither_allocates_nor_frees() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    let slot = sleeper(stage.executor, 0, &trace, 2);
    stage.run(0);
    let waker = slot.lock().unwrap().take().unwrap();
    for cpu in [0, 1] {
        let used = stage.on(cpu, || {
            interrupt(|| {
                heap_use(|| {
                    waker.wake_by_ref();
                    drop(waker.clone());
                })
            })
        });
        assert_eq!(used, (0, 0), "on CPU {cpu}");
    }
    trace.take();
    stage.run(0);
    assert_eq!(trace.take(), ["poll"], "two wakes before the poll are one");
}

#[test]
fn a_handler_wakes_the_tasks_own_cpu_and_kicks_it_only_if_it_sleeps() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    let slot = sleeper(stage.executor, 0, &trace, 5);
    stage.run(0);
    stage.kicks();
    let wake_on_cpu_1 = || {
        let waker = slot.lock().unwrap().take().unwrap();
        stage.on(1, || interrupt(|| waker.wake()));
    };
    wake_on_cpu_1();
    assert_eq!(stage.kicks(), [0; 0], "CPU 0 is awake: it will find the task");
    stage.run(0);
    assert_eq!(stage.sleep(0), None);
    wake_on_cpu_1();
    assert_eq!(stage.kicks(), [0], "it has published that it sleeps");
    stage.wake_up(0);
    trace.take();
    stage.run(0);
    assert_eq!(trace.take(), ["poll"]);
}

/// A wake at each point of the way to sleep: the CPU either does not sleep or is kicked out of it.
#[test]
fn a_wake_on_the_way_to_sleep_is_never_lost() {
    for (when, kicks) in [("before", 0), ("after", 1)] {
        let stage = Stage::new(1);
        let trace = Trace::default();
        let slot = sleeper(stage.executor, 0, &trace, 3);
        stage.run(0);
        stage.kicks();
        let waker = slot.lock().unwrap().take().unwrap();
        let wake = || stage.on(0, || interrupt(|| waker.wake_by_ref()));
        if when == "before" {
            wake();
            assert!(matches!(stage.prepare_idle(0), Idle::Work), "the recheck finds what came before");
        } else {
            assert!(matches!(stage.prepare_idle(0), Idle::Sleep { until_ns: None }));
            wake();
            stage.wake_up(0);
        }
        assert_eq!(stage.kicks().len(), kicks, "woken {when} the CPU says that it sleeps");
        trace.take();
        stage.run(0);
        assert_eq!(trace.take(), ["poll"], "woken {when}");
    }
}

#[test]
fn what_a_handler_drops_last_is_freed_by_a_later_tick() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    let slot = sleeper(stage.executor, 0, &trace, 1);
    stage.run(0);
    let waker = slot.lock().unwrap().clone().unwrap();
    stage.on(0, || waker.wake_by_ref());
    drop(slot.lock().unwrap().take());
    stage.run(0); // the task is done; `waker` is the last reference to it
    let in_handler = stage.on(0, || interrupt(|| heap_use(|| drop(waker))));
    assert_eq!(in_handler, (0, 0));
    let (_, freed) = heap_use(|| {
        stage.run(0);
        stage.executor.trim(); // the CPU keeps the block for the next task
    });
    assert!(freed >= 1, "the tick frees the task");
}
