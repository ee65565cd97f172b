//! What the numbers in records mean, on a running system.

use core::fmt;

use pollux_executor::{Executor, TaskId, WokenBy};
use pollux_trace::export::Names;

/// The names of the tasks that there are, and of those that were spawned while that was recorded.
pub fn names(executor: &'static Executor) -> Names {
    let mut names = Names::new(waker);
    pollux_trace::names(|task, name| names.insert(task, name));
    executor.tasks(&mut |task| {
        let (TaskId(number), name) = (task.id, task.name);
        names.insert(number, name.as_str());
    });
    names
}

fn waker(code: u64, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "{}", WokenBy::decode(code))
}
