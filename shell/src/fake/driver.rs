//! The fake's executor: one thread, first come first served, with a clock that moves only when nothing
//! else can.

use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    format,
    string::{String, ToString},
    sync::{Arc, Weak},
    task::Wake,
    vec::Vec,
};
use bstr::BString;
use core::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
    task::{Context, Poll, Waker},
    time::Duration,
};
use spin::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{BUDGET, FakeSystem, Shared};
use crate::{
    env::{Action, BoxFuture, Exit, Job, Pid, Result, Signal, Signals, Stage},
    errno::Errno,
    fd::FdTable,
};

/// After so many rounds without a pause the scripted typist stops waiting for one.
const PATIENCE: usize = 1_000;
/// After so many rounds the test is taken to run forever.
const LIMIT: usize = 20_000_000;

/// The queue of runnable stages, those that exist, and the clock.
#[derive(Default)]
pub(super) struct Driver {
    queue: Mutex<VecDeque<Arc<Task>>>,
    tasks: Mutex<Vec<Arc<Task>>>,
    clock: Mutex<Duration>,
    sleepers: Mutex<BTreeMap<(Duration, u64), Waker>>,
    next_sleeper: AtomicU64,
    spawned: AtomicU32,
    /// Whom the loop polls.
    current: Mutex<Option<Arc<Task>>>,
}

struct Task {
    pid: Pid,
    name: BString,
    command: BString,
    fds: Arc<FdTable>,
    signals: Arc<Signals>,
    /// Taken out while it is polled.
    future: Mutex<Option<BoxFuture<'static, u8>>>,
    exit: Mutex<Option<Exit>>,
    queued: AtomicBool,
    stopped: AtomicBool,
    job: Weak<FakeJob>,
    shared: Weak<Shared>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if let Some(shared) = self.shared.upgrade()
            && !self.stopped.load(Relaxed)
            && !self.queued.swap(true, Relaxed)
        {
            shared.driver.queue.lock().push_back(self);
        }
    }
}

impl Task {
    fn poll(self: &Arc<Self>) {
        self.queued.store(false, Relaxed);
        if self.stopped.load(Relaxed) {
            return; // SIGCONT queues it again
        }
        let Some(mut future) = self.future.lock().take() else { return };
        let waker = Waker::from(self.clone());
        let polled =
            catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut Context::from_waker(&waker))));
        match polled {
            Ok(Poll::Pending) if self.exit.lock().is_none() => *self.future.lock() = Some(future),
            Ok(Poll::Pending) => drop(future), // killed while it was polled
            Ok(Poll::Ready(code)) => {
                drop(future);
                self.end(Exit::Code(code));
            }
            Err(payload) => {
                drop(future);
                let text = payload.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
                self.end(Exit::Panicked(text.unwrap_or_else(|| "unknown".into())));
            }
        }
    }

    fn end(&self, exit: Exit) {
        if self.exit.lock().replace(exit).is_some() {
            return; // ended before
        }
        let future = self.future.lock().take();
        drop(future);
        self.fds.close_all();
        if let Some(shared) = self.shared.upgrade() {
            shared.driver.tasks.lock().retain(|task| task.pid != self.pid);
        }
        if let Some(job) = self.job.upgrade() {
            job.wake_waiting();
        }
    }

    fn signal(self: &Arc<Self>, signal: Signal) {
        if signal == Signal::Cont {
            self.stopped.store(false, Relaxed);
            self.clone().wake();
        }
        match self.signals.deliver(signal) {
            Action::Stop => {
                self.stopped.store(true, Relaxed);
                if let Some(job) = self.job.upgrade() {
                    job.wake_waiting();
                }
            }
            Action::End => self.end(Exit::Signaled(signal)),
            Action::Continue | Action::Nothing => {}
        }
    }
}

impl Driver {
    pub(super) fn now(&self) -> Duration {
        *self.clock.lock()
    }

    pub(super) fn running(&self) -> usize {
        self.tasks.lock().len()
    }

    pub(super) fn command_lines(&self) -> Vec<String> {
        self.tasks.lock().iter().map(|task| task.command.to_string()).collect()
    }

