//! CPUs, clocks, timers, and wakes across both and out of handlers.

use alloc::{format, sync::Arc, vec::Vec};
use core::{
    future::poll_fn,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::{Poll, Waker},
    time::Duration,
};

use pollux_executor::{Executor, JoinHandle, sync::AtomicWaker, yield_now};

use super::Outcome;
use crate::{
    arch::{apic, clock, idt},
    check, cpu,
    sync::IrqLock,
};

/// The vector of the interrupts that these tests send.
const VECTOR: u8 = 0xe8;

fn spawn_on<T: Send + 'static>(
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

static STORM: AtomicU64 = AtomicU64::new(0);
static STORM_WAKER: AtomicWaker = AtomicWaker::new();
static STORM_OVER: AtomicBool = AtomicBool::new(false);
/// What the handler drops: see `a_handler_may_drop_the_last_reference_to_a_task`.
static DROPPED: IrqLock<Option<Waker>> = IrqLock::new(None);

fn on_test_interrupt() {
    let dropped = DROPPED.lock().take();
    drop(dropped);
    // Last: who sees it sees all that the handler has done.
    STORM.fetch_add(1, Ordering::Release);
    STORM_WAKER.wake();
}

fn install_handler() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if !DONE.swap(true, Ordering::Relaxed) {
        idt::on(VECTOR, on_test_interrupt);
    }
}

/// While tasks allocate, pass data and take turns on every CPU, interrupts rain on them all, and each wakes a task.
/// What must hold: the task sees the last interrupt, and nobody's work is lost.
pub async fn wakes_from_an_interrupt_storm_are_never_lost(executor: &'static Executor) -> Outcome {
    const INTERRUPTS: u64 = 3000;
    install_handler();
    STORM.store(0, Ordering::Relaxed);
    STORM_OVER.store(false, Ordering::Relaxed);
    let mut workers = Vec::new();
    for cpu in 0..executor.cpus() {
        workers.push(spawn_on(executor, cpu, async {
            let mut sum = 0_usize;
            while !STORM_OVER.load(Ordering::Acquire) {
                sum += core::hint::black_box(alloc::vec![1_u8; 512])
                    .iter()
                    .map(|&b| usize::from(b))
                    .sum::<usize>()
                    / 512;
                yield_now().await;
            }
            sum
        })?);
    }
    let rain = spawn_on(executor, 0, async move {
        for n in 0..INTERRUPTS {
            let seen = STORM.load(Ordering::Acquire);
            apic::send(n as usize % executor.cpus(), VECTOR);
            // One at a time: the APIC merges what it has not delivered yet.
            while STORM.load(Ordering::Acquire) == seen {
                yield_now().await;
            }
        }
    })?;
    let watcher = spawn_on(
        executor,
        executor.cpus() - 1,
        poll_fn(|cx| {
            STORM_WAKER.register(cx.waker());
            if STORM.load(Ordering::Acquire) >= INTERRUPTS { Poll::Ready(()) } else { Poll::Pending }
        }),
    )?;
    let ends = (rain.await, watcher.await);
    STORM_OVER.store(true, Ordering::Release);
    check!(ends == (Ok(()), Ok(())), "the tasks ended with {ends:?}");
    for worker in workers {
        let rounds = worker.await.map_err(|e| format!("{e:?}"))?;
        check!(rounds > 0, "a worker never ran");
    }
    Ok(())
}

/// The handler drops the last waker of a task that has ended: the task must be freed by a later tick, in task context.
/// A debug build panics if the handler frees it.
pub async fn a_handler_may_drop_the_last_reference_to_a_task(executor: &'static Executor) -> Outcome {
    install_handler();
    for round in 0..100 {
        let task = executor.spawn(
            "dropped",
            poll_fn(|cx| {
                *DROPPED.lock() = Some(cx.waker().clone());
                Poll::Ready(())
            }),
        );
        let end = task.map_err(|e| format!("{e}"))?.await;
        check!(end == Ok(()), "the task ended with {end:?}");
        let seen = STORM.load(Ordering::Acquire);
        apic::send(round % executor.cpus(), VECTOR);
        while STORM.load(Ordering::Acquire) == seen {
            yield_now().await;
        }
        check!(DROPPED.lock().is_none(), "the handler did not run");
    }
    Ok(())
}
