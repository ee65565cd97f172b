//! The loop's side of the executor: what the machine's loop on each CPU calls.
//!
//! ```text
//!   loop {
//!       while executor.tick(cpu) == Tick::Worked {}
//!       // interrupts off
//!       if let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) {
//!           // set the one-shot timer to until_ns, or none; interrupts on and halt as one step
//!           executor.leave_idle(cpu);
//!       }
//!       // interrupts on
//!   }
//! ```

use alloc::string::String;
use core::{
    ptr,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use pollux_trace::trace;

use crate::{
    budget,
    cpu::{Cpu, SHORT_POLL_NS, TICK_IN, TICK_OUT, TICK_UNWOUND},
    executor::Executor,
    queue::Ring,
    scope::ScopeInner,
    shim::{Ordering::*, count},
    supervisor::LONG_POLL_NS,
    task::{
        Header, TaskPtr,
        cell::Failure,
        info::FIRST_DELAY_NS,
        shared::Shared,
        state::{Complete, Start, Suspend},
        waker,
    },
};

/// After so many polls a tick ends, when it is not the LIFO slot's turn.
const TICK_POLLS: u64 = 128;

/// What a tick did.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Something: there may be more.
    Worked,
    /// Nothing, and nothing was found to do.
    Idle,
}

/// What an idle CPU does next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// Work has come: call [`Executor::tick`].
    Work,
    /// Sleep until an interrupt, a kick, or the time of the next timer, if there is one.
    Sleep {
        /// The next deadline on this CPU, exactly.
        until_ns: Option<u64>,
    },
}

/// What became of the future whose poll panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// Its stack was left without unwinding, so it may be in any state: forget it, drop nothing.
    Leak,
    /// It was unwound: drop it.
    Drop,
}

