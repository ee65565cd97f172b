//! The interrupt contract, clause by clause.

#[path = "support/heap.rs"]
mod heap;
mod support;

use futures_util::future::poll_fn;
use heap::heap_use;
use pollux_executor::{Executor, Idle, STUCK_POLL_NS, Tick};
use std::{
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};
use support::{Stage, Trace, interrupt, pass_time};

/// Starts a task that leaves its waker and waits for `rounds` wakes; says each poll.
/// It is so large that its block goes back to the heap at once.
fn sleeper(executor: &'static Executor, cpu: usize, trace: &Trace, rounds: u32) -> Arc<Mutex<Option<Waker>>> {
    let slot = Arc::new(Mutex::new(None));
    let (place, trace, large) = (slot.clone(), trace.clone(), [0_u8; 4000]);
    let mut left = rounds;
    let future = poll_fn(move |cx| {
        let _large = &large;
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

/// Whatever comes between the last tick and the way to sleep, in each of the places where work can be.
#[test]
fn the_recheck_finds_work_wherever_it_is() {
    let finds = |place: &str, put: &dyn Fn(&Stage)| {
        let stage = Stage::new(2);
        stage.run(0);
        put(&stage);
        assert_eq!(stage.prepare_idle(0), Idle::Work, "{place}");
        stage.run(0);
        assert_eq!(stage.sleep(0), None, "{place}: it is done");
    };
    /// As many as a tick polls at most.
    const TICK: usize = 128;
    finds("the injector", &|stage| drop(stage.executor.spawn("foreign", async {}).unwrap()));
    finds("the inbox", &|stage| drop(stage.executor.spawn_on(0, "pinned", async {}).unwrap()));
    finds("what was taken out of the inbox", &|stage| {
        for _ in 0..=TICK {
            drop(stage.executor.spawn_on(0, "pinned", async {}).unwrap());
        }
        assert_eq!(stage.tick(0), Tick::Worked);
    });
    finds("the ring", &|stage| stage.on(0, || drop(stage.executor.spawn("mine", async {}).unwrap())));
    finds("another CPU's ring", &|stage| {
        stage.on(1, || drop(stage.executor.spawn("theirs", async {}).unwrap()));
    });
    finds("the LIFO slot", &|stage| {
        /// As often as the slot is first.
        const IN_A_ROW: usize = 3;
        fn chain(executor: &'static Executor, more: usize) {
            let next = async move {
                if more > 0 {
                    chain(executor, more - 1);
                }
            };
            drop(executor.spawn("in the slot", next).unwrap());
        }
        let executor = stage.executor;
        stage.on(0, || {
            for _ in 1..TICK {
                drop(executor.spawn("first", async {}).unwrap());
            }
            drop(executor.spawn("last", async move { chain(executor, IN_A_ROW) }).unwrap());
        });
        assert_eq!(stage.tick(0), Tick::Worked);
    });
    finds("the graveyard", &|stage| {
        let task = stage.executor.spawn("ended", async {}).unwrap();
        stage.run(0);
        stage.on(0, || interrupt(|| drop(task)));
    });
    finds("a timer whose time has come", &|stage| {
        let executor = stage.executor;
        drop(stage.on(0, || executor.spawn_on(0, "naps", executor.sleep_until(50))).unwrap());
        stage.run(0);
        stage.set_clock(50);
    });
}

/// What waits there in the LIFO slot, too, is for others to take.
#[test]
fn the_recheck_finds_a_cpu_that_is_stuck() {
    let stage = Stage::new(2);
    let (executor, trace) = (stage.executor, Trace::default());
    let say = trace.clone();
    let stuck = async move {
        drop(executor.spawn("in the slot", async {}).unwrap());
        pass_time(STUCK_POLL_NS + 1);
        assert!(!Stage::as_cpu(0, || executor.has_work(0)), "until then it is left alone");
        interrupt(|| executor.supervise(1));
        say.say(Stage::as_cpu(0, || executor.prepare_idle(0)) == Idle::Work);
    };
    stage.on(1, || drop(executor.spawn_on(1, "stuck", stuck).unwrap()));
    stage.run(1);
    assert_eq!(trace.take(), ["true"]);
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
            let _pinned = stage.executor.spawn_on(0, "later", async {}).unwrap();
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
    let (_, freed) = heap_use(|| stage.run(0));
    assert_eq!(freed, 1, "the tick frees the task");
}

/// The handle is no waker; but what holds one may end in a handler.
#[test]
fn what_a_handler_drops_with_a_handle_is_freed_by_a_later_tick() {
    let stage = Stage::new(1);
    let large = [7_u8; 4000];
    let has_ended = stage.executor.spawn("ended", async move { (vec![1_u8], large) }).unwrap();
    let runs_on = stage.executor.spawn("runs on", async move { (vec![2_u8], large) }).unwrap();
    let waits = stage.executor.spawn("waits", std::future::pending::<()>()).unwrap();
    stage.on(0, || runs_on.cancel());
    stage.run(0);
    let in_handler = stage.on(0, || interrupt(|| heap_use(|| drop((has_ended, runs_on, waits)))));
    assert_eq!(in_handler, (0, 0));
    let (_, freed) = heap_use(|| stage.run(0));
    assert_eq!(freed, 3, "two tasks, and an output");
}
