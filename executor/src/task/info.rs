//! What a snapshot says about a task.

use core::{fmt, panic::Location};

/// A task's number: never used again, and larger for a task that was spawned later on the same CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A task's name: at most [`TaskName::MAX`] bytes, kept in the task itself; what is longer is cut off
/// at a character's edge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TaskName {
    len: u8,
    bytes: [u8; TaskName::MAX],
}

impl TaskName {
    /// The longest name in bytes.
    pub const MAX: usize = 31;

    /// A name out of a string.
    pub fn new(name: &str) -> TaskName {
        let mut len = name.len().min(TaskName::MAX);
        while !name.is_char_boundary(len) {
            len -= 1;
        }
        let mut bytes = [0; TaskName::MAX];
        bytes[..len].copy_from_slice(&name.as_bytes()[..len]);
        TaskName { len: len as u8, bytes }
    }

    /// The name as a string.
    pub fn as_str(&self) -> &str {
        // It was cut at a character's edge, so this is always text.
        core::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or("")
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// A CPU polls it.
    Running,
    /// It is woken and waits for a CPU.
    Queued,
    /// It waits for a wake.
    Waiting,
    /// Its scope is stopped.
    Stopped,
    /// It has ended.
    Done,
}

/// A task as a snapshot saw it.
#[derive(Clone, Copy, Debug)]
pub struct TaskInfo {
    /// Its number.
    pub id: TaskId,
    /// Its name.
    pub name: TaskName,
    /// What it is doing.
    pub state: TaskState,
    /// The CPU that polled it last, or will first.
    pub cpu: usize,
    /// How often it was polled.
    pub polls: u64,
    /// How often it was woken out of waiting.
    pub wakes: u64,
    /// The time it was polled, in nanoseconds.
    pub busy_ns: u64,
    /// Its longest poll in nanoseconds.
    pub longest_poll_ns: u64,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
    /// Where it waits, if the future that it waits for told so in its last poll.
    pub waits_at: Option<&'static Location<'static>>,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_at_a_characters_edge() {
        assert_eq!(TaskName::new("sh").as_str(), "sh");
        let long = "123456789 123456789 123456789 é and more";
        assert_eq!(TaskName::new(long).as_str(), "123456789 123456789 123456789 ");
    }
}
