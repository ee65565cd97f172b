//! Jobs: pipelines that run, and the table of everything that has a number.
//!
//! A stage is a task of the executor in a scope of its own, so that `kill` can end, stop or continue one
//! stage, and a job is the stages that were spawned together.
//!
//! How a stage ends (returned, cancelled, panicked) is noticed by the waker of its join handle: that
//! waker is the stage (`stage.rs`) itself. The executor wakes it when the task is over, on the CPU
//! where it ended, and the stage then closes its descriptors and records its exit right there. There is
//! no reaper task, no task that watches a task, and nothing depends on the future being dropped, which
//! in a kernel without unwinding it is not after a panic. A background job that nobody waits for is
//! treated just the same.
//!
//! ```text
//!   spawn --> running --(task over: wake)--> descriptors closed --> exit recorded --> waiters woken
//!              ^   |
//!         Cont |   | Stop, Tstp
//!              stopped
//! ```

mod job;
mod listing;
#[cfg(debug_assertions)]
mod lost;
mod running;
mod stage;

use alloc::{
    sync::{Arc, Weak},
    vec::Vec,
};
use pollux_executor::{Executor, sync::Lock};
use pollux_shell::{
    env::{Action, File, Job, Pid, Result, Signal},
    errno::Errno,
};

use job::{Group, PipelineJob};
pub use listing::StageInfo;
use running::Running;
use stage::Stage;

/// All stages of all jobs, by number.
pub struct Jobs {
    executor: &'static Executor,
    running: Lock<Running>,
    /// Held while a signal goes through a job and those within it: see [`job`].
    walk: Lock<()>,
    /// The tasks of which a lost wake was told, each with how often it had been polled then.
    #[cfg(debug_assertions)]
    told: Lock<alloc::collections::BTreeMap<pollux_executor::TaskId, u64>>,
    #[cfg(debug_assertions)]
    looks: lost::Looks,
}

/// The jobs that one terminal controls.
pub struct Session {
    terminal: Weak<dyn File>,
}

impl Jobs {
    /// An empty table.
    pub fn new(executor: &'static Executor) -> Arc<Self> {
        Arc::new(Self {
            executor,
            running: Lock::default(),
            walk: Lock::new(()),
            #[cfg(debug_assertions)]
            told: Lock::default(),
            #[cfg(debug_assertions)]
            looks: lost::Looks::new(),
        })
    }

    /// The executor of their tasks.
    pub fn executor(&self) -> &'static Executor {
        self.executor
    }

    /// A job without stages, in the session of the one that calls.
    pub fn new_job(self: &Arc<Self>) -> Arc<dyn Job> {
        let maker = self.current_stage();
        let session = maker.as_ref().and_then(|maker| maker.group.session.clone());
        Arc::new(PipelineJob::new(self.clone(), None, maker.as_ref(), session))
    }

    /// A job within the one that calls.
    pub fn new_job_within(self: &Arc<Self>) -> Arc<dyn Job> {
        let maker = self.current_stage();
        let outer = maker.as_ref().map(|maker| maker.group.clone());
        let session = outer.as_ref().and_then(|outer| outer.session.clone());
        Arc::new(PipelineJob::new(self.clone(), outer, maker.as_ref(), session))
    }

    /// A job that this terminal controls, and with it all that the job starts. The name of the terminal does not
    /// keep it open.
    pub fn new_session(self: &Arc<Self>, terminal: &Arc<dyn File>) -> Arc<dyn Job> {
        let session = Arc::new(Session { terminal: Arc::downgrade(terminal) });
        let maker = self.current_stage();
        Arc::new(PipelineJob::new(self.clone(), None, maker.as_ref(), Some(session)))
    }

    /// The terminal that controls the task that calls (`/dev/tty`).
    pub fn terminal(&self) -> Option<Arc<dyn File>> {
        self.current_stage()?.group.session.as_ref()?.terminal.upgrade()
    }

    /// Whether the task that calls may use its terminal now. One in the background gets the signal, as its whole
    /// job does; whether that stopped it is known when it comes back.
    pub fn may_use(&self, terminal: *const (), foreground: Option<&Arc<dyn Job>>, signal: Signal) -> Use {
        let (Some(foreground), Some(stage)) = (foreground, self.current_stage()) else { return Use::Free };
        let controls = |session: &Arc<Session>| core::ptr::addr_eq(session.terminal.as_ptr(), terminal);
        if !stage.group.session.as_ref().is_some_and(controls) || foreground.contains(stage.pid()) {
            return Use::Free;
        }
        if stage.does(signal) != Action::Stop || stage.group.is_orphaned() {
            return Use::Refused;
        }
        let outermost = stage.group.outwards().last().unwrap_or(&stage.group).clone();
        self.signal(&outermost, signal);
        Use::Stopped
    }

    /// Sends a signal to all stages of a job and of the jobs within it.
    fn signal(&self, group: &Arc<Group>, signal: Signal) {
        let mut groups = alloc::vec![group.clone()];
        let walk = self.walk.lock();
        let mut at = 0;
        while at < groups.len() {
            let group = groups[at].clone();
            group.act(signal, None, &mut groups);
            at += 1;
        }
        drop(walk);
        drop(groups); // outside the lock: some may be the last handle
    }

    fn stage(&self, pid: Pid) -> Option<Arc<Stage>> {
        self.running.lock().get(pid).cloned()
    }

    fn current_stage(&self) -> Option<Arc<Stage>> {
        self.stage(self.current()?)
    }

    /// The number of the task that calls; `None` outside of tasks.
    pub fn current(&self) -> Option<Pid> {
        let cpu = self.executor.current_cpu()?;
        Some(pid_of(self.executor.current_task(cpu)?.id))
    }

    /// Sends a signal to one stage. `ESRCH` if there is no such number, `EPERM` if it is a task of the
    /// kernel.
    pub fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        if let Some(stage) = self.stage(pid) {
            let walk = self.walk.lock();
            stage.group.act(signal, Some(&stage), &mut Vec::new());
            drop(walk);
            return Ok(());
        }
        Err(self.missing(pid))
    }

    /// Sends a signal to the whole of the job that a stage belongs to.
    pub fn kill_job(&self, pid: Pid, signal: Signal) -> Result<()> {
        let Some(stage) = self.stage(pid) else { return Err(self.missing(pid)) };
        let outermost = stage.group.outwards().last().unwrap_or(&stage.group);
        self.signal(outermost, signal);
        Ok(())
    }

    /// Why there is no stage of that number.
    fn missing(&self, pid: Pid) -> Errno {
        let mut of_the_kernel = false;
        self.executor.tasks(&mut |task| of_the_kernel |= pid_of(task.id) == pid);
        if of_the_kernel { Errno::EPERM } else { Errno::ESRCH }
    }
}

/// Whether a task may use its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Use {
    /// It may.
    Free,
    /// It was stopped, and asks again when it goes on.
    Stopped,
    /// It may not, and stopping it would help nobody: `EIO`.
    Refused,
}

/// The number that people see: that of the executor's task.
fn pid_of(id: pollux_executor::TaskId) -> Pid {
    // Four thousand million tasks later a number comes again, when its first owner has long ended.
    id.0 as Pid
}

#[cfg(test)]
mod tests;
