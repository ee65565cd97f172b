//! The workloads of async-executor's `benches/executor.rs` (version 1.14), whose channels are those of
//! async-channel for every runtime.

use std::{cell::RefCell, future::Future, hint::black_box, pin::Pin};

use async_channel::{Sender, bounded};
use futures_lite::future::block_on;

use super::Meter;
use crate::runtime::Runtime;

const TASKS: usize = 300;
const STEPS: usize = 300;
const LIGHT_TASKS: usize = 25_000;
const BATCH: usize = 250;
/// After how many batches their handles are awaited off the clock. The original keeps them all until
/// the end, which takes gigabytes when it runs for seconds.
const BATCHES_KEPT: u64 = 40;

/// Waits for every task, in the order in which they were started.
async fn join_all<R: Runtime>(tasks: Vec<R::Task<()>>) {
    for task in tasks {
        task.await;
    }
}

/// Making a runtime, one empty task, dropping the runtime; on this thread.
pub fn create<R: Runtime>(meter: &mut dyn Meter) {
    meter.measure(&mut R::create);
}

/// One empty task, started and awaited.
pub fn spawn_one<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    meter.measure(&mut || block_on(async { rt.spawn(async {}).await }));
}

/// 250 tasks that yield once, started in one go; nothing waits for them.
pub fn spawn_batch<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    let tasks = RefCell::new(Vec::new());
    meter.measure_tidied(
        &mut || rt.spawn_many((0..BATCH).map(|_| R::yield_now()), &mut tasks.borrow_mut()),
        BATCHES_KEPT,
        &mut || {
            for task in tasks.borrow_mut().drain(..) {
                block_on(task);
            }
        },
    );
}

/// 25,000 empty tasks, started and then awaited.
pub fn spawn_many_local<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    meter.measure(&mut || {
        block_on(async {
            let mut tasks = Vec::new();
            for _ in 0..LIGHT_TASKS {
                tasks.push(rt.spawn(async {}));
            }
            join_all::<R>(tasks).await;
        });
    });
}

/// 300 chains of 300 tasks, each of which starts the next and awaits it.
pub fn spawn_recursively<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    #[expect(clippy::manual_async_fn, reason = "an async fn that calls itself cannot be shown to be Send")]
    fn chain<R: Runtime>(rt: R, left: usize) -> impl Future<Output = ()> + Send + 'static {
        async move {
            if left > 0 {
                let next = rt.spawn(async move {
                    let rest: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(chain(rt, left - 1));
                    rest.await;
                });
                next.await;
            }
        }
    }
    meter.measure(&mut || {
        block_on(async {
            let mut tasks = Vec::new();
            for _ in 0..TASKS {
                tasks.push(rt.spawn(chain(rt, STEPS)));
            }
            join_all::<R>(tasks).await;
        });
    });
}

/// 300 tasks that yield 300 times each.
pub fn yield_now<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    meter.measure(&mut || {
        block_on(async {
            let mut tasks = Vec::new();
            for _ in 0..TASKS {
                tasks.push(rt.spawn(async {
                    for _ in 0..STEPS {
                        R::yield_now().await;
                    }
                }));
            }
            join_all::<R>(tasks).await;
        });
    });
}

/// A line of 300 tasks; 300 messages go through it, one after the other, by channels with room for one.
pub fn channels<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    meter.measure(&mut || {
        block_on(async {
            let (first, mut last) = bounded(1);
            let mut tasks = Vec::new();
            for _ in 0..TASKS {
                let (next, end) = bounded(1);
                let before = std::mem::replace(&mut last, end);
                tasks.push(rt.spawn(async move {
                    for _ in 0..STEPS {
                        before.recv().await.expect("the task before sends as often");
                        next.send(()).await.expect("the task behind receives as often");
                    }
                }));
            }
            for _ in 0..STEPS {
                first.send(()).await.expect("the first task receives as often");
                last.recv().await.expect("the last task sends as often");
            }
            join_all::<R>(tasks).await;
        });
    });
}

/// A server that starts 300 tasks for its connections. Half of them ask a database task 150 to 300
/// times, with a new channel for each answer.
pub fn web_server<R: Runtime>(rt: R, meter: &mut dyn Meter) {
    meter.measure(&mut || {
        block_on(async {
            let (ask, questions) = bounded::<Sender<usize>>(TASKS / 5);
            let mut chance = fastrand::Rng::with_seed(0x1234_5678);
            let visitors = chance.fork();
            let database = rt.spawn(async move {
                while let Ok(asker) = questions.recv().await {
                    for _ in 0..chance.usize(..10) {
                        R::yield_now().await;
                    }
                    // An asker that has gone needs no answer.
                    let _ = asker.send(chance.usize(..)).await;
                }
            });
            let server = rt.spawn(serve(rt, ask, visitors));
            server.await;
            database.await;
        });
    });
}

async fn serve<R: Runtime>(rt: R, ask: Sender<Sender<usize>>, mut chance: fastrand::Rng) {
    for visitor in 0..TASKS {
        if chance.usize(..=16) == 16 {
            R::yield_now().await;
        }
        R::detach(rt.spawn(attend::<R>(ask.clone(), chance.fork())));
        if visitor & 16 == 0 {
            R::yield_now().await;
        }
    }
}

async fn attend<R: Runtime>(ask: Sender<Sender<usize>>, mut chance: fastrand::Rng) {
    if chance.bool() {
        R::yield_now().await;
        return;
    }
    for _ in 0..chance.usize(STEPS / 2..STEPS) {
        let (answer, answered) = bounded(1);
        ask.send(answer).await.expect("the database stays while somebody may ask");
        black_box(answered.recv().await.expect("the database answers"));
    }
    for _ in 0..chance.usize(3..16) {
        R::yield_now().await;
    }
}
