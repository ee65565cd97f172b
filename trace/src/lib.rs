//! Tracepoints: places in the code that say what happened.
//!
//! ```text
//!   trace!(PipeSend, pipe, bytes)
//!      │ off: a compare of one byte and a branch, not taken
//!      ▼ on
//!   COUNT:  count, total, min, max, histogram of the event, on this CPU
//!   RECORD: a record of 32 bytes in the ring of this CPU; the oldest one is overwritten, and counted
//! ```
//!
//! A tracepoint may be reached anywhere: in a handler, in the heap, with locks held. It takes no lock, allocates nothing and
//! waits for nobody. A snapshot stops nobody.
//!
//! A new tracepoint is a line in `events.rs`, and `trace!` where it happens.
//!
//! | module | what |
//! |---|---|
//! | `block` | what a CPU writes at a tracepoint |
//! | `call` | what stands where a tracepoint is |
//! | `entry` | what the kernel does from there, in assembler |
//! | `events` | the tracepoints: names, numbers, units |
//! | `platform` | what it asks of the machine |
//! | `record`, `ring` | what is kept of each, and where |
//! | `places` | lines of source, as numbers |
//! | `names` | how the tasks are called that were spawned |
//! | `stats` | what is counted of each |
//! | [`samples`] | stacks, taken at a rate |
//! | [`watch`] | memory that is taken and not given back |
//! | `export` | the forms in which others read what was recorded |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod block;
#[doc(hidden)]
pub mod call;
#[cfg(all(target_arch = "x86_64", any(target_os = "none", all(test, not(miri)))))]
mod entry;
mod events;
pub mod export;
mod names;
mod places;
mod platform;
mod record;
mod ring;
pub mod samples;
mod stats;
pub mod watch;

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{
    AtomicU8, AtomicU64,
    Ordering::{Relaxed, Release},
};

use spin::{Mutex, Once};

pub use block::Block;
use block::PLACES;
pub use events::{Argument, EVENTS, Event, ShortName, Unit, short_name};
pub use places::{Place, place_number};
use platform::PLATFORM;
pub use platform::{Platform, Polled, install};
pub use record::Record;
pub use ring::OutOfMemory;
use ring::Ring;
pub use stats::Stats;
use stats::Values;

/// How many names of tasks are kept for each CPU.
pub const NAMES: usize = *SIZES.start();
/// How many records the ring of a CPU keeps unless it is said.
pub const RECORDS: usize = 2048;

bitflags::bitflags! {
    /// What is done where a tracepoint is reached.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Modes: u8 {
        /// It is counted.
        const COUNT = 1;
        /// A record is written.
        const RECORD = 2;
        /// Of [`Event::TaskSpawn`]: the names of tasks are kept. So it is while anything is recorded.
        const NAME = 4;
        /// It is looked at by a [`watch`].
        const WATCH = 8;
    }
}

static MODES: [AtomicU8; EVENTS.len()] = [const { AtomicU8::new(0) }; EVENTS.len()];
static CPUS: Once<Box<[Block]>> = Once::new();
/// Of what polls no task.
static NOBODY: Polled = Polled::new(0);
/// When counting began, in nanoseconds.
static SINCE_NS: AtomicU64 = AtomicU64::new(0);

/// Says that something happened: the event, and the numbers that go with it, which are computed only when it is on.
#[macro_export]
macro_rules! trace {
    ($event:ident) => {
        $crate::trace!($event, 0, 0)
    };
    ($event:ident, $a:expr) => {
        $crate::trace!($event, $a, 0)
    };
    ($event:ident, $a:expr, $b:expr) => {
        if $crate::is_on!($event) {
            $crate::happened!($event, $a, $b);
        }
    };
}

/// [`trace!`] for who has found a tracepoint on. If this one is off, nothing is done.
#[macro_export]
macro_rules! happened {
    ($event:ident, $a:expr, $b:expr) => {
        $crate::call::happened::<{ $crate::Event::$event as usize }>($a as u64, $b as u64)
    };
}

