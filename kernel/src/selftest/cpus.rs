//! CPUs, clocks, timers, and wakes across CPUs.

use alloc::{format, sync::Arc};
use core::{
    future::poll_fn,
    sync::atomic::{AtomicU64, Ordering},
    task::Poll,
    time::Duration,
};

use pollux_executor::{Executor, JoinHandle, sync::AtomicWaker};

use super::Outcome;
use crate::{
    arch::{clock, idt},
    check, cpu,
};

pub(super) fn spawn_on<T: Send + 'static>(
    executor: &'static Executor,
    cpu: usize,
    future: impl Future<Output = T> + Send + 'static,
) -> Result<JoinHandle<T>, alloc::string::String> {
    executor.spawn_on(cpu, "test", future).map_err(|error| format!("{error}"))
}

pub async fn every_cpu_runs_tasks(executor: &'static Executor) -> Outcome {
    for cpu in 0..executor.cpus() {
        let ran_on = spawn_on(executor, cpu, async { cpu::index() })?.await;
        check!(ran_on == Ok(cpu), "a task for CPU {cpu} ran on {ran_on:?}");
    }
    Ok(())
}

pub async fn clocks_agree_between_cpus(executor: &'static Executor) -> Outcome {
    let mut last = clock::now_ns();
    for round in 0..200 {
        let cpu = round % executor.cpus();
        let now = spawn_on(executor, cpu, async { clock::now_ns() })?.await.map_err(|e| format!("{e:?}"))?;
        check!(now >= last, "CPU {cpu} reads {now} ns after another one read {last} ns");
        last = now;
    }
    Ok(())
}

pub async fn a_sleep_takes_one_timer_interrupt_and_never_ends_early(executor: &'static Executor) -> Outcome {
    const TIME: Duration = Duration::from_millis(3);
    for cpu in 0..executor.cpus() {
        let measured = spawn_on(executor, cpu, async move {
            let interrupts = || cpu::current().interrupts[usize::from(idt::TIMER)].load(Ordering::Relaxed);
            let (start, before) = (clock::now_ns(), interrupts());
            executor.sleep(TIME).await;
            (clock::now_ns() - start, interrupts() - before)
        });
        let (slept, interrupts) = measured?.await.map_err(|e| format!("{e:?}"))?;
        check!(u128::from(slept) >= TIME.as_nanos(), "CPU {cpu}: a sleep of {TIME:?} ended after {slept} ns");
        // The one-shot timer counts in its own ticks: it may come a tick early and be set once more.
        check!(interrupts <= 2, "CPU {cpu}: {interrupts} timer interrupts for one sleep");
    }
    Ok(())
}

/// Two tasks that hand a turn back and forth.
struct Turns {
    turn: AtomicU64,
    wakers: [AtomicWaker; 2],
}

async fn take_turns(turns: Arc<Turns>, me: u64, rounds: u64) {
    for round in 0..rounds {
        let mine = 2 * round + me;
        poll_fn(|cx| {
            turns.wakers[me as usize].register(cx.waker());
            if turns.turn.load(Ordering::Acquire) == mine { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        turns.turn.store(mine + 1, Ordering::Release);
        turns.wakers[1 - me as usize].wake();
    }
}

pub async fn wakes_between_cpus_are_never_lost(executor: &'static Executor) -> Outcome {
    const ROUNDS: u64 = 5000;
    let last = executor.cpus() - 1;
    let turns = Arc::new(Turns { turn: AtomicU64::new(0), wakers: [const { AtomicWaker::new() }; 2] });
    let first = spawn_on(executor, 0, take_turns(turns.clone(), 0, ROUNDS))?;
    let second = spawn_on(executor, last, take_turns(turns.clone(), 1, ROUNDS))?;
    let ends = (first.await, second.await);
    check!(ends == (Ok(()), Ok(())), "the tasks ended with {ends:?}");
    check!(turns.turn.load(Ordering::Acquire) == 2 * ROUNDS, "turns were lost");
    Ok(())
}
