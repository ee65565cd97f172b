//! The physical frames of the machine: each CPU's cache, and behind all of them the buddy allocator under one lock.
//!
//! A single frame comes from the cache of the CPU that asks and goes back into it: no lock, and every 32nd time a
//! trip to the common frames. Runs of frames always make the trip.
//!
//! The last of the memory is a reserve, in quarters. It lets a person hear that memory is short while there is still
//! room for what it takes to say so, to run another command and to end what has taken the rest.
//!
//! | of the reserve is left | |
//! |---|---|
//! | all | a run of more than a quarter is refused, to whoever asks |
//! | three quarters | memory is [short](Memory::Short): no file grows, nothing starts in the background |
//! | half | a run of more than 64 KiB is refused; a task that takes less gets it, and is cancelled for it: dropped as soon as it waits, with all that it has |
//! | a quarter | memory is [out](Memory::Out) |
//! | a sixteenth | the rest is for the [essential](protect) tasks, the kernel's own and the person's shell |

use core::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use pollux_executor::TaskId;
use pollux_memory::{BATCH, Buddy, FrameCache, Run};
use pollux_shell::env::Memory;
use pollux_trace::trace;
use spin::Once;

use super::phys::{PAGE, PhysAddr};
use crate::{
    arch::{apic, idt},
    boot::start_info::Region,
    cpu, run,
    sync::TaskLock,
};

/// The reserve is this part of all frames, within bounds.
const RESERVE_PART: usize = 16;
const RESERVE_MIN: usize = 256;
const RESERVE_MAX: usize = 2048;
/// The most frames of a run that counts as small: a slab, or a file's or pipe's buffer.
const SMALL_RUN: usize = 17;
/// What the boot page tables map.
const BOOT_LIMIT: u64 = 1 << 30;

static COMMON: Once<TaskLock<Common>> = Once::new();
static CACHES: [FrameCache; cpu::MAX] = [const { FrameCache::new() }; cpu::MAX];
/// Which CPUs are asked to give back what they have at hand, because another one found nothing.
static WANTED: [AtomicBool; cpu::MAX] = [const { AtomicBool::new(false) }; cpu::MAX];
static TOTAL: AtomicUsize = AtomicUsize::new(0);
/// How many of the common frames are free, and how many are a quarter of the reserve, for readers that must not wait
/// for the lock.
static FREE: AtomicUsize = AtomicUsize::new(0);
static QUARTER: AtomicUsize = AtomicUsize::new(0);
/// The numbers of the essential tasks, that of the person's shell first; 0 is none.
static ESSENTIAL: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

struct Common {
    buddy: Buddy<'static>,
    /// How long the words are that `buddy` keeps its books in, and where they are.
    words: usize,
    books: PhysAddr,
    /// Frames from here on cannot be reached yet.
    limit: usize,
    /// Of the reserve.
    quarter: usize,
}

/// Takes all RAM that is not reserved. The books of the allocator are kept in the first frames that fit.
///
/// # Panics
/// If there is no room for the books in the first GiB.
pub fn init(ram: &[Region], reserved: &[Region]) {
    let end = ram.iter().map(|r| r.end).max().unwrap_or(0) / PAGE;
    let words = Buddy::words(end as usize);
    let books = find_room((words * 8) as u64, ram, reserved);

    COMMON.call_once(|| {
        let start: *mut u64 = PhysAddr(books.start).as_ptr();
        // SAFETY: `find_room` gave RAM in the first GiB, which the boot page tables map; `use_direct_map` takes the
        // direct map's address before those go. The frames are reserved below, so nobody else ever gets them, and u64
        // has no invalid bit patterns.
        let mut buddy = Buddy::new(end as usize, unsafe { core::slice::from_raw_parts_mut(start, words) });
        let mut total = 0;
        for region in ram {
            let frames = Region { start: region.start.div_ceil(PAGE), end: region.end / PAGE };
            total += frames.end.saturating_sub(frames.start) as usize;
            add(&mut buddy, frames, reserved, &books);
        }
        TOTAL.store(total, Relaxed);
        let quarter = (total / RESERVE_PART).clamp(RESERVE_MIN, RESERVE_MAX) / 4;
        QUARTER.store(quarter, Relaxed);
        let (books, limit) = (PhysAddr(books.start), (BOOT_LIMIT / PAGE) as usize);
        TaskLock::new(Common { buddy, words, books, limit, quarter })
    });
}

