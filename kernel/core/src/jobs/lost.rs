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
//! Debug builds ask each time the last CPU runs out of work.

use bstr::ByteSlice;
use pollux_executor::{TaskId, TaskInfo, TaskState};
use pollux_shell::{env::File, fd::FdTable};

use super::Jobs;
use crate::{asked, waits::Wait};

impl Jobs {
    /// Tells of each task whose wake was lost, once for each time that it waits. `quiet` says how much has happened so far, if
    /// nothing happens just now: [`Executor::polls_if_quiet`], where nobody but its tasks and handlers changes anything.
    ///
    /// [`Executor::polls_if_quiet`]: pollux_executor::Executor::polls_if_quiet
    pub fn report_lost_wakes(&self, quiet: &dyn Fn() -> Option<u64>, tell: &mut dyn FnMut(&TaskInfo, Wait)) {
        let Some(happened) = quiet() else { return };
        self.visit_infos(&mut |info| {
            let Some(wait) = Wait::of(&info).filter(|_| info.state == TaskState::Waiting) else { return };
            // An interrupt may have come meanwhile, and a wake with it.
            if self.is_there(&info, wait) && quiet() == Some(happened) && self.is_news(&info) {
                tell(&info, wait);
            }
        });
    }

    /// [`Jobs::report_lost_wakes`] to the log.
    pub fn log_lost_wakes(&self, quiet: &dyn Fn() -> Option<u64>) {
        self.report_lost_wakes(quiet, &mut |info, wait| {
            let stage = self.stage(super::pid_of(info.id));
            let command = stage
                .as_ref()
                .map_or(info.name.as_str().as_bytes().as_bstr(), |stage| stage.command.as_bstr());
            let place =
                info.waits_at.map_or("?".into(), |place| alloc::format!("{}:{}", place.file(), place.line()));
            log::error!(
                "lost wake: task {} ({command}) waits for {wait}, which is there, at {place}",
                info.id
            );
        });
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
