//! What one CPU has to itself, and the order in which it takes work.
//!
//! Everything lives here and nothing on the stack of [`tick`](crate::Executor::tick), since a poll that
//! panics in a kernel never returns there.
//!
//! # The order
//!
//! 1. The LIFO slot, but if others wait at most three times in a row, and after a long poll what is in it goes to the end of
//!    the line, as does a task that was woken in its poll: of the injector, if that is next and has a line, or else of the
//!    ring. So two tasks that send messages to each other stay on this CPU with warm caches, and cannot keep the others from
//!    running. Where it is not first, timers that are due fire, and a tick that has had its polls ends.
//! 2. Every 61st time, and after a long poll, the injector comes before what follows, so nothing can starve it. Where all
//!    polls are long, every other time: nor may it starve the others. Whoever turns to it takes its share: one task to
//!    run, and others onto the ring. If after a long poll nobody waits there nor here, half of another CPU's ring comes here.
//! 3. Inbox and ring take turns in being first, so neither starves the other.
//! 4. The injector, then a LIFO slot that was passed over in 1.
//!
//! A poll is long from a few microseconds on: a count of polls says little about time then.

use core::ptr::{self, NonNull};

use pollux_trace::Polled;

use crate::{
    idle::Searcher,
    platform::OutOfMemory,
    queue::{Inbox, Injector, Ring, inbox::Chain, ring::SLOTS},
    shim::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering::*, point},
    sync::Lock,
    task::{Header, TaskPtr, info::WokenBy, slab::Magazine},
    time::wheel::Wheel,
};

/// How often the LIFO slot may be first before others have a turn.
const LIFO_IN_A_ROW: u64 = 3;
/// A poll that takes longer than this gains nothing from warm caches: the others have their turn.
pub(crate) const SHORT_POLL_NS: u64 = 5_000;
/// Every how many takes the injector is first. Prime, so that it beats with no pattern of the load.
pub(crate) const INJECTOR_INTERVAL: u64 = 61;

/// One CPU. Two cache lines' alignment: the unit that x86 prefetches.
#[repr(align(128))]
pub(crate) struct Cpu {
    pub(crate) index: usize,
    pub(crate) near: Near,
    pub(crate) ring: Ring<Header>,
    pub(crate) far: Far,
    pub(crate) timers: Lock<Wheel>,
    pub(crate) magazine: Magazine,
}

/// What only this CPU writes (on a platform that tells the truth; all is atomic in case it does not).
#[repr(align(128))]
pub(crate) struct Near {
    /// The task that is polled, and who wakes when this CPU does in task context, in [`WokenBy`]'s code: that task, or the one that was
    /// polled last. The CPU's own code between ticks, before the first poll of one, and while timers fire.
    pub(crate) polled: Polled,
    /// Whether a tick runs: [`TICK_OUT`], [`TICK_IN`] or [`TICK_UNWOUND`].
    pub(crate) tick: AtomicU32,
    /// The LIFO slot. Whoever swaps the task out owns its place.
    pub(crate) lifo: AtomicPtr<Header>,
    /// What was drained from the inbox and is pinned. Only in a tick.
    batch: AtomicPtr<Header>,
    /// Freed one by one out of the graveyard. Only in a tick.
    dead: AtomicPtr<Header>,
    /// The next number for a task, and the end of those that this CPU has.
    pub(crate) next_id: AtomicU64,
    pub(crate) ids_end: AtomicU64,
    /// Counts the takes down to the one at which the injector is first.
    until_injector: AtomicU64,
    /// Whether the inbox was asked before the ring the last time.
    inbox_was_first: AtomicBool,
    /// How often the LIFO slot may still be first; 0 as long as nothing goes there, between ticks and while timers fire.
    lifo_left: AtomicU64,
    /// What that was before.
    lifo_kept: AtomicU64,
    /// When the current poll began.
    pub(crate) clock_ns: AtomicU64,
    pub(crate) random: AtomicU32,
    pub(crate) polls: AtomicU64,
    pub(crate) wakes: AtomicU64,
    pub(crate) steals: AtomicU64,
    pub(crate) searches: AtomicU64,
    pub(crate) timers_fired: AtomicU64,
    pub(crate) idle_ns: AtomicU64,
}

