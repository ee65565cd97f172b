//! A record: 32 bytes.
//!
//! ```text
//!   word 0   63       32 31         6 5         0
//!            | task     | the ring's | event + 1 |
//!   word 1   time, in ticks of the platform's clock
//!   word 2   first number
//!   word 3   second number
//! ```

use crate::{
    events::{Event, Unit},
    ring::KIND,
};

/// Words of a record.
pub(crate) const WORDS: usize = 4;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// What.
    pub event: Event,
    /// On which CPU. One more than the last CPU's number for what no CPU did.
    pub cpu: usize,
    /// The number of the task that the CPU polled, its low 32 bits; 0 between polls and on what is no CPU.
    pub task: u32,
    /// When: nanoseconds of the platform's clock.
    pub at_ns: u64,
    /// The numbers that go with it; [`Event::arguments`] says what they are.
    pub numbers: [u64; 2],
}

impl Record {
    /// Whether one of these tasks did it, or it was done to one. A task is known by the low 32 bits of its number.
    pub fn is_about(&self, tasks: impl Fn(u32) -> bool) -> bool {
        let mut about = self.event.arguments().into_iter().zip(self.numbers);
        tasks(self.task)
            || about.any(|(argument, number)| {
                argument.is_some_and(|(_, unit)| unit == Unit::Task) && tasks(number as u32)
            })
    }
}

/// The event as the kind of a record.
pub(crate) const fn kind(event: Event) -> u64 {
    event as u64 + 1
}

pub(crate) fn pack(event: Event, task: u32, ticks: u64, numbers: [u64; 2]) -> [u64; WORDS] {
    [u64::from(task) << 32 | kind(event), ticks, numbers[0], numbers[1]]
}

pub(crate) fn unpack(words: [u64; WORDS], cpu: usize, ns_of: impl Fn(u64) -> u64) -> Option<Record> {
    Some(Record {
        event: Event::numbered((words[0] & KIND).checked_sub(1)? as u8)?,
        cpu,
        task: (words[0] >> 32) as u32,
        at_ns: ns_of(words[1]),
        numbers: [words[2], words[3]],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let words = pack(Event::PipeSend, u32::MAX, 7, [u64::MAX, 3]);
        assert_eq!(words[0] & 0xffff_ffc0, 0, "these bits are the ring's");
        let record = unpack(words, 64, |ticks| ticks * 10).unwrap();
        let expected =
            Record { event: Event::PipeSend, cpu: 64, task: u32::MAX, at_ns: 70, numbers: [u64::MAX, 3] };
        assert_eq!(record, expected);
        assert_eq!(unpack([u64::MAX; WORDS], 0, |t| t), None, "no such event");
        assert_eq!(unpack([0; WORDS], 0, |t| t), None, "no event");
    }
}
