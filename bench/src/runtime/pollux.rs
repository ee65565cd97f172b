//! Ours, on threads.

use std::future::Future;

use pollux_executor::{Executor, JoinHandle, Tick, yield_now};

use super::{Joined, Runtime};
use crate::platform::Threads;

/// Our executor.
pub type Pollux = &'static Executor;

impl Runtime for Pollux {
    type Task<T: Send + 'static> = Joined<JoinHandle<T>>;

    fn with_threads(threads: usize, f: impl FnOnce(Self)) {
        Threads::with(threads, f);
    }

    fn create() {
        thread_local! {
            static PLATFORM: &'static Threads = Threads::leak(1);
        }
        let platform = PLATFORM.with(|&platform| platform);
        let owned = Box::new(Executor::new(platform, 1).expect("there is memory for an executor"));
        let owned: *mut Executor = Box::into_raw(owned);
        // SAFETY: it was just made, and is not freed before its last use below.
        let executor: &'static Executor = unsafe { &*owned };
        Threads::as_cpu_0(|| {
            let task = executor.spawn("empty", async {}).expect("there is memory for a task");
            while !task.is_finished() {
                assert_eq!(executor.tick(0), Tick::Worked, "the task is ready");
            }
        });
        // SAFETY: its only task has ended and no handle or waker of it is left, so the task is freed
        // and nothing knows the executor any more; no thread but this one ever did.
        drop(unsafe { Box::from_raw(owned) });
    }

    fn spawn<F>(self, f: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Joined(Executor::spawn(self, "task", f).expect("there is memory for a task"))
    }

    fn spawn_many<F>(self, fs: impl Iterator<Item = F>, tasks: &mut Vec<Self::Task<F::Output>>)
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Executor::spawn_many(self, "task", fs, &mut Handles(tasks)).expect("there is memory for the tasks");
    }

    fn detach<T: Send + 'static>(task: Self::Task<T>) {
        drop(task);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        yield_now()
    }
}

/// Handles as the rows keep them.
struct Handles<'a, T>(&'a mut Vec<Joined<JoinHandle<T>>>);

impl<T> Extend<JoinHandle<T>> for Handles<'_, T> {
    fn extend<I: IntoIterator<Item = JoinHandle<T>>>(&mut self, handles: I) {
        self.0.extend(handles.into_iter().map(Joined));
    }
}
