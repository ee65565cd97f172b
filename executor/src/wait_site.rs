//! Where a task waits and for what: the line of source, and the thing, that a snapshot shows for a task that is not
//! running.
//!
//! Both are told by the leaf future, right before it returns pending, so a task that goes on pays nothing for them. What
//! a poll before has told of the thing is not cleared: a mark in the pointer to the place says whether it is of this one.

use core::{
    panic::Location,
    ptr,
    task::{Context, Waker},
};

use crate::{
    shim::{AtomicPtr, AtomicU64, Ordering::*},
    task::waker,
};

/// What a task waits for: a kind, and the number or the address of the one that is meant. The executor knows its own
/// kinds; those from [`Awaited::FOREIGN`] on belong to who uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The kind.
    pub kind: u8,
    /// Which one of its kind, in 56 bits: of an address the lowest, of which the highest says what those above are.
    pub number: u64,
}

/// What waits and tracepoints call a thing.
#[inline(always)]
pub(crate) fn address<T: ?Sized>(thing: &T) -> u64 {
    ptr::from_ref(thing).addr() as u64
}

impl Awaited {
    /// A time in nanoseconds.
    pub const TIME: u8 = 0;
    /// Permits of a semaphore, by its address.
    pub const PERMITS: u8 = 1;
    /// A message in a channel, by its address.
    pub const MESSAGE: u8 = 2;
    /// Room in a channel, by its address.
    pub const ROOM: u8 = 3;
    /// A mutex or a read-write lock, by its address.
    pub const LOCK: u8 = 4;
    /// The end of a task, by its number.
    pub const TASK: u8 = 5;
    /// The value of a oneshot, by its address.
    pub const VALUE: u8 = 6;
    /// A notification, by the address of what gives it.
    pub const NOTICE: u8 = 7;
    /// A value of a watch that is new, by the address of the watch.
    pub const CHANGE: u8 = 8;
    /// The first kind that the executor has none of its own for.
    pub const FOREIGN: u8 = 16;

    fn code(self) -> u64 {
        self.number << 8 | u64::from(self.kind)
    }

    /// A thing at an address.
    #[inline(always)]
    pub(crate) fn at<T: ?Sized>(kind: u8, thing: &T) -> Awaited {
        Awaited { kind, number: address(thing) }
    }

    /// Among all things, whatever is awaited of them.
    #[cfg(debug_assertions)]
    pub(crate) fn key(self) -> u64 {
        self.number << 8
    }

    /// Whether it is known, of the thing, behind whom a task waits for it.
    pub(crate) fn has_line(self) -> bool {
        matches!(self.kind, Awaited::LOCK | Awaited::PERMITS)
    }
}

/// The lowest bit of the place's address: the thing is known as well.
const KNOWN: usize = 1;
const _: () = assert!(align_of::<Location<'_>>() > KNOWN);

/// What the header of a task keeps of it.
pub(crate) struct WaitSite {
    place: AtomicPtr<Location<'static>>,
    awaited: AtomicU64,
}

impl WaitSite {
    pub(crate) fn new() -> WaitSite {
        WaitSite { place: AtomicPtr::new(ptr::null_mut()), awaited: AtomicU64::new(0) }
    }

    /// A poll begins: the task waits nowhere.
    #[inline(always)]
    pub(crate) fn clear(&self) {
        self.place.store(ptr::null_mut(), Relaxed);
    }

    /// The place and the thing, as far as they were told in the last poll.
    pub(crate) fn look(&self) -> (Option<&'static Location<'static>>, Option<Awaited>) {
        let place = self.place.load(Acquire); // partner: the Release in `tell`
        // SAFETY: but for the mark, what is stored there comes from a `&'static Location`.
        let at = unsafe { place.map_addr(|address| address & !KNOWN).as_ref() };
        let code = self.awaited.load(Relaxed);
        let known = place.addr() & KNOWN != 0;
        let number = code.cast_signed() >> 8;
        let awaited = known.then_some(Awaited { kind: code as u8, number: number.cast_unsigned() });
        (at, awaited)
    }

    #[inline(always)]
    pub(crate) fn tell(&self, place: &'static Location<'static>, awaited: Awaited) {
        self.awaited.store(awaited.code(), Relaxed);
        let marked = ptr::from_ref(place).cast_mut().map_addr(|address| address | KNOWN);
        self.place.store(marked, Release); // partner: the Acquire in `look`
    }
}

/// Notes where the task that is polled is about to wait. A leaf future calls this before it returns
/// pending, with the place where it was made (`#[track_caller]`); the snapshot of the task shows it
/// until the next poll. Under a waker that is not the executor's it does nothing.
pub fn waits_at(cx: &Context<'_>, place: &'static Location<'static>) {
    if let Some(task) = waker::task_of(cx.waker()) {
        task.header().wait_site.place.store(ptr::from_ref(place).cast_mut(), Relaxed);
    }
}

/// [`waits_at`], and for what.
pub fn waits_for(cx: &Context<'_>, place: &'static Location<'static>, awaited: Awaited) {
    if let Some(task) = waker::task_of(cx.waker()) {
        task.header().wait_site.tell(place, awaited);
    }
}

/// [`waits_for`] a thing that goes from task to task, and the number of the task that has it or gets it before, or 0.
pub(crate) fn waits_behind(
    cx: &Context<'_>,
    place: &'static Location<'static>,
    awaited: Awaited,
    behind: u64,
) {
    if let Some(task) = waker::task_of(cx.waker()) {
        task.header().behind.store(behind as u32, Relaxed);
        task.header().wait_site.tell(place, awaited);
    }
}

/// The task of that waker, if it still waits for that, now waits behind another.
#[cold]
pub(crate) fn now_behind(waker: &Waker, awaited: Awaited, behind: u64) {
    if let Some(task) = waker::task_of(waker) {
        let header = task.header();
        if header.wait_site.awaited.load(Relaxed) == awaited.code() {
            header.behind.store(behind as u32, Relaxed);
        }
    }
}

/// The task of that waker no longer waits for that, though it is not polled.
#[cfg(debug_assertions)]
pub(crate) fn waits_no_more(waker: &Waker, awaited: Awaited) {
    if let Some(task) = waker::task_of(waker) {
        let site = &task.header().wait_site;
        if site.awaited.load(Relaxed) == awaited.code() {
            site.clear();
        }
    }
}

/// The number of the task of that waker, or 0.
#[inline(always)]
pub(crate) fn task_number(waker: &Waker) -> u64 {
    waker::task_of(waker).map_or(0, |task| task.header().id.load(Relaxed))
}