/// Whether anything is done where that tracepoint is reached.
#[macro_export]
macro_rules! is_on {
    ($event:ident) => {
        $crate::call::is_on::<{ $crate::Event::$event as usize }>()
    };
}

/// What is done where that tracepoint is reached.
pub fn modes(event: Event) -> Modes {
    Modes::from_bits_truncate(MODES[event as usize].load(Relaxed))
}

/// [`happened!`] for [`Event::TaskSpawn`]: a task was spawned, with that number and a name. Of the name these are the bytes from the lowest on, at
/// most 15 and zeros behind them; the last one is not looked at.
#[inline(always)]
pub fn spawned(task: u64, name: &[AtomicU64; 2]) {
    call::spawned(task, name);
}

/// The numbers and names of the tasks that were spawned while anything was recorded, the last [`NAMES`] on each CPU.
pub fn names(mut visit: impl FnMut(u64, &str)) {
    for cpu in cpus() {
        cpu.names.read(|words| names::unpack(words, &mut visit));
    }
}

/// Makes what tracepoints write to, the first time. Not in a handler.
pub fn prepare() -> Result<(), OutOfMemory> {
    let Some(&(platform, cpus)) = PLATFORM.get() else { return Ok(()) };
    let blocks = CPUS.try_call_once(|| {
        let mut list = Vec::new();
        list.try_reserve_exact(cpus + 1).map_err(|_| OutOfMemory)?;
        for cpu in 0..=cpus {
            list.push(Block::new(platform.polled(cpu).unwrap_or(&NOBODY))?);
        }
        Ok(list.into_boxed_slice())
    })?;
    platform.adopt(blocks);
    Ok(())
}

/// The platform's time in nanoseconds, which records have; 0 before [`install`].
pub fn now_ns() -> u64 {
    PLATFORM.get().map_or(0, |&(platform, _)| platform.ns_of(platform.ticks()))
}

fn cpus() -> &'static [Block] {
    CPUS.get().map_or(&[], |cpus| cpus)
}

/// Held by who switches events, or gives rings another size.
static SWITCH: Mutex<()> = Mutex::new(());

/// Switches modes of an event on. What they write to is made if need be; without a platform they stay off.
pub fn enable(event: Event, modes: Modes) -> Result<(), OutOfMemory> {
    prepare()?;
    if cpus().is_empty() {
        return Ok(());
    }
    let _alone = SWITCH.lock();
    if modes.contains(Modes::RECORD) && records() == 0 {
        set_records(RECORDS)?;
    }
    if SINCE_NS.load(Relaxed) == 0 {
        reset();
    }
    // What is written to was made before. Partner: the look at the modes in `entry`, which acquires as all loads do on x86.
    MODES[event as usize].fetch_or(modes.bits(), Release);
    keep_names();
    Ok(())
}

/// Switches modes of an event off.
pub fn disable(event: Event, modes: Modes) {
    let _alone = SWITCH.lock();
    MODES[event as usize].fetch_and(!modes.bits(), Relaxed);
    keep_names();
}

fn keep_names() {
    let spawn = &MODES[Event::TaskSpawn as usize];
    if EVENTS.iter().any(|&event| modes(event).contains(Modes::RECORD)) {
        spawn.fetch_or(Modes::NAME.bits(), Relaxed);
    } else {
        spawn.fetch_and(!Modes::NAME.bits(), Relaxed);
    }
}

/// How many records the ring of each CPU keeps.
pub fn records() -> usize {
    cpus().first().map_or(0, |cpu| cpu.ring.capacity())
}

/// The sizes that a ring can have; each is a power of two.
pub const SIZES: core::ops::RangeInclusive<usize> = Ring::<{ record::WORDS }>::SIZES;

