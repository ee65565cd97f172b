//! Timers, with a clock that the test sets.

mod support;

use pollux_executor::Sleep;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use support::{Stage, Trace};

fn timer(stage: &Stage, trace: &Trace, at_ns: u64) {
    let (executor, trace) = (stage.executor, trace.clone());
    let future = async move {
        executor.sleep_until(at_ns).await;
        trace.say(at_ns);
    };
    drop(stage.on(0, || executor.spawn_on(0, "timer", future)).unwrap());
}

#[test]
fn timers_end_in_order_and_the_next_deadline_is_exact() {
    let stage = Stage::new(1);
    let trace = Trace::default();
    for at in [5_000_000_000, 300, 70_000, 301, 3_600_000_000_000] {
        timer(&stage, &trace, at);
    }
    stage.run(0);
    for at in [300, 301, 70_000, 5_000_000_000, 3_600_000_000_000] {
        assert_eq!(stage.sleep(0), Some(at), "the CPU sleeps until then and not a moment less");
        stage.set_clock(at - 1);
        stage.wake_up(0);
        stage.run(0);
        assert_eq!(trace.take(), [""; 0], "a nanosecond before");
        stage.set_clock(at);
        stage.run(0);
        assert_eq!(trace.take(), [at.to_string()]);
    }
    assert_eq!(stage.sleep(0), None, "no timers, no ticks");
}

#[test]
fn a_dropped_timer_leaves_nothing_behind() {
    let stage = Stage::new(2);
    let mut sleep: Pin<Box<Sleep>> = Box::pin(stage.executor.sleep_until(1000));
    stage.on(0, || assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()));
    assert_eq!(stage.sleep(0), Some(1000));
    stage.wake_up(0);
    stage.on(1, || drop(sleep)); // its task may have moved
    assert_eq!(stage.sleep(0), None);
}

/// It is in the wheel of CPU 0, which may sleep until something later.
#[test]
fn a_timer_of_a_thread_that_is_no_cpu_ends_a_sleep_that_is_too_long() {
    let stage = Stage::new(2);
    let trace = Trace::default();
    timer(&stage, &trace, 1000);
    stage.run(0);
    assert_eq!(stage.sleep(0), Some(1000));
    stage.kicks();
    let poll = |at_ns| {
        let mut sleep = Box::pin(stage.executor.sleep_until(at_ns));
        assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        sleep
    };
    let _later = poll(2000);
    assert_eq!(stage.kicks(), [0; 0], "it wakes up before that anyway");
    let _sooner = poll(500);
    assert_eq!(stage.kicks(), [0]);
    stage.wake_up(0);
    stage.run(0);
    assert_eq!(stage.sleep(0), Some(500));
}

#[test]
fn a_deadline_that_has_passed_does_not_wait() {
    let stage = Stage::new(1);
    stage.set_clock(50);
    let mut sleep = Box::pin(stage.executor.sleep_until(50));
    let polled = stage.on(0, || sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())));
    assert_eq!(polled, Poll::Ready(()));
}

/// Thousands of timers at random times against a sorted list.
#[test]
fn many_timers_end_as_a_sorted_list_says() {
    const TIMERS: usize = if cfg!(miri) { 100 } else { 10_000 };
    let stage = Stage::new(1);
    let trace = Trace::default();
    let mut seed = 42_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut times: Vec<u64> = (0..TIMERS).map(|_| 1 + random() % (1 << (4 + random() % 40))).collect();
    for &at in &times {
        timer(&stage, &trace, at);
    }
    stage.run(0);
    times.sort_unstable();
    let mut ended: Vec<u64> = Vec::new();
    while let Some(next) = stage.sleep(0) {
        assert_eq!(next, times[ended.len()], "the next deadline");
        stage.set_clock(next);
        stage.wake_up(0);
        stage.run(0);
        ended.extend(trace.take().iter().map(|at| at.parse::<u64>().unwrap()));
    }
    assert_eq!(ended, times);
}