/// Frees those of the frames that lie in no reserved region.
fn add(buddy: &mut Buddy<'_>, frames: Region, reserved: &[Region], books: &Region) {
    if frames.start >= frames.end {
        return;
    }
    let taken = reserved
        .iter()
        .chain([books])
        .map(|region| Region { start: region.start / PAGE, end: region.end.div_ceil(PAGE) })
        .find(|taken| taken.start < frames.end && frames.start < taken.end);
    match taken {
        None => buddy.free_run(frames.start as usize, (frames.end - frames.start) as usize),
        Some(taken) => {
            add(buddy, Region { start: frames.start, end: taken.start }, reserved, books);
            add(buddy, Region { start: taken.end, end: frames.end }, reserved, books);
        }
    }
}

/// The first stretch of RAM of that many bytes that is not reserved, page by page.
fn find_room(bytes: u64, ram: &[Region], reserved: &[Region]) -> Region {
    let size = bytes.next_multiple_of(PAGE);
    for region in ram {
        let mut start = region.start.next_multiple_of(PAGE);
        while start + size <= region.end.min(BOOT_LIMIT) {
            match reserved.iter().find(|r| r.start < start + size && start < r.end) {
                Some(taken) => start = taken.end.next_multiple_of(PAGE),
                None => return Region { start, end: start + size },
            }
        }
    }
    panic!("no room for the frame allocator: give the machine more memory");
}

/// Reaches the books and hands out frames through the direct map, once that is in use.
pub fn use_direct_map() {
    with(|common| {
        let start = common.books.as_ptr();
        // SAFETY: the same frames as before at their address in the direct map; the old slice is replaced in
        // the same step, so there is never a second reference.
        common.buddy.move_words(unsafe { core::slice::from_raw_parts_mut(start, common.words) });
        common.limit = usize::MAX;
    });
}

/// A frame of 4 KiB with any content, or `None` when there is none left for the task that asks.
#[inline]
pub fn alloc() -> Option<PhysAddr> {
    let cache = &CACHES[cpu::index()];
    let frame = cache.pop().or_else(|| refill(cache)).map(address)?;
    trace!(FrameAlloc, frame.0, PAGE);
    Some(frame)
}

/// Gives back a frame.
///
/// # Safety
/// It came from here, alone or as a part of a run, and nobody uses it any more.
#[inline]
pub unsafe fn free(frame: PhysAddr) {
    trace!(FrameFree, frame.0, PAGE);
    let cache = &CACHES[cpu::index()];
    if !cache.push(number(frame)) {
        drain(cache, BATCH);
        cache.push(number(frame));
    }
}

/// Frames in a row.
pub fn alloc_run(run: Run) -> Option<PhysAddr> {
    let bytes = run.count as u64 * PAGE;
    let start = with(|common| common.alloc(run)).map(address)?;
    trace!(FrameAlloc, start.0, bytes);
    Some(start)
}

/// Gives back frames in a row.
///
/// # Safety
/// As for [`free`], for each of them.
pub unsafe fn free_run(start: PhysAddr, count: usize) {
    trace!(FrameFree, start.0, count as u64 * PAGE);
    with(|common| common.buddy.free_run(number(start), count));
}

/// Memory for a device to read and write: `bytes` in a row, at a multiple of `align`, all below the address `below`.
/// Both are powers of two or multiples of the page; it is given back by [`free_run`].
pub fn alloc_dma(bytes: u64, align: u64, below: u64) -> Option<PhysAddr> {
    let run = Run {
        count: bytes.div_ceil(PAGE) as usize,
        align: (align / PAGE).max(1) as usize,
        limit: (below / PAGE) as usize,
    };
    alloc_run(run)
}

#[cold]
fn refill(cache: &FrameCache) -> Option<usize> {
    with(|common| {
        if common.buddy.free_frames() < common.reserve() + BATCH {
            // The reserve is handed out frame by frame, to those who may have it.
            return common.alloc(Run::of(1));
        }
        let mut left = BATCH;
        while left > 0 {
            let Some((first, count)) = common.buddy.alloc_some(left, common.limit) else { break };
            (first..first + count).for_each(|frame| {
                cache.push(frame);
            });
            left -= count;
        }
        cache.pop()
    })
}

