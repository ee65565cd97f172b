//! Tokio: the multi-thread scheduler, and the current-thread one where a row has one thread.
//!
//! Neither drives I/O or timers here: without them its threads park on condition variables, which is
//! the faster way. The other two have no I/O either.

use std::{future::Future, thread};

use async_channel::bounded;
use tokio::{
    runtime::Builder,
    task::{JoinHandle, yield_now},
};

use super::{Joined, Runtime};

/// The runtime that the calling thread has entered, in a task or by `enter`.
#[derive(Clone, Copy)]
pub struct Tokio;

impl Runtime for Tokio {
    type Task<T: Send + 'static> = Joined<JoinHandle<T>>;

    fn with_threads(threads: usize, f: impl FnOnce(Self)) {
        if threads > 1 {
            let runtime = Builder::new_multi_thread().worker_threads(threads).build();
            let runtime = runtime.expect("tokio starts its threads");
            let _entered = runtime.enter();
            f(Tokio);
            return;
        }
        let runtime = Builder::new_current_thread().build().expect("tokio needs no thread");
        let handle = runtime.handle().clone();
        let (until, stopped) = bounded::<()>(1);
        thread::scope(|scope| {
            scope.spawn(move || runtime.block_on(stopped.recv()));
            let _entered = handle.enter();
            f(Tokio);
            drop(until);
        });
    }

    fn create() {
        let runtime = Builder::new_current_thread().build().expect("tokio needs no thread");
        runtime.block_on(runtime.spawn(async {})).expect("the task does nothing");
    }

    fn spawn<F>(self, f: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Joined(tokio::spawn(f))
    }

    fn detach<T: Send + 'static>(task: Self::Task<T>) {
        drop(task);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        yield_now()
    }
}
