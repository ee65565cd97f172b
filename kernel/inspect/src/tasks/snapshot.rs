//! The tasks as they are at a moment, each with the stage that it is, if it is one.

use alloc::{format, vec::Vec};

use bstr::{BStr, BString, ByteSlice};
use pollux_core::system::CoreSystem;
use pollux_executor::TaskInfo;

/// A task.
pub struct Task {
    pub info: TaskInfo,
    /// The command line of a stage, the name of another task in brackets.
    pub command: BString,
}

impl Task {
    /// Whether somebody who types this means it: its number, or its name.
    pub fn is_meant(&self, typed: &BStr) -> bool {
        typed == format!("{}", self.info.id).as_bytes() || typed == self.info.name.as_str().as_bytes()
    }

    /// The command line, as far as a line of a table has room for it.
    pub fn title(&self) -> &BStr {
        self.command.lines().next().unwrap_or_default().as_bstr()
    }
}

/// All tasks, by number.
pub fn take(system: &CoreSystem) -> Vec<Task> {
    let jobs = system.jobs();
    let mut all = Vec::new();
    jobs.visit_infos(&mut |info| {
        let command = jobs.command(info.id).unwrap_or_else(|| format!("[{}]", info.name).into());
        all.push(Task { info, command });
    });
    all
}
