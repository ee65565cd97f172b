//! Scopes: tasks that are cancelled, stopped, continued and joined together. A job of a shell is one.
//!
//! Scopes form a tree. What is done to a scope reaches the tasks of all scopes below it; a scope is joined
//! when no task is left in it or below, and its limit counts these tasks too.
//!
//! Each scope has a lock around its own tasks and the list of its children. Locks are taken downwards only.
//! The way up, which every spawn and every end takes, is a count in each ancestor and takes no lock.

use alloc::vec::Vec;
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
    shim::{AtomicUsize, Ordering::*},
    sync::{Lock, WakerSet},
    task::{InScope, TaskPtr, list::List, shared::Shared, state::Wake},
    wait_site::waits_at,
};

/// What the tasks of a scope share. It holds no task alive; a task leaves it when it ends.
pub(crate) struct ScopeInner {
    executor: &'static Executor,
    parent: Option<Shared<ScopeInner>>,
    members: Lock<Members>,
    /// The tasks here and below.
    population: AtomicUsize,
    limit: AtomicUsize,
    joiners: WakerSet,
}

struct Members {
    tasks: List<InScope>,
    children: Vec<Shared<ScopeInner>>,
    stopped: bool,
    /// A scope above is stopped.
    stopped_above: bool,
    cancelled: bool,
}

/// Why a task was not started in a scope. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpawnError {
    /// There is not enough memory.
    OutOfMemory,
    /// The scope, or one above it, holds as many tasks as its limit allows.
    Full,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpawnError::OutOfMemory => "not enough memory",
            SpawnError::Full => "the scope's limit of tasks is reached",
        })
    }
}

impl core::error::Error for SpawnError {}

impl From<OutOfMemory> for SpawnError {
    fn from(_: OutOfMemory) -> SpawnError {
        SpawnError::OutOfMemory
    }
}

/// A set of tasks with one fate. Dropping it cancels them all. Task context only.
#[must_use = "dropping the scope cancels its tasks"]
pub struct Scope(Shared<ScopeInner>);

impl Scope {
    pub(crate) fn new(executor: &'static Executor) -> Result<Scope, OutOfMemory> {
        ScopeInner::new(executor, None, false, false).map(Scope)
    }

    /// A scope below this one. It is stopped while this one is, and is cancelled with it.
    pub fn child(&self) -> Result<Scope, OutOfMemory> {
        let mut members = self.0.members.lock();
        members.children.try_reserve(1).map_err(|_| OutOfMemory)?;
        let stopped = members.stopped || members.stopped_above;
        let child = ScopeInner::new(self.0.executor, Some(self.0.clone()), stopped, members.cancelled)?;
        members.children.push(child.clone());
        Ok(Scope(child))
    }

    /// From now on at most so many tasks may be here and below at a time; those that are stay. There is no
    /// limit until it is set.
    pub fn set_limit(&self, tasks: usize) {
        self.0.limit.store(tasks, Relaxed);
    }

    /// How many tasks are here and below.
    pub fn tasks(&self) -> usize {
        self.0.population.load(Relaxed)
    }

    /// Starts a task in the scope. In a stopped scope it waits for [`Scope::resume`]; in a cancelled
    /// one it ends as cancelled without ever being polled.
    #[track_caller]
    pub fn spawn<F>(&self, name: &str, f: F) -> Result<JoinHandle<F::Output>, SpawnError>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let place = Place::take(&self.0)?;
        let handle = self.0.executor.start(name, f, None, Some(&self.0), Location::caller())?;
        core::mem::forget(place); // the task's now, until it is dismissed
        Ok(handle)
    }

    /// Cancels all tasks here and below, stopped ones too, and all that will be spawned.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Stops all tasks here and below: what is being polled finishes that poll; wakes are held from now on.
    pub fn stop(&self) {
        let mut members = self.0.members.lock();
        let was = members.stopped || members.stopped_above;
        members.stopped = true;
        if !was {
            members.stop();
        }
    }

    /// Lets all tasks go on, unless a scope above is stopped, or one below on its own account: wakes that
    /// were held come now.
    pub fn resume(&self) {
        let mut members = self.0.members.lock();
        let was = core::mem::take(&mut members.stopped);
        if was && !members.stopped_above {
            members.resume(self.0.executor);
        }
    }

    /// Ready once no task is left here and below; at once if there is none.
    #[track_caller]
    pub fn join(&self) -> ScopeJoin {
        ScopeJoin { scope: self.0.clone(), made_at: Location::caller() }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        self.0.cancel();
        let Some(parent) = &self.0.parent else { return };
        let mut members = parent.members.lock();
        let place = members.children.iter().position(|child| child.is(&self.0));
        let child = place.map(|at| members.children.swap_remove(at));
        drop(members);
        drop(child); // with no lock held
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({} tasks)", self.tasks())
    }
}

