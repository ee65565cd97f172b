//! The event counters of Intel's and AMD's processors, as far as they are the same on all of a maker's. On Intel's that is architectural
//! performance monitoring, versions 1 to 5: Intel SDM volume 3B, the chapter on performance monitoring. On AMD's it is the core's
//! extended counters, versions 1 and 2: AMD64 Architecture Programmer's Manual volume 2, the section on performance monitoring counters.
//!
//! Nothing here touches hardware: [`Msrs`] does. So all of it runs on the host, against a model of the registers.
//!
//! | module | what |
//! |---|---|
//! | `leaf` | what CPUID tells of the counters |
//! | `plan` | which event is counted by which counter, and what the registers must hold for that |
//! | `unit` | one CPU's counters: counting, reading what wraps around, interrupting after so many |
//!
//! What it leaves out: what differs from model to model, such as AMD's numbers for what reaches the last cache, precise sampling (PEBS,
//! IBS), and the four counters of AMD's first processors with 64 bits.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod leaf;
mod plan;
#[cfg(test)]
mod tests;
mod unit;

pub use leaf::{Leaf, Maker};
pub use plan::Plan;
pub use unit::{Totals, Unit, Wanted};

/// Access to the model-specific registers of the CPU that calls.
pub trait Msrs {
    /// Reads one.
    fn read(&self, msr: u32) -> u64;
    /// Writes one.
    fn write(&self, msr: u32, value: u64);
}

/// What is counted. The number is that of the event in the bit vector of CPUID leaf 0AH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    /// Cycles of the core while it was not halted, at whatever rate it ran.
    Cycles,
    /// Instructions that were not taken back.
    Instructions,
    /// Cycles of a clock of constant rate while the core was not halted.
    ReferenceCycles,
    /// Accesses that came as far as the last cache.
    CacheReferences,
    /// Of those, the ones that it did not have.
    CacheMisses,
    /// Branches that were not taken back.
    Branches,
    /// Of those, the ones that were predicted wrong.
    BranchMisses,
}

/// All events. Where counters are few, the first ones have them.
pub const EVENTS: [Event; 7] = [
    Event::Cycles,
    Event::Instructions,
    Event::ReferenceCycles,
    Event::CacheReferences,
    Event::CacheMisses,
    Event::Branches,
    Event::BranchMisses,
];

impl Event {
    /// As `perf` calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Event::Cycles => "cycles",
            Event::Instructions => "instructions",
            Event::ReferenceCycles => "ref-cycles",
            Event::CacheReferences => "cache-references",
            Event::CacheMisses => "cache-misses",
            Event::Branches => "branches",
            Event::BranchMisses => "branch-misses",
        }
    }

    /// Event select and unit mask, as IA32_PERFEVTSELx and PerfEvtSelx have them: SDM, table "Intel Architectural Performance
    /// Events"; the core's events in each of AMD's Processor Programming References.
    fn selector(self, maker: Maker) -> u64 {
        match (self, maker) {
            (Event::Cycles, Maker::Intel) => 0x003c,
            (Event::Cycles, Maker::Amd) => 0x0076,
            (Event::Instructions, _) => 0x00c0,
            (Event::ReferenceCycles, _) => 0x013c,
            (Event::CacheReferences, _) => 0x4f2e,
            (Event::CacheMisses, _) => 0x412e,
            (Event::Branches, Maker::Intel) => 0x00c4,
            (Event::Branches, Maker::Amd) => 0x00c2,
            (Event::BranchMisses, Maker::Intel) => 0x00c5,
            (Event::BranchMisses, Maker::Amd) => 0x00c3,
        }
    }

    /// The fixed-function counter that counts nothing else.
    fn fixed_counter(self) -> Option<u8> {
        match self {
            Event::Instructions => Some(0),
            Event::Cycles => Some(1),
            Event::ReferenceCycles => Some(2),
            _ => None,
        }
    }
}
