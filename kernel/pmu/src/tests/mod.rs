//! What the code does to the model of the registers.

mod bank;

use core::cell::Cell;
use std::{boxed::Box, vec, vec::Vec};

use bank::{Bank, Model, RYZEN, USUAL};

use crate::{EVENTS, Event, Leaf, Maker, Msrs, Plan, Totals, Unit, Wanted, plan::Counter};

const COUNT: Wanted = Wanted { counting: true, period: 0 };

fn plan(model: Model) -> Plan {
    Plan::new(model.told().expect("counters")).expect("events")
}

fn unit(model: Model) -> (Unit<Bank>, Bank) {
    let bank = Bank::new(model);
    (Unit::new(plan(model), bank.clone()), bank)
}

fn since(now: Totals, before: Totals) -> Vec<Option<u64>> {
    now.iter().zip(before).map(|(now, before)| Some((*now)? - before?)).collect()
}

/// Each event so often, all different.
const WORK: [(Event, u64); 7] = [
    (Event::Cycles, 5_000_000_000),
    (Event::Instructions, 7_000_000_000),
    (Event::ReferenceCycles, 3_000_000_000),
    (Event::CacheReferences, 40_000),
    (Event::CacheMisses, 3_000),
    (Event::Branches, 1_000_000),
    (Event::BranchMisses, 20_000),
];

#[test]
fn the_leaf_is_decoded() {
    assert_eq!(Leaf::intel([0; 4]), None, "an emulator, or a processor of another maker");
    assert_eq!(Leaf::amd(0, [0; 2]), None, "the same");
    // As a Ryzen 7 3700X tells it, and a Ryzen 9 7950X.
    let [first, second] = [[0; 2], [0x7, 0x6]].map(|leaf| Leaf::amd(1 << 23, leaf).unwrap());
    assert_eq!((first.version, first.counters, first.width), (1, 6, 48));
    assert_eq!((second.version, second.counters, second.has_fixed(0)), (2, 6, false));
    let has = EVENTS.map(|event| second.has(event));
    assert_eq!(has, [true, true, false, false, false, true, true]);
    // As a Core i7-6700 tells it.
    let leaf = Leaf::intel([0x0730_0404, 0, 0, 0x603]).unwrap();
    assert_eq!((leaf.version, leaf.counters, leaf.width, leaf.fixed_width), (4, 4, 48, 48));
    assert!((0..3).all(|n| leaf.has_fixed(n)) && !leaf.has_fixed(3));
    assert!(EVENTS.iter().all(|&event| leaf.has(event)));
    // Of version 1 the last register means nothing yet.
    let first = Leaf::intel([0x0728_0201, 0, 0, 0x603]).unwrap();
    assert_eq!((first.width, first.fixed_width, first.has_fixed(0)), (40, 0, false));
    // An event is missing if its bit is set, or if the vector is too short for one.
    let few = Leaf::intel([0x0530_0402, 0b1000, 0, 0]).unwrap();
    let has: Vec<bool> = EVENTS.iter().map(|&event| few.has(event)).collect();
    assert_eq!(has, [true, true, true, false, true, false, false]);
    // From version 5 on a fixed-function counter can be missing in the middle.
    let gap = Leaf::intel([0x0730_0605, 0, 0b101, 0x600]).unwrap();
    assert_eq!([0, 1, 2].map(|n| gap.has_fixed(n)), [true, false, true]);
    // Numbers that no processor has are not believed.
    assert_eq!(Leaf::intel([0x0708_0402, 0, 0, 0]), None);
    assert_eq!(Leaf::intel([0xff00_0002, 0, 0, 0xff03]).map(|leaf| leaf.has_fixed(0)), None);
}

#[test]
fn events_have_their_fixed_counters_and_the_rest_has_the_others() {
    use Counter::{Fixed, General};
    let of = |model| plan(model).counters().collect::<Vec<_>>();
    let usual = vec![
        (0, Fixed(1)),
        (1, Fixed(0)),
        (2, Fixed(2)),
        (3, General(0)),
        (4, General(1)),
        (5, General(2)),
        (6, General(3)),
    ];
    assert_eq!(of(USUAL), usual);
    assert_eq!(of(Model { version: 5, ..USUAL }), usual);
    let one = Model { version: 1, general: 2, ..USUAL };
    assert_eq!(of(one), [(0, General(0)), (1, General(1))], "the first ones have what there is");
    let missing = Model { missing: 1 << Event::CacheReferences as u32, ..USUAL };
    assert_eq!(of(missing)[3..], [(4, General(0)), (5, General(1)), (6, General(2))]);
    assert_eq!(of(RYZEN), [(0, General(0)), (1, General(1)), (5, General(2)), (6, General(3))]);
    assert_eq!(plan(RYZEN).clock(), Some(General(0)), "the core's cycles");
    assert_eq!(plan(Model { version: 1, ..RYZEN }).clock(), None, "it does not tell who has interrupted");
    assert_eq!(plan(USUAL).clock(), Some(Fixed(2)));
    assert_eq!(plan(Model { fixed: 0, ..USUAL }).clock(), Some(General(0)), "the core's cycles");
    assert_eq!(plan(one).clock(), None, "it does not tell who has interrupted");
}

