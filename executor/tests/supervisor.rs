//! The supervisor: long polls are told, and a CPU that is stuck in one loses its other work.

mod support;

use futures_util::future::poll_fn;
use pollux_executor::{Executor, LONG_POLL_NS, Report, STUCK_POLL_NS, Tick};
use std::{
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    time::Duration,
};
use support::{Stage, Trace, here, interrupt, pass_time};

#[test]
fn a_long_poll_is_told_when_it_is_the_tasks_longest() {
    let stage = Stage::new(1);
    let long = |times, ns| times * LONG_POLL_NS + ns;
    let mut polls = [long(1, 0), long(2, 2), long(2, 2), long(2, 1), long(3, 0)].into_iter();
    let future = poll_fn(move |cx| {
        let Some(ns) = polls.next() else { return Poll::Ready(()) };
        pass_time(ns);
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let task = stage.executor.spawn("slow", future).unwrap();
    stage.run(0);
    let told: Vec<_> = stage
        .reports()
        .into_iter()
        .map(|report| match report {
            Report::LongPoll { id, name, spawned_at, took_ns } => {
                assert_eq!((id, name.as_str()), (task.id(), "slow"));
                assert!(spawned_at.file().ends_with("supervisor.rs"));
                took_ns / LONG_POLL_NS
            }
            other => panic!("{other:?}"),
        })
        .collect();
    // The first is not longer than the limit; the third and the fourth no longer than the second.
    assert_eq!(told, [2, 3]);
}

/// Spawns a task on CPU 0 that, in one poll, does `first`, is stuck for a time, and does `last`.
fn stuck(stage: &Stage, first: impl FnOnce() + Send + 'static, last: impl FnOnce() + Send + 'static) {
    let mut parts = Some((first, last));
    let future = poll_fn(move |_| {
        let (first, last) = parts.take().expect("one poll");
        first();
        pass_time(STUCK_POLL_NS + 1);
        last();
        Poll::Ready(())
    });
    stage.on(0, || drop(stage.executor.spawn("stuck", future).unwrap()));
}

fn says_where(executor: &'static Executor, trace: &Trace, name: &'static str) {
    let say = trace.clone();
    drop(executor.spawn(name, async move { say.say(format!("{name} on {}", here())) }).unwrap());
}

#[test]
fn a_stuck_cpu_loses_its_slot_its_inbox_and_its_timers_to_one_that_sleeps() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    let executor = stage.executor;
    let waker: Arc<Mutex<Option<Waker>>> = Arc::default();
    // Woken by a handler below, so it comes through the inbox of CPU 0, where it ran last.
    let (slot, say) = (waker.clone(), trace.clone());
    let mut first = true;
    let by_handler = poll_fn(move |cx| {
        if std::mem::take(&mut first) {
            *slot.lock().unwrap() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        say.say(format!("woken by a handler on {}", here()));
        Poll::Ready(())
    });
    stage.on(0, || drop(executor.spawn("inbox", by_handler).unwrap()));
    let say = trace.clone();
    let by_timer = async move {
        executor.sleep(Duration::from_nanos(STUCK_POLL_NS / 2)).await;
        say.say(format!("woken by a timer on {}", here()));
    };
    stage.on(0, || drop(executor.spawn("timer", by_timer).unwrap()));
    stage.run(0);
    stage.run(1);
    stage.sleep(1);
    stage.kicks();

    let say = trace.clone();
    let while_stuck = move || {
        interrupt(|| waker.lock().unwrap().take().unwrap().wake());
        // The timer interrupt of CPU 0, in the middle of the poll.
        interrupt(|| executor.supervise(0));
        say.say("CPU 1 goes on");
    };
    let (say, spawns) = (trace.clone(), trace.clone());
    let stage = Arc::new(stage);
    let other = stage.clone();
    stuck(
        &stage,
        move || says_where(executor, &spawns, "slot"),
        move || {
            while_stuck();
            assert_eq!(other.kicks(), [1], "an idle CPU is kicked for it");
            other.wake_up(1);
            other.run(1);
            say.say("CPU 0 goes on");
        },
    );
    stage.run(0);
    assert_eq!(
        trace.take(),
        [
            "CPU 1 goes on",
            // The inbox came first, then the slot; the timer's task was woken on CPU 1 after both.
            "woken by a handler on 1",
            "slot on 1",
            "woken by a timer on 1",
            "CPU 0 goes on",
        ]
    );
    let stuck = stage.reports().into_iter().find(|report| matches!(report, Report::Stuck { .. }));
    assert_eq!(stuck, Some(Report::Stuck { cpu: 0, moved: 2 }));
}

#[test]
fn what_is_pinned_stays_on_a_stuck_cpu() {
    let stage = Arc::new(Stage::new(2));
    let (executor, other) = (stage.executor, stage.clone());
    let trace = Trace::default();
    let say = trace.clone();
    let pinned = move || {
        let future = async move { say.say(format!("pinned on {}", here())) };
        drop(executor.spawn_on(0, "pinned", future).unwrap());
    };
    stuck(&stage, pinned, move || {
        interrupt(|| executor.supervise(0));
        other.run(1);
    });
    stage.run(0);
    assert_eq!(trace.take(), ["pinned on 0"]);
}

#[test]
fn a_cpu_that_is_not_stuck_keeps_its_work() {
    let stage = Arc::new(Stage::new(2));
    let (executor, other) = (stage.executor, stage.clone());
    let trace = Trace::default();
    let say = trace.clone();
    let mut once = Some(move || {
        says_where(executor, &say, "slot");
        pass_time(STUCK_POLL_NS / 2);
        interrupt(|| executor.supervise(0));
        assert_eq!(other.tick(1), Tick::Idle, "there is nothing to take");
    });
    let future = poll_fn(move |_| {
        once.take().expect("one poll")();
        Poll::Ready(())
    });
    stage.on(0, || drop(executor.spawn("short", future).unwrap()));
    stage.run(0);
    assert_eq!(trace.take(), ["slot on 0"]);
}
