//! Several CPUs: who runs what, and who is woken for it.

mod support;

use pollux_executor::{Tick, yield_now};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use support::{Stage, Trace, here, pass_time};

#[test]
fn an_idle_cpu_takes_the_oldest_tasks_first() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    stage.on(0, || {
        for number in 0..8 {
            let trace = trace.clone();
            let future = async move { trace.say(format!("{number} on {}", here())) };
            drop(stage.executor.spawn("n", future).unwrap());
        }
    });
    assert_eq!(stage.tick(1), Tick::Worked);
    stage.run(0);
    let ran = trace.take();
    let mut numbers: Vec<_> = ran.iter().map(|line| &line[..1]).collect();
    assert_eq!(ran[0], "0 on 1", "the oldest goes first: {ran:?}");
    assert!(stage.executor.cpu_stats(1).steals > 0);
    numbers.sort_unstable();
    assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "6", "7"], "each ran once");
}

#[test]
fn a_pinned_task_runs_on_its_cpu_only() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    let say = trace.clone();
    let future = async move {
        for _ in 0..3 {
            say.say(here());
            yield_now().await;
        }
    };
    drop(stage.on(0, || stage.executor.spawn_on(0, "pinned", future)).unwrap());
    assert_eq!(stage.tick(1), Tick::Idle, "there is nothing for CPU 1");
    stage.run(0);
    assert_eq!(trace.take(), ["0", "0", "0"]);
}

#[test]
fn work_on_one_cpu_wakes_one_that_sleeps() {
    let stage = Stage::new(2);
    stage.run(1);
    assert_eq!(stage.sleep(1), None);
    stage.kicks();
    stage.on(0, || {
        for _ in 0..3 {
            drop(stage.executor.spawn("n", async {}).unwrap());
        }
    });
    assert_eq!(stage.kicks(), [1], "once, however many tasks: it is awake then and looks itself");
}

/// A CPU that waits awake sees what there is for it, and comes to rest when that is done.
#[test]
fn who_looks_for_work_sees_it() {
    let stage = Stage::new(2);
    let executor = stage.executor;
    let seen = || [0, 1].map(|cpu| stage.on(cpu, || executor.has_work(cpu)));
    let spawn = |on: usize, what: &dyn Fn()| {
        stage.on(0, what);
        let before = seen();
        stage.run(on);
        assert_eq!(seen(), [false, false], "all is done");
        before
    };
    assert_eq!(seen(), [false, false]);
    let pinned = || drop(executor.spawn_on(1, "pinned", async {}).unwrap());
    assert_eq!(spawn(1, &pinned), [false, true], "a task that CPU 1 alone may run");
    let free = || drop(executor.spawn("free", async {}).unwrap());
    assert_eq!(spawn(1, &free), [true, true], "a task that CPU 1 may take");
    let sleep = || drop(executor.spawn_on(0, "sleep", executor.sleep_until(10)).unwrap());
    assert_eq!(spawn(0, &sleep), [true, false]);
    stage.set_clock(10);
    assert_eq!(seen(), [true, false], "its time has come");
    stage.run(0);
    assert_eq!(seen(), [false, false]);
}

/// Whoever is next runs where it is as soon as the poll ends; a CPU that is woken for it comes too late, or carries it around.
#[test]
fn no_cpu_is_woken_for_who_is_next_anyway() {
    const LONG_NS: u64 = 6_000;
    for (children, kicks) in [(1, vec![]), (2, vec![1])] {
        let stage = Stage::new(2);
        let executor = stage.executor;
        let parent = async move {
            for _ in 0..children {
                drop(executor.spawn("child", async {}).unwrap());
            }
            pass_time(LONG_NS); // after such a poll the slot's task goes to the ring
        };
        let first = async move {
            executor.sleep_until(10).await; // its timer wakes it between polls
            drop(executor.spawn("parent", parent).unwrap());
        };
        stage.on(0, || drop(executor.spawn("first", first).unwrap()));
        for cpu in [0, 1] {
            stage.run(cpu);
            stage.sleep(cpu);
        }
        stage.kicks();
        stage.set_clock(10);
        stage.wake_up(0);
        stage.run(0);
        assert_eq!(stage.kicks(), kicks, "{children} children");
    }
}

#[test]
fn a_ring_that_overflows_loses_nobody() {
    // More than the ring holds.
    const TASKS: usize = if cfg!(miri) { 400 } else { 10_000 };
    let stage = Stage::new(2);
    let ran = Arc::new(AtomicUsize::new(0));
    stage.on(0, || {
        for _ in 0..TASKS {
            let ran = ran.clone();
            let future = async move {
                ran.fetch_add(1, Relaxed);
                yield_now().await;
                ran.fetch_add(1, Relaxed);
            };
            drop(stage.executor.spawn("n", future).unwrap());
        }
    });
    while stage.tick(0) == Tick::Worked || stage.tick(1) == Tick::Worked {}
    assert_eq!(ran.load(Relaxed), 2 * TASKS);
}

/// Two tasks that wake each other go through the LIFO slot; a third must still get its turn.
#[test]
fn a_pair_that_wakes_each_other_starves_nobody() {
    const ROUNDS: u32 = if cfg!(miri) { 40 } else { 1000 };
    let stage = Stage::new(1);
    let (sender, mut receiver) = pollux_executor::sync::channel::<u32>(1);
    let (back, mut forth) = pollux_executor::sync::channel::<u32>(1);
    let trace = Trace::default();
    let (say, other) = (trace.clone(), trace.clone());
    stage.on(0, || {
        let ping = async move {
            for round in 0..ROUNDS {
                sender.send(round).await.unwrap();
                forth.recv().await.unwrap();
            }
            say.say("pair");
        };
        let pong = async move {
            while let Some(round) = receiver.recv().await {
                if back.send(round).await.is_err() {
                    break;
                }
            }
        };
        drop(stage.executor.spawn("ping", ping).unwrap());
        drop(stage.executor.spawn("pong", pong).unwrap());
        let third = async move {
            for _ in 0..10 {
                yield_now().await;
            }
            other.say("third");
        };
        drop(stage.executor.spawn("third", third).unwrap());
    });
    stage.run(0);
    assert_eq!(trace.take(), ["third", "pair"], "ten turns come long before all rounds are over");
}