#[test]
fn what_is_counted_is_what_happened() {
    let intel = [(1, 0), (2, 0), (2, 3), (3, 3), (4, 3), (5, 3)];
    let intel = intel.map(|(version, fixed)| Model { version, fixed, general: 8, ..USUAL });
    for model in intel.into_iter().chain([RYZEN, Model { version: 1, ..RYZEN }]) {
        let (unit, bank) = unit(model);
        bank.run(&WORK);
        unit.follow(COUNT);
        let before = unit.read();
        let expected = |times: u64| WORK.map(|(event, n)| unit.counts(event).then_some(n * times));
        assert!(
            unit.counts(Event::Branches) && unit.counts(Event::CacheMisses) == (model.maker == Maker::Intel)
        );
        assert_eq!(bank.run(&WORK), 0);
        assert_eq!(since(unit.read(), before), expected(1), "{:?} version {}", model.maker, model.version);
        unit.follow(COUNT);
        bank.run(&WORK);
        unit.follow(Wanted::default());
        assert_eq!(since(unit.read(), before), expected(2));
        assert!(!bank.runs());
        bank.run(&WORK);
        assert_eq!(since(unit.read(), before), expected(2), "nobody counts any more");
        unit.follow(COUNT);
        bank.run(&WORK);
        assert_eq!(since(unit.read(), before), expected(3), "it goes on where it was");
    }
}

#[test]
fn a_counter_that_wraps_around_loses_nothing() {
    let model = Model { width: 40, fixed_width: 40, ..USUAL };
    let (unit, bank) = unit(model);
    unit.follow(COUNT);
    let before = unit.read();
    for n in 1..=10 {
        bank.run(&[(Event::Instructions, (1 << 40) - 1), (Event::Branches, 1 << 39)]);
        let came = since(unit.read(), before);
        assert_eq!((came[1], came[5]), (Some(n * ((1 << 40) - 1)), Some(n << 39)));
    }
}

#[test]
fn what_there_is_no_counter_for_is_not_zero() {
    let (unit, bank) = unit(Model { general: 2, ..USUAL });
    unit.follow(COUNT);
    bank.run(&WORK);
    assert_eq!(unit.read()[5..], [None, None]);
}

#[test]
fn an_interrupt_comes_after_each_period_and_is_counted_all_the_same() {
    // With a fixed-function counter, and with one whose upper half cannot be written.
    let usual = [USUAL, Model { fixed: 0, general: 8, ..USUAL }, Model { fixed: 0, width: 32, ..USUAL }];
    for model in usual.into_iter().chain([RYZEN]) {
        let (unit, bank) = unit(model);
        unit.follow(Wanted { counting: true, period: 10_000 });
        let before = unit.read();
        let ran = |cycles| bank.run(&[(Event::Cycles, cycles), (Event::ReferenceCycles, cycles)]);
        assert_eq!(unit.overflowed(), None, "another NMI");
        let mut interrupts = 0;
        for _ in 0..10_000 {
            // The handler comes a little late each time.
            if ran(1_013) > 0 {
                assert_eq!(unit.overflowed(), Some(true));
                assert_eq!(unit.overflowed(), None, "it is acknowledged");
                interrupts += 1;
            }
        }
        assert_eq!(interrupts, 10_130_000 / 10_000, "no count is lost between two of them");
        assert_eq!(since(unit.read(), before)[0], Some(10_130_000));
        // Nobody wants them any more, and counting goes on.
        unit.follow(COUNT);
        assert_eq!(ran(5_000_000), 0);
        assert_eq!((unit.overflowed(), since(unit.read(), before)[0]), (None, Some(15_130_000)));
    }
}

#[test]
fn an_interrupt_that_comes_late_is_still_the_counters() {
    let (unit, bank) = unit(USUAL);
    unit.follow(Wanted { counting: false, period: 1_000_000 });
    assert_eq!(bank.run(&[(Event::ReferenceCycles, 1_000_000)]), 1);
    unit.follow(Wanted::default());
    assert_eq!(unit.overflowed(), Some(false), "it is under way");
    assert_eq!(unit.overflowed(), None, "the next one is somebody else's");
    assert!(!bank.runs());
}

