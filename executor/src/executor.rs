//! The executor: making it, spawning, and where a woken task goes.

use alloc::vec::Vec;
use core::{future::Future, panic::Location, ptr::NonNull, time::Duration};

use pollux_trace::trace;

use crate::{
    cpu::{Cpu, TICK_IN},
    idle::Sleepers,
    join::JoinHandle,
    platform::{self, OutOfMemory, Platform},
    queue::Injector,
    scope::{Scope, ScopeInner},
    shim::{AtomicU64, AtomicUsize, Ordering::*, count},
    stats::CpuStats,
    task::{
        Birth, Header, TaskPtr, cell,
        info::{TaskInfo, TaskName, WokenBy},
        shared::Shared,
        slab::{Magazine, Slab},
        state, waker,
    },
    time::Sleep,
};

/// How many numbers for tasks a CPU takes at once.
const IDS: u64 = 64;

/// The scheduler of a machine. There is one, for good: it is always used as `&'static`.
///
/// What each CPU reads all the time comes first, in a cache line that is seldom written; what foreign threads write comes last. The
/// three between have lines of their own.
#[repr(C)]
pub struct Executor {
    pub(crate) platform: &'static dyn Platform,
    pub(crate) cpus: Vec<Cpu>,
    /// The CPUs from which others should take work over; see [`crate::supervisor`].
    pub(crate) stuck: AtomicU64,
    pub(crate) sleepers: Sleepers,
    pub(crate) injector: Injector<Header>,
    pub(crate) slab: Slab,
    /// For the threads that are no CPU.
    pub(crate) outside: Magazine,
    /// The next number for a task that no CPU has numbers for.
    next_id: AtomicU64,
    /// Whose turn it is to get a foreign thread's spawn.
    next_cpu: AtomicUsize,
}

impl Executor {
    /// The most CPUs: the idle mask is one word.
    pub const MAX_CPUS: usize = 64;

    /// An executor for `cpus` CPUs. Nothing runs until their loops call [`Executor::tick`].
    ///
    /// # Panics
    /// If `cpus` is 0 or more than [`Executor::MAX_CPUS`].
    pub fn new(platform: &'static dyn Platform, cpus: usize) -> Result<Executor, OutOfMemory> {
        assert!((1..=Executor::MAX_CPUS).contains(&cpus), "an executor runs on 1 to 64 CPUs, not {cpus}");
        let mut list = Vec::new();
        list.try_reserve_exact(cpus).map_err(|_| OutOfMemory)?;
        for cpu in 0..cpus {
            list.push(Cpu::new(cpu)?);
        }
        Ok(Executor {
            platform,
            cpus: list,
            stuck: AtomicU64::new(0),
            sleepers: Sleepers::new(cpus),
            injector: Injector::new(cpus),
            slab: Slab::new(),
            outside: Magazine::new(),
            next_id: AtomicU64::new(1),
            next_cpu: AtomicUsize::new(0),
        })
    }

    /// How many CPUs it runs on.
    pub fn cpus(&self) -> usize {
        self.cpus.len()
    }

    /// The platform's time.
    pub fn now_ns(&self) -> u64 {
        platform::now_ns(self.platform)
    }

    /// Starts a task, which any CPU may run. Not in a handler, for it allocates.
    #[track_caller]
    pub fn spawn<F>(&'static self, name: &str, f: F) -> Result<JoinHandle<F::Output>, OutOfMemory>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.start(name, f, None, None, Location::caller())
    }