impl Members {
    fn stop(&mut self) {
        self.tasks.tasks().for_each(|task| task.header().state.stop());
        for child in &self.children {
            let mut members = child.members.lock();
            members.stopped_above = true;
            if !members.stopped {
                members.stop();
            }
        }
    }

    fn resume(&mut self, executor: &'static Executor) {
        for task in self.tasks.tasks() {
            if task.header().state.resume() == Wake::Push {
                executor.schedule(task);
            }
        }
        for child in &self.children {
            let mut members = child.members.lock();
            members.stopped_above = false;
            if !members.stopped {
                members.resume(executor);
            }
        }
    }
}

impl ScopeInner {
    fn new(
        executor: &'static Executor,
        parent: Option<Shared<ScopeInner>>,
        stopped_above: bool,
        cancelled: bool,
    ) -> Result<Shared<ScopeInner>, OutOfMemory> {
        let (tasks, children) = (List::new(), Vec::new());
        Shared::new(ScopeInner {
            executor,
            parent,
            members: Lock::new(Members { tasks, children, stopped: false, stopped_above, cancelled }),
            population: AtomicUsize::new(0),
            limit: AtomicUsize::new(usize::MAX),
            joiners: WakerSet::new(),
        })
    }

    /// This scope, the one above it, and so on.
    fn upwards(&self) -> impl Iterator<Item = &ScopeInner> {
        core::iter::successors(Some(self), |scope| scope.parent.as_deref())
    }

    fn cancel(&self) {
        let mut members = self.members.lock();
        members.cancelled = true;
        members.stopped = false;
        members.tasks.tasks().for_each(TaskPtr::cancel);
        members.children.iter().for_each(|child| child.cancel());
    }

    /// Takes in a new task, which begins held, and lets it go as the scope's state says: under the lock,
    /// so that no stop or cancel falls in between.
    pub(crate) fn adopt(&self, task: TaskPtr) {
        let mut members = self.members.lock();
        // SAFETY: it is new, so in no scope's list; it is dismissed before its life reference goes.
        unsafe { members.tasks.push(task.as_ptr()) };
        if members.cancelled {
            task.cancel();
        } else if !(members.stopped || members.stopped_above) && task.header().state.resume() == Wake::Push {
            self.executor.schedule(task);
        }
    }

    /// A task has ended.
    pub(crate) fn dismiss(&self, task: TaskPtr) {
        // SAFETY: `adopt` put it there, and it ends once.
        unsafe { self.members.lock().tasks.remove(task.as_ptr()) };
    }

    /// A task of this scope is gone. With no lock held: it wakes joiners, which can run foreign code.
    pub(crate) fn leave(&self) {
        self.leave_up_to(usize::MAX);
    }

    /// Counts one task less in so many scopes from here upwards, and then, when all counts are right, wakes
    /// those who wait for the end of one.
    fn leave_up_to(&self, depth: usize) {
        for scope in self.upwards().take(depth) {
            // Release: all that the task did, for the Acquire of the joiner.
            scope.population.fetch_sub(1, Release);
        }
        for scope in self.upwards().take(depth).filter(|scope| scope.is_empty()) {
            scope.joiners.wake_all();
        }
    }

    fn is_empty(&self) -> bool {
        self.population.load(Acquire) == 0 // partner: the Release in `leave`
    }
}

/// Room for one more task in a scope and in all above it; given back when dropped.
struct Place<'a>(&'a ScopeInner);

impl Place<'_> {
    fn take(scope: &ScopeInner) -> Result<Place<'_>, SpawnError> {
        for (depth, above) in scope.upwards().enumerate() {
            if above.population.fetch_add(1, Relaxed) >= above.limit.load(Relaxed) {
                scope.leave_up_to(depth + 1);
                return Err(SpawnError::Full);
            }
        }
        Ok(Place(scope))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The future of [`Scope::join`].
#[must_use = "futures do nothing unless polled"]
pub struct ScopeJoin {
    scope: Shared<ScopeInner>,
    made_at: &'static Location<'static>,
}

impl Future for ScopeJoin {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.scope.is_empty() {
            return Poll::Ready(());
        }
        self.scope.joiners.register(cx.waker());
        // Again, for the last task may have ended before the waker was there.
        if self.scope.is_empty() {
            return Poll::Ready(());
        }
        waits_at(cx, self.made_at);
        Poll::Pending
    }
}
