//! What a CPU did from when to when: polls, interrupts, sleep. They nest: an interrupt comes in the middle of a poll or of
//! sleep.
//!
//! Records are a window on what happened. Of what was going on at its edges there is only one end; and a record in the
//! middle may be missing when it was being written.

use alloc::{collections::BTreeSet, vec::Vec};

use crate::{events::Event, record::Record};

/// Something that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slice {
    /// The poll of a task.
    Poll(u64),
    /// The handler of a vector.
    Interrupt(u64),
    /// Nothing to do.
    Idle,
}

/// What a record says about slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Begin(Slice),
    End(Slice),
}

/// The edge that a record is.
pub(super) fn edge(record: &Record) -> Option<Edge> {
    let number = record.numbers[0];
    Some(match record.event {
        Event::PollBegin => Edge::Begin(Slice::Poll(number)),
        // A poll that panics has no other end.
        Event::PollEnd | Event::TaskPanic => Edge::End(Slice::Poll(number)),
        Event::IrqEnter => Edge::Begin(Slice::Interrupt(number)),
        Event::IrqLeave => Edge::End(Slice::Interrupt(number)),
        Event::IdleEnter => Edge::Begin(Slice::Idle),
        Event::IdleLeave => Edge::End(Slice::Idle),
        _ => return None,
    })
}

/// What was going on on a CPU when the first of these records was written: the outermost first.
pub(super) fn open_at_first<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<Slice> {
    let mut open = Vec::new();
    let mut handlers = 0_usize;
    for edge in records.filter_map(edge) {
        match edge {
            Edge::Begin(Slice::Interrupt(_)) => handlers += 1,
            Edge::End(Slice::Interrupt(_)) if handlers > 0 => handlers -= 1,
            Edge::End(slice @ Slice::Interrupt(_)) => open.insert(0, slice),
            // The first edge of what runs between interrupts settles it.
            Edge::Begin(_) => break,
            Edge::End(slice) => {
                open.insert(0, slice);
                break;
            }
        }
    }
    open
}

/// The wakes that a poll followed: a bit for each record.
pub(super) struct Followed(Vec<u64>);

impl Followed {
    /// Looks for them.
    pub(super) fn of(records: &[Record]) -> Followed {
        let mut bits = alloc::vec![0; records.len().div_ceil(64)];
        let mut polled = BTreeSet::new();
        for (index, record) in records.iter().enumerate().rev() {
            match record.event {
                Event::PollBegin => {
                    polled.insert(record.numbers[0]);
                }
                Event::Wake if polled.remove(&record.numbers[0]) => bits[index / 64] |= 1 << (index % 64),
                _ => {}
            }
        }
        Followed(bits)
    }

    /// Whether the task that this record woke was polled before it was woken again.
    pub(super) fn contains(&self, index: usize) -> bool {
        self.0[index / 64] >> (index % 64) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::testing::record;

    fn open(events: &[(Event, u64)]) -> Vec<Slice> {
        let records: Vec<_> =
            events.iter().enumerate().map(|(i, &(event, n))| record(event, 0, 0, i as u64, [n, 0])).collect();
        open_at_first(records.iter())
    }

    #[test]
    fn what_was_going_on_at_the_first_record_is_known_by_its_end() {
        use Event::*;
        let irq = [(IrqEnter, 33), (IrqLeave, 33)];
        assert_eq!(open(&[(PollBegin, 1), (PollEnd, 1)]), []);
        assert_eq!(open(&[(PipeSend, 1), (PollEnd, 1), (IdleEnter, 0)]), [Slice::Poll(1)]);
        assert_eq!(open(&[irq[0], irq[1], (IdleLeave, 0)]), [Slice::Idle]);
        assert_eq!(
            open(&[(IrqLeave, 9), irq[0], irq[1], (PollEnd, 4)]),
            [Slice::Poll(4), Slice::Interrupt(9)]
        );
        assert_eq!(
            open(&[(PollBegin, 1), (PollEnd, 1), (PollEnd, 2)]),
            [],
            "a record in the middle is missing"
        );
        assert_eq!(open(&[]), []);
    }

    #[test]
    fn a_wake_is_followed_by_the_poll_before_the_next_wake() {
        let records =
            [(Event::Wake, 1), (Event::Wake, 1), (Event::Wake, 2), (Event::PollBegin, 1), (Event::Wake, 1)]
                .map(|(event, task)| record(event, 0, 0, 0, [task, 0]));
        let followed = Followed::of(&records);
        assert_eq!((0..5).filter(|&i| followed.contains(i)).collect::<Vec<_>>(), [1]);
    }
}