/// Has the ring of each CPU keep so many records, a power of two in [`SIZES`]; what was recorded is forgotten. When there
/// is not enough memory, all is as it was, but for what was taken so far: that is kept for the next time.
pub fn resize(records: usize) -> Result<(), OutOfMemory> {
    prepare()?;
    let _alone = SWITCH.lock();
    set_records(records)
}

/// [`resize`] for who has [`SWITCH`].
fn set_records(records: usize) -> Result<(), OutOfMemory> {
    // The last one is for what is no CPU: it seldom has much to say.
    let (outside, inside) = cpus().split_last().ok_or(OutOfMemory)?;
    let sizes = || inside.iter().map(|cpu| (cpu, records)).chain([(outside, *SIZES.start())]);
    for (cpu, records) in sizes() {
        cpu.names.make(NAMES)?;
        cpu.ring.make(records)?;
    }
    for (cpu, records) in sizes() {
        if cpu.names.capacity() == 0 {
            cpu.names.set_size(NAMES);
        }
        cpu.ring.set_size(records);
    }
    Ok(())
}

/// The memory that counters, rings and samples have, in bytes.
pub fn memory() -> usize {
    let of_cpu = size_of::<Block>() + PLACES.1 * size_of::<Values>();
    let rings = |cpu: &Block| cpu.ring.memory() + cpu.names.memory() + cpu.samples.memory();
    cpus().iter().map(|cpu| of_cpu + rings(cpu)).sum()
}

/// Begins to count anew.
pub fn reset() {
    for cpu in cpus() {
        cpu.counts.iter().for_each(|count| count.store(0, Relaxed));
        cpu.values.iter().for_each(Values::reset);
    }
    SINCE_NS.store(now_ns(), Relaxed);
}

/// For how long it has been counted, in nanoseconds.
pub fn counted_ns() -> u64 {
    now_ns().saturating_sub(SINCE_NS.load(Relaxed))
}

/// For how many CPUs it is counted; one more than there are, for what is no CPU.
pub fn places() -> usize {
    cpus().len()
}

/// What was counted of an event: on one CPU, or on all.
pub fn stats(event: Event, cpu: Option<usize>) -> Stats {
    let mut stats = Stats::default();
    let chosen = cpus().iter().enumerate().filter(|(index, _)| cpu.is_none_or(|cpu| cpu == *index));
    chosen.for_each(|(_, cpu)| cpu.add_to(event, &mut stats));
    stats
}

/// The records of all CPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// In the order of time.
    pub records: Vec<Record>,
    /// For each CPU, how many records were overwritten since the last [`clear`].
    pub lost: Vec<u64>,
}

/// What is in the rings now. Nobody is stopped for it.
pub fn snapshot() -> Result<Snapshot, OutOfMemory> {
    let mut all = Snapshot::default();
    let Some(&(platform, _)) = PLATFORM.get() else { return Ok(all) };
    let most = cpus().iter().map(|cpu| cpu.ring.capacity()).sum();
    all.records.try_reserve_exact(most).map_err(|_| OutOfMemory)?;
    for (index, cpu) in cpus().iter().enumerate() {
        let lost = cpu.ring.read(|words| {
            if let Some(record) = record::unpack(words, index, |ticks| platform.ns_of(ticks)) {
                all.records.push(record);
            }
        });
        all.lost.push(lost);
    }
    // By CPU they are in order already, which a stable sort makes use of.
    all.records.sort_by_key(|record| record.at_ns);
    Ok(all)
}

