//! The table of tasks: a line each.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::panic::Location;

use pollux_executor::TaskState;

use super::snapshot::Task;

const HEAD: [&str; 11] = [
    "TASK",
    "STATE",
    "CPU",
    "POLLS",
    "WAKES",
    "BUSY_MS",
    "LONGEST_MS",
    "WAITS",
    "WOKEN BY",
    "SPAWNED",
    "COMMAND",
];
/// The first column with text that is not a number; the state is one, too.
const FIRST_TEXT: usize = 7;

/// The table with its heading.
pub fn lines(tasks: &[&Task]) -> Vec<String> {
    let mut rows = alloc::vec![HEAD.map(String::from)];
    rows.extend(tasks.iter().map(|task| row(task)));
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

fn row(task: &Task) -> [String; HEAD.len()] {
    let info = &task.info;
    let waits = info.waits_at.filter(|_| matches!(info.state, TaskState::Waiting | TaskState::Stopped));
    [
        info.id.to_string(),
        state(info.state).into(),
        info.cpu.to_string(),
        info.polls.to_string(),
        info.wakes.to_string(),
        milliseconds(info.busy_ns),
        milliseconds(info.longest_poll_ns),
        waits.map_or("-".into(), place),
        info.woken_by.to_string(),
        place(info.spawned_at),
        task.title().to_string(),
    ]
}

/// What it does, in a word.
pub fn state(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running",
        TaskState::Queued => "queued",
        TaskState::Waiting => "waiting",
        TaskState::Stopped => "stopped",
    }
}

pub fn milliseconds(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000, ns / 1000 % 1000)
}

/// A line of the source.
pub fn place(at: &Location<'_>) -> String {
    format!("{}:{}", at.file(), at.line())
}
