//! What `/proc/tasks`, and so `ps`, shows of the tasks.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;
use pollux_executor::{TaskInfo, TaskState};
use pollux_shell::{env::Pid, fd::FdTable};

use super::{Jobs, pid_of};
use crate::fs::proc::TaskRow;

impl Jobs {
    /// What a stage has open; `None` for what is no stage.
    pub fn fds(&self, pid: Pid) -> Option<Arc<FdTable>> {
        Some(self.running.lock().get(&pid)?.fds.clone())
    }

    /// Visits every task, by number. The world goes on meanwhile: one that ends or starts may be missing.
    pub fn visit(&self, visit: &mut dyn FnMut(TaskRow<'_>)) {
        let commands: BTreeMap<Pid, BString> =
            self.running.lock().iter().map(|(pid, stage)| (*pid, stage.command.clone())).collect();
        let mut infos = Vec::<TaskInfo>::new();
        self.executor.tasks(&mut |info| infos.push(info));
        infos.sort_by_key(|info| info.id);
        for info in infos {
            let pid = pid_of(info.id);
            let of_the_kernel = || BString::from(alloc::format!("[{}]", info.name));
            let command = commands.get(&pid).cloned().unwrap_or_else(of_the_kernel);
            visit(TaskRow {
                pid,
                state: letter(info.state),
                cpu: info.cpu,
                polls: info.polls,
                wakes: info.wakes,
                busy: Duration::from_nanos(info.busy_ns),
                command: command.as_bstr(),
                name: BStr::new(info.name.as_str()),
                woken_by: &info.woken_by,
                longest: Duration::from_nanos(info.longest_poll_ns),
                spawned_at: info.spawned_at,
                waits_at: info.waits_at,
            });
        }
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
