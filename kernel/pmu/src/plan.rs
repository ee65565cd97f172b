//! Which counter counts which event.

use crate::{EVENTS, Event, Leaf, Maker};

/// The first of the fixed-function counters, which AMD has none of.
const IA32_FIXED_CTR0: u32 = 0x309;

/// Where a maker has what. The bits are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// The first general-purpose counter and its selection, and how far the next ones are.
    counter: u32,
    selection: u32,
    step: u32,
    /// A bit for each counter: which run, which have overflowed, and which overflows are over.
    pub control: u32,
    /// See there.
    pub status: u32,
    /// See there.
    pub clear: u32,
}

/// IA32_PMC0, IA32_PERFEVTSEL0; IA32_PERF_GLOBAL_CTRL, IA32_PERF_GLOBAL_STATUS, IA32_PERF_GLOBAL_OVF_CTRL.
const INTEL: Registers =
    Registers { counter: 0xc1, selection: 0x186, step: 1, control: 0x38f, status: 0x38e, clear: 0x390 };

/// PerfCtr0, PerfEvtSel0; PerfCntrGlobalCtl, PerfCntrGlobalStatus, PerfCntrGlobalStatusClr.
const AMD: Registers = Registers {
    counter: 0xc001_0201,
    selection: 0xc001_0200,
    step: 2,
    control: 0xc000_0301,
    status: 0xc000_0300,
    clear: 0xc000_0302,
};

/// Bits of IA32_PERFEVTSELx, and of PerfEvtSelx.
const USR: u64 = 1 << 16;
const OS: u64 = 1 << 17;
const INT: u64 = 1 << 20;
const EN: u64 = 1 << 22;
/// Bits of a counter's field in IA32_FIXED_CTR_CTRL.
const FIXED_ALL_RINGS: u64 = 0b0011;
const FIXED_PMI: u64 = 0b1000;

/// A counter of a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// IA32_PMCx.
    General(u8),
    /// IA32_FIXED_CTRx.
    Fixed(u8),
}

impl Counter {
    /// Its bit in the registers for all counters.
    pub fn bit(self) -> u64 {
        match self {
            Counter::General(n) => 1 << n,
            Counter::Fixed(n) => 1 << (32 + n),
        }
    }
}

/// Which counter counts which event on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    leaf: Leaf,
    counters: [Option<Counter>; EVENTS.len()],
}

impl Plan {
    /// An event has its fixed-function counter where there is one; the others have general-purpose counters, for as long as there
    /// are any. `None` where nothing can be counted.
    pub fn new(leaf: Leaf) -> Option<Plan> {
        let mut free = 0..leaf.counters;
        let counters = EVENTS.map(|event| {
            let fixed = event.fixed_counter().filter(|&n| leaf.has_fixed(n)).map(Counter::Fixed);
            fixed.or_else(|| if leaf.has(event) { free.next().map(Counter::General) } else { None })
        });
        counters.iter().any(Option::is_some).then_some(Plan { leaf, counters })
    }

    /// The counter of each event that has one, with the event's place in [`EVENTS`].
    pub fn counters(&self) -> impl Iterator<Item = (usize, Counter)> {
        self.counters.into_iter().enumerate().filter_map(|(at, counter)| Some((at, counter?)))
    }

    /// Where this processor has what.
    pub fn registers(&self) -> &'static Registers {
        match self.leaf.maker {
            Maker::Intel => &INTEL,
            Maker::Amd => &AMD,
        }
    }

    /// The register that counts.
    pub fn msr(&self, counter: Counter) -> u32 {
        let registers = self.registers();
        match counter {
            Counter::General(n) => registers.counter + registers.step * u32::from(n),
            Counter::Fixed(n) => IA32_FIXED_CTR0 + u32::from(n),
        }
    }

    /// Whether the registers for all counters at once are there.
    pub fn is_global(&self) -> bool {
        self.leaf.version >= 2
    }

    /// The counter that interrupts after a time: it counts at a constant rate, or else at that of the core, which is about as
    /// much. `None` where the processor does not tell which counter has interrupted.
    pub fn clock(&self) -> Option<Counter> {
        // The reference cycles of a general-purpose counter have another rate than the TSC.
        let reference = self.counters[Event::ReferenceCycles as usize];
        let fixed = reference.filter(|counter| matches!(counter, Counter::Fixed(_)));
        fixed.or(self.counters[Event::Cycles as usize]).filter(|_| self.is_global())
    }

    /// The bits that a counter has, all set.
    pub fn mask(&self, counter: Counter) -> u64 {
        let width = match counter {
            Counter::General(_) => self.leaf.width,
            Counter::Fixed(_) => self.leaf.fixed_width,
        };
        (1 << width) - 1
    }

    /// The selections of the general-purpose counters, each with its register. `interrupts` is the one that interrupts.
    pub fn selections(&self, interrupts: Option<Counter>) -> impl Iterator<Item = (u32, u64)> {
        self.counters().filter_map(move |(at, counter)| {
            let Counter::General(n) = counter else { return None };
            let int = if interrupts == Some(counter) { INT } else { 0 };
            let registers = self.registers();
            let selection = EVENTS[at].selector(self.leaf.maker) | USR | OS | EN | int;
            Some((registers.selection + registers.step * u32::from(n), selection))
        })
    }

    /// What IA32_FIXED_CTR_CTRL holds; `None` where no fixed-function counter is used.
    pub fn fixed_control(&self, interrupts: Option<Counter>) -> Option<u64> {
        let fields = self.counters().filter_map(|(_, counter)| {
            let Counter::Fixed(n) = counter else { return None };
            let pmi = if interrupts == Some(counter) { FIXED_PMI } else { 0 };
            Some((FIXED_ALL_RINGS | pmi) << (4 * n))
        });
        fields.reduce(|all, field| all | field)
    }

    /// The bits of all counters that are used, as in IA32_PERF_GLOBAL_CTRL.
    pub fn bits(&self) -> u64 {
        self.counters().fold(0, |bits, (_, counter)| bits | counter.bit())
    }
}
