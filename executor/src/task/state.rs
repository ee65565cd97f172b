//! The state word of a task: who may poll it, who must queue it, who drops what it left.
//!
//! ```text
//!            (1) wake                  (2) start                 (4) complete
//!   WAITING ──────────▶ SCHEDULED ───────────────▶ RUNNING ───────────────────▶ DONE
//!      ▲                  │    ▲                    │   │
//!      │          (6) hold│    │(7) resume          │   │ (3) suspend, woken meanwhile:
//!      │                  ▼    │                    │   │     SCHEDULED, the poller queues it
//!      │            HELD (in no queue)              │   └────────▶ SCHEDULED
//!      └────────────────────────────────────────────┘
//!                   (3) suspend, not woken
//! ```
//!
//! | | transition | function | who |
//! |---|---|---|---|
//! | 1 | WAITING → SCHEDULED | [`State::wake`], [`State::wake_unpinned`], [`State::cancel`] | anyone, handlers too |
//! | 2 | SCHEDULED → RUNNING | [`State::start`] | the CPU that took the task out of a queue |
//! | 3 | RUNNING → WAITING or SCHEDULED | [`State::suspend`] | the CPU that polled |
//! | 3, 2 | RUNNING and SCHEDULED → RUNNING | [`State::restart`] | the CPU that polled, with nothing else to do |
//! | 4 | RUNNING → DONE | [`State::complete`] | the CPU that polled |
//! | 5 | any but DONE → the same and CANCEL | [`State::cancel`] | task context |
//! | 6 | SCHEDULED → HELD, when STOPPED | [`State::start`], [`State::wake`] | whoever finds it so |
//! | 7 | HELD → SCHEDULED | [`State::resume`], [`State::cancel`] | task context |
//!
//! SCHEDULED without HELD means: in exactly one queue, or in the hands of exactly one that will put it
//! there. RUNNING means: one CPU, and no other, may touch the future. A wake during RUNNING only sets
//! SCHEDULED; the poller sees it in (3), so a task is never in a queue while it is polled.
//!
//! Every change is a read-modify-write of this one word, so each continues the release sequence of the
//! one before: whoever acquires in (2) sees everything that any waker, and the poll before, released.

use super::info::TaskState;
use crate::shim::{AtomicU32, Ordering::*};

/// In a queue, or to be put there by whoever set this, or (with RUNNING) to be polled again.
const SCHEDULED: u32 = 1 << 0;
/// A CPU is in the future's `poll` or drops it.
const RUNNING: u32 = 1 << 1;
/// The future is gone; the output is stored for the join handle.
const DONE: u32 = 1 << 2;
/// The next poll drops the future instead.
const CANCEL: u32 = 1 << 3;
/// The scope holds the task: wakes are remembered and nothing is polled.
const STOPPED: u32 = 1 << 4;
/// A held wake: SCHEDULED, but in no queue, until resume or cancel puts it there.
const HELD: u32 = 1 << 5;
/// There is no join handle any more: who completes the task drops its output.
const DETACHED: u32 = 1 << 6;
/// The join handle has left a waker: who completes the task wakes it.
const JOIN_WAIT: u32 = 1 << 7;
/// Never stolen, never moved: from birth to the end. Here a wake learns it from the word that it looks at anyway.
const PINNED: u32 = 1 << 8;
/// There is a waker in the join slot: from the first one to the end.
const JOIN_WAKER: u32 = 1 << 9;
/// In a scope: from birth to the end.
const SCOPED: u32 = 1 << 10;
/// The join handle went in a handler, where the output of the task could not be dropped.
const OUTPUT_LEFT: u32 = 1 << 11;

/// See the module's picture.
pub(crate) struct State(AtomicU32);

/// How a task begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Birth {
    /// Scheduled: the creator queues it.
    Ready,
    /// In a scope, which lets it go or not when it is in its list.
    Held,
}