/// Forgets what was recorded.
pub fn clear() {
    cpus().iter().for_each(|cpu| cpu.ring.clear());
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicUsize;

    /// Held by who switches tracepoints, which are the whole program's.
    pub(crate) static ALONE: spin::Mutex<()> = spin::Mutex::new(());
    static CPU: AtomicUsize = AtomicUsize::new(0);
    static TIME: AtomicU64 = AtomicU64::new(1);

    struct Fake;
    impl Platform for Fake {
        fn cpu(&self) -> usize {
            CPU.load(Relaxed)
        }
        fn ticks(&self) -> u64 {
            TIME.fetch_add(1, Relaxed)
        }
        fn polled(&self, _cpu: usize) -> Option<&'static Polled> {
            static POLLED: Polled = Polled::new(7);
            POLLED.task.store(core::ptr::dangling_mut(), Relaxed);
            Some(&POLLED)
        }
        fn ns_of(&self, ticks: u64) -> u64 {
            ticks * 2
        }
    }

    #[test]
    fn what_is_on_is_counted_and_recorded_where_it_happened() {
        let _alone = ALONE.lock();
        trace!(Search); // before there is anything: nothing happens
        install(&Fake, 2);
        trace!(Search);
        assert_eq!((places(), memory()), (0, 0), "what is off takes no memory");
        enable(Event::PipeSend, Modes::COUNT | Modes::RECORD).unwrap();
        enable(Event::Search, Modes::COUNT).unwrap();
        assert!(memory() < 512 << 10, "{} bytes", memory());
        for cpu in [0, 1, 1, 64] {
            CPU.store(cpu, Relaxed);
            trace!(PipeSend, 3, cpu as u64 + 10);
            trace!(Search);
            trace!(Steal, 1, 1);
        }
        let words = |name: [u8; 16]| {
            [0, 8].map(|at| AtomicU64::new(u64::from_le_bytes(*name[at..].first_chunk().unwrap())))
        };
        spawned(12, &words(*b"fifteen letters\x0f"));
        enable(Event::TaskSpawn, Modes::RECORD).unwrap();
        spawned(13, &words(*b"sh\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"));
        disable(Event::TaskSpawn, Modes::RECORD);
        let mut seen = Vec::new();
        names(|task, name| seen.push((task, std::string::String::from(name))));
        assert_eq!(seen, [(12, "fifteen letters".into()), (13, "sh".into())]);
        let all = stats(Event::PipeSend, None);
        assert_eq!((all.count, all.total, all.min(), all.max), (4, 106, 10, 74));
        assert_eq!(stats(Event::PipeSend, Some(1)).count, 2);
        assert_eq!((stats(Event::Search, None).count, stats(Event::Steal, None).count), (4, 0));
        let seen = snapshot().unwrap();
        let what: Vec<_> = seen.records.iter().map(|r| (r.event, r.cpu, r.task, r.numbers)).collect();
        assert_eq!(
            what,
            [
                (Event::PipeSend, 0, 7, [3, 10]),
                (Event::PipeSend, 1, 7, [3, 11]),
                (Event::PipeSend, 1, 7, [3, 11]),
                (Event::PipeSend, 2, 7, [3, 74]),
                (Event::TaskSpawn, 2, 7, [13, 0]),
            ]
        );
        assert_eq!(seen.lost, [0, 0, 0]);
        disable(Event::PipeSend, Modes::RECORD);
        assert_eq!(modes(Event::TaskSpawn), Modes::empty(), "nothing is recorded, and no name is kept");
        trace!(PipeSend, 3, 1);
        assert_eq!((stats(Event::PipeSend, None).count, snapshot().unwrap().records.len()), (5, 5));
        assert_eq!(samples::read().unwrap(), (Vec::new(), 0));
        samples::set_rate(1000).unwrap();
        CPU.store(1, Relaxed);
        samples::take(&[5, 4, 3]);
        samples::take(&[1; 100]);
        let (taken, lost) = samples::read().unwrap();
        assert_eq!((taken[0].cpu, taken[0].task, &taken[0].frames[..], lost), (1, 7, &[5, 4, 3][..], 0));
        assert_eq!(taken[1].frames, [1; samples::FRAMES]);
        assert!(memory() < 512 << 10, "{} bytes", memory());
        samples::set_rate(0).unwrap();
        samples::clear();
        assert_eq!(samples::read().unwrap(), (Vec::new(), 0));
        clear();
        reset();
        assert_eq!((stats(Event::PipeSend, None).count, snapshot().unwrap().records.len()), (0, 0));
    }
}
