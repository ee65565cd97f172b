//! Tasks that never leave one CPU, and so need not be `Send`.

use core::{fmt, future::Future, marker::PhantomData, panic::Location};

use crate::{executor::Executor, join::JoinHandle, platform::OutOfMemory};

/// The right to spawn tasks whose futures are not `Send` on one CPU; [`Executor::local`] gives it. It
/// cannot leave the thread that got it.
#[derive(Clone, Copy)]
pub struct LocalSpawner {
    executor: &'static Executor,
    cpu: usize,
    not_send: PhantomData<*const ()>,
}

impl Executor {
    /// The right to spawn futures that are not `Send` on `cpu`.
    ///
    /// # Safety
    /// The caller is what ticks `cpu`: the same thread, or in a kernel the CPU itself, makes this call and
    /// every call of [`Executor::tick`] and [`Executor::abandon_current`] for `cpu`, before and after.
    ///
    /// # Panics
    /// If there is no such CPU.
    pub unsafe fn local(&'static self, cpu: usize) -> LocalSpawner {
        assert!(cpu < self.cpus(), "there are {} CPUs, and no CPU {cpu}", self.cpus());
        LocalSpawner { executor: self, cpu, not_send: PhantomData }
    }
}

impl LocalSpawner {
    /// Starts a task which only this CPU polls and whose future only this CPU drops. The output may be
    /// taken anywhere.
    #[track_caller]
    pub fn spawn<F>(&self, name: &str, f: F) -> Result<JoinHandle<F::Output>, OutOfMemory>
    where
        F: Future + 'static,
        F::Output: Send + 'static,
    {
        // The future is moved into the block here, on its CPU; it is pinned there, so polled and dropped in
        // that CPU's ticks, which are ours by the promise made to `Executor::local`.
        self.executor.start(name, f, Some(self.cpu), None, Location::caller())
    }
}

impl fmt::Debug for LocalSpawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalSpawner(CPU {})", self.cpu)
    }
}
