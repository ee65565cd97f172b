//! Where a task waits and for what: the line of source, and the thing, that a snapshot shows for a task that is not
//! running.
//!
//! Both are told by the leaf future, right before it returns pending, so a task that goes on pays nothing for them. What
//! a poll before has told of the thing is not cleared: a mark in the pointer to the place says whether it is of this one.

use core::{panic::Location, ptr, task::Context};

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
    /// Which one of its kind, in 56 bits: of an address the lowest.
    pub number: u64,
}

impl Awaited {
    /// A time in nanoseconds.
    pub const TIME: u8 = 0;
    /// Permits of a semaphore, or the turn at a mutex or a read-write lock, by its address.
    pub const PERMITS: u8 = 1;
    /// A message in a channel, by its address.
    pub const MESSAGE: u8 = 2;
    /// Room in a channel, by its address.
    pub const ROOM: u8 = 3;
    /// The first kind that the executor has none of its own for.
    pub const FOREIGN: u8 = 16;

    fn code(self) -> u64 {
        self.number << 8 | u64::from(self.kind)
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

    /// A poll begins, or the task has ended: it waits nowhere.
    #[inline(always)]
    pub(crate) fn clear(&self) {
        self.place.store(ptr::null_mut(), Relaxed);
    }

    /// The place and the thing, as far as they were told in the last poll.
    pub(crate) fn look(&self) -> (Option<&'static Location<'static>>, Option<Awaited>) {
        let place = self.place.load(Acquire); // partner: the Release in `waits_for`
        // SAFETY: but for the mark, what is stored there comes from a `&'static Location`.
        let at = unsafe { place.map_addr(|address| address & !KNOWN).as_ref() };
        let code = self.awaited.load(Relaxed);
        let known = place.addr() & KNOWN != 0;
        (at, known.then_some(Awaited { kind: code as u8, number: code >> 8 }))
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
        let site = &task.header().wait_site;
        site.awaited.store(awaited.code(), Relaxed);
        let marked = ptr::from_ref(place).cast_mut().map_addr(|address| address | KNOWN);
        site.place.store(marked, Release); // partner: the Acquire in `look`
    }
}
