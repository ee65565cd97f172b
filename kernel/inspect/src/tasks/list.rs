//! The table of tasks: a line each.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use super::{
    snapshot::{Task, waker},
    text::{milliseconds, place, state},
};

const HEAD: [&str; 12] = [
    "TASK",
    "STATE",
    "CPU",
    "POLLS",
    "WAKES",
    "BUSY_MS",
    "LONGEST_MS",
    "WAITS FOR",
    "AT",
    "WOKEN BY",
    "SPAWNED",
    "COMMAND",
];
/// The first of the columns with text after those with numbers; the state is text, too.
const FIRST_TEXT: usize = 7;

/// The table with its heading.
pub fn lines(tasks: &[Task]) -> Vec<String> {
    let mut rows = alloc::vec![HEAD.map(String::from)];
    rows.extend(tasks.iter().map(|task| row(task, tasks)));
    let widths: [usize; HEAD.len()] =
        core::array::from_fn(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0));
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String; HEAD.len()], widths: &[usize; HEAD.len()]) -> String {
    let mut line = String::new();
    for (at, (cell, &width)) in row.iter().zip(widths).enumerate() {
        line += if at > 0 { " " } else { "" };
        line += &match at {
            _ if at + 1 == HEAD.len() => cell.clone(),
            1 | FIRST_TEXT.. => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        };
    }
    line
}

fn row(task: &Task, all: &[Task]) -> [String; HEAD.len()] {
    let info = &task.info;
    let at = info.waits_at.filter(|_| task.is_held_up());
    [
        info.id.to_string(),
        state(info.state).into(),
        info.cpu.to_string(),
        info.polls.to_string(),
        info.wakes.to_string(),
        milliseconds(info.busy_ns),
        milliseconds(info.longest_poll_ns),
        task.waits_for().map_or("-".into(), |wait| wait.to_string()),
        at.map_or("-".into(), place),
        waker(info.woken_by, all),
        place(info.spawned_at),
        task.title().to_string(),
    ]
}
