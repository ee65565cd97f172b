//! The tasks as they are at a moment, each with the stage that it is, if it is one.

use alloc::{format, string::String, vec::Vec};

use bstr::{BStr, BString, ByteSlice};
use pollux_core::{jobs::StageInfo, system::CoreSystem, waits::Wait};
use pollux_executor::{TaskInfo, TaskState, WokenBy};

/// The most characters of a command line in a label.
const LABEL: usize = 40;

/// A task.
pub struct Task {
    pub info: TaskInfo,
    pub stage: Option<StageInfo>,
    /// The command line of a stage, the name of another task in brackets.
    pub command: BString,
}

impl Task {
    pub fn new(info: TaskInfo, stage: Option<StageInfo>) -> Task {
        let command = match &stage {
            Some(stage) => stage.command.clone(),
            None => format!("[{}]", info.name).into(),
        };
        Task { info, stage, command }
    }

    /// The number.
    pub fn id(&self) -> u64 {
        self.info.id.0
    }

    /// Whether somebody who types this means it: its number, or its name.
    pub fn is_meant(&self, typed: &BStr) -> bool {
        typed == format!("{}", self.info.id).as_bytes() || typed == self.info.name.as_str().as_bytes()
    }

    /// The command line, as far as a line of a table has room for it.
    pub fn title(&self) -> &BStr {
        self.command.lines().next().unwrap_or_default().as_bstr()
    }

    /// Its number and what it is, short enough to stand among others.
    pub fn label(&self) -> String {
        let title = self.title().to_str_lossy();
        match title.char_indices().nth(LABEL) {
            Some((end, _)) => format!("{} {}...", self.info.id, &title[..end]),
            None => format!("{} {title}", self.info.id),
        }
    }

    /// What it waits for, while it does.
    pub fn waits_for(&self) -> Option<Wait> {
        Wait::of(&self.info).filter(|_| self.is_held_up())
    }

    /// Whether it waits, or is stopped where it waited.
    pub fn is_held_up(&self) -> bool {
        matches!(self.info.state, TaskState::Waiting | TaskState::Stopped)
    }

    /// How long it has been in its state, at the time `now_ns`.
    pub fn age_ns(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.info.since_ns)
    }
}

/// All tasks, by number.
pub fn take(system: &CoreSystem) -> Vec<Task> {
    let jobs = system.jobs();
    let mut all = Vec::new();
    jobs.visit_infos(&mut |info| all.push(Task::new(info, jobs.stage_of(info.id))));
    all
}

/// Who woke a task last, with the name where it is a task that there still is.
pub fn waker(woken_by: WokenBy, all: &[Task]) -> String {
    let task = match woken_by {
        WokenBy::Task(id) => all.iter().find(|task| task.info.id == id),
        _ => None,
    };
    match task {
        Some(task) => format!("{woken_by} ({})", task.info.name),
        None => format!("{woken_by}"),
    }
}

#[cfg(test)]
pub mod testing {
    use core::panic::Location;

    use pollux_executor::{DELAY_BUCKETS, TaskId, TaskInfo, TaskName, TaskState, WokenBy};

    /// A task of that number, which waits for nothing that is known.
    #[track_caller]
    pub fn info(number: u64) -> TaskInfo {
        TaskInfo {
            id: TaskId(number),
            name: TaskName::new("cat"),
            state: TaskState::Waiting,
            cpu: 0,
            polls: 1,
            wakes: 0,
            delays: [0; DELAY_BUCKETS],
            woken_by: WokenBy::Nobody,
            busy_ns: 0,
            longest_poll_ns: 0,
            spawned_at: Location::caller(),
            waits_at: None,
            waits_for: None,
            waits_behind: None,
            since_ns: 0,
        }
    }
}
