//! What is drawn as one: polls that lie so close together that nobody could tell them apart.

use super::events::Poll;

/// Polls that are drawn as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub from_ns: u64,
    pub to_ns: u64,
    /// Whose polls they are, in the order of their first.
    pub shares: Vec<Share>,
}

/// The polls of one task in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub task: u64,
    pub polls: usize,
    pub busy_ns: u64,
}

impl Slice {
    /// The task that most of its time belongs to.
    pub fn main_task(&self) -> u64 {
        self.shares.iter().max_by_key(|share| share.busy_ns).map_or(0, |share| share.task)
    }

    fn takes(&self, poll: &Poll, grain_ns: u64) -> bool {
        let fits = poll.to_ns - self.from_ns <= grain_ns;
        let goes_on = matches!(&self.shares[..], [share] if share.task == poll.task);
        fits || (goes_on && poll.from_ns.saturating_sub(self.to_ns) < grain_ns)
    }
}

/// Makes slices of polls that do not overlap, in order. Polls of one task become one when less than the grain lies between
/// them, and whatever happens within one grain. So a stretch of time has at most two slices a grain.
pub fn of(polls: &[Poll], grain_ns: u64) -> Vec<Slice> {
    let mut slices: Vec<Slice> = Vec::new();
    for poll in polls {
        let busy_ns = poll.to_ns - poll.from_ns;
        match slices.last_mut() {
            Some(slice) if slice.takes(poll, grain_ns) => {
                slice.to_ns = poll.to_ns;
                match slice.shares.iter_mut().find(|share| share.task == poll.task) {
                    Some(share) => {
                        share.polls += 1;
                        share.busy_ns += busy_ns;
                    }
                    None => slice.shares.push(Share { task: poll.task, polls: 1, busy_ns }),
                }
            }
            _ => slices.push(Slice {
                from_ns: poll.from_ns,
                to_ns: poll.to_ns,
                shares: vec![Share { task: poll.task, polls: 1, busy_ns }],
            }),
        }
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polls(of: &[(u64, u64, u64)]) -> Vec<Poll> {
        let poll = |&(task, from_ns, to_ns)| Poll { cpu: 0, task, from_ns, to_ns };
        of.iter().map(poll).collect()
    }

    #[test]
    fn without_a_grain_each_poll_is_a_slice() {
        assert_eq!(of(&polls(&[(1, 0, 10), (1, 10, 20), (2, 25, 30)]), 0).len(), 3);
    }

    #[test]
    fn polls_of_a_task_with_little_between_them_are_one() {
        let slices = of(&polls(&[(1, 0, 100), (1, 104, 200), (2, 201, 300), (1, 320, 400)]), 10);
        assert_eq!(
            slices.iter().map(|slice| (slice.from_ns, slice.to_ns)).collect::<Vec<_>>(),
            [(0, 200), (201, 300), (320, 400)]
        );
        assert_eq!(slices[0].shares, [Share { task: 1, polls: 2, busy_ns: 196 }]);
    }

    #[test]
    fn what_happens_within_a_grain_is_one_and_belongs_to_who_ran_longest() {
        let slices = of(&polls(&[(1, 0, 2), (2, 3, 8), (1, 8, 9), (2, 100, 101)]), 10);
        assert_eq!((slices.len(), slices[0].main_task()), (2, 2));
        assert_eq!(slices[0].shares[0], Share { task: 1, polls: 2, busy_ns: 3 });
    }

    #[test]
    fn there_are_at_most_two_slices_a_grain() {
        let many: Vec<_> = (0..10_000).map(|n| (n % 2, n * 10, n * 10 + 9)).collect();
        let slices = of(&polls(&many), 1000);
        assert!(slices.len() <= 200, "{} slices", slices.len());
    }
}