#[cold]
fn drain(cache: &FrameCache, count: usize) {
    with(|common| {
        // They often lie in a row, in either direction, as they were taken or used.
        let (mut first, mut length) = (0, 0);
        for frame in (0..count).map_while(|_| cache.pop()) {
            if frame + 1 == first {
                first = frame;
            } else if frame != first + length {
                common.buddy.free_run(first, length);
                (first, length) = (frame, 0);
            }
            length += 1;
        }
        common.buddy.free_run(first, length);
    });
}

/// Gives back the frames that this CPU has at hand.
pub fn drain_own() {
    drain(&CACHES[cpu::index()], usize::MAX);
}

/// Asks all other CPUs to give back what they have at hand and do not use, as soon as they have nothing to do.
pub fn ask_others() {
    for (index, wanted) in WANTED.iter().enumerate().take(cpu::count()) {
        // Release: nothing; the interrupt orders itself. One interrupt is enough until it has been followed.
        if index != cpu::index() && !wanted.swap(true, Release) {
            apic::send(index, idt::KICK);
        }
    }
}

/// Whether another CPU wants what this one has at hand. Says so once.
pub fn is_asked() -> bool {
    let wanted = &WANTED[cpu::index()];
    wanted.load(Relaxed) && wanted.swap(false, Acquire)
}

/// How many frames there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// In all.
    pub total: usize,
    /// Free, those at hand of a CPU among them.
    pub free: usize,
    /// At hand of a CPU.
    pub cached: usize,
    /// What is kept for those who need it.
    pub reserve: usize,
}

/// Counts the frames.
pub fn count() -> Count {
    let (common, reserve) = with(|common| (common.buddy.free_frames(), common.reserve()));
    let cached = CACHES.iter().map(FrameCache::len).sum::<usize>();
    Count { total: TOTAL.load(Relaxed), free: common + cached, cached, reserve }
}

/// What is left.
pub fn left() -> Memory {
    match FREE.load(Relaxed) / QUARTER.load(Relaxed).max(1) {
        0 => Memory::Out,
        1 | 2 => Memory::Short,
        _ => Memory::Enough,
    }
}

/// From now on this task of the kernel may use up the reserve: without it nobody could do anything about it.
pub fn protect(task: TaskId) {
    let free = |slot: &&AtomicU64| slot.compare_exchange(0, task.0, Relaxed, Relaxed).is_ok();
    if ESSENTIAL.iter().skip(1).find(free).is_none() {
        log::warn!("task {} gets nothing of the memory in reserve: too many others do", task.0);
    }
}

/// The same of the person's shell, of which there is one at a time.
pub fn protect_shell(task: TaskId) {
    ESSENTIAL[0].store(task.0, Relaxed);
}

/// Whether the code that runs is a task's that is not essential. What is in no task is the executor's or the boot's.
fn in_ordinary_task() -> bool {
    let task = run::try_executor().and_then(|executor| executor.current_task(cpu::index()));
    task.is_some_and(|task| ESSENTIAL.iter().all(|slot| slot.load(Relaxed) != task.id.0))
}

fn with<R>(f: impl FnOnce(&mut Common) -> R) -> R {
    let mut common = COMMON.get().expect("frames::init has run").lock();
    let result = f(&mut common);
    FREE.store(common.buddy.free_frames(), Relaxed);
    result
}

fn address(frame: usize) -> PhysAddr {
    PhysAddr(frame as u64 * PAGE)
}

fn number(frame: PhysAddr) -> usize {
    (frame.0 / PAGE) as usize
}

impl Common {
    fn reserve(&self) -> usize {
        4 * self.quarter
    }

    fn alloc(&mut self, run: Run) -> Option<usize> {
        let left = self.buddy.free_frames().checked_sub(run.count)?;
        if run.count > self.quarter && left < self.reserve() {
            return None;
        }
        if left < 2 * self.quarter && in_ordinary_task() {
            // What is asked for in a run may well be given up; a list that grows by frames is not.
            if run.count > SMALL_RUN || left < self.quarter / 4 {
                return None;
            }
            run::executor().cancel_current();
        }
        self.buddy.alloc_run(Run { limit: run.limit.min(self.limit), ..run })
    }
}
