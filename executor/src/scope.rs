//! Scopes: tasks that are cancelled, stopped, continued and joined together. A job of a shell is one.

use core::{
    fmt,
    future::Future,
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    executor::Executor,
    join::JoinHandle,
    platform::OutOfMemory,
    sync::{Lock, WakerSet},
    task::{
        TaskPtr,
        list::{InScope, List},
        shared::Shared,
        state::Wake,
    },
};

/// What the tasks of a scope share. It holds no task alive; a task leaves it when it ends.
pub(crate) struct ScopeInner {
    executor: &'static Executor,
    tasks: Lock<Tasks>,
    joiners: WakerSet,
}

struct Tasks {
    list: List<InScope>,
    stopped: bool,
    cancelled: bool,
}

/// A set of tasks with one fate. Dropping it cancels them all. Task context only.
#[must_use = "dropping the scope cancels its tasks"]
pub struct Scope(Shared<ScopeInner>);

impl Scope {
    pub(crate) fn new(executor: &'static Executor) -> Result<Scope, OutOfMemory> {
        let tasks = Tasks { list: List::new(), stopped: false, cancelled: false };
        Shared::new(ScopeInner { executor, tasks: Lock::new(tasks), joiners: WakerSet::new() }).map(Scope)
    }

    /// Starts a task in the scope. In a stopped scope it waits for [`Scope::resume`]; in a cancelled
    /// one it ends as cancelled without ever being polled.
    #[track_caller]
    pub fn spawn<F>(&self, name: &str, f: F) -> Result<JoinHandle<F::Output>, OutOfMemory>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.executor.start(name, f, None, Some(&self.0), Location::caller())
    }

    /// Cancels all tasks, stopped ones too, and all that will be spawned here.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Stops all tasks: what is being polled finishes that poll; wakes are held from now on.
    pub fn stop(&self) {
        let mut tasks = self.0.tasks.lock();
        if !tasks.cancelled {
            tasks.stopped = true;
            tasks.list.each(|task| {
                task.header().state.stop();
                true
            });
        }
    }

    /// Lets all tasks go on: wakes that were held come now.
    pub fn resume(&self) {
        let mut tasks = self.0.tasks.lock();
        tasks.stopped = false;
        tasks.list.each(|task| {
            if task.header().state.resume() == Wake::Push {
                self.0.executor.schedule(task);
            }
            true
        });
    }

    /// Ready once no task is left; at once if there is none.
    pub fn join(&self) -> ScopeJoin {
        ScopeJoin(self.0.clone())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope")
    }
}

impl ScopeInner {
    fn cancel(&self) {
        let mut tasks = self.tasks.lock();
        tasks.cancelled = true;
        tasks.stopped = false;
        tasks.list.each(|task| {
            task.cancel();
            true
        });
    }

    /// Takes in a new task, which begins held, and lets it go as the scope's state says: under the lock,
    /// so that no stop or cancel falls in between.
    pub(crate) fn adopt(&self, task: TaskPtr) {
        let mut tasks = self.tasks.lock();
        // SAFETY: it is new, so in no scope's list; it is dismissed before its life reference goes.
        unsafe { tasks.list.push(task) };
        if tasks.cancelled {
            task.cancel();
        } else if !tasks.stopped && task.header().state.resume() == Wake::Push {
            self.executor.schedule(task);
        }
    }

    /// A task has ended.
    pub(crate) fn dismiss(&self, task: TaskPtr) {
        // SAFETY: `adopt` put it there, and it ends once.
        unsafe { self.tasks.lock().list.remove(task) };
    }

    /// Wakes who waits for the end, if this was it. With no lock held: it can run foreign code.
    pub(crate) fn wake_joiners_if_empty(&self) {
        if self.tasks.lock().list.is_empty() {
            self.joiners.wake_all();
        }
    }
}

/// The future of [`Scope::join`].
#[must_use = "futures do nothing unless polled"]
pub struct ScopeJoin(Shared<ScopeInner>);

impl Future for ScopeJoin {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.tasks.lock().list.is_empty() {
            return Poll::Ready(());
        }
        self.0.joiners.register(cx.waker());
        // Again, for the last task may have ended before the waker was there.
        if self.0.tasks.lock().list.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}
