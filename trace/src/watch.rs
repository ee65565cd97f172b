//! Memory that was taken and not given back while it is watched: for each piece its address, its size, the task, and the stack
//! of where that was.
//!
//! ```text
//!   alloc ──▶ entries: address, bytes, run, task, stack ──▶ left, when the watch ends
//!                 ▲                                  │
//!   free ─────────┘ the entry is gone                └──▶ stacks: each once
//!   spawn ──▶ family: the tasks that are watched, and those that they spawn
//! ```
//!
//! The tables have a fixed size, taken when the watch begins; what they have no room for is counted. Like all that is done at a
//! tracepoint this takes no lock, allocates nothing and waits for nobody: who looks up or changes an entry looks at a few
//! places only, by the hash of what it wants. The table itself is behind a lock that is only ever tried: it is held when the
//! tables come and go, and nothing is watched then.

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use spin::RwLock;

use crate::{Event, Modes, OutOfMemory, platform::PLATFORM};

/// The most addresses of a stack that are kept.
pub const FRAMES: usize = 48;
/// The events that make up a watch.
pub const EVENTS: [Event; 5] =
    [Event::HeapAlloc, Event::HeapFree, Event::FrameAlloc, Event::FrameFree, Event::TaskSpawn];
/// How many pieces can be outstanding; each is a power of two.
pub const SIZES: core::ops::RangeInclusive<usize> = 1024..=1 << 20;
/// How many pieces can be outstanding unless it is said.
pub const PIECES: usize = 1 << 14;

/// Different stacks.
const STACKS: usize = 1024;
/// Tasks of the family.
const TASKS: usize = 4096;
/// In how many places something can be.
const WINDOW: usize = 32;
/// The number of a stack that there was no room for.
const NO_STACK: u32 = u32::MAX;

static TABLES: RwLock<Option<Tables>> = RwLock::new(None);

struct Tables {
    entries: Box<[Entry]>,
    stacks: Box<[Stack]>,
    /// The numbers of the family's tasks; 0 is a free place.
    family: Box<[AtomicU32]>,
    /// Whether all tasks are watched, and not only the family.
    everybody: bool,
    run: AtomicU32,
    lost: AtomicU64,
    lost_stacks: AtomicU64,
    lost_tasks: AtomicU64,
}

/// A piece of memory; its address is 0 in a free place.
#[derive(Default)]
struct Entry {
    address: AtomicU64,
    bytes: AtomicU64,
    task: AtomicU32,
    run: AtomicU32,
    stack: AtomicU32,
}

/// A stack; its hash is 0 in a free place.
struct Stack {
    hash: AtomicU64,
    frames: [AtomicU64; FRAMES],
}

/// A piece of memory that was not given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it is.
    pub address: u64,
    /// How large it is.
    pub bytes: u64,
    /// The number of the task that took it, its low 32 bits.
    pub task: u32,
    /// In which run it was taken.
    pub run: u32,
    /// From where: addresses as in a sample, the innermost first. Empty where that is not known.
    pub stack: Vec<u64>,
}

/// What a watch has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What is left.
    pub left: Vec<Piece>,
    /// How many pieces were not watched because there was no room for them.
    pub lost: u64,
    /// How many stacks were not kept for the same reason, though their pieces were.
    pub lost_stacks: u64,
    /// How many tasks were not watched.
    pub lost_tasks: u64,
}

/// Memory is watched while this is there.
#[derive(Debug)]
pub struct Watch(());

/// Why no watch began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchError {
    /// There is one already.
    Busy,
    /// No memory for the tables.
    OutOfMemory,
}

impl From<OutOfMemory> for WatchError {
    fn from(_: OutOfMemory) -> WatchError {
        WatchError::OutOfMemory
    }
}

static BUSY: AtomicBool = AtomicBool::new(false);

impl Watch {
    /// Watches what a task and those that come of it take from now on, or with `everybody` what anybody takes: up to
    /// `pieces` at a time, a power of two in [`SIZES`].
    pub fn begin(pieces: usize, first: u32, everybody: bool) -> Result<Watch, WatchError> {
        crate::prepare()?;
        if BUSY.swap(true, Acquire) {
            return Err(WatchError::Busy);
        }
        let watch = Watch(()); // gone, it ends the watch, also a half-begun one
        let tables = Tables::new(pieces, everybody)?;
        tables.adopt(first);
        *TABLES.write() = Some(tables);
        for event in EVENTS {
            crate::enable(event, Modes::WATCH)?;
        }
        Ok(watch)
    }

    /// What is taken from now on belongs to that run.
    pub fn set_run(&self, run: u32) {
        if let Some(tables) = &*TABLES.read() {
            tables.run.store(run, Relaxed);
        }
    }

