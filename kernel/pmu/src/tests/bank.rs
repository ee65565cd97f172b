//! A model of the registers, which does what the manual says and panics where the processor would fault.

use core::cell::RefCell;
use std::{collections::BTreeMap, rc::Rc};

use crate::{EVENTS, Event, Leaf, Maker, Msrs};

/// What a processor is like.
#[derive(Clone, Copy)]
pub struct Model {
    pub maker: Maker,
    pub version: u32,
    pub general: u32,
    pub width: u32,
    pub fixed: u32,
    pub fixed_width: u32,
    /// The length of the bit vector of events, and the bits of those that are not there.
    pub events: u32,
    pub missing: u32,
}

/// As most of them were for ten years.
pub const USUAL: Model = Model {
    maker: Maker::Intel,
    version: 4,
    general: 4,
    width: 48,
    fixed: 3,
    fixed_width: 48,
    events: 7,
    missing: 0,
};

/// AMD's, since they have registers for all counters at once.
pub const RYZEN: Model = Model { maker: Maker::Amd, version: 2, general: 6, fixed: 0, ..USUAL };

impl Model {
    /// What CPUID tells.
    pub fn told(&self) -> Option<Leaf> {
        match self.maker {
            Maker::Intel => Leaf::intel(self.leaf()),
            Maker::Amd => Leaf::amd(1 << 23, if self.version > 1 { [1, self.general] } else { [0, 0] }),
        }
    }

    /// CPUID leaf 0AH.
    fn leaf(&self) -> [u32; 4] {
        let eax = self.version | self.general << 8 | self.width << 16 | self.events << 24;
        // From version 5 on ECX alone tells of them here.
        let (ecx, count) = if self.version >= 5 { ((1 << self.fixed) - 1, 0) } else { (0, self.fixed) };
        [eax, self.missing, ecx, if self.version > 1 { count | self.fixed_width << 5 } else { 0 }]
    }
}

struct State {
    model: Model,
    general: [u64; 8],
    selections: [u64; 8],
    fixed: [u64; 3],
    fixed_control: u64,
    global: u64,
    status: u64,
    /// Interrupts that have been sent.
    interrupts: u32,
}

/// The registers of one CPU; clones are the same registers.
#[derive(Clone)]
pub struct Bank(Rc<RefCell<State>>);

impl Bank {
    pub fn new(model: Model) -> Bank {
        // Whoever had the counters before has left something in them.
        let mask = |width: u32| (1_u64 << width) - 1;
        Bank(Rc::new(RefCell::new(State {
            model,
            general: [0x1234_5678_9abc & mask(model.width); 8],
            selections: [0; 8],
            fixed: [mask(model.fixed_width.max(1)) - 10; 3],
            fixed_control: 0,
            global: 0,
            status: 1 << 34,
            interrupts: 0,
        })))
    }

    /// The CPU runs: so often each event happens. How many interrupts come of that.
    pub fn run(&self, happens: &[(Event, u64)]) -> u32 {
        let mut state = self.0.borrow_mut();
        let counts: BTreeMap<u8, u64> = happens.iter().map(|&(event, n)| (event as u8, n)).collect();
        let count = |event: Event| counts.get(&(event as u8)).copied().unwrap_or(0);
        let is_on = |state: &State, bit: u64| state.model.version < 2 || state.global & bit != 0;
        let before = state.interrupts;
        for n in 0..state.model.general as usize {
            let selection = state.selections[n];
            let selectors = if state.model.maker == Maker::Intel { SELECTORS } else { AMD_SELECTORS };
            let event = EVENTS.into_iter().find(|event| selectors[*event as usize] == selection & 0xffff);
            if selection & 1 << 22 == 0 || selection & 3 << 16 == 0 || !is_on(&state, 1 << n) {
                continue;
            }
            let event = event.expect("an event of the manual");
            let sum = state.general[n] + count(event);
            state.general[n] = sum & ((1 << state.model.width) - 1);
            if sum != state.general[n] {
                state.status |= 1 << n;
                state.interrupts += u32::from(selection & 1 << 20 != 0);
            }
        }
        for (n, event) in [Event::Instructions, Event::Cycles, Event::ReferenceCycles].into_iter().enumerate()
        {
            let field = state.fixed_control >> (4 * n) & 15;
            if field & 3 == 0 || !is_on(&state, 1 << (32 + n)) {
                continue;
            }
            let sum = state.fixed[n] + count(event);
            state.fixed[n] = sum & ((1 << state.model.fixed_width) - 1);
            if sum != state.fixed[n] {
                state.status |= 1 << (32 + n);
                state.interrupts += u32::from(field & 8 != 0);
            }
        }
        state.interrupts - before
    }