#[test]
fn a_counter_that_overflows_unasked_makes_no_interrupt_its_own() {
    let (unit, bank) = unit(USUAL);
    unit.follow(Wanted { counting: true, period: 1_000_000 });
    unit.follow(COUNT);
    assert_eq!(bank.run(&[(Event::ReferenceCycles, (1 << 48) - 1)]), 0);
    assert_eq!(unit.overflowed(), None);
}

#[test]
fn a_handler_that_is_a_period_late_begins_anew() {
    let (unit, bank) = unit(USUAL);
    unit.follow(Wanted { counting: true, period: 1_000_000 });
    let before = unit.read();
    let ran = |cycles| bank.run(&[(Event::ReferenceCycles, cycles)]);
    assert_eq!(ran(5_500_000), 1);
    assert_eq!(unit.overflowed(), Some(true));
    assert_eq!((ran(999_999), ran(1)), (0, 1));
    assert_eq!(since(unit.read(), before)[2], Some(6_500_000));
}

#[test]
fn a_period_is_neither_too_short_nor_too_long_for_the_register() {
    let (unit, bank) = unit(Model { fixed: 0, ..USUAL });
    let ran = |cycles| bank.run(&[(Event::Cycles, cycles)]);
    unit.follow(Wanted { counting: false, period: 1 });
    assert_eq!((ran(1_023), ran(1)), (0, 1));
    assert_eq!(unit.overflowed(), Some(true));
    unit.follow(Wanted { counting: false, period: u64::MAX });
    assert_eq!((ran((1 << 31) - 1), ran(1)), (0, 1));
    // The kernel's rings and all others count; only one counter interrupts.
    assert_eq!((bank.selection(0), bank.selection(1)), (0x53_003c, 0x43_00c0));
}

#[test]
fn without_the_registers_for_that_nothing_interrupts() {
    for model in [USUAL, RYZEN].map(|model| Model { version: 1, ..model }) {
        let (unit, bank) = unit(model);
        unit.follow(Wanted { counting: false, period: 1_000_000 });
        assert_eq!(unit.overflowed(), None);
        assert!(!bank.runs());
    }
}

/// Registers in whose accesses an NMI comes: the counter overflows before the one of that number, and the handler runs before
/// a later one.
struct Interrupted {
    bank: Bank,
    unit: Cell<Option<&'static Unit<Interrupted>>>,
    access: Cell<u32>,
    overflow: u32,
    handler: u32,
    sent: Cell<bool>,
}

impl Interrupted {
    fn access(&self) {
        let Some(unit) = self.unit.get() else { return };
        let access = self.access.replace(self.access.get() + 1);
        if access == self.overflow {
            self.sent.set(self.bank.run(&[(Event::ReferenceCycles, 600_000)]) > 0);
        }
        if access == self.handler && self.sent.get() {
            assert!(unit.overflowed().is_some(), "the interrupt is the counter's");
        }
    }
}

impl Msrs for Interrupted {
    fn read(&self, msr: u32) -> u64 {
        self.access();
        self.bank.read(msr)
    }

    fn write(&self, msr: u32, value: u64) {
        self.access();
        self.bank.write(msr, value);
    }
}

/// In the middle of reading and of switching, at each access to a register in turn, at once or a little later.
#[test]
fn an_interrupt_in_the_middle_changes_no_count() {
    let sampling = |period| Wanted { counting: true, period };
    for (overflow, late) in (0..60).flat_map(|overflow| (0..12).map(move |late| (overflow, late))) {
        let bank = Bank::new(USUAL);
        let (access, sent) = (Cell::new(0), Cell::new(false));
        let handler = overflow + late;
        let msrs = Interrupted { bank: bank.clone(), unit: Cell::new(None), access, overflow, handler, sent };
        let unit: &'static _ = Box::leak(Box::new(Unit::new(plan(USUAL), msrs)));
        unit.follow(sampling(1_000_000));
        let before = unit.read();
        bank.run(&[(Event::ReferenceCycles, 600_000)]);
        unit.msrs().unit.set(Some(unit));
        unit.read();
        unit.follow(sampling(2_000_000));
        unit.follow(COUNT);
        unit.follow(sampling(1_000_000));
        unit.msrs().unit.set(None);
        let came = since(unit.read(), before)[2].unwrap();
        let at = std::format!("an overflow at access {overflow} and its handler at {handler}");
        // While nothing counts the time does not, either.
        assert!(came == 1_200_000 || came == 600_000, "{came} with {at}");
        let ran = (0..1000).map(|_| {
            let sent = bank.run(&[(Event::ReferenceCycles, 10_000)]);
            assert!(sent == 0 || unit.overflowed() == Some(true));
            sent
        });
        assert_eq!(ran.sum::<u32>(), 10, "with {at}");
        assert_eq!(since(unit.read(), before)[2], Some(came + 10_000_000), "with {at}");
    }
}
