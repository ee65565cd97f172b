//! Lost wakes: tasks that wait although what they wait for is there, and that nobody has woken.
//!
//! Who changes a thing wakes its waiters in the same poll. So while no CPU polls anything and nothing is queued, no wake is on
//! its way, and who still waits for what is there will wait for ever. The thing itself is asked. Nobody is polled for it, so
//! nothing that a future does when it is polled for no reason can look like a lost wake. What cannot be asked (a time, a
//! driver, something of another crate) is left out, and so is a thing that is in use.
//!
//! | what is awaited | who is asked |
//! |---|---|
//! | bytes and room in pipes, of stages | the open files of the stage |
//! | the same, of other tasks | the end of the pipe, through [`crate::asked`] |
//! | terminals, jobs, somebody at the other end of a pipe with a name | the thing, through [`crate::asked`] |
//! | channels, locks, semaphores, notifications, oneshots, watches | the thing, through the executor's table |
//! | the end of a task | whether that is there |
//!
//! Debug builds ask each time that all CPUs have run out of work. Two may do so at the same instant: so a CPU first says that it is
//! idle, and then looks whether the others are, too.
//!
//! ```text
//!   says that it is idle ──▶ all are, and nobody has looked since? ──no──▶ sleeps ──▶ wakes: a look is due again
//!            ▲                              │ yes, and nobody else does
//!            └──────── looks ◀── says that it is awake
//! ```
//!
//! Of CPUs that go to sleep together the last one to say so sees that all others are idle, or that one is not because it looks; and
//! that one comes back here when it has looked.

use core::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use bstr::ByteSlice;
use pollux_executor::{TaskId, TaskInfo, TaskState};
use pollux_shell::{env::File, fd::FdTable};

use super::Jobs;
use crate::{asked, waits::Wait};

/// When somebody looks.
pub(super) struct Looks {
    /// How many CPUs have come to ask whether a look is due since somebody began to ask or to look; 0 when nobody does.
    came: AtomicUsize,
    /// What had happened when somebody looked last with nothing that disturbed it, or [`NEVER`] or [`NOW`].
    looked: AtomicU64,
}

/// Nobody has looked.
const NEVER: u64 = u64::MAX;
/// Somebody looks.
const NOW: u64 = u64::MAX - 1;

impl Looks {
    pub(super) fn new() -> Looks {
        Looks { came: AtomicUsize::new(0), looked: AtomicU64::new(NEVER) }
    }
}

/// The right to look, which nobody else has. Who had it must ask anew whether a look is due.
#[must_use = "nobody else looks while it is there"]
pub struct Look<'a>(&'a Jobs);

impl Look<'_> {
    /// Looks, and writes what it finds to the log. The CPU has said that it is awake.
    pub fn log(self, quiet: &dyn Fn() -> Option<u64>) {
        self.tell(quiet, &mut |info, wait| self.0.log_lost_wake(info, wait));
    }

    fn tell(&self, quiet: &dyn Fn() -> Option<u64>, tell: &mut dyn FnMut(&TaskInfo, Wait)) {
        let looked = &self.0.looks.looked;
        looked.store(NOW, Relaxed);
        if let Some(happened) = self.0.report_lost_wakes(quiet, tell) {
            // Unless a CPU was woken meanwhile.
            let _ = looked.compare_exchange(NOW, happened, Relaxed, Relaxed);
        }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.0.looks.came.store(0, Release); // partner: the Acquire in `look_due`
    }
}

