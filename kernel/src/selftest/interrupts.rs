//! Wakes out of interrupt handlers: the contract, clause by clause, on the machine.

use alloc::{format, string::String, vec::Vec};
use core::{
    future::{Future, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    task::{Poll, Waker},
    time::Duration,
};

use pollux_executor::{Executor, JoinHandle, sync::AtomicWaker, yield_now};

use super::{Outcome, cpus::spawn_on};
use crate::{
    arch::{apic, clock, idt},
    check, run,
    sync::IrqLock,
};

/// The vector of the interrupts that these tests send.
const VECTOR: u8 = 0xe8;

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

/// How many interrupts each storm has.
const INTERRUPTS: u64 = 3000;

/// Tasks for every CPU that allocate, spawn, sleep and take turns, until the storm is over. Each returns how often
/// it went around.
fn workers(executor: &'static Executor) -> Result<Vec<JoinHandle<u64>>, String> {
    STORM.store(0, Ordering::Relaxed);
    STORM_OVER.store(false, Ordering::Relaxed);
    (0..executor.cpus())
        .map(|cpu| {
            spawn_on(executor, cpu, async move {
                let mut rounds = 0;
                while !STORM_OVER.load(Ordering::Acquire) {
                    rounds += 1;
                    drop(core::hint::black_box(alloc::vec![1_u8; 512]));
                    let Ok(child) = executor.spawn("child", async { yield_now().await }) else { break };
                    let mut nap = pin!(executor.sleep(Duration::from_micros(rounds % 64)));
                    // A timer that may or may not be cancelled.
                    poll_fn(|cx| Poll::Ready(nap.as_mut().poll(cx).is_ready())).await;
                    if child.await.is_err() {
                        break;
                    }
                }
                rounds
            })
        })
        .collect()
}

async fn finish(workers: Vec<JoinHandle<u64>>) -> Outcome {
    STORM_OVER.store(true, Ordering::Release);
    for worker in workers {
        let rounds = worker.await.map_err(|e| format!("{e:?}"))?;
        check!(rounds > 0, "a worker never ran");
    }
    Ok(())
}

/// A task that is ready when the storm's last interrupt has come.
fn watcher(executor: &'static Executor) -> Result<JoinHandle<()>, String> {
    let last = poll_fn(|cx| {
        STORM_WAKER.register(cx.waker());
        if STORM.load(Ordering::Acquire) >= INTERRUPTS { Poll::Ready(()) } else { Poll::Pending }
    });
    spawn_on(executor, executor.cpus() - 1, last)
}

/// While tasks are at work on every CPU, interrupts rain on them all, and each wakes a task. What must hold: the
/// task sees the last interrupt, and nobody's work is lost.
pub async fn wakes_from_an_interrupt_storm_are_never_lost(executor: &'static Executor) -> Outcome {
    install_handler();
    let workers = workers(executor)?;
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
    let ends = (rain.await, watcher(executor)?.await);
    check!(ends == (Ok(()), Ok(())), "the tasks ended with {ends:?}");
    finish(workers).await
}

/// Every few microseconds the timer of each CPU cuts into whatever it does: queues, polls, the way to sleep. Each
/// interrupt wakes a task on the last CPU, and sets the timer again.
pub async fn wakes_from_a_timer_storm_are_never_lost(executor: &'static Executor) -> Outcome {
    let on_timer = || {
        if STORM.load(Ordering::Relaxed) < INTERRUPTS && !STORM_OVER.load(Ordering::Relaxed) {
            STORM.fetch_add(1, Ordering::Release);
            STORM_WAKER.wake();
            // Never in step with the tasks: a prime, and one that changes.
            apic::set_deadline(Some(clock::now_ns() + 1009 + 61 * (clock::now_ns() % 97)));
        }
    };
    run::on_timer(|| {
        // The timer may come at this moment, too: a handler does not wait for what it has interrupted.
        idt::interrupt::<{ idt::TIMER }>();
        on_timer
    });
    let workers = workers(executor)?;
    for cpu in 0..executor.cpus() {
        let start = spawn_on(executor, cpu, async { apic::set_deadline(Some(clock::now_ns())) })?;
        start.await.map_err(|e| format!("{e:?}"))?;
    }
    let end = watcher(executor)?.await;
    check!(end == Ok(()), "the watcher ended with {end:?}");
    finish(workers).await
}

/// The handler drops the last waker of a task that has ended: the task must be freed by a later tick, in task context.
/// A debug build panics if the handler frees it: it is so large that its memory would go back to the heap.
pub async fn a_handler_may_drop_the_last_reference_to_a_task(executor: &'static Executor) -> Outcome {
    install_handler();
    for round in 0..100 {
        let large = [0_u8; 4000];
        let task = executor.spawn(
            "dropped",
            poll_fn(move |cx| {
                let _large = &large;
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