    /// Starts a task which only `cpu` runs: it is never stolen or moved. Not in a handler.
    ///
    /// # Panics
    /// If there is no such CPU.
    #[track_caller]
    pub fn spawn_on<F>(
        &'static self,
        cpu: usize,
        name: &str,
        f: F,
    ) -> Result<JoinHandle<F::Output>, OutOfMemory>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        assert!(cpu < self.cpus(), "there are {} CPUs, and no CPU {cpu}", self.cpus());
        self.start(name, f, Some(cpu), None, Location::caller())
    }

    /// A scope: tasks that are cancelled, stopped and joined together.
    pub fn scope(&'static self) -> Result<Scope, OutOfMemory> {
        Scope::new(self)
    }

    /// A future that is ready once `d` has passed from now.
    #[track_caller]
    pub fn sleep(&'static self, d: Duration) -> Sleep {
        let ns = u64::try_from(d.as_nanos()).unwrap_or(u64::MAX);
        self.sleep_until(self.now_ns().saturating_add(ns))
    }

    /// A future that is ready at `at_ns` of the platform's time.
    #[track_caller]
    pub fn sleep_until(&'static self, at_ns: u64) -> Sleep {
        Sleep::new(self, at_ns)
    }

    /// What `cpu` polls at the moment. Safe to ask from a panic handler: it takes no lock for good.
    pub fn current_task(&self, cpu: usize) -> Option<TaskInfo> {
        let current = self.cpus.get(cpu)?.near.current();
        if current.is_null() { None } else { self.slab.find(current) }
    }

    /// The task that `cpu` polls, for tracepoints.
    pub fn polled(&self, cpu: usize) -> Option<&pollux_trace::Polled> {
        self.cpus.get(cpu).map(|cpu| &cpu.near.polled)
    }

    /// When the poll began that `cpu` is in, or the last one ended.
    pub(crate) fn poll_began_ns(&self, cpu: usize) -> u64 {
        self.cpus.get(cpu).map_or(0, |cpu| cpu.near.clock_ns.load(Relaxed))
    }

    /// Cancels the task that this CPU polls: its future is dropped right after this poll. From the middle of anything
    /// that a task does, an allocation say: it takes no lock.
    pub fn cancel_current(&self) {
        let cpu = self.current_cpu().and_then(|cpu| self.cpus.get(cpu));
        let current = cpu.map(|cpu| cpu.near.current());
        if let Some(current) = current.and_then(NonNull::new) {
            // SAFETY: the task that is current on this CPU, whose code is what calls, is kept by the tick that runs it.
            unsafe { TaskPtr::from_raw(current) }.cancel();
        }
    }

    /// Calls `visit` for every task that has not ended, without stopping any.
    pub fn tasks(&self, visit: &mut dyn FnMut(TaskInfo)) {
        self.slab.visit(visit);
    }

    /// How many polls there were so far, if all CPUs but `cpu`, which calls and has nothing to do, sleep, and nothing is
    /// queued. Asked twice with the same answer, nothing has happened between.
    pub fn polls_if_quiet(&self, cpu: usize) -> Option<u64> {
        let polls = self.cpus.iter().map(|cpu| cpu.near.polls.load(Relaxed)).sum();
        let others = (0..self.cpus()).filter(|&other| other != cpu).fold(0, |mask, other| mask | 1 << other);
        let quiet = self.sleepers.idle() & others == others
            && self.injector.is_empty()
            && self.cpus.iter().all(|cpu| cpu.ring.is_empty() && !cpu.has_own_work());
        quiet.then_some(polls)
    }

    /// [`Executor::tasks`] from a context that may have interrupted anything: it takes no lock for good. False if some
    /// tasks are missing because somebody holds one.
    pub fn try_tasks(&self, visit: &mut dyn FnMut(TaskInfo)) -> bool {
        self.slab.try_visit(visit)
    }

    /// What `cpu` has done so far.
    ///
    /// # Panics
    /// If there is no such CPU.
    pub fn cpu_stats(&self, cpu: usize) -> CpuStats {
        let (near, far) = (&self.cpus[cpu].near, &self.cpus[cpu].far);
        let kicks_sent = far.kicks_sent.load(Relaxed);
        let kicks_saved = far.kicks_saved.load(Relaxed);
        let asleep = match far.idle_since.load(Relaxed) {
            0 => 0,
            since => self.now_ns().saturating_sub(since - 1),
        };
        CpuStats {
            polls: near.polls.load(Relaxed),
            wakes: near.wakes.load(Relaxed),
            steals: near.steals.load(Relaxed),
            searches: near.searches.load(Relaxed),
            kicks_sent,
            kicks_saved,
            idle_ns: near.idle_ns.load(Relaxed) + asleep,
            timers_fired: near.timers_fired.load(Relaxed),
        }
    }

    /// What `spawn` and its relatives have in common. A future that is not `Send` must be pinned to the CPU
    /// that calls.
    pub(crate) fn start<F: Future>(
        &'static self,
        name: &str,
        future: F,
        pin_to: Option<usize>,
        scope: Option<&Shared<ScopeInner>>,
        spawned_at: &'static Location<'static>,
    ) -> Result<JoinHandle<F::Output>, OutOfMemory> {
        let here = self.here();
        let birth = self.birth(here, TaskName::new(name), pin_to, scope, spawned_at);
        let task = cell::new(self, birth, future, self.magazine(here))?;
        Ok(self.begin::<F>(here, task, pin_to.is_some(), scope))
    }

    pub(crate) fn magazine(&'static self, here: Option<&'static Cpu>) -> &'static Magazine {
        here.map_or(&self.outside, |cpu| &cpu.magazine)
    }

    #[inline(always)]
    pub(crate) fn birth(
        &'static self,
        here: Option<&'static Cpu>,
        name: TaskName,
        pin_to: Option<usize>,
        scope: Option<&Shared<ScopeInner>>,
        spawned_at: &'static Location<'static>,
    ) -> Birth {
        Birth {
            state: if scope.is_some() { state::Birth::Held } else { state::Birth::Ready },
            // Without a scope, a foreign thread's task goes to the injector, where no CPU is its owner.
            owner: match (pin_to, here) {
                (Some(cpu), _) => cpu,
                (None, Some(cpu)) => cpu.index,
                (None, None) if scope.is_some() => self.choose_cpu(),
                (None, None) => 0,
            },
            pinned: pin_to.is_some(),
            id: self.number(here),
            name,
            spawned_at,
            scope: scope.cloned(),
        }
    }

    /// The number of a new task. A CPU takes some at once.
    fn number(&self, here: Option<&Cpu>) -> u64 {
        let Some(Cpu { near, .. }) = here else { return self.next_id.fetch_add(1, Relaxed) };
        let mut id = near.next_id.load(Relaxed);
        if id == near.ids_end.load(Relaxed) {
            id = self.next_id.fetch_add(IDS, Relaxed);
            near.ids_end.store(id + IDS, Relaxed);
        }
        near.next_id.store(id + 1, Relaxed);
        id
    }

    /// Lets a new task go, which was made from an `F`.
    pub(crate) fn begin<F: Future>(
        &'static self,
        here: Option<&'static Cpu>,
        task: TaskPtr,
        pinned: bool,
        scope: Option<&Shared<ScopeInner>>,
    ) -> JoinHandle<F::Output> {
        task.header().trace_spawn();
        // SAFETY: the task was made from an `F`, and the handle's reference is counted from the start.
        let handle = unsafe { JoinHandle::new(task) };
        match scope {
            Some(scope) => scope.adopt(task),
            None => match here {
                Some(cpu) => self.schedule_here(cpu, task, pinned),
                None => self.spawn_from_outside(task),
            },
        }
        handle
    }

    /// The CPU that calls, in task context; `None` in a handler and on a thread that is no CPU.
    pub(crate) fn here(&'static self) -> Option<&'static Cpu> {
        let cpu = platform::task_cpu(self.platform)?; // in two steps: less to save across the call
        self.cpus.get(cpu)
    }

    /// The CPU that calls; `None` on a thread that is none of them.
    pub fn current_cpu(&self) -> Option<usize> {
        platform::current_cpu(self.platform).filter(|&cpu| cpu < self.cpus())
    }

    /// For a spawn from outside: an idle CPU, or the next one.
    fn choose_cpu(&self) -> usize {
        self.sleepers.some_idle().unwrap_or_else(|| self.next_cpu.fetch_add(1, Relaxed) % self.cpus())
    }

    /// Puts a task into a queue: called once for each transition that says so.
    ///
    /// A task that a task wakes comes to the CPU that wakes it: what they share is in this cache, and
    /// two tasks that talk to each other end up on one CPU, where a wake needs no interrupt. What a
    /// handler or a foreign thread wakes goes to the inbox of the CPU that ran it last, and so does
    /// what is pinned.
    pub(crate) fn schedule(&'static self, task: TaskPtr) {
        self.schedule_known(task, task.header().is_pinned());
    }

    /// [`Executor::schedule`] of a task of which is known whether it is pinned.
    #[inline(always)]
    pub(crate) fn schedule_known(&'static self, task: TaskPtr, pinned: bool) {
        match self.here() {
            Some(cpu) => self.schedule_here(cpu, task, pinned),
            None => self.schedule_from_outside(task),
        }
    }

    #[inline(always)]
    pub(crate) fn schedule_here(&'static self, cpu: &'static Cpu, task: TaskPtr, pinned: bool) {
        let (header, near) = (task.header(), &cpu.near);
        // As of the beginning of the poll that wakes: the clock is read once a poll.
        header.queued_ns.store(near.clock_ns.load(Relaxed), Relaxed);
        count(&near.wakes, 1);
        header.set_woken_by(near.wakes_as());
        if pinned || !cpu.lifo_open() {
            return self.push_far(cpu, task);
        }
        // AcqRel: for a CPU that rescues what is in the slot; on one CPU it costs nothing more.
        let before = near.lifo.swap(task.as_ptr().as_ptr(), AcqRel);
        if let Some(before) = core::ptr::NonNull::new(before) {
            // SAFETY: it was queued in the slot, so its life reference is held.
            self.push_far(cpu, unsafe { TaskPtr::from_raw(before) });
        }
    }

    /// Beyond the LIFO slot: the ring of the CPU that calls, or the inbox of the one it is pinned to.
    #[inline(never)]
    fn push_far(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        if task.header().is_pinned() {
            return self.push_inbox(task.header().owner.load(Relaxed).into(), task);
        }
        // Alone in the line of a CPU that is at work: as in the slot, it waits for the end of the poll, if there is one.
        // Waking another CPU for it would only carry it around.
        let next = cpu.near.tick.load(Relaxed) == TICK_IN
            && cpu.ring.is_empty()
            && cpu.near.lifo.load(Relaxed).is_null();
        self.push_ring(cpu, task);
        if !next {
            self.wake_searcher();
        }
    }

    /// A new task of a foreign thread: for whoever finds it first. If all sleep, one is woken; while it is on
    /// its way, others that come need no kick.
    fn spawn_from_outside(&'static self, task: TaskPtr) {
        if task.header().is_pinned() || self.platform.in_interrupt() {
            return self.schedule_from_outside(task);
        }
        task.header().queued_ns.store(self.now_ns(), Relaxed);
        task.header().set_woken_by(WokenBy::code_off(None, None));
        // SAFETY: the task is scheduled and in no queue; its life reference is held until it ends.
        unsafe { self.injector.push(task.as_ptr()) };
        self.wake_any();
    }

    #[inline(never)]
    fn schedule_from_outside(&'static self, task: TaskPtr) {
        let header = task.header();
        let vector = self.platform.interrupt_vector();
        header.queued_ns.store(self.now_ns(), Relaxed);
        header.set_woken_by(WokenBy::code_off(self.current_cpu(), vector));
        self.push_inbox(header.owner.load(Relaxed).into(), task);
    }

    /// Puts a task at the end of the CPU's ring, or where there is room.
    pub(crate) fn push_ring(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        cpu.push_shared(&self.injector, task.as_ptr());
    }

    pub(crate) fn push_inbox(&'static self, cpu: usize, task: TaskPtr) {
        let far = &self.cpus[cpu].far;
        // SAFETY: the task is scheduled and in no queue; its life reference is held until it ends.
        // (From here on it may run and end: `task` is not touched again.)
        unsafe { far.inbox.push(task.as_ptr()) };
        self.kick_if_idle(cpu);
    }

    /// For who has just given `cpu` something to do: steps 2 and 3 of the picture in the crate's documentation.
    pub(crate) fn kick_if_idle(&'static self, cpu: usize) {
        let far = &self.cpus[cpu].far;
        if self.sleepers.must_kick(cpu) {
            far.kicks_sent.fetch_add(1, Relaxed);
            trace!(Kick, cpu);
            self.platform.kick(cpu);
        } else {
            far.kicks_saved.fetch_add(1, Relaxed);
        }
    }

    /// For who has just put stealable work on the ring of the CPU that calls.
    pub(crate) fn wake_searcher(&'static self) {
        if self.cpus.len() > 1 {
            self.wake_any();
        }
    }

    /// For who has just put work where any CPU finds it.
    pub(crate) fn wake_any(&'static self) {
        if let Some(cpu) = self.sleepers.must_wake_searcher() {
            let far = &self.cpus[cpu].far;
            self.sleepers.appoint(&far.searcher);
            far.kicks_sent.fetch_add(1, Relaxed);
            trace!(Kick, cpu);
            self.platform.kick(cpu);
        }
    }

    /// The last reference is gone: frees the task, or in a handler leaves that to the next tick.
    #[inline(never)]
    pub(crate) fn bury(&'static self, task: TaskPtr) {
        let Some(cpu) = self.here() else { return self.bury_from_outside(task) };
        let header = task.header();
        let left = header.state.left();
        if left.more_than_waker() {
            return Self::bury_slow(cpu, task);
        }
        let mut joiner = None;
        if left.has_waker() {
            // SAFETY: the last reference is gone, so nobody else can reach the slot, which has one.
            joiner = waker::task_of(unsafe { header.join_waker() });
            if joiner.is_none() {
                return Self::bury_slow(cpu, task);
            }
        }
        // The usual case in line: what the cell is of need not be known, as there is nothing to drop.
        // SAFETY: the last reference is gone, and a cell of this class is of the slab: those that are not have none.
        if !unsafe { cpu.magazine.keep(header.class(), task.as_ptr()) } {
            return Self::bury_slow(cpu, task);
        }
        if let Some(joiner) = joiner {
            // SAFETY: the reference of the waker in the slot, which is not dropped.
            if unsafe { joiner.give_up() } {
                Self::bury_joiner(joiner);
            }
        }
    }

    /// A function of its own, so that [`Executor::bury`] is no loop.
    #[cold]
    #[inline(never)]
    fn bury_joiner(joiner: TaskPtr) {
        joiner.header().executor.bury(joiner);
    }

    #[cold]
    #[inline(never)]
    fn bury_slow(cpu: &'static Cpu, task: TaskPtr) {
        // SAFETY: the last reference is gone, so nobody else can reach the task.
        unsafe { (task.header().vtable().free)(task, &cpu.magazine) };
    }

    #[cold]
    #[inline(never)]
    fn bury_from_outside(&'static self, task: TaskPtr) {
        if self.platform.in_interrupt() {
            let cpu = self.current_cpu().unwrap_or(0);
            // SAFETY: a task without references is complete, so in no queue; nobody else frees it.
            unsafe { self.cpus[cpu].far.graveyard.push(task.as_ptr()) };
        } else {
            // SAFETY: as in `bury`.
            unsafe { (task.header().vtable().free)(task, &self.outside) };
        }
    }

    /// Gives the memory of ended tasks that is kept for new ones back to the heap: for when that is short. Not
    /// in a handler.
    pub fn trim(&self) {
        self.slab.trim(self.cpus.iter().map(|cpu| &cpu.magazine).chain([&self.outside]));
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        self.trim();
    }
}