    pub(super) fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        if pid <= 1 {
            return Err(Errno::EPERM); // the fake's kernel tasks
        }
        let task = self.tasks.lock().iter().find(|task| task.pid == pid).cloned();
        task.ok_or(Errno::ESRCH)?.signal(signal);
        Ok(())
    }

    pub(super) fn current_pid(&self) -> Option<Pid> {
        self.current.lock().as_ref().map(|task| task.pid)
    }

    pub(super) fn current_job(&self) -> Option<Arc<FakeJob>> {
        self.current.lock().as_ref()?.job.upgrade()
    }

    fn advance_to(&self, time: Duration) {
        let mut clock = self.clock.lock();
        *clock = time.max(*clock);
        drop(clock);
        let due = {
            let mut sleepers = self.sleepers.lock();
            let later = sleepers.split_off(&(time, u64::MAX));
            core::mem::replace(&mut *sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    /// Moves the clock to the next one who sleeps; false if nobody does.
    fn skip_to_next_sleeper(&self) -> bool {
        let next = self.sleepers.lock().keys().next().map(|(time, _)| *time);
        next.inspect(|time| self.advance_to(*time)).is_some()
    }
}

impl FakeSystem {
    /// Runs `future` and all stages until it is ready. Everyone who can run is polled once per round;
    /// when nobody can, the scripted typist types, and then the clock moves to the next who sleeps.
    ///
    /// # Panics
    /// When nothing can run any more, with the names of the stages that wait.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        struct Flag(AtomicBool);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Relaxed);
            }
        }
        let mut future = pin!(future);
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        let driver = &self.shared.driver;
        let mut rounds_without_pause = 0;
        for _ in 0..LIMIT {
            let round = core::mem::take(&mut *driver.queue.lock());
            let idle = round.is_empty() && !woken.0.load(Relaxed);
            if woken.0.swap(false, Relaxed) {
                self.shared.budget.store(BUDGET, Relaxed);
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    driver.queue.lock().extend(round);
                    return value;
                }
            }
            for task in round {
                self.shared.budget.store(BUDGET, Relaxed);
                *driver.current.lock() = Some(task.clone());
                task.poll();
                *driver.current.lock() = None;
            }
            self.shared.budget.store(BUDGET, Relaxed);
            rounds_without_pause += 1;
            if idle || rounds_without_pause > PATIENCE {
                rounds_without_pause = 0;
                if !self.shared.terminal.play() && idle && !driver.skip_to_next_sleeper() {
                    let waiting: Vec<_> = driver
                        .tasks
                        .lock()
                        .iter()
                        .map(|task| format!("{} {}", task.pid, task.name))
                        .collect();
                    panic!("deadlock: nothing can run; stages that wait: {waiting:?}");
                }
            }
        }
        panic!("livelock: still running after {LIMIT} rounds");
    }

    /// Moves the clock by hand; who slept until then is woken.
    pub fn advance(&self, by: Duration) {
        let driver = &self.shared.driver;
        driver.advance_to(driver.now() + by);
    }
}

/// See [`crate::env::System::sleep`].
pub(super) struct Sleep {
    shared: Arc<Shared>,
    key: (Duration, u64),
}

impl Sleep {
    pub(super) fn new(shared: &Arc<Shared>, until: Duration) -> Self {
        let key = (until, shared.driver.next_sleeper.fetch_add(1, Relaxed));
        Self { shared: shared.clone(), key }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let driver = &self.shared.driver;
        if driver.now() >= self.key.0 {
            return Poll::Ready(());
        }
        driver.sleepers.lock().insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let waker = self.shared.driver.sleepers.lock().remove(&self.key);
        drop(waker);
    }
}

/// See [`Job`].
pub(super) struct FakeJob {
    stages: Mutex<Vec<Arc<Task>>>,
    /// The jobs that its stages started within it.
    below: Mutex<Vec<Arc<FakeJob>>>,
    waiting: Mutex<Vec<Waker>>,
    shared: Arc<Shared>,
    this: Weak<FakeJob>,
}

impl FakeJob {
    pub(super) fn new(shared: &Arc<Shared>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            stages: Mutex::default(),
            below: Mutex::default(),
            waiting: Mutex::default(),
            shared: shared.clone(),
            this: this.clone(),
        })
    }
}

impl FakeJob {
    pub(super) fn new_within(outer: &FakeJob) -> Arc<Self> {
        let job = Self::new(&outer.shared);
        outer.below.lock().push(job.clone());
        job
    }

    fn wake_waiting(&self) {
        let waiting = core::mem::take(&mut *self.waiting.lock());
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Job for FakeJob {
    fn spawn(&self, stage: Stage) -> Result<Pid> {
        self.shared.spawns.check(Errno::ENOMEM)?;
        let driver = &self.shared.driver;
        let pid = 100 + driver.spawned.fetch_add(1, Relaxed);
        let task = Arc::new(Task {
            pid,
            name: stage.name.into(),
            command: stage.command,
            fds: stage.fds,
            signals: stage.signals,
            future: Mutex::new(Some(stage.run)),
            exit: Mutex::new(None),
            queued: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            job: self.this.clone(),
            shared: Arc::downgrade(&self.shared),
        });
        driver.tasks.lock().push(task.clone());
        self.stages.lock().push(task.clone());
        task.wake();
        Ok(pid)
    }

    fn signal(&self, signal: Signal) {
        let stages = self.stages.lock().clone();
        for task in stages {
            if task.exit.lock().is_none() {
                task.signal(signal);
            }
        }
        let below = self.below.lock().clone();
        below.iter().for_each(|job| job.signal(signal));
    }

    fn contains(&self, pid: Pid) -> bool {
        self.stages.lock().iter().any(|task| task.pid == pid)
            || self.below.lock().iter().any(|job| job.contains(pid))
    }

    fn wait_stopped(&self) -> BoxFuture<'_, ()> {
        Box::pin(poll_fn(|cx| {
            if self.is_stopped() {
                return Poll::Ready(());
            }
            self.waiting.lock().push(cx.waker().clone());
            Poll::Pending
        }))
    }

    fn is_stopped(&self) -> bool {
        let stages = self.stages.lock();
        let mut running = stages.iter().filter(|task| task.exit.lock().is_none()).peekable();
        running.peek().is_some() && running.all(|task| task.stopped.load(Relaxed))
    }

    fn wait(&self) -> BoxFuture<'_, Vec<Exit>> {
        Box::pin(poll_fn(|cx| match self.try_wait() {
            Some(exits) => Poll::Ready(exits),
            None => {
                self.waiting.lock().push(cx.waker().clone());
                Poll::Pending
            }
        }))
    }

    fn try_wait(&self) -> Option<Vec<Exit>> {
        self.stages.lock().iter().map(|task| task.exit.lock().clone()).collect()
    }
}
