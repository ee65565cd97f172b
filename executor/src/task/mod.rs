//! A task: one cell that holds the header, the future and then its output.
//!
//! # Who holds a task
//!
//! * The *life* reference, from spawn to completion. Queues need none of their own: what is queued is
//!   not complete. So a wake touches the state word and a queue, and no count.
//! * The join handle: one.
//! * Each [`Waker`]: one.
//!
//! The last one to go frees the cell, or leaves that to the next tick when it goes in a handler.
//!
//! # Who may touch which field when
#![doc = include_str!("fields.md")]

pub(crate) mod cell;
pub(crate) mod info;
pub(crate) mod list;
#[cfg(all(test, loom))]
mod models;
pub(crate) mod shared;
pub(crate) mod slab;
pub(crate) mod state;
pub(crate) mod waker;

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    panic::Location,
    ptr::{self, NonNull},
    sync::atomic,
    task::Waker,
};

use self::{
    cell::VTable,
    info::{DELAY_BUCKETS, FIRST_DELAY_NS, TaskId, TaskInfo, TaskName, TaskState, WokenBy},
    list::{Links, List, Which},
    shared::Shared,
    state::{State, Wake},
};
use pollux_trace::trace;

use crate::{
    cpu::{Cpu, SHORT_POLL_NS},
    executor::Executor,
    queue::Linked,
    scope::ScopeInner,
    shim::{AtomicBool, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering::*, count, fence},
    wait_site::{Awaited, WaitSite},
};

/// Four counts of delays, of 16 bits each, are in a word. One is full when it has its highest bit.
const DELAY_COUNTS_FULL: u64 = 0x8000_8000_8000_8000;

/// What all tasks have in common, whatever their future. It stays when a task has ended, for the next one in
/// this cell.
///
/// The order is that of the cache lines, at whose edge a cell begins: the first is the poller's, and so is most of the second. A waker
/// touches the third, a creator on another CPU from the name on all that follows, with which a small future shares a line.
#[repr(C)]
pub(crate) struct Header {
    /// What is left of this poll's budget.
    pub(crate) budget: AtomicU16,
    /// Which cell of its chunk this is.
    index: u8,
    /// Which of the slab's sizes it has.
    class: u8,
    /// While it waits for a thing that [has a line](crate::Awaited::has_line): the low bits of the number of the task that has
    /// it or gets it before, or 0.
    pub(crate) behind: AtomicU32,
    pub(crate) polls: AtomicU64,
    pub(crate) busy_ns: AtomicU64,
    /// Its longest poll, but at most [`SHORT_POLL_NS`]: one look finds a poll which is that or long.
    pub(crate) longest_short_ns: AtomicU32,
    /// In microseconds, if that is more.
    longest_long_us: AtomicU32,
    /// What its leaf future told; see [`crate::waits_for`].
    pub(crate) wait_site: WaitSite,
    scope_links: UnsafeCell<Links<Header>>,

    /// How long it was queued, counted as [`TaskInfo::delays`] says, but for the first bucket, which has the other polls. In its
    /// place is how often all counts were halved: `n` times, and each of them stands for 2^n.
    delays: [AtomicU64; DELAY_BUCKETS / 4],
    /// There is one if the state says so.
    pub(crate) join_waker: UnsafeCell<MaybeUninit<Waker>>,
    /// The machine's own: tracepoints read it there.
    name: [atomic::AtomicU64; 2],
    spawned_at: AtomicPtr<Location<'static>>,

    pub(crate) next: AtomicPtr<Header>,
    pub(crate) state: State,
    /// The CPU that polled the task last: where a handler's wake goes. A free cell has its place in a stack here.
    pub(crate) owner: AtomicU16,
    /// See [`Header::is_dropping`].
    dropping: AtomicBool,
    /// Whether the end takes more than usual: there is a scope to leave, or a delay or a long poll was counted.
    has_rare: AtomicBool,
    refs: AtomicUsize,
    vtable: UnsafeCell<&'static VTable>,
    pub(crate) executor: &'static Executor,
    /// When it was queued last.
    pub(crate) queued_ns: AtomicU64,
    /// Who queued it last, in [`WokenBy`]'s code.
    pub(crate) woken_by: AtomicU64,
    pub(crate) wakes: AtomicU64,

    pub(crate) id: AtomicU64,
    scope: UnsafeCell<Option<Shared<ScopeInner>>>,
}

