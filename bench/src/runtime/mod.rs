//! What the workloads need of a runtime. They are written once against this trait, so a row is the same
//! for all by construction.
//!
//! In every row but `create` the runtime's threads run tasks and nothing else; the thread that measures
//! is none of them, as in async-executor's own benches. What it waits for it waits for with
//! [`futures_lite::future::block_on`], whatever the runtime.

mod async_executor;
mod pollux;
mod tokio;

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pub use self::{
    async_executor::{Dynamic, Static},
    pollux::Pollux,
    tokio::Tokio,
};

/// A runtime that is up: a handle to spawn with.
pub trait Runtime: Copy + Send + Sync + 'static {
    /// The handle of a task; its output is the task's.
    type Task<T: Send + 'static>: Future<Output = T> + Send + 'static;

    /// Runs `f` on the calling thread, with a runtime that has so many threads of its own.
    fn with_threads(threads: usize, f: impl FnOnce(Self));

    /// Makes a runtime on the calling thread, runs one empty task on it to its end, and drops it.
    fn create();

    /// Starts a task: from a task, or from the thread of [`Runtime::with_threads`].
    fn spawn<F>(self, f: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Starts many tasks, in one go if the runtime has a way for that.
    fn spawn_many<F>(self, fs: impl Iterator<Item = F>, tasks: &mut Vec<Self::Task<F::Output>>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tasks.extend(fs.map(|f| self.spawn(f)));
    }

    /// Lets a task run on with no handle.
    fn detach<T: Send + 'static>(task: Self::Task<T>);

    /// Lets the others go first, as programs for this runtime do.
    fn yield_now() -> impl Future<Output = ()> + Send;
}

/// The handle of a task that may not fail.
pub struct Joined<H>(H);

impl<H, T, E> Future for Joined<H>
where
    H: Future<Output = Result<T, E>> + Unpin,
    E: Debug,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0).poll(cx).map(|output| output.expect("a task that is measured does not fail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_lite::future::block_on;

    fn behaves<R: Runtime>() {
        for threads in [1, 2] {
            R::with_threads(threads, |rt| {
                let outer = rt.spawn(async move {
                    R::detach(rt.spawn(R::yield_now()));
                    rt.spawn(async { 2 }).await + 1
                });
                let mut tasks = vec![outer];
                rt.spawn_many((0..10).map(|n| async move { n }), &mut Vec::new());
                rt.spawn_many((0..0).map(|_: usize| std::future::ready(0)), &mut tasks);
                assert_eq!(block_on(tasks.pop().unwrap()), 3);
                assert!(tasks.is_empty());
            });
        }
        R::create();
    }

    #[test]
    fn every_runtime_runs_tasks_on_one_and_two_threads() {
        behaves::<Pollux>();
        behaves::<Tokio>();
        behaves::<Dynamic>();
        behaves::<Static>();
    }
}