/// What others write.
#[repr(align(128))]
pub(crate) struct Far {
    pub(crate) inbox: Inbox<Header>,
    /// Tasks whose last reference went in a handler.
    pub(crate) graveyard: Inbox<Header>,
    /// Whether the CPU counts as a searcher: set by itself, or by who woke it to be one.
    pub(crate) searcher: Searcher,
    pub(crate) kicks_sent: AtomicU64,
    pub(crate) kicks_saved: AtomicU64,
    /// No timer of this CPU is due before; `u64::MAX` for none at all.
    pub(crate) next_timer_ns: AtomicU64,
    /// When the sleep began, plus one; 0 while awake.
    pub(crate) idle_since: AtomicU64,
}

/// No tick runs.
pub(crate) const TICK_OUT: u32 = 0;
/// A tick runs, or the poll in it was left without unwinding.
pub(crate) const TICK_IN: u32 = 1;
/// A tick was unwound by a panic.
pub(crate) const TICK_UNWOUND: u32 = 2;

impl Near {
    /// The task that is polled, or null.
    pub(crate) fn current(&self) -> *mut Header {
        point();
        self.polled.task.load(Relaxed).cast()
    }

    pub(crate) fn is_polling(&self) -> bool {
        !self.current().is_null()
    }

    /// From now on that task is polled.
    #[inline(always)]
    pub(crate) fn set_current(&self, task: TaskPtr) {
        let id = task.header().id.load(Relaxed);
        point();
        self.polled.number.store(id, Relaxed);
        point();
        self.polled.task.store(task.as_ptr().as_ptr().cast(), Release); // partner: the Acquire in `Polled::id`
    }

    /// No task is polled, and what this CPU wakes, the last one wakes still.
    pub(crate) fn clear_current(&self) {
        point();
        self.polled.task.store(ptr::null_mut(), Relaxed);
    }

    /// Who wakes when this CPU does in task context, in [`WokenBy`]'s code.
    pub(crate) fn wakes_as(&self) -> u64 {
        point();
        self.polled.number.load(Relaxed)
    }
}

impl Cpu {
    pub(crate) fn new(index: usize) -> Result<Cpu, OutOfMemory> {
        let null = || AtomicPtr::new(ptr::null_mut());
        let zero = || AtomicU64::new(0);
        Ok(Cpu {
            index,
            near: Near {
                polled: Polled::new(WokenBy::code_cpu(index)),
                next_id: zero(),
                ids_end: zero(),
                tick: AtomicU32::new(TICK_OUT),
                lifo: null(),
                batch: null(),
                dead: null(),
                until_injector: AtomicU64::new(INJECTOR_INTERVAL - 1),
                inbox_was_first: AtomicBool::new(false),
                lifo_left: zero(),
                lifo_kept: AtomicU64::new(LIFO_IN_A_ROW),
                clock_ns: zero(),
                random: AtomicU32::new(0x9E37_79B9_u32.wrapping_mul(index as u32 + 1)),
                polls: zero(),
                wakes: zero(),
                steals: zero(),
                searches: zero(),
                timers_fired: zero(),
                idle_ns: zero(),
            },
            ring: Ring::new(),
            far: Far {
                inbox: Inbox::new(),
                graveyard: Inbox::new(),
                searcher: Searcher::new(),
                kicks_sent: zero(),
                kicks_saved: zero(),
                next_timer_ns: AtomicU64::new(u64::MAX),
                idle_since: zero(),
            },
            timers: Lock::new(Wheel::new()?),
            magazine: Magazine::new(),
        })
    }

    /// Whether a queue that only this CPU drains has something in it.
    pub(crate) fn has_own_work(&self) -> bool {
        !self.far.inbox.is_empty()
            || !self.ring.is_empty()
            || !self.near.lifo.load(Relaxed).is_null()
            || !self.near.batch.load(Relaxed).is_null()
            || !self.far.graveyard.is_empty()
            || !self.near.dead.load(Relaxed).is_null()
    }

    /// Whether no task that this CPU could run waits for its turn, nor a timer.
    pub(crate) fn has_nothing_else(&self, injector: &Injector<Header>, now_ns: u64) -> bool {
        let queued = self.near.lifo.load(Relaxed).addr() | self.queued_but_lifo(injector);
        queued == 0 && now_ns < self.far.next_timer_ns.load(Relaxed)
    }

    /// 0 if no queue has a task that this CPU could run, the LIFO slot left aside.
    pub(crate) fn queued_but_lifo(&self, injector: &Injector<Header>) -> usize {
        // Sums of bits, as all are empty most likely.
        self.far.inbox.bits() | self.ring.bits() | self.near.batch.load(Relaxed).addr() | injector.bits()
    }

    /// From now on tasks are polled, and what they wake may go to the LIFO slot.
    pub(crate) fn begin_polls(&self) {
        self.near.lifo_left.store(self.near.lifo_kept.load(Relaxed), Relaxed);
    }

