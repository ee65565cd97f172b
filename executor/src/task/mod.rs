//! A task: one allocation that holds the header, the future and then its output.
//!
//! # Who holds a task
//!
//! * The *life* reference, from spawn to completion. Queues need none of their own: what is queued is
//!   not complete. So a wake touches the state word and a queue, and no count.
//! * The join handle: one.
//! * Each [`Waker`](core::task::Waker): one.
//!
//! The last one to go frees the block, or leaves that to the next tick when it goes in a handler.
//!
//! # Who may touch which field when
//!
//! | field | who |
//! |---|---|
//! | `next` | whoever owns the task's place in a queue: the pusher, then the CPU that drained; after the last reference, the graveyard |
//! | stage (future, output) | the poller while RUNNING; after DONE, the join handle, or the poller if DETACHED; the one who frees |
//! | `join_waker` | the join handle while JOIN_WAIT is clear and the task is not done; read-only for both once it is set |
//! | `registry_links`, `scope_links` | whoever holds the lock of that list |
//! | `phase`, counters but `wakes` | written by the poller, read by anyone |
//! | `wakes`, `queued_ns`, `woken_by` | written by the one who was told [`state::Wake::Push`], read by anyone |
//! | `owner` | written by the poller, read by wakers |

pub(crate) mod cell;
pub(crate) mod info;
pub(crate) mod list;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod pool;
pub(crate) mod shared;
pub(crate) mod state;
pub(crate) mod waker;

use core::{cell::UnsafeCell, panic::Location, ptr::NonNull, task::Waker};

use self::{
    cell::VTable,
    info::{DELAY_BUCKETS, TaskId, TaskInfo, TaskName, TaskState, WokenBy},
    list::Links,
    shared::Shared,
    state::{Seen, State, Wake},
};
use crate::{
    executor::Executor,
    queue::Linked,
    scope::ScopeInner,
    shim::{AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering::*, count, fence},
};

/// How far a running task is, for [`Executor::abandon_current`]: what may still be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// In the future's `poll`.
    Polling,
    /// In the future's `drop`: it must not be dropped again.
    Dropping,
    /// DONE is set; the output is being dropped or the joiner woken.
    Ending,
}

/// What all tasks have in common, whatever their future.
pub(crate) struct Header {
    pub(crate) next: AtomicPtr<Header>,
    pub(crate) state: State,
    /// The CPU that polled the task last: where a handler's wake goes.
    pub(crate) owner: AtomicU32,
    refs: AtomicUsize,
    pub(crate) vtable: &'static VTable,
    pub(crate) executor: &'static Executor,
    /// What is left of this poll's budget.
    pub(crate) budget: AtomicU32,
    phase: AtomicU32,
    pub(crate) polls: AtomicU64,
    pub(crate) wakes: AtomicU64,
    /// When it was queued last.
    pub(crate) queued_ns: AtomicU64,
    /// Who queued it last, in [`WokenBy`]'s code.
    pub(crate) woken_by: AtomicU64,
    /// How long it was queued, counted as [`TaskInfo::delays`] says.
    delays: [AtomicU16; DELAY_BUCKETS],
    pub(crate) busy_ns: AtomicU64,
    pub(crate) longest_poll_ns: AtomicU64,
    /// The place that its leaf future told, or null; see [`crate::waits_at`].
    pub(crate) waits_at: AtomicPtr<Location<'static>>,
    /// Never stolen, never moved.
    pub(crate) pinned: bool,
    /// Which list of the registry it is in.
    pub(crate) shard: u32,
    pub(crate) id: AtomicU64,
    pub(crate) name: TaskName,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) scope: Option<Shared<ScopeInner>>,
    pub(crate) registry_links: UnsafeCell<Links>,
    pub(crate) scope_links: UnsafeCell<Links>,
    pub(crate) join_waker: UnsafeCell<Option<Waker>>,
}

/// What the creator of a task decides.
pub(crate) struct Birth {
    pub(crate) state: state::Birth,
    pub(crate) executor: &'static Executor,
    pub(crate) owner: usize,
    pub(crate) pinned: bool,
    pub(crate) shard: usize,
    pub(crate) name: TaskName,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) scope: Option<Shared<ScopeInner>>,
}

impl Header {
    /// A header with two references: life and the join handle.
    fn new(birth: Birth, vtable: &'static VTable) -> Header {
        Header {
            next: AtomicPtr::new(core::ptr::null_mut()),
            state: State::new(birth.state),
            owner: AtomicU32::new(birth.owner as u32),
            refs: AtomicUsize::new(2),
            vtable,
            executor: birth.executor,
            budget: AtomicU32::new(0),
            phase: AtomicU32::new(0),
            polls: AtomicU64::new(0),
            wakes: AtomicU64::new(0),
            queued_ns: AtomicU64::new(0),
            woken_by: AtomicU64::new(0),
            delays: core::array::from_fn(|_| AtomicU16::new(0)),
            busy_ns: AtomicU64::new(0),
            longest_poll_ns: AtomicU64::new(0),
            waits_at: AtomicPtr::new(core::ptr::null_mut()),
            pinned: birth.pinned,
            shard: birth.shard as u32,
            id: AtomicU64::new(0),
            name: birth.name,
            spawned_at: birth.spawned_at,
            scope: birth.scope,
            registry_links: UnsafeCell::new(Links::new()),
            scope_links: UnsafeCell::new(Links::new()),
            join_waker: UnsafeCell::new(None),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Polling,
            1 => Phase::Dropping,
            _ => Phase::Ending,
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u32, Relaxed);
    }

