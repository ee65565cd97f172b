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
mod stage;

use alloc::{collections::BTreeMap, sync::Arc};
use pollux_executor::{Executor, sync::Lock};
use pollux_shell::{
    env::{Job, Pid, Result, Signal},
    errno::Errno,
};

use job::PipelineJob;
use stage::Stage;

/// All stages of all jobs, by number.
pub struct Jobs {
    executor: &'static Executor,
    running: Lock<BTreeMap<Pid, Arc<Stage>>>,
}

impl Jobs {
    /// An empty table.
    pub fn new(executor: &'static Executor) -> Arc<Self> {
        Arc::new(Self { executor, running: Lock::new(BTreeMap::new()) })
    }

    /// A job without stages.
    pub fn new_job(self: &Arc<Self>) -> Arc<dyn Job> {
        Arc::new(PipelineJob::new(self.clone()))
    }

    /// The number of the task that calls; `None` outside of tasks.
    pub fn current(&self) -> Option<Pid> {
        let cpu = self.executor.current_cpu()?;
        Some(pid_of(self.executor.current_task(cpu)?.id))
    }

    /// Lets the stage that calls ignore a signal from now on.
    pub fn ignore(&self, signal: Signal) -> Result<()> {
        if matches!(signal, Signal::Kill | Signal::Stop) {
            return Err(Errno::EINVAL);
        }
        let stage =
            self.current().and_then(|pid| self.running.lock().get(&pid).cloned()).ok_or(Errno::ESRCH)?;
        stage.ignore(signal);
        Ok(())
    }

    /// Sends a signal to one stage. `ESRCH` if there is no such number, `EPERM` if it is a task of the
    /// kernel.
    pub fn kill(&self, pid: Pid, signal: Signal) -> Result<()> {
        let stage = self.running.lock().get(&pid).cloned();
        if let Some(stage) = stage {
            stage.signal(signal);
            return Ok(());
        }
        let mut of_the_kernel = false;
        self.executor.tasks(&mut |task| of_the_kernel |= pid_of(task.id) == pid);
        Err(if of_the_kernel { Errno::EPERM } else { Errno::ESRCH })
    }
}

/// The number that people see: that of the executor's task.
fn pid_of(id: pollux_executor::TaskId) -> Pid {
    // Four thousand million tasks later a number comes again, when its first owner has long ended.
    id.0 as Pid
}

#[cfg(test)]
mod tests;