    /// From now on no task is polled: what the CPU wakes, it wakes itself.
    pub(crate) fn end_polls(&self) {
        self.near.lifo_kept.store(self.near.lifo_left.load(Relaxed), Relaxed);
        self.near.lifo_left.store(0, Relaxed);
        point();
        self.near.polled.number.store(WokenBy::code_cpu(self.index), Relaxed);
    }

    /// It is the injector's turn, or if it had one just now, its turn after this one.
    pub(crate) fn let_injector_first(&self) {
        let had_one = self.near.until_injector.load(Relaxed) == INJECTOR_INTERVAL - 1
            && self.near.lifo_left.load(Relaxed) == LIFO_IN_A_ROW;
        self.near.until_injector.store(u64::from(had_one), Relaxed);
    }

    /// Whether the injector comes before inbox and ring, even if the LIFO slot had no turn.
    pub(crate) fn injector_is_next(&self) -> bool {
        self.near.until_injector.load(Relaxed) == 0
    }

    /// Whether the LIFO slot may take one more: not if that would be passed over for others.
    #[inline]
    pub(crate) fn lifo_open(&self) -> bool {
        self.near.lifo_left.load(Relaxed) != 0 || self.near.is_polling() && self.ring.is_empty()
    }

    /// Takes what is in the LIFO slot, if that may be first. Only in a tick of this CPU.
    #[inline(always)]
    pub(crate) fn next_lifo(&self) -> Option<TaskPtr> {
        #[cfg(all(feature = "sim", not(loom)))]
        if crate::sim::chooses() {
            return None;
        }
        if self.near.lifo_left.load(Relaxed) == 0 {
            return None;
        }
        let task = self.take_lifo()?;
        self.near.lifo_left.store(self.near.lifo_left.load(Relaxed) - 1, Relaxed);
        Some(task)
    }

    /// Takes the next task by the order above, after [`Cpu::next_lifo`]. `surplus` is called when something was put on the
    /// ring that others could take. Only in a tick of this CPU.
    pub(crate) fn next(&self, injector: &Injector<Header>, surplus: impl Fn() + Copy) -> Option<TaskPtr> {
        let lifo_left = self.near.lifo_left.load(Relaxed);
        self.near.lifo_left.store(LIFO_IN_A_ROW, Relaxed);
        if lifo_left == 0 && self.queued_but_lifo(injector) == 0 {
            return self.take_lifo(); // nobody has been passed over
        }
        let until = self.near.until_injector.load(Relaxed).saturating_sub(LIFO_IN_A_ROW - lifo_left);
        if until == 0 {
            self.near.until_injector.store(INJECTOR_INTERVAL - 1, Relaxed);
            if let Some(task) = self.take_injector(injector, surplus) {
                return Some(task);
            }
        } else {
            self.near.until_injector.store(until - 1, Relaxed);
        }
        #[cfg(all(feature = "sim", not(loom)))]
        if let Some(choice) = crate::sim::choice() {
            return self.next_by(choice, injector, surplus);
        }
        // Not the parity of the turn: the LIFO slot makes a pattern of its own.
        let inbox_first = !self.near.inbox_was_first.load(Relaxed);
        self.near.inbox_was_first.store(inbox_first, Relaxed);
        let task = if inbox_first {
            self.take_inbox(injector, surplus).or_else(|| self.take_ring())
        } else {
            self.take_ring().or_else(|| self.take_inbox(injector, surplus))
        };
        task.or_else(|| self.take_injector(injector, surplus)).or_else(|| self.take_lifo())
    }

    /// [`Cpu::next`] without a policy: the queues in an order that was chosen by lot.
    #[cfg(all(feature = "sim", not(loom)))]
    fn next_by(
        &self,
        choice: u64,
        injector: &Injector<Header>,
        surplus: impl Fn() + Copy,
    ) -> Option<TaskPtr> {
        (0..4).find_map(|n| match (choice + n) % 4 {
            0 => self.take_lifo(),
            1 => self.take_ring(),
            2 => self.take_inbox(injector, surplus),
            _ => self.take_injector(injector, surplus),
        })
    }

    /// Takes the oldest of the injector, and this CPU's share of the others onto the ring.
    fn take_injector(&self, injector: &Injector<Header>, surplus: impl Fn() + Copy) -> Option<TaskPtr> {
        let mut taken = injector.take_share(self.ring.room().min(SLOTS as usize / 2));
        let first = taken.pop()?;
        let mut shared = false;
        while let Some(node) = taken.pop() {
            shared |= self.push_shared(injector, node);
        }
        if shared {
            surplus();
        }
        // SAFETY: it was queued, so its life reference is held.
        Some(unsafe { TaskPtr::from_raw(first) })
    }

