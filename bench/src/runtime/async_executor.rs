//! async-executor: the executor that is usually used, and the one for statics.

use std::{future::Future, thread};

use async_channel::{Receiver, bounded};
use async_executor::{Executor, StaticExecutor, Task};
use futures_lite::future::{block_on, yield_now};

use super::Runtime;

/// The usual executor.
pub type Dynamic = &'static Executor<'static>;
/// The one that must be `'static`.
pub type Static = &'static StaticExecutor;

static DYNAMIC: Executor<'static> = Executor::new();
static STATIC: StaticExecutor = StaticExecutor::new();

/// Runs `f` while so many threads run `work`, which ends when the channel is closed.
fn beside<T: Send>(threads: usize, work: impl Fn(Receiver<()>) -> T + Sync, f: impl FnOnce()) {
    let (until, stopped) = bounded(1);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(stopped.clone()));
        }
        f();
        drop(until);
    });
}

impl Runtime for Dynamic {
    type Task<T: Send + 'static> = Task<T>;

    fn with_threads(threads: usize, f: impl FnOnce(Self)) {
        let work = |stopped: Receiver<()>| block_on(DYNAMIC.run(async move { stopped.recv().await }));
        beside(threads, work, || f(&DYNAMIC));
    }

    fn create() {
        let executor = Executor::new();
        let task = executor.spawn(async {});
        block_on(executor.run(task));
    }

    fn spawn<F>(self, f: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Executor::spawn(self, f)
    }

    fn spawn_many<F>(self, fs: impl Iterator<Item = F>, tasks: &mut Vec<Self::Task<F::Output>>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Executor::spawn_many(self, fs, tasks);
    }

    fn detach<T: Send + 'static>(task: Self::Task<T>) {
        task.detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        yield_now()
    }
}

impl Runtime for Static {
    type Task<T: Send + 'static> = Task<T>;

    fn with_threads(threads: usize, f: impl FnOnce(Self)) {
        let work = |stopped: Receiver<()>| block_on(STATIC.run(async move { stopped.recv().await }));
        beside(threads, work, || f(&STATIC));
    }

    fn create() {
        // There is no way to drop one: `Executor::new().leak()` is how they are made at run time.
        <Dynamic as Runtime>::create();
    }

    fn spawn<F>(self, f: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        StaticExecutor::spawn(self, f)
    }

    fn detach<T: Send + 'static>(task: Self::Task<T>) {
        task.detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        yield_now()
    }
}
