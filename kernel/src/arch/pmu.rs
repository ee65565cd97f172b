//! The processors' event counters: their registers, and how all CPUs are asked. What is done with them is `pollux_pmu`'s.
//!
//! Each CPU follows, and reads, its own counters, in the handler of an interrupt that is sent to all. One that wants to know asks,
//! and looks until all have answered:
//!
//! | static | who writes it |
//! |---|---|
//! | `UNITS` | each CPU its own, when it starts |
//! | `USERS`, `PERIOD`, `ASKED` | who asks, in task context |
//! | `ANSWERS` | each CPU its own, in the handler |

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use pollux_core::machine::Counters;
use pollux_executor::yield_now;
use pollux_pmu::{EVENTS, Event, Leaf, Msrs, Plan, Unit, Wanted};
use pollux_shell::env::BoxFuture;
use raw_cpuid::native_cpuid::cpuid_count;
use spin::Once;
use x86_64::registers::model_specific::Msr;

use super::{apic, clock, idt};
use crate::cpu;

/// The leaves of CPUID that tell of the counters: on Intel's processors, and on AMD's with the features that are beyond Intel's.
const INTEL_LEAF: u32 = 0xa;
const AMD_LEAF: u32 = 0x8000_0022;
const AMD_FEATURES: u32 = 0x8000_0001;

/// The registers of the CPU that uses them.
struct Registers;

impl Msrs for Registers {
    fn read(&self, msr: u32) -> u64 {
        // SAFETY: a `Unit` reads counters and status of the counters that CPUID has told of, so they are there. Reading them changes
        // nothing.
        unsafe { Msr::new(msr).read() }
    }

    fn write(&self, msr: u32, value: u64) {
        // SAFETY: a `Unit` writes registers of these counters only, and no bits that are reserved. None of them has to do with memory.
        // The interrupt that they can be told to make is an NMI, which has a handler on every CPU.
        unsafe { Msr::new(msr).write(value) };
    }
}

struct Answer {
    /// The question that was answered last.
    asked: AtomicU64,
    totals: [AtomicU64; EVENTS.len()],
}

static UNITS: [Once<Unit<Registers>>; cpu::MAX] = [const { Once::new() }; cpu::MAX];
/// Who wants to know what is counted.
static USERS: AtomicUsize = AtomicUsize::new(0);
/// Counts between two samples; 0 for none.
static PERIOD: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicU64 = AtomicU64::new(0);
static ANSWERS: [Answer; cpu::MAX] =
    [const { Answer { asked: AtomicU64::new(0), totals: [const { AtomicU64::new(0) }; EVENTS.len()] } };
        cpu::MAX];

/// What that leaf of CPUID tells; zeros where there is no such leaf.
fn leaf(leaf: u32) -> [u32; 4] {
    let last = cpuid_count(leaf & 0x8000_0000, 0).eax;
    if leaf > last {
        return [0; 4];
    }
    let told = cpuid_count(leaf, 0);
    [told.eax, told.ebx, told.ecx, told.edx]
}

/// The counters that the CPU has that calls.
fn plan() -> Option<Plan> {
    let amd = || {
        let [eax, ebx, _, _] = leaf(AMD_LEAF);
        Leaf::amd(leaf(AMD_FEATURES)[2], [eax, ebx])
    };
    Plan::new(Leaf::intel(leaf(INTEL_LEAF)).or_else(amd)?)
}

/// Finds the counters of the CPU that calls.
pub fn init_cpu() {
    if let Some(plan) = plan() {
        UNITS[cpu::index()].call_once(|| Unit::new(plan, Registers));
    }
}

/// The counters of each CPU; `None` if one has none.
fn units() -> Option<impl Iterator<Item = &'static Unit<Registers>>> {
    let units = || UNITS[..cpu::count()].iter().map(Once::get);
    units().all(|unit| unit.is_some()).then(|| units().flatten())
}

/// From now on the CPUs' counters can be asked, if they have any. Once, when all CPUs have started.
pub fn init() {
    idt::on(idt::COUNTERS, answer);
    match units() {
        Some(_) if can_sample() => log::info!("event counters, which take samples as well"),
        Some(_) => log::info!("event counters, which cannot take samples"),
        None => log::info!("no event counters: CPUID tells of none"),
    }
}

/// Whether samples can come from these counters.
pub fn can_sample() -> bool {
    units().is_some_and(|mut units| units.all(Unit::can_interrupt))
}

/// Has the counters of all CPUs interrupt them so often a second, or no more with 0. Nothing where they cannot.
pub fn set_rate(rate: u32) {
    if can_sample() {
        PERIOD.store(clock::tsc_hz().checked_div(rate.into()).unwrap_or(0), Relaxed);
        ask();
    }
}

/// In the handler of an NMI: whether it is the counters'. See [`Unit::overflowed`].
pub fn overflowed() -> Option<bool> {
    let sample = UNITS[cpu::index()].get()?.overflowed()?;
    apic::listen_to_counters();
    Some(sample)
}

/// Asks all CPUs; the question's number.
fn ask() -> u64 {
    let asked = ASKED.fetch_add(1, AcqRel) + 1;
    (0..cpu::count()).for_each(|cpu| apic::send(cpu, idt::COUNTERS));
    asked
}

/// The handler of [`idt::COUNTERS`].
fn answer() {
    let cpu = cpu::index();
    let Some(unit) = UNITS[cpu].get() else { return };
    let asked = ASKED.load(Acquire);
    let period = PERIOD.load(Relaxed);
    if period > 0 {
        apic::listen_to_counters();
    }
    unit.follow(Wanted { counting: USERS.load(Relaxed) > 0, period });
    for (kept, total) in ANSWERS[cpu].totals.iter().zip(unit.read()) {
        kept.store(total.unwrap_or(0), Relaxed);
    }
    ANSWERS[cpu].asked.store(asked, Release); // with `read`'s Acquire: who sees it sees the totals
}

struct Processors;

/// The counters of all CPUs, if each has some.
pub fn counters() -> Result<&'static dyn Counters, &'static str> {
    match units() {
        Some(_) => Ok(&Processors),
        None => Err("no hardware counters: this processor tells of none"),
    }
}

impl Counters for Processors {
    fn names(&self) -> &'static [&'static str] {
        static NAMES: [&str; EVENTS.len()] = {
            let mut names = [""; EVENTS.len()];
            let mut at = 0;
            while at < names.len() {
                names[at] = EVENTS[at].name();
                at += 1;
            }
            names
        };
        &NAMES
    }

    fn count(&self, on: bool) {
        if on {
            USERS.fetch_add(1, Relaxed);
        } else {
            USERS.fetch_sub(1, Relaxed);
        }
        ask();
    }

    fn read(&self) -> BoxFuture<'static, Vec<Option<u64>>> {
        Box::pin(async {
            let asked = ask();
            while (0..cpu::count()).any(|cpu| ANSWERS[cpu].asked.load(Acquire) < asked) {
                yield_now().await;
            }
            let counted =
                |event: &Event| units().is_some_and(|mut units| units.all(|unit| unit.counts(*event)));
            let total = |at: usize| {
                ANSWERS[..cpu::count()]
                    .iter()
                    .fold(0_u64, |sum, cpu| sum.wrapping_add(cpu.totals[at].load(Relaxed)))
            };
            EVENTS.iter().enumerate().map(|(at, event)| counted(event).then(|| total(at))).collect()
        })
    }
}