#[cfg(all(target_pointer_width = "64", not(loom)))]
const _: () = {
    assert!(core::mem::offset_of!(Header, delays) == 64 && core::mem::offset_of!(Header, next) == 128);
    // A future of 48 bytes makes it four lines.
    assert!(core::mem::offset_of!(Header, id) == 192 && size_of::<Header>() == 208);
};

/// What the creator of a task decides.
pub(crate) struct Birth {
    pub(crate) state: state::Birth,
    pub(crate) owner: usize,
    pub(crate) pinned: bool,
    pub(crate) id: u64,
    pub(crate) name: TaskName,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) scope: Option<Shared<ScopeInner>>,
}

fn location_ptr(at: &'static Location<'static>) -> *mut Location<'static> {
    ptr::from_ref(at).cast_mut()
}

impl Header {
    /// The header of a cell that has no task.
    pub(crate) fn new(executor: &'static Executor, index: u8, class: u8) -> Header {
        let zero = || AtomicU64::new(0);
        Header {
            next: AtomicPtr::new(ptr::null_mut()),
            state: State::new(),
            owner: AtomicU16::new(0),
            refs: AtomicUsize::new(0),
            vtable: UnsafeCell::new(&cell::NO_TASK),
            executor,
            budget: AtomicU16::new(0),
            index,
            class,
            dropping: AtomicBool::new(false),
            has_rare: AtomicBool::new(false),
            polls: zero(),
            wakes: zero(),
            queued_ns: zero(),
            woken_by: zero(),
            delays: core::array::from_fn(|_| zero()),
            busy_ns: zero(),
            longest_short_ns: AtomicU32::new(0),
            longest_long_us: AtomicU32::new(0),
            wait_site: WaitSite::new(),
            behind: AtomicU32::new(0),
            id: zero(),
            name: [const { atomic::AtomicU64::new(0) }; 2],
            spawned_at: AtomicPtr::new(location_ptr(Location::caller())),
            scope: UnsafeCell::new(None),
            scope_links: Links::new(),
            join_waker: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Which cell of its chunk this is.
    pub(crate) fn index(&self) -> usize {
        self.index.into()
    }

    /// Which of the slab's sizes the cell has.
    pub(crate) fn class(&self) -> usize {
        self.class.into()
    }

    /// Begins a task with two references: life and the join handle. All counts are zero.
    ///
    /// # Safety
    /// The cell has no task and is the caller's, who has put a future into it that the table knows.
    #[inline(always)]
    pub(crate) unsafe fn begin(&self, birth: Birth, vtable: &'static VTable) {
        // Release: for the fence in `info`. Who sees anything of what follows sees that the task before had ended.
        fence(Release);
        // SAFETY: nobody else has the cell, and snapshots look at neither.
        unsafe {
            *self.vtable.get() = vtable;
            if birth.scope.is_some() {
                self.scope.get().write(birth.scope); // there was none
                self.has_rare.store(true, Relaxed);
                self.woken_by.store(0, Relaxed); // it may be held, and not be queued for long
            }
        }
        self.refs.store(2, Relaxed);
        self.owner.store(birth.owner as u16, Relaxed);
        self.id.store(birth.id, Relaxed);
        let [first, last] = birth.name.words();
        self.name[0].store(first, Relaxed);
        self.name[1].store(last, Relaxed);
        self.spawned_at.store(location_ptr(birth.spawned_at), Relaxed);
        self.state.begin(birth.state, birth.pinned);
    }

    /// Clears what was counted of a task that is done, for the next one: the poller does, whose cache has it.
    pub(crate) fn clear(&self) {
        self.wakes.store(0, Relaxed);
        self.polls.store(0, Relaxed);
        self.busy_ns.store(0, Relaxed);
        self.longest_short_ns.store(0, Relaxed);
    }

    /// Whether there is more: a scope to leave, and what [`Header::clear_rare`] clears.
    pub(crate) fn has_rare(&self) -> bool {
        self.has_rare.load(Relaxed)
    }

    /// [`Header::clear`] of what was seldom counted.
    pub(crate) fn clear_rare(&self) {
        self.has_rare.store(false, Relaxed);
        self.longest_long_us.store(0, Relaxed);
        for count in &self.delays {
            count.store(0, Relaxed);
        }
    }

    /// Drops what the header holds for a task that has ended, but for the waker of who joined it: that is the caller's to drop.
    ///
    /// # Safety
    /// The last reference is gone.
    #[inline(always)]
    #[must_use]
    pub(crate) unsafe fn end(&self) -> Option<Waker> {
        // SAFETY: nobody else can reach the task.
        unsafe {
            let left = self.state.left();
            if left.more_than_waker() {
                *self.scope.get() = None;
            }
            left.has_waker().then(|| (*self.join_waker.get()).assume_init_read())
        }
    }

    /// Who waits for the task's end.
    ///
    /// # Safety
    /// The join slot has a waker, and nobody changes it as long as the result is used.
    pub(crate) unsafe fn join_waker(&self) -> &Waker {
        // SAFETY: by the promise.
        unsafe { (*self.join_waker.get()).assume_init_ref() }
    }

    pub(crate) fn vtable(&self) -> &'static VTable {
        // SAFETY: written before the task began, and read by who has a reference to it.
        unsafe { *self.vtable.get() }
    }

    pub(crate) fn scope(&self) -> Option<&Shared<ScopeInner>> {
        // SAFETY: written before the task began, and dropped when the last reference is gone.
        unsafe { (*self.scope.get()).as_ref() }
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.state.is_pinned()
    }

    pub(crate) fn name(&self) -> TaskName {
        TaskName::from_words([self.name[0].load(Relaxed), self.name[1].load(Relaxed)])
    }

    /// It is queued, by whom that code says.
    #[inline(always)]
    pub(crate) fn set_woken_by(&self, by: u64) {
        self.woken_by.store(by, Relaxed);
        trace!(Wake, self.id.load(Relaxed), by);
    }

    /// The task begins.
    #[inline(always)]
    pub(crate) fn trace_spawn(&self) {
        if pollux_trace::is_on!(TaskSpawn) {
            pollux_trace::spawned(self.id.load(Relaxed), &self.name);
        }
    }

    pub(crate) fn spawned_at(&self) -> &'static Location<'static> {
        // SAFETY: what is stored there comes from a `&'static Location`.
        unsafe { &*self.spawned_at.load(Relaxed) }
    }

    /// Whether the future is in its `drop`, and must not be dropped again.
    pub(crate) fn is_dropping(&self) -> bool {
        self.dropping.load(Relaxed)
    }

    pub(crate) fn set_dropping(&self, dropping: bool) {
        self.dropping.store(dropping, Relaxed);
    }

    /// A poll begins: the task waits nowhere.
    #[inline(always)]
    pub(crate) fn begin_poll(&self) {
        self.wait_site.clear();
        self.polls.store(self.polls.load(Relaxed) + 1, Release); // partner: the Acquire in `info`
    }

    pub(crate) fn longest_poll_ns(&self) -> u64 {
        match self.longest_long_us.load(Relaxed) {
            0 => self.longest_short_ns.load(Relaxed).into(),
            us => u64::from(us) * 1000,
        }
    }

    /// A poll took longer than [`SHORT_POLL_NS`]. Whether that was the longest so far, in whole microseconds.
    pub(crate) fn note_long_poll(&self, took_ns: u64) -> bool {
        self.longest_short_ns.store(SHORT_POLL_NS as u32, Relaxed);
        self.has_rare.store(true, Relaxed);
        let us = u32::try_from(took_ns / 1000).unwrap_or(u32::MAX);
        let longest = us > self.longest_long_us.load(Relaxed);
        if longest {
            self.longest_long_us.store(us, Relaxed);
        }
        longest
    }

    /// It is about to be polled, after so long in a queue: at least [`FIRST_DELAY_NS`], or less than none.
    #[inline(never)]
    pub(crate) fn count_delay(&self, delay_ns: i64) {
        let Some(log4) = (delay_ns / FIRST_DELAY_NS as i64).checked_ilog2().map(|log2| log2 as usize / 2)
        else {
            return;
        };
        // Which of the polls count, once counts were halved: multiples of the golden ratio have no pattern in common with anything.
        let lot = self.polls.load(Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        if lot & !(u64::MAX >> self.halvings()) != 0 {
            return;
        }
        let bucket = (log4 + 1).min(DELAY_BUCKETS - 1);
        let counts = &self.delays[bucket / 4];
        let counted = counts.load(Relaxed) + (1 << (bucket % 4 * 16));
        counts.store(counted, Relaxed);
        self.has_rare.store(true, Relaxed);
        if counted & DELAY_COUNTS_FULL != 0 {
            self.halve_delays();
        }
    }

    /// A count is full: all are halved.
    #[cold]
    fn halve_delays(&self) {
        let halvings = self.halvings() + 1;
        for counts in &self.delays {
            counts.store(counts.load(Relaxed) >> 1 & !DELAY_COUNTS_FULL, Relaxed);
        }
        let counts = &self.delays[0];
        counts.store(counts.load(Relaxed) >> 16 << 16 | halvings, Relaxed);
    }

    fn halvings(&self) -> u64 {
        self.delays[0].load(Relaxed) & 0xFFFF
    }

    /// See [`TaskInfo::delays`].
    fn delays(&self, polls: u64) -> [u64; DELAY_BUCKETS] {
        let words = self.delays.each_ref().map(|counts| counts.load(Relaxed));
        let mut counts: [u64; DELAY_BUCKETS] =
            core::array::from_fn(|bucket| words[bucket / 4] >> (bucket % 4 * 16) & 0xFFFF);
        let halvings = counts[0];
        let (first, others) = counts.split_at_mut(1);
        others.iter_mut().for_each(|count| *count <<= halvings);
        first[0] = polls.saturating_sub(others.iter().sum());
        counts
    }

    /// What a snapshot says of the task in this cell, if there is one that has not ended.
    pub(crate) fn info(&self) -> Option<TaskInfo> {
        let state = self.state.look()?;
        let id = self.id.load(Relaxed);
        let polls = self.polls.load(Acquire); // partner: the Release of `begin_poll`
        // Before the first poll, what is told there is of the task before.
        let (waits_at, waits_for) = if polls == 0 { (None, None) } else { self.wait_site.look() };
        let behind = if waits_for.is_some_and(Awaited::has_line) { self.behind.load(Relaxed) } else { 0 };
        let since_ns = match state {
            TaskState::Running => self.executor.poll_began_ns(self.owner.load(Relaxed).into()),
            _ => self.queued_ns.load(Relaxed),
        };
        let info = TaskInfo {
            id: TaskId(id),
            name: self.name(),
            state,
            cpu: self.owner.load(Relaxed).into(),
            polls,
            wakes: self.wakes.load(Relaxed),
            delays: self.delays(polls),
            woken_by: WokenBy::decode(self.woken_by.load(Relaxed)),
            busy_ns: self.busy_ns.load(Relaxed),
            longest_poll_ns: self.longest_poll_ns(),
            spawned_at: self.spawned_at(),
            waits_at,
            waits_for,
            waits_behind: (behind != 0).then_some(behind),
            since_ns,
        };
        // If the task ended meanwhile, some of that may be of the next one. Acquire: for the fence in `begin`.
        fence(Acquire);
        (self.state.look().is_some() && self.id.load(Relaxed) == id).then_some(info)
    }
}

/// The list of a scope's tasks.
pub(crate) struct InScope;

impl Which for InScope {
    type Node = Header;
    fn links(header: &Header) -> &UnsafeCell<Links<Header>> {
        &header.scope_links
    }
}

impl List<InScope> {
    pub(crate) fn tasks(&self) -> impl Iterator<Item = TaskPtr> {
        // SAFETY: what is in the list stays alive while we hold it: a task is dismissed before its life reference goes.
        self.iter().map(|task| unsafe { TaskPtr::from_raw(task) })
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

    /// Wakes the task: transition (1), and a push if that is up to us. In line, the usual case in one piece.
    #[inline(always)]
    pub(crate) fn wake(self) {
        let header = self.header();
        if header.state.wake_unpinned() {
            count(&header.wakes, 1);
            header.executor.schedule_known(self, false);
        } else {
            self.wake_any();
        }
    }

    /// [`TaskPtr::wake`] in a tick of that CPU, which is of the task's executor.
    #[inline(always)]
    pub(crate) fn wake_on(self, executor: &'static Executor, cpu: &'static Cpu) {
        let header = self.header();
        if header.state.wake_unpinned() {
            count(&header.wakes, 1);
            executor.schedule_here(cpu, self, false);
        } else {
            self.wake_any();
        }
    }

    #[inline(never)]
    fn wake_any(self) {
        if self.header().state.wake() == Wake::Push {
            self.queue_woken();
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
    #[inline]
    pub(crate) unsafe fn release(self) {
        // SAFETY: as the caller says.
        if unsafe { self.give_up() } {
            self.header().executor.bury(self);
        }
    }

    /// One reference less; true if it was the last, and the task is the caller's to bury.
    ///
    /// # Safety
    /// As for [`TaskPtr::release`].
    #[inline]
    #[must_use]
    pub(crate) unsafe fn give_up(self) -> bool {
        // Release: all uses of the task through this reference, for the fence below in the last.
        let last = self.header().refs.fetch_sub(1, Release) == 1;
        if last {
            // Acquire: partner of that Release in every reference that went before.
            fence(Acquire);
        }
        last
    }
}