    /// Whether a task is of the family.
    pub fn is_watched(&self, task: u32) -> bool {
        TABLES.read().as_ref().is_some_and(|tables| tables.is_family(task))
    }

    /// Ends the watch: what is left.
    pub fn end(self) -> Result<Found, OutOfMemory> {
        match take() {
            Some(tables) => tables.found(),
            None => Ok(Found::default()),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(take());
        BUSY.store(false, Release); // partner: the Acquire in `begin`
    }
}

/// Takes the tables out of use.
fn take() -> Option<Tables> {
    EVENTS.iter().for_each(|&event| crate::disable(event, Modes::WATCH));
    // Who is in a tracepoint has the lock for a moment; who comes later does not get it.
    TABLES.write().take()
}

fn table<T>(places: usize, mut empty: impl FnMut() -> T) -> Result<Box<[T]>, OutOfMemory> {
    let mut list = Vec::new();
    list.try_reserve_exact(places).map_err(|_| OutOfMemory)?;
    list.resize_with(places, &mut empty);
    Ok(list.into_boxed_slice())
}

/// Whether it is one of [`EVENTS`].
pub(crate) const fn is_part(event: Event) -> bool {
    use Event::*;
    matches!(event, HeapAlloc | HeapFree | FrameAlloc | FrameFree | TaskSpawn)
}

/// One of [`EVENTS`] happened, in that task.
#[cold]
pub(crate) fn happened(event: Event, task: u32, a: u64, b: u64) {
    let Some(tables) = TABLES.try_read() else { return };
    let Some(tables) = &*tables else { return };
    match event {
        Event::HeapAlloc | Event::FrameAlloc if a != 0 => tables
            .taken(a, b, task, |frames| PLATFORM.get().map_or(0, |(platform, _)| platform.stack(frames))),
        Event::HeapFree | Event::FrameFree => tables.given_back(a),
        Event::TaskSpawn if tables.is_family(task) => tables.adopt(a as u32),
        _ => {}
    }
}

/// Frames at that address are the heap's, which watches on its own what they are used for: for whoever has found
/// [`Event::FrameAlloc`] to be on.
#[cold]
pub fn leave_to_heap(address: u64) {
    if let Some(tables) = TABLES.try_read()
        && let Some(tables) = &*tables
    {
        tables.given_back(address);
    }
}

impl Tables {
    fn new(pieces: usize, everybody: bool) -> Result<Tables, OutOfMemory> {
        let no_stack = || Stack { hash: AtomicU64::new(0), frames: [const { AtomicU64::new(0) }; FRAMES] };
        Ok(Tables {
            entries: table(pieces, Entry::default)?,
            stacks: table(STACKS, no_stack)?,
            family: table(TASKS, || AtomicU32::new(0))?,
            everybody,
            run: AtomicU32::new(0),
            lost: AtomicU64::new(0),
            lost_stacks: AtomicU64::new(0),
            lost_tasks: AtomicU64::new(0),
        })
    }

    fn found(&self) -> Result<Found, OutOfMemory> {
        let mut left = Vec::new();
        let held = || self.entries.iter().filter(|entry| entry.address.load(Relaxed) != 0);
        left.try_reserve_exact(held().count()).map_err(|_| OutOfMemory)?;
        for entry in held() {
            let mut stack = Vec::new();
            if let Some(kept) = self.stacks.get(entry.stack.load(Relaxed) as usize) {
                let frames = kept.frames.iter().map(|frame| frame.load(Relaxed));
                let frames = frames.take_while(|&frame| frame != 0);
                stack.try_reserve_exact(frames.clone().count()).map_err(|_| OutOfMemory)?;
                stack.extend(frames);
            }
            left.push(Piece {
                address: entry.address.load(Relaxed),
                bytes: entry.bytes.load(Relaxed),
                task: entry.task.load(Relaxed),
                run: entry.run.load(Relaxed),
                stack,
            });
        }
        Ok(Found {
            left,
            lost: self.lost.load(Relaxed),
            lost_stacks: self.lost_stacks.load(Relaxed),
            lost_tasks: self.lost_tasks.load(Relaxed),
        })
    }

    fn taken(&self, address: u64, bytes: u64, task: u32, look: impl FnOnce(&mut [u64]) -> usize) {
        if !self.everybody && !self.is_family(task) {
            return;
        }
        let free = |entry: &&Entry| entry.address.compare_exchange(0, address, Relaxed, Relaxed).is_ok();
        let Some(entry) = window(&self.entries, mix(address)).find(free) else {
            self.lost.fetch_add(1, Relaxed);
            return;
        };
        entry.bytes.store(bytes, Relaxed);
        entry.task.store(task, Relaxed);
        entry.run.store(self.run.load(Relaxed), Relaxed);
        let mut frames = [0; FRAMES];
        let depth = look(&mut frames);
        entry.stack.store(self.stack(&frames[..depth]), Relaxed);
    }

