//! The tasks of `/proc/tasks`: what `ps`, `top`, `pgrep` and `pidof` look at.

use alloc::{string::String, vec::Vec};

use super::proc;
use crate::{env::Pid, io::Ended, process::Process};

/// A task as the system shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub pid: Pid,
    /// `R` runs or waits for a CPU, `S` waits for something else, `T` is stopped.
    pub state: String,
    /// The CPU it ran on last.
    pub cpu: u64,
    pub polls: u64,
    pub wakes: u64,
    pub busy_us: u64,
    /// The whole command line; the kernel's own tasks are in brackets.
    pub command: String,
}

impl Task {
    /// The name of the command, without arguments and directories.
    pub fn name(&self) -> &str {
        let first = self.command.split(' ').next().unwrap_or_default();
        match first.rsplit('/').next() {
            Some(name) if !name.is_empty() && !first.starts_with('[') => name,
            _ => first,
        }
    }
}

/// All tasks there are, by number.
pub async fn read(p: &Process) -> Result<Vec<Task>, Ended> {
    let text = proc::read(p, "/proc/tasks").await?;
    Ok(text.lines().filter_map(task).collect())
}

/// A line of the file; `None` for its heading. Blanks in the command are kept.
fn task(line: &str) -> Option<Task> {
    let mut rest = line;
    let mut next = || {
        let (cell, after) = rest.trim_start().split_once(' ')?;
        rest = after;
        Some(cell)
    };
    let pid = next()?.parse().ok()?;
    let state = next()?.into();
    let mut number = || next()?.parse().ok();
    let (cpu, polls, wakes, busy_us) = (number()?, number()?, number()?, number()?);
    Some(Task { pid, state, cpu, polls, wakes, busy_us, command: rest.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_and_the_heading_is_not() {
        assert_eq!(task("  PID STATE    CPU     POLLS     WAKES     BUSY_US COMMAND"), None);
        let line = "    7 S          1       120        95        3021 /bin/echo 'a  b'";
        let (state, command) = ("S".into(), "/bin/echo 'a  b'".into());
        let expected = Task { pid: 7, state, cpu: 1, polls: 120, wakes: 95, busy_us: 3021, command };
        assert_eq!(task(line), Some(expected.clone()));
        assert_eq!(expected.name(), "echo");
        let kernel = Task { command: "[channel]".into(), ..expected };
        assert_eq!(kernel.name(), "[channel]");
    }
}
