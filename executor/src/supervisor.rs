//! The supervisor: polls that take too long are told, and a CPU that is stuck in one loses its other work to
//! the others.
//!
//! ```text
//!   a poll ends that took more than 1 ms      ──▶ Report::LongPoll, if it was the task's longest
//!
//!   timer interrupt on the CPU, every 10 ms while it is awake: Executor::supervise
//!     the poll that runs is older than 10 ms, and a queue or a timer of the CPU has work
//!        │  STUCK is set, and an idle CPU is kicked, as for any other work
//!        ▼
//!   another CPU, idle or at its next tick: takes the slot and the inbox, fires the timers,
//!     and tells Report::Stuck
//! ```
//!
//! What is pinned stays. From the ring anyone steals at any time, so waking somebody is enough.

use core::panic::Location;

use pollux_trace::trace;

use crate::{
    cpu::Cpu,
    executor::Executor,
    shim::Ordering::*,
    task::{
        Header, TaskPtr,
        info::{TaskId, TaskName},
    },
};

/// A poll that takes longer than this is told.
pub const LONG_POLL_NS: u64 = 1_000_000;
/// A poll that takes longer than this costs the CPU its queued work; also how often to ask.
pub const STUCK_POLL_NS: u64 = 10_000_000;

/// What the supervisor has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A poll has ended that took longer than [`LONG_POLL_NS`], and in whole microseconds longer than every poll of the task before.
    LongPoll {
        /// The task's number.
        id: TaskId,
        /// Its name.
        name: TaskName,
        /// Where it was spawned.
        spawned_at: &'static Location<'static>,
        /// How long the poll took.
        took_ns: u64,
    },
    /// A CPU is in a poll that is older than [`STUCK_POLL_NS`]; its other work was taken over.
    Stuck {
        /// The CPU; [`Executor::current_task`] tells the task.
        cpu: usize,
        /// How many tasks were moved to the CPU that tells this.
        moved: usize,
    },
}

impl Executor {
    /// Looks whether `cpu` is stuck in a poll while other work waits on it; if so, has another CPU take that
    /// over. To be called every [`STUCK_POLL_NS`] or so while the CPU is awake, by the handler of its timer
    /// interrupt or from anywhere else.
    ///
    /// # Panics
    /// If there is no such CPU.
    pub fn supervise(&'static self, cpu: usize) {
        let (index, cpu) = (cpu, &self.cpus[cpu]);
        let now_ns = self.now_ns();
        let began_ns = cpu.near.clock_ns.load(Relaxed);
        if !cpu.near.is_polling() || now_ns.saturating_sub(began_ns) <= STUCK_POLL_NS {
            return;
        }
        let has_work = !cpu.near.lifo.load(Relaxed).is_null()
            || !cpu.far.inbox.is_empty()
            || !cpu.ring.is_empty()
            || cpu.far.next_timer_ns.load(Relaxed) <= now_ns;
        if has_work {
            self.stuck.fetch_or(1 << index, Relaxed);
            self.wake_searcher(); // its fence orders the two, as for work on a ring
        }
    }

    #[cold]
    pub(crate) fn report_long_poll(&self, header: &Header, took_ns: u64) {
        let id = TaskId(header.id.load(Relaxed));
        let (name, spawned_at) = (header.name(), header.spawned_at());
        trace!(PollLong, id.0, took_ns);
        self.platform.report(&Report::LongPoll { id, name, spawned_at, took_ns });
    }

    /// Takes over what waits on CPUs that are stuck. In a tick of `cpu`.
    #[cold]
    pub(crate) fn rescue(&'static self, cpu: &'static Cpu) {
        let mut stuck = self.stuck.swap(0, Relaxed) & !(1 << cpu.index);
        while stuck != 0 {
            let victim = &self.cpus[stuck.trailing_zeros() as usize];
            stuck &= stuck - 1;
            let mut moved = 0;
            // AcqRel: partner of the swap in `schedule_here`.
            let slot = victim.near.lifo.swap(core::ptr::null_mut(), AcqRel);
            let mut inbox = victim.far.inbox.take();
            let slot = core::ptr::NonNull::new(slot);
            for node in core::iter::from_fn(|| inbox.pop()).chain(slot) {
                // SAFETY: it was queued there, so its life reference is held.
                let task = unsafe { TaskPtr::from_raw(node) };
                if task.header().is_pinned() {
                    self.push_inbox(victim.index, task);
                } else {
                    self.push_ring(cpu, task);
                    moved += 1;
                }
            }
            let now_ns = self.now_ns();
            if victim.far.next_timer_ns.load(Relaxed) <= now_ns {
                self.fire(victim, now_ns, cpu);
            }
            trace!(Stuck, victim.index, moved);
            self.platform.report(&Report::Stuck { cpu: victim.index, moved });
        }
        if !cpu.ring.is_empty() {
            self.wake_searcher();
        }
    }
}
