//! The names of tasks: of those that are there, and of those whose spawn was recorded.

use alloc::{format, string::String};

use pollux_executor::{Executor, WokenBy};
use pollux_trace::export::Names;

/// The names as they are now, and what the other numbers of records mean.
pub fn of(executor: &'static Executor) -> Names {
    let mut names = Names::new(|code, out| write!(out, "{}", WokenBy::decode(code)));
    pollux_trace::names(|task, name| names.insert(task, name));
    executor.tasks(&mut |task| names.insert(task.id.0, task.name.as_str()));
    names
}

/// A task's name, or what else can be said of it.
pub(crate) fn shown(names: &Names, task: u32) -> String {
    match (task, names.task(task.into())) {
        (0, _) => "-".into(),
        (_, Some(name)) => name.into(),
        (task, None) => format!("task {task}"),
    }
}