/// What the caller of a waking transition does next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Put the task in a queue: only the caller will.
    Push,
    /// Nothing: it is queued, held or done, or its poller queues it.
    Nothing,
}

/// What a CPU does with a task that it took out of a queue.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Poll it.
    Poll,
    /// Drop the future and complete the task as cancelled.
    Drop,
    /// Leave it alone: resume queues it.
    Hold,
}

/// What the poller does with a task that is pending.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspend {
    /// It was woken during the poll: queue it again.
    Requeue,
    /// It was cancelled during the poll: start it again, to drop its future before anything else runs.
    Restart,
    /// Nothing. The task may already run elsewhere: do not touch it.
    Wait,
}

/// How far a join handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The output is there.
    Done,
    /// Its waker is published, which is its own doing.
    Waits,
    /// Neither.
    No,
}

/// What a task without references has left.
#[derive(Clone, Copy)]
pub(crate) struct Left(u32);

impl Left {
    /// A waker in the join slot.
    pub(crate) fn has_waker(self) -> bool {
        self.0 & JOIN_WAKER != 0
    }

    /// Its part in a scope or its output.
    pub(crate) fn more_than_waker(self) -> bool {
        self.0 & (SCOPED | OUTPUT_LEFT) != 0
    }
}

/// Whom the completed task concerns.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complete {
    /// Nobody will ask: drop the output.
    DropOutput,
    /// The join handle waits: wake it.
    WakeJoiner,
    /// The join handle will look.
    Nothing,
}

impl State {
    /// The state of a cell that has no task.
    pub(crate) fn new() -> State {
        State(AtomicU32::new(DONE))
    }

    /// The state of one that has a task from now on; nobody else can reach it but snapshots.
    #[inline]
    pub(crate) fn begin(&self, birth: Birth, pinned: bool) {
        let begun = match birth {
            Birth::Ready => SCHEDULED,
            Birth::Held => SCHEDULED | STOPPED | HELD | SCOPED,
        };
        // Release: what the task's creator wrote, for a snapshot's Acquire in `look`.
        self.0.store(if pinned { begun | PINNED } else { begun }, Release);
    }

    /// Whether only one CPU may run the task.
    pub(crate) fn is_pinned(&self) -> bool {
        self.0.load(Relaxed) & PINNED != 0
    }

    /// (1) of [`State::wake`] in the usual case: the task waits, nobody has stopped it, and any CPU may run it. If so it is
    /// to be pushed; if not, nothing has changed.
    #[inline(always)]
    #[must_use]
    pub(crate) fn wake_unpinned(&self) -> bool {
        let s = self.0.load(Relaxed);
        s & (DONE | SCHEDULED | RUNNING | STOPPED | PINNED) == 0
            && self.0.compare_exchange(s, s | SCHEDULED, Release, Relaxed).is_ok()
    }

    /// (1): the task has something to do.
    pub(crate) fn wake(&self) -> Wake {
        let mut s = self.0.load(Relaxed);
        loop {
            if s & DONE != 0 {
                return Wake::Nothing;
            }
            let quiet = s & (SCHEDULED | RUNNING) == 0;
            let hold = if quiet && s & STOPPED != 0 { HELD } else { 0 };
            // Written even if the bit is set already: Release gives what the waker did before to the
            // poll that follows (Acquire in `start`), which a plain look at the word would not.
            match self.0.compare_exchange_weak(s, s | SCHEDULED | hold, Release, Relaxed) {
                Ok(_) if quiet && hold == 0 => return Wake::Push,
                Ok(_) => return Wake::Nothing,
                Err(now) => s = now,
            }
        }
    }

    /// (1), where the task is most likely the one that calls: then its poller will queue it. A task that
    /// turns out to be stopped may be queued too; `start` puts it aside.
    pub(crate) fn wake_self(&self) -> Wake {
        // Release: as in `wake`. A second attempt is rare, so the first is no loop.
        let s = self.0.load(Relaxed);
        let s = match self.0.compare_exchange(s, s | SCHEDULED, Release, Relaxed) {
            Ok(s) => s,
            Err(_) => self.0.fetch_or(SCHEDULED, Release),
        };
        if s & (SCHEDULED | RUNNING | DONE) == 0 { Wake::Push } else { Wake::Nothing }
    }