    /// It is about to be polled, after so long in a queue.
    pub(crate) fn count_delay(&self, delay_ns: u64) {
        let bucket = &self.delays[((delay_ns | 1).ilog2() as usize / 2).min(DELAY_BUCKETS - 1)];
        let Some(count) = bucket.load(Relaxed).checked_add(1) else { return self.halve_delays() };
        bucket.store(count, Relaxed);
    }

    /// A count is full: all are halved, which keeps their proportions.
    #[cold]
    fn halve_delays(&self) {
        for bucket in &self.delays {
            bucket.store(bucket.load(Relaxed) / 2, Relaxed);
        }
    }

    pub(crate) fn info(&self) -> TaskInfo {
        TaskInfo {
            id: TaskId(self.id.load(Relaxed)),
            name: self.name,
            state: match self.state.look() {
                Seen::Running => TaskState::Running,
                Seen::Queued => TaskState::Queued,
                Seen::Waiting => TaskState::Waiting,
                Seen::Stopped => TaskState::Stopped,
                Seen::Done => TaskState::Done,
            },
            cpu: self.owner.load(Relaxed) as usize,
            polls: self.polls.load(Relaxed),
            wakes: self.wakes.load(Relaxed),
            delays: core::array::from_fn(|bucket| self.delays[bucket].load(Relaxed)),
            woken_by: WokenBy::decode(self.woken_by.load(Relaxed)),
            busy_ns: self.busy_ns.load(Relaxed),
            longest_poll_ns: self.longest_poll_ns.load(Relaxed),
            spawned_at: self.spawned_at,
            // SAFETY: what is stored there comes from a `&'static Location`.
            waits_at: unsafe { self.waits_at.load(Relaxed).as_ref() },
        }
    }
}

impl Linked for Header {
    fn link(&self) -> &AtomicPtr<Header> {
        &self.next
    }
}

/// A pointer to a task which some reference keeps alive for as long as this is used. It counts nothing
/// itself; [`TaskPtr::from_raw`] is where the promise is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskPtr(NonNull<Header>);

// SAFETY: a task's output is Send; its future is Send, or the task is pinned and touched on one thread only
// (`Executor::spawn` and `LocalSpawner` demand it); the header is shared by the rules at the top of this file.
unsafe impl Send for TaskPtr {}
// SAFETY: as above: nothing is reached through a shared pointer except by those rules.
unsafe impl Sync for TaskPtr {}

impl TaskPtr {
    /// # Safety
    /// `ptr` points to a live task's block, with provenance over the whole block, and some reference
    /// to it outlives every use of the result.
    pub(crate) unsafe fn from_raw(ptr: NonNull<Header>) -> TaskPtr {
        TaskPtr(ptr)
    }

    pub(crate) fn as_ptr(self) -> NonNull<Header> {
        self.0
    }

    pub(crate) fn header<'a>(self) -> &'a Header {
        // SAFETY: alive by the promise made in `from_raw`; only shared references to it exist.
        unsafe { self.0.as_ref() }
    }

    /// Wakes the task: transition (1), and a push if that is up to us.
    pub(crate) fn wake(self) {
        let header = self.header();
        if header.state.wake() == Wake::Push {
            count(&header.wakes, 1);
            header.executor.schedule(self);
        }
    }

    /// [`TaskPtr::wake`] by a future of the task itself.
    #[inline]
    pub(crate) fn wake_self(self) {
        if self.header().state.wake_self() == Wake::Push {
            self.queue_woken();
        }
    }

    #[cold]
    fn queue_woken(self) {
        count(&self.header().wakes, 1);
        self.header().executor.schedule(self);
    }

    /// Asks for cancellation: the CPU that next takes up the task drops its future.
    pub(crate) fn cancel(self) {
        let header = self.header();
        if header.state.cancel() == Wake::Push {
            header.executor.schedule(self);
        }
    }

    /// One reference more. Relaxed: who makes a new one holds one.
    pub(crate) fn retain(self) {
        self.header().refs.fetch_add(1, Relaxed);
    }

    /// One reference less; the last frees the task, in a handler only later.
    ///
    /// # Safety
    /// The caller owns one reference, and gives it up.
    pub(crate) unsafe fn release(self) {
        // Release: all uses of the task through this reference, for the fence below in the last.
        if self.header().refs.fetch_sub(1, Release) == 1 {
            // Acquire: partner of that Release in every reference that went before.
            fence(Acquire);
            self.header().executor.bury(self);
        }
    }
}