impl Jobs {
    /// Whether to look for lost wakes rather than sleep, on a CPU that has just said that it is idle. `quiet` is that of
    /// [`Jobs::report_lost_wakes`].
    pub fn look_due(&self, quiet: &dyn Fn() -> Option<u64>) -> Option<Look<'_>> {
        quiet()?;
        let Looks { came, looked } = &self.looks;
        if came.fetch_add(1, AcqRel) != 0 {
            return None; // who asks already asks once more, and who looks, afterwards
        }
        let mut seen = 1;
        loop {
            if quiet().is_some_and(|happened| happened != looked.load(Relaxed)) {
                return Some(Look(self));
            }
            // Who has come meanwhile may have done something before: that is seen now.
            match came.compare_exchange(seen, 0, AcqRel, Acquire) {
                Ok(_) => return None,
                Err(more) => seen = more,
            }
        }
    }

    /// A CPU was woken: a handler may have changed something.
    pub fn look_again(&self) {
        self.looks.looked.store(NEVER, Relaxed);
    }

    /// Tells of each task whose wake was lost, once for each time that it waits. Returns how much has
    /// happened so far, unless that is more at the end, so that it was not asked of all. `quiet` says how much has happened so far, if
    /// nothing happens just now: [`Executor::polls_if_quiet`], where nobody but its tasks and handlers changes anything.
    ///
    /// [`Executor::polls_if_quiet`]: pollux_executor::Executor::polls_if_quiet
    pub fn report_lost_wakes(
        &self,
        quiet: &dyn Fn() -> Option<u64>,
        tell: &mut dyn FnMut(&TaskInfo, Wait),
    ) -> Option<u64> {
        let happened = quiet()?;
        self.visit_infos(&mut |info| {
            let Some(wait) = Wait::of(&info).filter(|_| info.state == TaskState::Waiting) else { return };
            // An interrupt may have come meanwhile, and a wake with it.
            if self.is_there(&info, wait) && quiet() == Some(happened) && self.is_news(&info) {
                tell(&info, wait);
            }
        });
        quiet().filter(|&now| now == happened)
    }

    fn log_lost_wake(&self, info: &TaskInfo, wait: Wait) {
        let stage = self.stage(super::pid_of(info.id));
        let command =
            stage.as_ref().map_or(info.name.as_str().as_bytes().as_bstr(), |stage| stage.command.as_bstr());
        let place =
            info.waits_at.map_or("?".into(), |place| alloc::format!("{}:{}", place.file(), place.line()));
        log::error!("lost wake: task {} ({command}) waits for {wait}, which is there, at {place}", info.id);
    }

    fn is_there(&self, info: &TaskInfo, wait: Wait) -> bool {
        match wait {
            Wait::PipeBytes(_) | Wait::PipeRoom(_) => {
                let stage = self.stage(super::pid_of(info.id));
                stage.is_some_and(|stage| is_at_pipe(&stage.fds, wait)) || asked::is_there(wait) == Some(true)
            }
            Wait::Task(number) => !self.is_task(TaskId(number)),
            _ => pollux_executor::sync::is_there(info).or_else(|| asked::is_there(wait)) == Some(true),
        }
    }

    fn is_task(&self, id: TaskId) -> bool {
        let mut found = false;
        self.executor.tasks(&mut |task| found |= task.id == id);
        found
    }

    /// Whether it was not told of the task since it was polled last.
    fn is_news(&self, info: &TaskInfo) -> bool {
        let gone: alloc::vec::Vec<TaskId> =
            self.told.lock().keys().copied().filter(|&id| !self.is_task(id)).collect();
        let mut told = self.told.lock();
        for id in gone {
            told.remove(&id);
        }
        told.insert(info.id, info.polls) != Some(info.polls)
    }
}

