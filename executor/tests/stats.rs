//! What is counted: of a CPU, and of a task.

mod support;

use futures_util::future::{pending, poll_fn};
use pollux_executor::{CpuStats, Idle, Tick, yield_now};
use std::{
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};
use support::{Stage, interrupt, pass_time};

/// A task on a CPU that waits to be woken, and its waker.
fn sleeper(stage: &Stage, cpu: usize) -> Waker {
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let slot = kept.clone();
    let future = poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        Poll::<()>::Pending
    });
    drop(stage.executor.spawn_on(cpu, "sleeper", future).unwrap());
    stage.run(cpu);
    kept.lock().unwrap().take().unwrap()
}

#[test]
fn interrupts_between_cpus_are_counted_sent_and_saved() {
    let stage = Stage::new(2);
    let wakers = [sleeper(&stage, 1), sleeper(&stage, 1)];
    let kicks = || (stage.executor.cpu_stats(1).kicks_sent, stage.executor.cpu_stats(1).kicks_saved);
    let before = kicks();
    let since = || (kicks().0 - before.0, kicks().1 - before.1);
    stage.sleep(1);
    stage.on(0, || wakers[0].wake_by_ref());
    assert_eq!(since(), (1, 0), "it slept");
    stage.on(0, || wakers[1].wake_by_ref());
    assert_eq!(since(), (1, 1), "it is on its way");
    stage.wake_up(1);
    stage.run(1);
    stage.on(0, || interrupt(|| wakers[0].wake_by_ref()));
    assert_eq!(since(), (1, 2), "it is awake");
    assert_eq!(stage.kicks(), [1]);
    assert_eq!(stage.executor.cpu_stats(0), CpuStats { wakes: 2, ..CpuStats::default() }, "not its own");
}

#[test]
fn idle_time_is_counted_while_it_passes() {
    let stage = Stage::new(1);
    let idle_ns = || stage.executor.cpu_stats(0).idle_ns;
    stage.set_clock(100);
    stage.sleep(0);
    stage.set_clock(400);
    assert_eq!(idle_ns(), 300, "it still sleeps");
    stage.set_clock(500);
    stage.wake_up(0);
    stage.set_clock(900);
    assert_eq!(idle_ns(), 400, "it has slept from 100 to 500");
    stage.sleep(0);
    stage.set_clock(1000);
    stage.wake_up(0);
    assert_eq!(idle_ns(), 500);
}

#[test]
fn polls_wakes_searches_steals_and_timers_are_counted() {
    let stage = Stage::new(2);
    let executor = stage.executor;
    stage.on(0, || {
        for _ in 0..8 {
            drop(executor.spawn("yields", async { yield_now().await }).unwrap());
        }
    });
    assert_eq!(executor.cpu_stats(0).wakes, 8, "a spawn is one, too");
    stage.run(1);
    let thief = executor.cpu_stats(1);
    // Four of the eight at its first search, then two, one and one, each time that it has done those; and two searches
    // that found nothing, at the end of the tick that did all this and of the next one.
    assert_eq!((thief.polls, thief.steals, thief.searches), (16, 8, 6));
    assert_eq!(executor.cpu_stats(0).polls, 0);
    let naps = async move {
        executor.sleep_until(10).await;
        executor.sleep_until(20).await;
    };
    drop(stage.on(0, || executor.spawn_on(0, "naps", naps)).unwrap());
    stage.run(0);
    for (now, fired) in [(9, 0), (10, 1), (20, 2)] {
        stage.set_clock(now);
        stage.run(0);
        assert_eq!(executor.cpu_stats(0).timers_fired, fired, "at {now} ns");
    }
}

#[test]
fn at_most_half_of_the_cpus_look_for_work_at_once() {
    let stage = Stage::new(4);
    let searched = || [0, 1, 2, 3].map(|cpu| stage.executor.cpu_stats(cpu).searches);
    for cpu in 0..4 {
        assert_eq!(stage.tick(cpu), Tick::Idle);
    }
    assert_eq!(searched(), [1, 1, 0, 0], "two do, and the others leave it to them");
    stage.sleep(3);
    stage.on(2, || (0..2).for_each(|_| drop(stage.executor.spawn("n", pending::<()>()).unwrap())));
    assert_eq!(stage.kicks(), [0; 0], "nobody is woken for what somebody looks for already");
    assert_eq!(stage.prepare_idle(0), Idle::Work, "who finds nothing and wants to sleep looks again");
}

/// A task named "counted" whose polls take so long, and what wakes it.
fn start_counted(stage: &Stage, polls: Vec<u64>) -> Arc<Mutex<Option<Waker>>> {
    let kept: Arc<Mutex<Option<Waker>>> = Arc::default();
    let (slot, mut polls) = (kept.clone(), polls.into_iter());
    let future = poll_fn(move |cx| {
        *slot.lock().unwrap() = Some(cx.waker().clone());
        polls.next().into_iter().for_each(pass_time);
        Poll::<()>::Pending
    });
    drop(stage.executor.spawn("counted", future).unwrap());
    kept
}

#[test]
fn a_task_knows_its_polls_wakes_and_time() {
    let stage = Stage::new(1);
    let kept = start_counted(&stage, vec![10, 70, 20]);
    stage.run(0);
    for (polls, wakes, busy_ns, longest_poll_ns) in [(2, 1, 80, 70), (3, 2, 100, 70), (4, 3, 100, 70)] {
        let waker = kept.lock().unwrap().take().unwrap();
        stage.on(0, || waker.wake_by_ref());
        stage.on(0, || waker.wake()); // one with the first
        stage.run(0);
        let info = stage.info("counted");
        let counted = (info.polls, info.wakes, info.busy_ns, info.longest_poll_ns);
        assert_eq!(counted, (polls, wakes, busy_ns, longest_poll_ns));
    }
}

#[test]
fn the_longest_of_long_polls_is_known_to_the_microsecond() {
    const HOUR: u64 = 3_600_000_000_000;
    let stage = Stage::new(1);
    let longest = [4_999, 5_000, 7_000, 7_000, 7_000, 12_000, HOUR, HOUR];
    let kept = start_counted(&stage, vec![4_999, 5_000, 7_400, 6_900, 100, 12_000, HOUR, 1]);
    for longest_ns in longest {
        stage.run(0);
        assert_eq!(stage.info("counted").longest_poll_ns, longest_ns);
        stage.on(0, || kept.lock().unwrap().take().unwrap().wake());
    }
}

/// A count that is full halves all; what comes then is estimated, without a pattern of the load in it.
#[cfg(not(miri))]
#[test]
fn a_histogram_that_is_full_keeps_its_proportions() {
    let stage = Stage::new(1);
    let waker = sleeper(&stage, 0);
    for round in 0..320_000_u64 {
        stage.on(0, || interrupt(|| waker.wake_by_ref()));
        pass_time(match round % 32 {
            0 | 16 => 1,
            8 => 1_000_000,
            _ => 5_000,
        });
        stage.run(0);
    }
    let info = stage.info("sleeper");
    assert_eq!(info.polls, 320_001);
    let (none, short, long) = (info.delays[0], info.delays[2], info.delays[5]);
    assert_eq!(none + short + long, info.polls, "{:?}", info.delays);
    for (count, truth) in [(none, 20_001_u64), (short, 290_000), (long, 10_000)] {
        assert!(count.abs_diff(truth) < truth / 20, "{:?}", info.delays);
    }
}
