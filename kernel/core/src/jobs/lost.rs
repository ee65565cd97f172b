//! Lost wakes: stages that wait although what they wait for is there, and that nobody has woken.
//!
//! Who changes a thing wakes its waiters in the same poll. So while no CPU polls anything and nothing is queued, no wake is on
//! its way, and who still waits for what is there will wait for ever. The thing itself is asked: the open file that the
//! stage waits at. Nobody is polled for it, so nothing that a future does when it is polled for no reason can look like a
//! lost wake. What cannot be asked (a driver, a channel, a job) is left out, and so is a file that is in doubt.
//!
//! Debug builds ask each time the last CPU runs out of work.

use core::sync::atomic::Ordering::Relaxed;

use bstr::ByteSlice;
use pollux_executor::{TaskInfo, TaskState};
use pollux_shell::{env::File, fd::FdTable};

use super::{Jobs, stage::Stage};
use crate::waits::Wait;

impl Jobs {
    /// Tells of each stage whose wake was lost, once for each time that it waits. The CPU that calls has nothing to do;
    /// unless all others sleep there is nothing to tell.
    pub fn report_lost_wakes(&self, cpu: usize, tell: &mut dyn FnMut(&TaskInfo, Wait)) {
        let Some(polls) = self.executor.polls_if_quiet(cpu) else { return };
        self.visit_infos(&mut |info| {
            let Some(wait) = Wait::of(&info).filter(|_| info.state == TaskState::Waiting) else { return };
            let Some(stage) = self.stage(super::pid_of(info.id)) else { return };
            let lost = is_there(&stage.fds, wait) && stage.told_at.load(Relaxed) != info.polls;
            // An interrupt may have come meanwhile, and a wake with it.
            if lost && self.executor.polls_if_quiet(cpu) == Some(polls) {
                stage.told_at.store(info.polls, Relaxed);
                tell(&info, wait);
            }
        });
    }

    /// [`Jobs::report_lost_wakes`] to the log.
    pub fn log_lost_wakes(&self, cpu: usize) {
        self.report_lost_wakes(cpu, &mut |info, wait| {
            let place = info.waits_at.map_or("", |place| place.file());
            let stage: Option<alloc::sync::Arc<Stage>> = self.stage(super::pid_of(info.id));
            let command = stage.as_ref().map_or(b"".as_bstr(), |stage| stage.command.as_bstr());
            log::error!(
                "lost wake: task {} ({command}) waits for {wait}, which is there, at {place}",
                info.id
            );
        });
    }
}

/// Whether a stage that has these files has what it waits for.
fn is_there(fds: &FdTable, wait: Wait) -> bool {
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