struct InTick(&'static Cpu);

impl Drop for InTick {
    fn drop(&mut self) {
        // Only when unwinding; the usual end forgets this guard. Release: what the tick did.
        self.0.near.tick.store(TICK_UNWOUND, Release);
    }
}

impl Executor {
    /// Does what there is to do on `cpu`, up to a bounded number of polls: frees what handlers left,
    /// fires timers, polls tasks, and looks for work on other CPUs. Interrupts on; never in a handler.
    ///
    /// If it unwinds (or is left by a panic handler that does not return), call
    /// [`Executor::abandon_current`] before the next tick.
    ///
    /// # Panics
    /// If another tick of the same CPU runs. Panics of tasks and of foreign wakers pass through.
    pub fn tick(&'static self, cpu: usize) -> Tick {
        let index = cpu;
        let cpu = &self.cpus[index];
        // Acquire: partner of the Release when the last tick ended.
        assert!(
            cpu.near.tick.compare_exchange(TICK_OUT, TICK_IN, Acquire, Relaxed).is_ok(),
            "a tick of CPU {index} began while another ran, or after one that was not abandoned"
        );
        let in_tick = InTick(cpu);
        let (mut worked, polls) = (false, cpu.near.polls.load(Relaxed));
        while let Some(dead) = cpu.next_dead() {
            worked = true;
            // SAFETY: what lies in the graveyard has no reference left.
            unsafe {
                let dead = TaskPtr::from_raw(dead);
                (dead.header().vtable().free)(dead, &cpu.magazine);
            }
        }
        let mut now_ns = self.now_ns();
        cpu.near.clock_ns.store(now_ns, Relaxed);
        worked |= self.fire_due(cpu, now_ns);
        if self.stuck.load(Relaxed) != 0 {
            self.rescue(cpu);
        }
        cpu.begin_polls();
        let end = polls + TICK_POLLS;
        loop {
            let mut task = cpu.next_lifo();
            if task.is_none() {
                self.fire_due_between_polls(cpu, now_ns);
                if cpu.near.polls.load(Relaxed) >= end {
                    break;
                }
                task = self.next(cpu);
                now_ns = cpu.near.clock_ns.load(Relaxed); // a search takes time
            }
            let Some(task) = task else { break };
            now_ns = self.run(cpu, task, now_ns, end);
        }
        core::mem::forget(in_tick);
        Self::end_tick(cpu);
        if worked || cpu.near.polls.load(Relaxed) != polls { Tick::Worked } else { Tick::Idle }
    }

    /// Says that `cpu` is about to sleep. Call with interrupts off, and keep them off until the sleep;
    /// see the picture in the crate's documentation for why.
    pub fn prepare_idle(&'static self, cpu: usize) -> Idle {
        let (index, cpu) = (cpu, &self.cpus[cpu]);
        self.sleepers.publish(index, &cpu.far.searcher);
        let work = self.has_queued(cpu);
        let until_ns = if work { None } else { self.next_deadline(cpu) };
        let now_ns = self.now_ns();
        if work || until_ns.is_some_and(|at| at <= now_ns) {
            self.sleepers.withdraw(index);
            return Idle::Work;
        }
        cpu.far.idle_since.store(now_ns + 1, Relaxed);
        trace!(IdleEnter);
        Idle::Sleep { until_ns }
    }

    /// Whether the next tick of `cpu` has something to do: a guess, for a CPU that waits awake for a while since waking up takes
    /// longer. Only [`Executor::prepare_idle`] knows.
    pub fn has_work(&self, cpu: usize) -> bool {
        let cpu = &self.cpus[cpu];
        self.has_queued(cpu) || cpu.far.next_timer_ns.load(Relaxed) <= self.now_ns()
    }

    fn has_queued(&self, cpu: &Cpu) -> bool {
        cpu.has_own_work()
            || !self.injector.is_empty()
            || self.stuck.load(Relaxed) != 0
            || self.cpus.iter().any(|other| !other.ring.is_empty())
    }

    /// Says that `cpu` is awake, for whatever reason. Call it before the next tick.
    pub fn leave_idle(&'static self, cpu: usize) {
        self.sleepers.withdraw(cpu);
        let (near, far) = (&self.cpus[cpu].near, &self.cpus[cpu].far);
        let since = far.idle_since.load(Relaxed);
        if since != 0 {
            far.idle_since.store(0, Relaxed);
            let slept_ns = self.now_ns().saturating_sub(since - 1);
            count(&near.idle_ns, slept_ns);
            trace!(IdleLeave, slept_ns);
        }
    }

    /// Ends the task whose poll on `cpu` panicked: its join handle gets
    /// [`JoinError::Panicked`](crate::JoinError::Panicked) with `message`. Afterwards `cpu` may tick
    /// again. If the panic came from something that no task did (a foreign waker), nothing ends.
    ///
    /// With [`Abandoned::Drop`] the future is dropped, once; if that panics too, call this again: the
    /// rest of the future is then leaked and the task ends with the second message. A panic in the drop
    /// of a cancelled future, or of an output nobody wants, is handled the same way.
    ///
    /// [`Abandoned::Leak`] is for the CPU's own loop after its stack was cut back past the tick: nothing
    /// of the poll may still run. Calling it from inside a poll breaks the task that runs.
    ///
    /// # Panics
    /// With `Drop`, if no tick of this CPU was unwound; with `Leak`, if none was begun; and if the
    /// caller is on another CPU.
    pub fn abandon_current(&'static self, cpu: usize, message: String, future: Abandoned) {
        let cpu_block = &self.cpus[cpu];
        assert_eq!(self.platform.current_cpu(), Some(cpu), "a CPU abandons its own task only");
        let from = match future {
            Abandoned::Leak => TICK_IN,
            Abandoned::Drop => TICK_UNWOUND,
        };
        // Acquire: what the tick did, released by `InTick`.
        let was = cpu_block.near.tick.compare_exchange(from, TICK_IN, Acquire, Relaxed);
        assert!(was.is_ok() || (future == Abandoned::Leak && was == Err(TICK_UNWOUND)), "no tick was left");
        let in_tick = InTick(cpu_block);
        if let Some(task) = NonNull::new(cpu_block.near.current()) {
            // SAFETY: the current task is not complete, or its end is not finished: its life reference
            // is held. The stage is ours, as we are the poller.
            unsafe {
                let task = TaskPtr::from_raw(task);
                let header = task.header();
                if header.state.is_done() {
                    // Its output was being dropped, or its joiner woken.
                    self.bid_farewell(cpu_block, task);
                } else {
                    if future == Abandoned::Drop && !header.is_dropping() {
                        (header.vtable().drop_future)(task);
                    }
                    header.set_dropping(false);
                    trace!(TaskPanic, header.id.load(Relaxed));
                    (header.vtable().store_failure)(task, Failure::Panicked(message));
                    self.finish(cpu_block, task);
                }
            }
        }
        core::mem::forget(in_tick);
        Self::end_tick(cpu_block);
    }

    fn end_tick(cpu: &Cpu) {
        cpu.end_polls();
        cpu.near.tick.store(TICK_OUT, Release); // partner: the Acquire when the next one begins
    }

    /// [`Executor::fire_due`] when polls have begun: what it wakes is not woken by the task that was polled last.
    #[inline(always)]
    fn fire_due_between_polls(&'static self, cpu: &'static Cpu, now_ns: u64) {
        if now_ns >= cpu.far.next_timer_ns.load(Relaxed) {
            cpu.end_polls();
            self.fire(cpu, now_ns, cpu);
            cpu.begin_polls();
        }
    }

    /// Takes the next task, when the LIFO slot is not first, and says that a search is over.
    #[inline(always)]
    fn next(&'static self, cpu: &'static Cpu) -> Option<TaskPtr> {
        let next = cpu.next(&self.injector, || self.wake_searcher());
        let task = next.or_else(|| self.search(cpu))?;
        if cpu.far.searcher.is_set() {
            self.end_search(cpu);
        }
        Some(task)
    }

    /// Polls a task that was taken out of a queue at that time, or drops it if it was cancelled. Returns what time it is then.
    /// The tick ends with that count of polls.
    #[inline(always)]
    fn run(&'static self, cpu: &'static Cpu, task: TaskPtr, now_ns: u64, end: u64) -> u64 {
        let (header, near) = (task.header(), &cpu.near);
        match header.state.start() {
            Start::Poll => near.set_current(task),
            Start::Drop => {
                count(&near.polls, 1);
                self.end_cancelled(cpu, task);
                return now_ns;
            }
            Start::Hold => {
                // Resume may have queued it already, so it is not touched.
                count(&near.polls, 1);
                return now_ns;
            }
        }
        let (end, now_ns) = self.poll(cpu, task, now_ns, end);
        if end.is_ready() {
            trace!(TaskComplete, header.id.load(Relaxed), header.busy_ns.load(Relaxed));
            self.finish_in_line(cpu, task);
            return now_ns;
        }
        near.clear_current();
        match header.state.suspend() {
            Suspend::Wait => {}
            Suspend::Requeue => {
                header.queued_ns.store(now_ns, Relaxed);
                self.requeue(cpu, task);
            }
            Suspend::Restart => {
                // It was cancelled during the poll: it ends before anything else runs.
                let start = header.state.start();
                debug_assert_eq!(start, Start::Drop, "a cancellation is never taken back");
                self.end_cancelled(cpu, task);
            }
        }
        now_ns
    }

    /// Ends a task that is RUNNING and was cancelled.
    #[cold]
    #[inline(never)]
    fn end_cancelled(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        let header = task.header();
        cpu.near.set_current(task);
        trace!(TaskCancel, header.id.load(Relaxed));
        // SAFETY: RUNNING gives us the stage.
        unsafe {
            (header.vtable().drop_future)(task);
            (header.vtable().store_failure)(task, Failure::Cancelled);
        }
        self.finish(cpu, task);
    }

    /// Polls a task that is RUNNING, and measures that. If it is woken in its poll and there is nothing else
    /// to do, it is polled again at once: there is no line whose end it could go to.
    #[inline(always)]
    fn poll(&'static self, cpu: &'static Cpu, task: TaskPtr, mut began_ns: u64, end: u64) -> (Poll<()>, u64) {
        let (header, near) = (task.header(), &cpu.near);
        // Below zero if it was queued by another CPU, whose poll began later.
        let delay_ns = began_ns.wrapping_sub(header.queued_ns.load(Relaxed)) as i64;
        trace!(PollBegin, header.id.load(Relaxed), delay_ns.max(0));
        if delay_ns as u64 >= FIRST_DELAY_NS {
            header.count_delay(delay_ns);
        }
        header.owner.store(cpu.index as u16, Relaxed);
        let waker = waker::borrowed(task);
        let mut cx = Context::from_waker(&waker);
        loop {
            header.budget.store(budget::POLL_BUDGET, Relaxed);
            header.begin_poll();
            count(&near.polls, 1);
            // SAFETY: RUNNING gives us the stage.
            if unsafe { (header.vtable().poll)(task, &mut cx) }.is_ready() {
                return (Poll::Ready(()), self.measure(cpu, header, began_ns));
            }
            began_ns = self.measure(cpu, header, began_ns);
            let again = header.state.is_woken()
                && cpu.has_nothing_else(&self.injector, began_ns)
                && near.polls.load(Relaxed) < end
                && header.state.restart();
            if !again {
                return (Poll::Pending, began_ns);
            }
            trace!(PollBegin, header.id.load(Relaxed));
        }
    }

    /// What a poll that began then has taken, until now.
    #[inline(always)]
    fn measure(&'static self, cpu: &'static Cpu, header: &Header, began_ns: u64) -> u64 {
        let now_ns = self.now_ns();
        cpu.near.clock_ns.store(now_ns, Relaxed);
        // The clock of one CPU never goes back.
        let took_ns = now_ns.wrapping_sub(began_ns);
        count(&header.busy_ns, took_ns);
        trace!(PollEnd, header.id.load(Relaxed), took_ns);
        if took_ns > header.longest_short_ns.load(Relaxed).into() {
            if took_ns > SHORT_POLL_NS {
                self.let_others_first(cpu, header, took_ns);
            } else {
                header.longest_short_ns.store(took_ns as u32, Relaxed);
            }
        }
        now_ns
    }

    /// After a long poll: the others have their turn, on other CPUs too if one of them sleeps and somebody will
    /// be left in the line. What is in the LIFO slot goes to the end of it. The task is reported if it was so long as never before.
    #[cold]
    #[inline(never)]
    fn let_others_first(&'static self, cpu: &'static Cpu, header: &Header, took_ns: u64) {
        let longest = header.note_long_poll(took_ns);
        cpu.let_injector_first();
        if cpu.injector_is_next() && cpu.queued_but_lifo(&self.injector) == 0 {
            self.help(cpu);
        }
        if let Some(task) = cpu.take_lifo() {
            self.push_last(cpu, task);
        }
        if longest && took_ns > LONG_POLL_NS {
            self.report_long_poll(header, took_ns);
        }
    }

    /// It was woken during its poll, by itself or by others: to the end of the line.
    #[inline(never)]
    fn requeue(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        if task.header().is_pinned() {
            // SAFETY: it is scheduled and in no queue; its life reference is held.
            unsafe { cpu.far.inbox.push(task.as_ptr()) };
            return;
        }
        self.push_last(cpu, task);
    }

    /// To the end of the line: of the injector, if that is next and has a line. Otherwise of the ring. Whoever is alone there is
    /// next on this CPU: waking another one for it would only carry it around.
    fn push_last(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        let behind_injector = cpu.injector_is_next() && !self.injector.is_empty();
        let company = behind_injector || !cpu.ring.is_empty();
        if behind_injector {
            // SAFETY: the task is scheduled and in no queue; its life reference is held until it ends.
            unsafe { self.injector.push(task.as_ptr()) };
        } else {
            self.push_ring(cpu, task);
        }
        if company && self.sleepers.any_idle() {
            self.wake_searcher();
        }
    }

    /// Ends a task whose output is stored. What can run foreign code comes after everything that must
    /// not be lost, so that [`Executor::abandon_current`] can go on from there.
    #[inline(always)]
    fn finish_in_line(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        let header = task.header();
        match header.state.complete() {
            // SAFETY: DETACHED gives us the output.
            Complete::DropOutput => unsafe { (header.vtable().drop_output)(task) },
            // SAFETY: JOIN_WAIT was set when DONE was: the slot is read-only from now on.
            Complete::WakeJoiner => self.wake_joiner(cpu, unsafe { header.join_waker() }),
            Complete::Nothing => {}
        }
        self.bid_farewell(cpu, task);
    }

    /// [`Executor::finish_in_line`], where that is rare.
    #[cold]
    #[inline(never)]
    fn finish(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        self.finish_in_line(cpu, task);
    }

    /// [`Waker::wake_by_ref`]: a task of ours in line, to the CPU whose tick this is.
    #[inline(always)]
    fn wake_joiner(&'static self, cpu: &'static Cpu, waker: &Waker) {
        match waker::task_of(waker) {
            Some(joiner) if ptr::eq(joiner.header().executor, self) => joiner.wake_on(self, cpu),
            _ => waker.wake_by_ref(),
        }
    }

    #[inline(always)]
    fn bid_farewell(&'static self, cpu: &'static Cpu, task: TaskPtr) {
        cpu.near.clear_current();
        task.header().clear();
        if task.header().has_rare() {
            return Self::bid_long_farewell(task);
        }
        // SAFETY: the life reference, given up once: a task ends once.
        unsafe { task.release() };
    }

    #[inline(never)]
    fn bid_long_farewell(task: TaskPtr) {
        task.header().clear_rare();
        match task.header().scope() {
            Some(scope) => Self::leave_scope(scope.clone(), task),
            // SAFETY: the life reference, given up once: a task ends once.
            None => unsafe { task.release() },
        }
    }

    /// The end of a task that is in a scope.
    fn leave_scope(scope: Shared<ScopeInner>, task: TaskPtr) {
        scope.dismiss(task);
        // SAFETY: the life reference, given up once: a task ends once.
        unsafe { task.release() };
        scope.leave();
    }

    /// Looks for work on the other CPUs, unless enough do.
    #[inline(never)]
    fn search(&'static self, cpu: &'static Cpu) -> Option<TaskPtr> {
        if self.cpus.len() == 1 {
            return None;
        }
        if !cpu.far.searcher.is_set() && !self.sleepers.begin_search(&cpu.far.searcher) {
            return None;
        }
        count(&cpu.near.searches, 1);
        trace!(Search);
        let task = self.steal(cpu, |_| true)?; // if not, still a searcher: `prepare_idle` ends that, before its recheck
        cpu.near.clock_ns.store(self.now_ns(), Relaxed);
        Some(task)
    }

    /// Half of what waits on another CPU waits here instead: not one task alone, which that CPU is about to poll.
    fn help(&'static self, cpu: &'static Cpu) {
        if let Some(task) = self.steal(cpu, |ring| ring.len() > 1) {
            self.push_ring(cpu, task);
        }
    }

    /// Half of the ring of some other CPU, of those that `may` be asked: the oldest, and the others are on our ring.
    fn steal(&'static self, cpu: &'static Cpu, may: impl Fn(&Ring<Header>) -> bool) -> Option<TaskPtr> {
        let cpus = self.cpus.len();
        let mut victim = cpu.random() as usize % cpus;
        for _ in 0..cpus {
            victim = if victim + 1 < cpus { victim + 1 } else { 0 };
            let ring = &self.cpus[victim].ring;
            if victim != cpu.index
                && may(ring)
                && let Some((task, n)) = cpu.ring.steal_from(ring)
            {
                count(&cpu.near.steals, u64::from(n));
                trace!(Steal, victim, n);
                // SAFETY: it was queued there, so its life reference is held.
                return Some(unsafe { TaskPtr::from_raw(task) });
            }
        }
        None
    }

    #[cold]
    fn end_search(&'static self, cpu: &'static Cpu) {
        if self.sleepers.found(&cpu.far.searcher) {
            self.wake_searcher();
        }
    }
}
