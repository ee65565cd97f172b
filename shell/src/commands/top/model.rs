//! What `top` shows: two moments, and the difference.

use alloc::{collections::BTreeMap, vec::Vec};
use core::cmp::Reverse;

use super::super::support::{
    machine::{Cpu, Moment},
    tasks::{self, Task},
};
use crate::{env::Pid, io::Ended, process::Process};

/// What tasks are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Share,
    Time,
    Pid,
    Wakes,
    Polls,
    Command,
}

impl By {
    /// As `-o` names it.
    pub fn named(name: &[u8]) -> Option<By> {
        Some(match name {
            b"cpu" | b"%cpu" | b"%CPU" => By::Share,
            b"time" | b"TIME" | b"TIME+" => By::Time,
            b"pid" | b"PID" => By::Pid,
            b"wakes" => By::Wakes,
            b"polls" => By::Polls,
            b"command" | b"COMMAND" => By::Command,
            _ => return None,
        })
    }

    /// The key for it.
    pub fn of_key(key: &[u8]) -> Option<By> {
        Some(match key {
            b"P" => By::Share,
            b"T" => By::Time,
            b"N" => By::Pid,
            b"W" => By::Wakes,
            b"L" => By::Polls,
            b"C" => By::Command,
            _ => return None,
        })
    }
}

/// A task and what it has done since the moment before.
pub struct Row<'a> {
    pub task: &'a Task,
    /// Share of one CPU, in tenths of a percent.
    pub tenths: u64,
    /// A second.
    pub wakes: u64,
    pub polls: u64,
}

pub struct Model {
    pub by: By,
    pub reversed: bool,
    /// Whether tasks that have done nothing are shown.
    pub idle_too: bool,
    before: (Moment, BTreeMap<Pid, Task>),
    now: (Moment, Vec<Task>),
}

impl Model {
    /// The first moment; what was before is the boot.
    pub async fn new(p: &Process) -> Result<Model, Ended> {
        let now = (Moment::now(p).await?, tasks::read(p).await?);
        let before = (Moment::default(), BTreeMap::new());
        Ok(Model { by: By::Share, reversed: false, idle_too: true, before, now })
    }

    /// Looks again.
    pub async fn look(&mut self, p: &Process) -> Result<(), Ended> {
        let now = (Moment::now(p).await?, tasks::read(p).await?);
        let (moment, tasks) = core::mem::replace(&mut self.now, now);
        self.before = (moment, tasks.into_iter().map(|task| (task.pid, task)).collect());
        Ok(())
    }

    /// Tasks, those that run, those that are stopped.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |state: &str| self.now.1.iter().filter(|task| task.state == state).count();
        (self.now.1.len(), count("R"), count("T"))
    }

    pub fn cpus(&self) -> usize {
        self.now.0.cpus.len()
    }

    /// The microseconds between the moments, and what a CPU has done in them.
    pub fn cpu(&self, number: usize) -> (u64, Cpu) {
        (self.now.0.us_since(&self.before.0), self.now.0.cpu_since(&self.before.0, number))
    }

    /// Memory: all, in use, and the heap of it in use.
    pub fn memory_kib(&self) -> (u64, u64, u64) {
        let now = &self.now.0;
        (now.total, now.total.saturating_sub(now.free), now.heap_used)
    }

    /// The tasks in their order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        let us = self.now.0.us_since(&self.before.0);
        let mut rows: Vec<Row<'_>> = Vec::new();
        for task in &self.now.1 {
            let before = self.before.1.get(&task.pid);
            let since = |now: u64, of: fn(&Task) -> u64| now.saturating_sub(before.map_or(0, of));
            rows.push(Row {
                task,
                tenths: (since(task.busy_us, |it| it.busy_us) * 1000 / us).min(1000),
                wakes: a_second(since(task.wakes, |it| it.wakes), us),
                polls: a_second(since(task.polls, |it| it.polls), us),
            });
        }
        rows.retain(|row| self.idle_too || row.tenths > 0 || row.wakes > 0 || row.task.state == "R");
        match self.by {
            By::Share => rows.sort_by_key(|row| (Reverse(row.tenths), Reverse(row.wakes), row.task.pid)),
            By::Time => rows.sort_by_key(|row| (Reverse(row.task.busy_us), row.task.pid)),
            By::Pid => rows.sort_by_key(|row| row.task.pid),
            By::Wakes => rows.sort_by_key(|row| (Reverse(row.wakes), row.task.pid)),
            By::Polls => rows.sort_by_key(|row| (Reverse(row.polls), row.task.pid)),
            By::Command => rows.sort_by(|a, b| (&a.task.command, a.task.pid).cmp(&(&b.task.command, b.task.pid))),
        }
        if self.reversed {
            rows.reverse();
        }
        rows
    }
}

/// A count in `us` microseconds as one in a second.
pub fn a_second(count: u64, us: u64) -> u64 {
    (u128::from(count) * 1_000_000 / u128::from(us.max(1))) as u64
}
