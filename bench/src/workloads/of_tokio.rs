//! The workloads of tokio's `benches/rt_multi_threaded.rs` (version 1.54), whose one-shot channels are
//! tokio's for every runtime. The original always has four workers; here they are as many as the rows
//! with many threads have.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        mpsc::{self, Sender, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use tokio::sync::oneshot;

use super::Meter;
use crate::runtime::Runtime;

const SPAWNED: usize = 10_000;
const SPAWNED_BESIDE_SPAWNERS: usize = 1_000;
const STALL: Duration = Duration::from_micros(10);
const YIELDS: usize = 1_000;
const YIELDING_TASKS: usize = 200;
const PINGS: usize = 1_000;
const CHAIN: usize = 1_000;

/// Uses time up.
fn stall() {
    let began = Instant::now();
    while began.elapsed() < STALL {
        thread::yield_now();
    }
}

/// 10,000 tasks with no handle; the last to end says so.
pub fn spawn_many_local<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    let (done, all_done) = mpsc::sync_channel(1000);
    let left = Arc::new(AtomicUsize::new(0));
    meter.measure(&mut || {
        left.store(SPAWNED, Relaxed);
        for _ in 0..SPAWNED {
            let (done, left) = (done.clone(), left.clone());
            R::detach(rt.spawn(async move {
                if left.fetch_sub(1, Relaxed) == 1 {
                    done.send(()).expect("the thread that measures waits for this");
                }
            }));
        }
        all_done.recv().expect("we have a sender ourselves");
    });
}

fn spawn_and_join<R: Runtime>(rt: R, count: usize, meter: &mut dyn Meter) {
    let mut tasks = Vec::with_capacity(count);
    meter.measure(&mut || {
        for _ in 0..count {
            tasks.push(rt.spawn(async {}));
        }
        block_on(async {
            for task in tasks.drain(..) {
                task.await;
            }
        });
    });
}

/// 10,000 empty tasks, started and awaited from outside, on threads that sleep.
pub fn spawn_many_remote_idle<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    spawn_and_join(rt, SPAWNED, meter);
}

/// What keeps the threads busy, until the meter is done.
#[derive(Clone)]
struct Busy {
    more: Arc<AtomicBool>,
    /// Dropped by every task that ends.
    _here: Sender<()>,
}

/// Runs `measure` beside tasks that are started by `start`, and waits until they have gone.
fn beside_busy(tasks: usize, start: impl Fn(Busy), measure: impl FnOnce()) {
    let (here, all_gone) = mpsc::channel();
    let busy = Busy { more: Arc::new(AtomicBool::new(true)), _here: here };
    for _ in 0..tasks {
        start(busy.clone());
    }
    measure();
    busy.more.store(false, Relaxed);
    drop(busy);
    // Nothing is ever sent: this ends when the last sender has gone.
    all_gone.recv().expect_err("nobody sends");
}

/// The same beside two tasks a thread that use 10 µs up and yield.
pub fn spawn_many_remote_busy1<R: Runtime>(rt: R, threads: usize, meter: &mut dyn Meter) {
    let start = |busy: Busy| {
        R::detach(rt.spawn(async move {
            while busy.more.load(Relaxed) {
                R::yield_now().await;
                stall();
            }
        }));
    };
    beside_busy(2 * threads, start, || spawn_and_join(rt, SPAWNED, meter));
}

/// 1,000 beside one task a thread that uses 10 µs up and starts its successor.
pub fn spawn_many_remote_busy2<R: Runtime>(rt: R, threads: usize, meter: &mut dyn Meter) {
    fn succeed<R: Runtime>(rt: R, busy: Busy) {
        R::detach(rt.spawn(async move {
            if busy.more.load(Relaxed) {
                stall();
                succeed(rt, busy);
            }
        }));
    }
    let start = |busy| R::detach(rt.spawn(async move { succeed(rt, busy) }));
    beside_busy(threads, start, || spawn_and_join(rt, SPAWNED_BESIDE_SPAWNERS, meter));
}

/// 200 tasks that yield 1,000 times each.
pub fn yield_many<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    let (done, all_done) = mpsc::sync_channel(YIELDING_TASKS);
    meter.measure(&mut || {
        for _ in 0..YIELDING_TASKS {
            let done = done.clone();
            R::detach(rt.spawn(async move {
                for _ in 0..YIELDS {
                    R::yield_now().await;
                }
                done.send(()).expect("the thread that measures waits for this");
            }));
        }
        for _ in 0..YIELDING_TASKS {
            all_done.recv().expect("we have a sender ourselves");
        }
    });
}

/// 1,000 pairs of tasks that send each other one message there and one back.
pub fn ping_pong<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    let (done, all_done) = mpsc::sync_channel(1000);
    let left = Arc::new(AtomicUsize::new(0));
    meter.measure(&mut || {
        let (done, left) = (done.clone(), left.clone());
        left.store(PINGS, Relaxed);
        R::detach(rt.spawn(async move {
            for _ in 0..PINGS {
                R::detach(rt.spawn(ping(rt, left.clone(), done.clone())));
            }
        }));
        all_done.recv().expect("we have a sender ourselves");
    });
}

async fn ping<R: Runtime>(rt: R, left: Arc<AtomicUsize>, done: SyncSender<()>) {
    let (there, arrived) = oneshot::channel();
    let (back, returned) = oneshot::channel();
    R::detach(rt.spawn(async move {
        arrived.await.expect("the ping is sent");
        back.send(()).expect("the pong is awaited");
    }));
    there.send(()).expect("the ping is awaited");
    returned.await.expect("the pong is sent");
    if left.fetch_sub(1, Relaxed) == 1 {
        done.send(()).expect("the thread that measures waits for this");
    }
}

/// A chain of 1,000 tasks, each of which starts the next and ends.
pub fn chained_spawn<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    fn link<R: Runtime>(rt: R, done: SyncSender<()>, left: usize) {
        if left == 0 {
            done.send(()).expect("the thread that measures waits for this");
        } else {
            R::detach(rt.spawn(async move { link(rt, done, left - 1) }));
        }
    }
    let (done, all_done) = mpsc::sync_channel(1000);
    meter.measure(&mut || {
        let done = done.clone();
        R::detach(rt.spawn(async move { link(rt, done, CHAIN) }));
        all_done.recv().expect("we have a sender ourselves");
    });
}