    fn given_back(&self, address: u64) {
        let entry = window(&self.entries, mix(address)).find(|entry| entry.address.load(Relaxed) == address);
        if let Some(entry) = entry {
            entry.address.store(0, Relaxed);
        }
    }

    /// The number of a stack.
    fn stack(&self, frames: &[u64]) -> u32 {
        if frames.is_empty() {
            return NO_STACK;
        }
        let hash = frames.iter().fold(1, |hash, &frame| mix(hash ^ frame)).max(1);
        for stack in window(&self.stacks, hash) {
            // Who comes second finds the hash, and the frames are, or will be, there.
            match stack.hash.compare_exchange(0, hash, Relaxed, Relaxed) {
                Ok(_) => {
                    stack.frames.iter().zip(frames).for_each(|(kept, &frame)| kept.store(frame, Relaxed))
                }
                Err(held) if held == hash => {}
                Err(_) => continue,
            }
            let offset = core::ptr::from_ref(stack).addr() - self.stacks.as_ptr().addr();
            return (offset / size_of::<Stack>()) as u32;
        }
        self.lost_stacks.fetch_add(1, Relaxed);
        NO_STACK
    }

    fn is_family(&self, task: u32) -> bool {
        task != 0 && window(&self.family, mix(task.into())).any(|member| member.load(Relaxed) == task)
    }

    fn adopt(&self, task: u32) {
        let free = |member: &AtomicU32| member.compare_exchange(0, task, Relaxed, Relaxed).is_ok();
        if task != 0 && !window(&self.family, mix(task.into())).any(free) {
            self.lost_tasks.fetch_add(1, Relaxed);
        }
    }
}

/// The places where something with that hash can be; the table's length is a power of two.
fn window<T>(table: &[T], hash: u64) -> impl Iterator<Item = &T> {
    let mask = table.len() - 1;
    (0..WINDOW).map(move |step| &table[(hash as usize).wrapping_add(step) & mask])
}

/// Spreads the bits of a word (the finalizer of MurmurHash3).
fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let word = (word ^ word >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A stack of two, called from there.
    fn from(place: u64) -> impl FnOnce(&mut [u64]) -> usize {
        move |frames| {
            frames[..2].copy_from_slice(&[place, 7]);
            2
        }
    }

    fn tables(family: &[u32]) -> Tables {
        let tables = Tables::new(*SIZES.start(), family.is_empty()).unwrap();
        family.iter().for_each(|&task| tables.adopt(task));
        tables
    }

    #[test]
    fn what_is_not_given_back_is_left_with_where_it_was_taken() {
        let tables = tables(&[3]);
        tables.taken(0x1000, 10, 3, from(50));
        tables.run.store(2, Relaxed);
        tables.taken(0x2000, 20, 3, from(60));
        tables.taken(0x3000, 30, 4, from(60));
        tables.given_back(0x1000);
        tables.given_back(0x4000);
        let left = Piece { address: 0x2000, bytes: 20, task: 3, run: 2, stack: Vec::from([60, 7]) };
        assert_eq!(tables.found().unwrap(), Found { left: Vec::from([left]), ..Found::default() });
    }

    #[test]
    fn an_address_can_be_taken_again_and_many_stacks_are_one() {
        let tables = tables(&[]);
        for round in 0..5 * STACKS as u64 {
            tables.taken(0x1000, round, 9, from(50));
            tables.given_back(0x1000);
        }
        tables.taken(0x1000, 1, 9, from(50));
        tables.taken(0x2000, 2, 9, from(50));
        let found = tables.found().unwrap();
        assert_eq!((found.left.len(), found.lost, found.lost_stacks), (2, 0, 0));
        assert_eq!(tables.stacks.iter().filter(|stack| stack.hash.load(Relaxed) != 0).count(), 1);
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let tables = tables(&[]);
        let all = 3 * tables.entries.len() as u64;
        for n in 1..=all {
            tables.taken(n * 64, 1, 1, from(n));
        }
        let found = tables.found().unwrap();
        assert_eq!(found.left.len() as u64 + found.lost, all);
        assert!(found.left.len() > tables.entries.len() * 9 / 10, "{} had room", found.left.len());
        let known: BTreeSet<_> = found.left.iter().map(|piece| piece.stack.clone()).collect();
        let unknown = found.left.iter().filter(|piece| piece.stack.is_empty()).count() as u64;
        assert!(found.lost_stacks == unknown && unknown > 0 && known.len() > STACKS * 9 / 10);
        (1..=all).for_each(|n| tables.given_back(n * 64));
        assert_eq!(tables.found().unwrap().left, []);
        (1..=2 * TASKS as u32).for_each(|task| tables.adopt(task));
        assert!(tables.found().unwrap().lost_tasks >= TASKS as u64);
    }
}
