//! The line of those who wait for a turn: first come, first served, and nobody's turn is lost.

use alloc::collections::VecDeque;
use core::task::Waker;

use crate::wait_site::task_number;

#[derive(Debug)]
struct Waiter<W> {
    ticket: u64,
    /// The number of the task that waits, or 0 where nobody asks for it.
    task: u64,
    want: W,
    /// `None` once it is this one's turn.
    waker: Option<Waker>,
}

/// A queue of waiters, each known by its ticket, and with what it wants. It lives in a lock, whose holder wakes
/// only after it has released it: so wakers are handed out, not called.
#[derive(Debug)]
pub(crate) struct Waiters<W = ()> {
    queue: VecDeque<Waiter<W>>,
    next_ticket: u64,
}

/// The place in the line of one that has its turn.
pub(crate) struct Turn(usize);

impl<W> Default for Waiters<W> {
    fn default() -> Self {
        Waiters { queue: VecDeque::new(), next_ticket: 0 }
    }
}

impl<W> Waiters<W> {
    /// Goes to the end of a line of which nobody asks who is in it, but the search for lost wakes.
    pub(crate) fn join(&mut self, waker: &Waker, want: W) -> u64 {
        self.join_as(if cfg!(debug_assertions) { task_number(waker) } else { 0 }, waker, want)
    }

    /// Goes to the end of the line, as the task of that number.
    pub(crate) fn join_as(&mut self, task: u64, waker: &Waker, want: W) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.queue.push_back(Waiter { ticket, task, want, waker: Some(waker.clone()) });
        ticket
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        // Mostly it is the first one's turn. Tickets rise along the line.
        if self.queue.front().is_some_and(|first| first.ticket == ticket) {
            return Some(0);
        }
        self.queue.binary_search_by_key(&ticket, |waiter| waiter.ticket).ok()
    }

    /// The waiter is polled with another waker; the old one is given back to be dropped.
    pub(crate) fn renew(&mut self, ticket: u64, waker: &Waker) -> Option<Waker> {
        let at = self.position(ticket)?;
        let waiter = &mut self.queue[at];
        let slot = waiter.waker.as_mut()?;
        (!slot.will_wake(waker)).then(|| {
            // A waker that is no task's own says nothing of whose it is.
            match task_number(waker) {
                0 => {}
                task => waiter.task = task,
            }
            core::mem::replace(slot, waker.clone())
        })
    }

    /// The task that stands before this one in the line, if one does.
    pub(crate) fn before(&self, ticket: u64) -> Option<u64> {
        let at = self.position(ticket)?.checked_sub(1)?;
        Some(self.queue[at].task)
    }

    /// The first one after that ticket, or of all, if it waits for its turn: its ticket, and its waker.
    pub(crate) fn after(&self, ticket: Option<u64>) -> Option<(u64, &Waker)> {
        let at = ticket.map_or(0, |ticket| self.queue.partition_point(|waiter| waiter.ticket <= ticket));
        let next = self.queue.get(at)?;
        Some((next.ticket, next.waker.as_ref()?))
    }

    /// Whether that task has its turn, though it has not seen it yet.
    pub(crate) fn is_granted(&self, task: u64) -> bool {
        self.queue.iter().any(|waiter| waiter.task == task && waiter.waker.is_none())
    }

    /// Whether that task has the next turn.
    pub(crate) fn is_next(&self, task: u64) -> bool {
        self.queue.iter().find(|waiter| waiter.waker.is_some()).is_some_and(|waiter| waiter.task == task)
    }

    /// How many wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.iter().filter(|waiter| waiter.waker.is_some()).count()
    }

    /// What the one wants who has waited longest for a turn.
    pub(crate) fn next_want(&self) -> Option<&W> {
        self.queue.iter().find(|waiter| waiter.waker.is_some()).map(|waiter| &waiter.want)
    }

    /// Gives a turn to who has waited longest without one: the waker to be woken.
    pub(crate) fn grant_one(&mut self) -> Option<Waker> {
        self.queue.iter_mut().find_map(|waiter| waiter.waker.take())
    }

    /// If it is this one's turn, its place in the line, until the line changes.
    pub(crate) fn turn(&self, ticket: u64) -> Option<Turn> {
        let at = self.position(ticket)?;
        self.queue[at].waker.is_none().then_some(Turn(at))
    }

    /// Who has its turn takes it, and leaves the line.
    pub(crate) fn take_turn(&mut self, turn: Turn) {
        self.queue.remove(turn.0);
    }

    /// Leaves the line; true if it was this one's turn, which must be passed on.
    #[must_use]
    pub(crate) fn leave(&mut self, ticket: u64) -> bool {
        let waiter = self.position(ticket).and_then(|at| self.queue.remove(at));
        waiter.is_some_and(|waiter| waiter.waker.is_none())
    }
}
