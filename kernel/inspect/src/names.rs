//! The names of tasks: of those that are there, and of those whose spawn was recorded.

use alloc::{format, string::String};

use pollux_core::system::CoreSystem;
use pollux_executor::WokenBy;
use pollux_trace::export;

/// The names as they are now.
pub fn of(system: &CoreSystem) -> export::Names {
    let mut names = export::Names::new(|code, out| write!(out, "{}", WokenBy::decode(code)));
    pollux_trace::names(|task, name| names.insert(task, name));
    system.executor().tasks(&mut |task| names.insert(task.id.0, task.name.as_str()));
    names
}

/// A task's name, or what else can be said of it.
pub fn shown(names: &export::Names, task: u32) -> String {
    match (task, names.task(task.into())) {
        (0, _) => "-".into(),
        (_, Some(name)) => name.into(),
        (task, None) => format!("task {task}"),
    }
}