    /// (2) or (6), by the CPU that took the task out of a queue.
    pub(crate) fn start(&self) -> Start {
        // An addition, since that is one instruction: SCHEDULED is set and RUNNING is not, as the task
        // was in a queue. Acquire: partner of the Release in `wake`, `cancel` and `suspend`.
        let s = self.0.fetch_add(RUNNING - SCHEDULED, Acquire);
        debug_assert!(s & SCHEDULED != 0, "a task was in a queue without being scheduled");
        debug_assert!(s & (RUNNING | DONE | HELD) == 0, "a task was in a queue while running, done or held");
        if s & (CANCEL | STOPPED) == 0 { Start::Poll } else { self.start_slow() }
    }

    #[cold]
    fn start_slow(&self) -> Start {
        // Acquire where it ends in touching the future: the partner is `cancel`'s Release.
        let mut s = self.0.load(Acquire);
        loop {
            if s & CANCEL != 0 {
                return Start::Drop;
            }
            if s & STOPPED == 0 {
                return Start::Poll;
            }
            let held = (s & !RUNNING) | SCHEDULED | HELD;
            match self.0.compare_exchange_weak(s, held, Release, Acquire) {
                Ok(_) => return Start::Hold,
                Err(now) => s = now,
            }
        }
    }

    /// (3), by the poller, which has written its last word into the task before.
    pub(crate) fn suspend(&self) -> Suspend {
        // Release: the future as this poll left it, for the Acquire of the next `start`.
        let s = self.0.fetch_sub(RUNNING, Release);
        if s & SCHEDULED == 0 {
            Suspend::Wait
        } else if s & CANCEL == 0 {
            Suspend::Requeue
        } else {
            Suspend::Restart
        }
    }

    /// For the poller: whether the task was woken during its poll.
    pub(crate) fn is_woken(&self) -> bool {
        self.0.load(Relaxed) & SCHEDULED != 0
    }

    /// (3) and (2) in one, by the poller of a task that [is woken](State::is_woken). False, and nothing has changed, if it is to be
    /// cancelled or stopped: `suspend` and `start` deal with that.
    #[must_use]
    pub(crate) fn restart(&self) -> bool {
        // Only the poller takes SCHEDULED away, so it is still set. Acquire: as in `start`.
        let s = self.0.fetch_sub(SCHEDULED, Acquire);
        let may = s & (CANCEL | STOPPED) == 0;
        if !may {
            // Relaxed: this continues the release sequence of who has set it.
            self.0.fetch_or(SCHEDULED, Relaxed);
        }
        may
    }

    /// (4), by the poller, after it has stored the output.
    pub(crate) fn complete(&self) -> Complete {
        // Release: the output, for the Acquire of the join handle. Acquire: the joiner's waker,
        // released in `join_wait`.
        let s = self.0.fetch_add(DONE - RUNNING, AcqRel);
        debug_assert!(s & (RUNNING | DONE) == RUNNING, "a task completed that was not running");
        if s & DETACHED != 0 {
            Complete::DropOutput
        } else if s & JOIN_WAIT != 0 {
            Complete::WakeJoiner
        } else {
            Complete::Nothing
        }
    }

    /// (5) and, for a held task, (7): a stopped task can be cancelled.
    pub(crate) fn cancel(&self) -> Wake {
        let mut s = self.0.load(Relaxed);
        loop {
            if s & (DONE | CANCEL) != 0 {
                return Wake::Nothing;
            }
            let push = s & HELD != 0 || s & (SCHEDULED | RUNNING) == 0;
            let next = (s | CANCEL | SCHEDULED) & !(STOPPED | HELD);
            // Release: partner of the Acquire in `start` and `start_slow`.
            match self.0.compare_exchange_weak(s, next, Release, Relaxed) {
                Ok(_) if push => return Wake::Push,
                Ok(_) => return Wake::Nothing,
                Err(now) => s = now,
            }
        }
    }