    /// Whether any counter counts.
    pub fn runs(&self) -> bool {
        let state = self.0.borrow();
        state.global != 0
            || state.fixed_control != 0
            || state.selections.iter().any(|&selection| selection != 0)
    }

    pub fn selection(&self, n: usize) -> u64 {
        self.0.borrow().selections[n]
    }
}

/// The manual's table once more: unit mask and event select.
const SELECTORS: [u64; EVENTS.len()] = [0x003c, 0x00c0, 0x013c, 0x4f2e, 0x412e, 0x00c4, 0x00c5];
/// AMD's, with a number that is no event's where there is none.
const AMD_SELECTORS: [u64; EVENTS.len()] = [0x0076, 0x00c0, !0, !0, !0, 0x00c2, 0x00c3];

/// A register by the number that Intel's have: which one AMD's is.
fn as_intels(model: Model, msr: u32) -> u32 {
    match (model.maker, msr) {
        (Maker::Intel, _) => msr,
        (Maker::Amd, 0xc000_0300) => 0x38e,
        (Maker::Amd, 0xc000_0301) => 0x38f,
        (Maker::Amd, 0xc000_0302) => 0x390,
        (Maker::Amd, 0xc001_0200..=0xc001_020b) if msr & 1 == 0 => 0x186 + (msr - 0xc001_0200) / 2,
        (Maker::Amd, 0xc001_0200..=0xc001_020b) => 0xc1 + (msr - 0xc001_0200) / 2,
        (Maker::Amd, _) => panic!("{msr:#x}: general protection fault"),
    }
}

impl Msrs for Bank {
    fn read(&self, msr: u32) -> u64 {
        let state = self.0.borrow();
        let global = state.model.version >= 2;
        match as_intels(state.model, msr) {
            msr @ 0xc1.. if msr < 0xc1 + state.model.general => state.general[msr as usize - 0xc1],
            msr @ 0x309.. if msr < 0x309 + state.model.fixed => state.fixed[msr as usize - 0x309],
            0x38e if global => state.status,
            msr => panic!("rdmsr {msr:#x}: general protection fault"),
        }
    }

    fn write(&self, msr: u32, value: u64) {
        let mut state = self.0.borrow_mut();
        let Model { maker, version, general, width, fixed, fixed_width, .. } = state.model;
        let counters = ((1 << general) - 1) | ((1_u64 << fixed) - 1) << 32;
        match as_intels(state.model, msr) {
            // On Intel's the low half is written, and its highest bit goes to all above it.
            msr @ 0xc1.. if msr < 0xc1 + general => {
                let value = if maker == Maker::Intel { value as i32 as u64 } else { value };
                state.general[msr as usize - 0xc1] = value & ((1 << width) - 1);
            }
            msr @ 0x186.. if msr < 0x186 + general => {
                assert_eq!(value & !0xffd7_ffff, 0, "reserved bits of IA32_PERFEVTSELx");
                state.selections[msr as usize - 0x186] = value;
            }
            msr @ 0x309.. if msr < 0x309 + fixed => {
                assert_eq!(value >> fixed_width, 0, "bits beyond a fixed-function counter");
                state.fixed[msr as usize - 0x309] = value;
            }
            0x38d if version >= 2 && maker == Maker::Intel => {
                assert_eq!(value >> (4 * fixed), 0, "fields of counters that are not there");
                state.fixed_control = value;
            }
            0x38f if version >= 2 => {
                assert_eq!(value & !counters, 0, "bits of counters that are not there");
                state.global = value;
            }
            0x390 if version >= 2 => {
                assert_eq!(value & !counters & !(3 << 62), 0, "reserved bits of IA32_PERF_GLOBAL_OVF_CTRL");
                state.status &= !value;
            }
            msr => panic!("wrmsr {msr:#x}: general protection fault"),
        }
    }
}
