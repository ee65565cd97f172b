//! What `/proc/tasks`, and so `ps`, shows of the tasks.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;
use pollux_executor::{TaskId, TaskInfo, TaskState};
use pollux_shell::{
    env::{Pid, PipeEnds},
    fd::FdTable,
};
use smallvec::SmallVec;

use super::{Jobs, pid_of};
use crate::fs::proc::TaskRow;

/// So many tasks are looked at in one go through all of them.
const AT_ONCE: usize = 64;
type Infos = SmallVec<[TaskInfo; AT_ONCE]>;

/// A stage as a snapshot saw it.
#[derive(Clone, Debug)]
pub struct StageInfo {
    /// What it was started as.
    pub command: BString,
    /// The number of its job.
    pub job: u64,
    /// The stage that made the job, while that lives.
    pub started_by: Option<Pid>,
    /// The terminal that controls it.
    pub terminal: Option<BString>,
    /// The ends of pipes that it has open.
    pub pipes: Vec<PipeEnds>,
}

impl Jobs {
    /// What a stage has open; `None` for what is no stage.
    pub fn fds(&self, pid: Pid) -> Option<Arc<FdTable>> {
        Some(self.running.lock().get(pid)?.fds.clone())
    }

    /// What a task is as a stage, if it is one.
    pub fn stage_of(&self, task: TaskId) -> Option<StageInfo> {
        let stage = self.stage(pid_of(task))?;
        let session = stage.group.session.as_ref().and_then(|session| session.terminal.upgrade());
        Some(StageInfo {
            command: stage.command.clone(),
            job: stage.group.number,
            started_by: stage.group.maker().map(|maker| maker.pid()),
            terminal: session.and_then(|file| Some(file.terminal()?.name())),
            pipes: stage
                .fds
                .open_numbers()
                .into_iter()
                .filter_map(|fd| stage.fds.get(fd).ok()?.pipe_ends())
                .collect(),
        })
    }

    /// Visits every task, by number, with what `/proc/tasks` shows of it.
    pub fn visit(&self, visit: &mut dyn FnMut(TaskRow<'_>)) {
        self.visit_infos(&mut |info| self.show(info, visit));
    }

    /// Visits every task, by number. The world goes on meanwhile: one that ends or starts may be missing. It takes no
    /// memory to speak of, for there may be none left and thousands of tasks; the visitor may take some.
    pub fn visit_infos(&self, visit: &mut dyn FnMut(TaskInfo)) {
        let mut last = None;
        loop {
            let infos = self.next_after(last);
            let Some(latest) = infos.last() else { return };
            last = Some(latest.id);
            infos.into_iter().for_each(&mut *visit);
        }
    }

    /// The tasks with the lowest numbers above `last`, by number.
    fn next_after(&self, last: Option<TaskId>) -> Infos {
        let mut lowest = Infos::new();
        self.executor.tasks(&mut |info| {
            if last.is_some_and(|last| info.id <= last) {
                return;
            }
            if lowest.len() == AT_ONCE {
                if lowest.last().is_some_and(|highest| highest.id < info.id) {
                    return;
                }
                lowest.pop();
            }
            let place = lowest.partition_point(|other| other.id < info.id);
            lowest.insert(place, info);
        });
        lowest
    }

    fn show(&self, info: TaskInfo, visit: &mut dyn FnMut(TaskRow<'_>)) {
        let pid = pid_of(info.id);
        let stage = self.stage(pid);
        let of_the_kernel;
        let command = match &stage {
            Some(stage) => stage.command.as_bstr(),
            None => {
                of_the_kernel = alloc::format!("[{}]", info.name);
                BStr::new(&of_the_kernel)
            }
        };
        visit(TaskRow {
            pid,
            state: letter(info.state),
            cpu: info.cpu,
            polls: info.polls,
            wakes: info.wakes,
            busy: Duration::from_nanos(info.busy_ns),
            command,
            name: BStr::new(info.name.as_str()),
            woken_by: &info.woken_by,
            longest: Duration::from_nanos(info.longest_poll_ns),
            spawned_at: info.spawned_at,
            waits_at: info.waits_at,
        });
    }
}

/// The letters of ps(1): runs or waits for a CPU, waits for something else, stopped.
fn letter(state: TaskState) -> &'static str {
    match state {
        TaskState::Running | TaskState::Queued => "R",
        TaskState::Waiting => "S",
        TaskState::Stopped => "T",
    }
}