/// Whether a stage that has these files has what it waits for.
fn is_at_pipe(fds: &FdTable, wait: Wait) -> bool {
    let any = |asked: &dyn Fn(&dyn File) -> bool| fds.any(&mut |file| asked(file));
    match wait {
        Wait::PipeBytes(number) => any(&|file| {
            file.pipe_ends().is_some_and(|pipe| pipe.number == number && pipe.reads)
                && file.readable() == Some(true)
        }),
        Wait::PipeRoom(number) => any(&|file| {
            file.pipe_ends().is_some_and(|pipe| pipe.number == number && pipe.writes)
                && file.writable() == Some(true)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
    use core::cell::Cell;
    use pollux_executor::{Executor, Idle, Platform, Tick};

    /// Two CPUs on the thread of the test; which one it is now.
    struct Two(AtomicUsize);

    impl Platform for Two {
        fn current_cpu(&self) -> Option<usize> {
            Some(self.0.load(Relaxed))
        }
        fn in_interrupt(&self) -> bool {
            false
        }
        fn now_ns(&self) -> u64 {
            0
        }
        fn kick(&self, _cpu: usize) {}
    }

    struct Machine {
        platform: &'static Two,
        executor: &'static Executor,
        jobs: Arc<Jobs>,
    }

    impl Machine {
        /// With a task that waits though what it waits for is there; both CPUs have nothing to do any more, and are awake.
        fn new() -> Machine {
            let platform: &'static Two = Box::leak(Box::new(Two(AtomicUsize::new(0))));
            let executor: &'static Executor = Box::leak(Box::new(Executor::new(platform, 2).unwrap()));
            crate::faults::make(executor, "lost-wake").unwrap();
            let machine = Machine { platform, executor, jobs: Jobs::new(executor) };
            while [0, 1].map(|cpu| machine.tick(cpu)) != [Tick::Idle; 2] {}
            machine
        }

        fn tick(&self, cpu: usize) -> Tick {
            self.platform.0.store(cpu, Relaxed);
            self.executor.tick(cpu)
        }

        fn says_it_is_idle(&self, cpu: usize) {
            self.platform.0.store(cpu, Relaxed);
            assert!(matches!(self.executor.prepare_idle(cpu), Idle::Sleep { .. }));
        }

        fn due(&self, cpu: usize) -> Option<Look<'_>> {
            self.jobs.look_due(&|| self.executor.polls_if_quiet(cpu))
        }

        /// The names of those of whom it is told.
        fn found(&self, look: Look<'_>, cpu: usize) -> Vec<String> {
            self.executor.leave_idle(cpu);
            let mut told = Vec::new();
            let quiet = || self.executor.polls_if_quiet(cpu);
            look.tell(&quiet, &mut |info, _| told.push(info.name.as_str().into()));
            told
        }
    }

    #[test]
    fn cpus_that_go_to_sleep_at_the_same_instant_do_not_leave_the_look_to_each_other() {
        let machine = Machine::new();
        machine.says_it_is_idle(0);
        assert!(machine.due(0).is_none(), "CPU 1 is awake");
        machine.says_it_is_idle(1);
        // CPU 0 has asked too early, or asks now as well.
        let look = machine.due(1).expect("CPU 0 is idle");
        assert!(machine.due(0).is_none(), "one is enough");
        assert_eq!(machine.found(look, 1), ["deaf"]);
        machine.says_it_is_idle(1);
        assert!(machine.due(0).is_none() && machine.due(1).is_none(), "nothing has happened since");
        machine.jobs.look_again();
        let look = machine.due(0).expect("a handler may have changed something");
        assert_eq!(machine.found(look, 0), [""; 0], "once is enough");
    }

    #[test]
    fn a_look_that_was_disturbed_is_due_again() {
        let machine = Machine::new();
        let happens = Cell::new(0);
        let busy = || {
            happens.set(happens.get() + 1);
            Some(happens.get())
        };
        machine.jobs.look_due(&busy).expect("nobody has looked").tell(&busy, &mut |_, _| {});
        assert!(machine.jobs.look_due(&|| Some(happens.get())).is_some());
    }

    #[test]
    fn who_comes_while_another_asks_has_it_ask_again() {
        let machine = Machine::new();
        machine.jobs.look_due(&|| Some(7)).expect("nobody has looked").tell(&|| Some(7), &mut |_, _| {});
        let asked = Cell::new(0);
        let quiet = || {
            asked.set(asked.get() + 1);
            if asked.get() == 2 {
                // Here the other has been awake for a while, and is idle again.
                assert!(machine.jobs.look_due(&|| Some(8)).is_none(), "the first one asks already");
            }
            Some(if asked.get() <= 2 { 7 } else { 8 })
        };
        assert!(machine.jobs.look_due(&quiet).is_some(), "nobody would look at what the other has done");
    }
}
