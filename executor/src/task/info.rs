//! What a snapshot says about a task.

use core::{fmt, panic::Location};

use crate::wait_site::Awaited;

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
pub struct TaskName([u8; 16]);

impl TaskName {
    /// The longest name in bytes.
    pub const MAX: usize = 15;

    /// A name out of a string.
    #[inline]
    pub fn new(name: &str) -> TaskName {
        let mut len = name.len().min(TaskName::MAX);
        while !name.is_char_boundary(len) {
            len -= 1;
        }
        let name = &name.as_bytes()[..len];
        // Two loads that overlap, rather than a call of `memcpy` for a few bytes.
        let bits = match (name.first_chunk(), name.last_chunk()) {
            (Some(&first), Some(&last)) => {
                u128::from(u64::from_le_bytes(first))
                    | u128::from(u64::from_le_bytes(last)) << (8 * (len - 8))
            }
            _ => name.iter().rev().fold(0, |bits, &byte| bits << 8 | u128::from(byte)),
        };
        TaskName((bits | (len as u128) << 120).to_le_bytes())
    }

    pub(crate) fn from_words(words: [u64; 2]) -> TaskName {
        TaskName((u128::from(words[0]) | u128::from(words[1]) << 64).to_le_bytes())
    }

    pub(crate) fn words(self) -> [u64; 2] {
        let bits = u128::from_le_bytes(self.0);
        [bits as u64, (bits >> 64) as u64]
    }

    /// The name as a string.
    pub fn as_str(&self) -> &str {
        // It was cut at a character's edge, so this is always text.
        core::str::from_utf8(&self.0[..usize::from(self.0[TaskName::MAX])]).unwrap_or("")
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

/// Buckets of [`TaskInfo::delays`]: up to 1 us, 4 us, and so on to 1 s and beyond.
pub const DELAY_BUCKETS: usize = 12;
/// What is in the first of them is less than this.
pub const FIRST_DELAY_NS: u64 = 1024;

/// Who woke a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WokenBy {
    /// Nobody yet.
    Nobody,
    /// A task, in its poll; or the one that spawned it.
    Task(TaskId),
    /// A CPU between polls: one of its timers, or the machine's loop.
    Cpu(usize),
    /// The handler of an interrupt on that CPU.
    Interrupt {
        /// The CPU that was interrupted.
        cpu: usize,
        /// The vector, if the platform knows it.
        vector: Option<u8>,
    },
    /// A thread that is no CPU.
    Outside,
}

/// A task's code is its number, which is never 0. That is nobody's; the others have one of the highest bits.
const CPU: u64 = 1 << 63;
const INTERRUPT: u64 = 1 << 62;
const OUTSIDE: u64 = 1 << 61;
const HAS_VECTOR: u64 = 1 << 8;

impl WokenBy {
    pub(crate) fn code_cpu(cpu: usize) -> u64 {
        CPU | cpu as u64
    }

    /// A handler on `cpu`, or a foreign thread.
    pub(crate) fn code_off(cpu: Option<usize>, vector: Option<u8>) -> u64 {
        let Some(cpu) = cpu else { return OUTSIDE };
        INTERRUPT | (cpu as u64) << 9 | vector.map_or(0, |vector| HAS_VECTOR | u64::from(vector))
    }

    /// Who it was, out of the code that tracepoints have.
    pub fn decode(code: u64) -> WokenBy {
        let low = code & (OUTSIDE - 1);
        match code - low {
            0 if code == 0 => WokenBy::Nobody,
            0 => WokenBy::Task(TaskId(code)),
            CPU => WokenBy::Cpu(low as usize),
            INTERRUPT => WokenBy::Interrupt {
                cpu: (low >> 9) as usize,
                vector: (low & HAS_VECTOR != 0).then_some(low as u8),
            },
            _ => WokenBy::Outside,
        }
    }
}

impl fmt::Display for WokenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WokenBy::Nobody => f.write_str("nobody"),
            WokenBy::Task(id) => write!(f, "task {id}"),
            WokenBy::Cpu(cpu) => write!(f, "CPU {cpu}"),
            WokenBy::Interrupt { cpu, vector: Some(vector) } => write!(f, "interrupt {vector} on CPU {cpu}"),
            WokenBy::Interrupt { cpu, vector: None } => write!(f, "an interrupt on CPU {cpu}"),
            WokenBy::Outside => f.write_str("a foreign thread"),
        }
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
    /// How long it was queued before it was polled: bucket `b` counts the delays of less than [`FIRST_DELAY_NS`] times 4^b
    /// that are in no bucket before; the last one counts all that were longer. What is more than 32,767 in any bucket but the first is
    /// estimated by samples.
    pub delays: [u64; DELAY_BUCKETS],
    /// Who queued it last. A wake during its poll leaves that to the poll's end, and is not noted.
    pub woken_by: WokenBy,
    /// The time it was polled, in nanoseconds.
    pub busy_ns: u64,
    /// Its longest poll in nanoseconds: whole microseconds of what is above five, up to an hour.
    pub longest_poll_ns: u64,
    /// Where it was spawned.
    pub spawned_at: &'static Location<'static>,
    /// Where it waits, if the future that it waits for told so in its last poll.
    pub waits_at: Option<&'static Location<'static>>,
    /// For what, if that was told, too.
    pub waits_for: Option<Awaited>,
    /// Of a lock: the task that has it, or stands before this one in the line, by the low 32 bits of its number.
    pub waits_behind: Option<u32>,
    /// The time at which this state began, as nearly as is known for nothing: the poll that runs, or else the task's last
    /// wake or spawn. (A task that waits was polled once more after that, and then not again.)
    pub since_ns: u64,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_up_to_fifteen_bytes() {
        let letters = "abcdefghijklmnopq";
        for len in 0..=letters.len() {
            let name = TaskName::new(&letters[..len]);
            assert_eq!(name.as_str(), &letters[..len.min(TaskName::MAX)]);
            assert!(TaskName::from_words(name.words()) == name);
        }
        assert_eq!(TaskName::new("fourteen chars\u{e9}").as_str(), "fourteen chars", "no half characters");
    }

    #[test]
    fn who_woke_comes_through_the_code() {
        assert_eq!(WokenBy::decode(0), WokenBy::Nobody);
        assert_eq!(WokenBy::decode(77), WokenBy::Task(TaskId(77)));
        assert_eq!(WokenBy::decode(WokenBy::code_cpu(63)), WokenBy::Cpu(63));
        let handler = |cpu, vector| WokenBy::decode(WokenBy::code_off(Some(cpu), vector));
        assert_eq!(handler(63, Some(0)), WokenBy::Interrupt { cpu: 63, vector: Some(0) });
        assert_eq!(handler(1, Some(255)), WokenBy::Interrupt { cpu: 1, vector: Some(255) });
        assert_eq!(handler(1, None), WokenBy::Interrupt { cpu: 1, vector: None });
        assert_eq!(WokenBy::decode(WokenBy::code_off(None, Some(7))), WokenBy::Outside);
    }

    #[test]
    fn a_long_name_is_cut_at_a_characters_edge() {
        assert_eq!(TaskName::new("sh").as_str(), "sh");
        assert_eq!(TaskName::new("123456789 1234é and more").as_str(), "123456789 1234");
    }
}