    /// Puts a task that any CPU may run at the end of the ring, or if that is full of the injector. Only on this CPU, with
    /// a task that is queued and in no queue. True if it is on the ring.
    pub(crate) fn push_shared(&self, injector: &Injector<Header>, node: NonNull<Header>) -> bool {
        let pushed = self.ring.push(node).is_ok();
        if !pushed {
            // SAFETY: the task is scheduled and in no queue; its life reference is held until it ends.
            unsafe { injector.push(node) };
        }
        pushed
    }

    pub(crate) fn take_lifo(&self) -> Option<TaskPtr> {
        if self.near.lifo.load(Relaxed).is_null() {
            return None;
        }
        // SAFETY: it was queued here, so its life reference is held.
        NonNull::new(self.near.lifo.swap(ptr::null_mut(), AcqRel))
            .map(|task| unsafe { TaskPtr::from_raw(task) })
    }

    fn take_ring(&self) -> Option<TaskPtr> {
        // SAFETY: it was queued here, so its life reference is held.
        self.ring.pop().map(|task| unsafe { TaskPtr::from_raw(task) })
    }

    /// Takes the oldest of the inbox. The others go to the ring or the injector, where thieves can have
    /// them; what is pinned stays in the batch.
    fn take_inbox(&self, injector: &Injector<Header>, surplus: impl Fn() + Copy) -> Option<TaskPtr> {
        if self.near.batch.load(Relaxed).is_null() && self.far.inbox.is_empty() {
            return None;
        }
        self.take_inbox_slow(injector, surplus)
    }

    #[inline(never)]
    fn take_inbox_slow(&self, injector: &Injector<Header>, surplus: impl Fn() + Copy) -> Option<TaskPtr> {
        // SAFETY: the batch is this CPU's own, and the tick that calls is the only one.
        let mut batch = unsafe { Chain::from_raw(self.near.batch.load(Relaxed)) };
        let first = match batch.pop() {
            Some(first) => first,
            None => {
                batch = self.far.inbox.take();
                let first = batch.pop()?;
                batch = self.share(batch, injector, surplus);
                first
            }
        };
        self.near.batch.store(batch.into_raw(), Relaxed);
        // SAFETY: it was queued here, so its life reference is held.
        Some(unsafe { TaskPtr::from_raw(first) })
    }

    /// Moves what others may run to the ring or the injector, and gives the rest back in the same order.
    fn share(
        &self,
        mut from: Chain<Header>,
        injector: &Injector<Header>,
        surplus: impl Fn() + Copy,
    ) -> Chain<Header> {
        let mut head: *mut Header = ptr::null_mut();
        let mut last: Option<TaskPtr> = None;
        let mut shared = false;
        while let Some(node) = from.pop() {
            // SAFETY: it was queued here, so its life reference is held.
            let task = unsafe { TaskPtr::from_raw(node) };
            if !task.header().is_pinned() {
                self.push_shared(injector, node);
                shared = true;
                continue;
            }
            task.header().next.store(ptr::null_mut(), Relaxed);
            match last {
                Some(last) => last.header().next.store(node.as_ptr(), Relaxed),
                None => head = node.as_ptr(),
            }
            last = Some(task);
        }
        if shared {
            surplus();
        }
        // SAFETY: the chain was just built from nodes that are ours.
        unsafe { Chain::from_raw(head) }
    }

    /// Takes one task that waits to be freed. Only in a tick of this CPU.
    pub(crate) fn next_dead(&self) -> Option<NonNull<Header>> {
        // SAFETY: the list is this CPU's own, and the tick that calls is the only one.
        let mut dead = unsafe { Chain::from_raw(self.near.dead.load(Relaxed)) };
        let mut first = dead.pop();
        if first.is_none() {
            dead = self.far.graveyard.take();
            first = dead.pop();
        }
        if first.is_some() {
            self.near.dead.store(dead.into_raw(), Relaxed);
        }
        first
    }

    /// A random number for choosing a victim (xorshift).
    pub(crate) fn random(&self) -> u32 {
        #[cfg(all(feature = "sim", not(loom)))]
        if let Some(choice) = crate::sim::choice() {
            return choice as u32;
        }
        let mut x = self.near.random.load(Relaxed);
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.near.random.store(x, Relaxed);
        x
    }
}
