//! The tasks as a tree: those of the kernel, then the stages, each job under the stage that made it.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

use super::{
    snapshot::Task,
    text::{milliseconds, state},
};

/// Jobs by who made them (`None`: nobody who is still there), and the stages of each by their places among the tasks.
type Jobs = BTreeMap<Option<u64>, BTreeMap<u64, Vec<usize>>>;

/// The lines of the tree.
pub fn lines(tasks: &[Task]) -> Vec<String> {
    let mut lines = Vec::new();
    let of_the_kernel: Vec<_> = tasks.iter().filter(|task| task.stage.is_none()).collect();
    lines.push(String::from("kernel"));
    for (n, task) in of_the_kernel.iter().enumerate() {
        lines.push(format!("{}{}", branch(n + 1 == of_the_kernel.len()), describe(task)));
    }
    let mut jobs = Jobs::new();
    for (at, task) in tasks.iter().enumerate() {
        let Some(stage) = &task.stage else { continue };
        let maker =
            stage.started_by.map(u64::from).filter(|maker| tasks.iter().any(|task| task.id() == *maker));
        jobs.entry(maker).or_default().entry(stage.job).or_default().push(at);
    }
    for (number, stages) in jobs.get(&None).into_iter().flatten() {
        lines.push(heading(*number, stages, tasks));
        add_stages(stages, "", tasks, &jobs, &mut lines);
    }
    lines
}

fn add_stages(stages: &[usize], indent: &str, tasks: &[Task], jobs: &Jobs, lines: &mut Vec<String>) {
    for (n, &at) in stages.iter().enumerate() {
        let last = n + 1 == stages.len();
        lines.push(format!("{indent}{}{}", branch(last), describe(&tasks[at])));
        let indent = format!("{indent}{}", if last { "   " } else { "│  " });
        let inner = jobs.get(&Some(tasks[at].id()));
        let count = inner.map_or(0, BTreeMap::len);
        for (n, (number, stages)) in inner.into_iter().flatten().enumerate() {
            let last = n + 1 == count;
            lines.push(format!("{indent}{}{}", branch(last), heading(*number, stages, tasks)));
            let indent = format!("{indent}{}", if last { "   " } else { "│  " });
            add_stages(stages, &indent, tasks, jobs, lines);
        }
    }
}

fn heading(number: u64, stages: &[usize], tasks: &[Task]) -> String {
    let first = stages.first().and_then(|&at| tasks[at].stage.as_ref());
    match first.and_then(|stage| stage.terminal.as_ref()) {
        Some(terminal) => format!("job {number} on {terminal}"),
        None => format!("job {number}"),
    }
}

fn branch(last: bool) -> &'static str {
    if last { "└─ " } else { "├─ " }
}

fn describe(task: &Task) -> String {
    let what = task.waits_for().map_or(String::new(), |wait| format!(" for {wait}"));
    let busy = milliseconds(task.info.busy_ns);
    format!("{}  ({}{what}, {busy} ms on CPU {})", task.label(), state(task.info.state), task.info.cpu)
}