    /// From now on wakes are held. A poll that runs is finished; a cancelled task is let through.
    pub(crate) fn stop(&self) {
        let mut s = self.0.load(Relaxed);
        while s & (DONE | CANCEL | STOPPED) == 0 {
            match self.0.compare_exchange_weak(s, s | STOPPED, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => s = now,
            }
        }
    }

    /// (7): releases a held wake.
    pub(crate) fn resume(&self) -> Wake {
        // Relaxed: this hands over nothing of its own, and continues the release sequence of others.
        let s = self.0.fetch_and(!(STOPPED | HELD), Relaxed);
        if s & HELD != 0 { Wake::Push } else { Wake::Nothing }
    }

    /// Whether the output is there.
    pub(crate) fn is_done(&self) -> bool {
        self.look_joined() == Joined::Done
    }

    /// What a join handle finds. Acquire: partner of the Release in `complete`.
    #[inline]
    pub(crate) fn look_joined(&self) -> Joined {
        let s = self.0.load(Acquire);
        if s & DONE != 0 {
            Joined::Done
        } else if s & JOIN_WAIT != 0 {
            Joined::Waits
        } else {
            Joined::No
        }
    }

    /// Publishes the first waker in the join slot; true if the task is done, and nobody will wake it.
    #[inline]
    #[must_use]
    pub(crate) fn join_wait(&self) -> bool {
        // An addition, since that is one instruction: nobody else sets these. Release: the waker, for the Acquire in `complete`.
        // Acquire: the output, if done.
        let s = self.0.fetch_add(JOIN_WAIT | JOIN_WAKER, AcqRel);
        debug_assert!(s & (JOIN_WAIT | JOIN_WAKER) == 0, "a first waker was published when there was one");
        s & DONE != 0
    }

    /// Publishes another waker after [`State::join_unwait`]; true as in [`State::join_wait`].
    #[must_use]
    pub(crate) fn join_wait_again(&self) -> bool {
        // AcqRel: as in `join_wait`.
        self.0.fetch_or(JOIN_WAIT, AcqRel) & DONE != 0
    }

    /// The output stays where it is, as the join handle goes in a handler. By the handle, which has detached a task that is done.
    pub(crate) fn leave_output(&self) {
        // Relaxed: for who frees the task, which the handle's reference holds up.
        self.0.fetch_or(OUTPUT_LEFT, Relaxed);
    }

    /// What is to be dropped, for who frees the task: where there is nothing, its place need not be looked at.
    #[inline]
    pub(crate) fn left(&self) -> Left {
        Left(self.0.load(Relaxed))
    }

    /// Takes the join slot back to change the waker; true if the task is done, and the slot is lost.
    #[must_use]
    pub(crate) fn join_unwait(&self) -> bool {
        // Acquire: the output, if done (Release in `complete`).
        self.0.fetch_and(!JOIN_WAIT, AcqRel) & DONE != 0
    }

    /// The join handle goes; true if the task is done, and the handle drops the output.
    #[must_use]
    pub(crate) fn detach(&self) -> bool {
        // Acquire: the output, if done. Release: the handle's last look, for `complete`.
        self.0.fetch_or(DETACHED, AcqRel) & DONE != 0
    }

    /// What a snapshot tells, if there is a task that has not ended.
    pub(crate) fn look(&self) -> Option<TaskState> {
        let s = self.0.load(Acquire); // partner: the Release in `begin`
        if s & DONE != 0 {
            None
        } else if s & RUNNING != 0 {
            Some(TaskState::Running)
        } else if s & STOPPED != 0 {
            Some(TaskState::Stopped)
        } else if s & SCHEDULED != 0 {
            Some(TaskState::Queued)
        } else {
            Some(TaskState::Waiting)
        }
    }
}
