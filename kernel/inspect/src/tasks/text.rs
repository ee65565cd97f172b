//! How the parts of a task are written.

use alloc::{format, string::String};
use core::panic::Location;

use pollux_executor::TaskState;

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

pub fn seconds(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000_000, ns / 1_000_000 % 1000)
}

/// A line of the source.
pub fn place(at: &Location<'_>) -> String {
    format!("{}:{}", at.file(), at.line())
}
