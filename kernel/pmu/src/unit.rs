//! The counters of one CPU.
//!
//! Counters run freely, and are never set to 0: what was counted is the difference of two readings, by as many bits as the counter
//! has. The exception is the counter that interrupts, which must overflow for that. It is set back by a number that is added
//! up in `shifted`; counter and `shifted` together run on as if nothing had happened:
//!
//! ```text
//!                 ┌── overflow: NMI        what it shows:    -p .. 0 -p .. 0 -p ..
//!    -p ┄┄┄┄┄┄┄┄▶ 0 1 2 ─▶ -p+2            shifted:             + p    + p
//! ```
//!
//! | function | where it runs |
//! |---|---|
//! | `follow`, `read` | on the CPU, interrupts off; an NMI may come in the middle |
//! | `overflowed` | on the CPU, in the handler of an NMI, which nothing interrupts |
//!
//! `armed` is `follow`'s. An NMI changes `shifted` and the counter only while `period` is not 0, and `follow` changes them only while it is. A pair of
//! readings that an NMI has changed in between is read again.
//!
//! A value that is written to a counter is always a small negative number. That is what the low half of IA32_PMCx can be set to, whose
//! bit 31 is copied to all above it; the aliases of those counters that take all bits are not needed.

use core::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

use crate::{
    EVENTS, Event, Msrs,
    plan::{Counter, Plan},
};

const IA32_FIXED_CTR_CTRL: u32 = 0x38d;

/// The longest time between two interrupts, in counts: what bit 31 leaves.
const LONGEST: u64 = 1 << 31;
/// The shortest: the handler must have ended before the next one.
const SHORTEST: u64 = 1 << 10;

/// What was counted of each event since the first time; `None` of those that no counter is there for.
pub type Totals = [Option<u64>; EVENTS.len()];

/// What a CPU's counters are to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Somebody wants to know what is counted.
    pub counting: bool,
    /// Counts between two interrupts; 0 for none.
    pub period: u64,
}

/// The counters of one CPU; see the module for who may call what.
pub struct Unit<M> {
    plan: Plan,
    msrs: M,
    /// What is done now, as the two fields of [`Wanted`] say.
    counting: AtomicBool,
    period: AtomicU64,
    /// An interrupt may come, or may be under way.
    armed: AtomicBool,
    /// How much less than it has counted the counter shows that interrupts.
    shifted: AtomicU64,
    /// The last reading of each counter, and what all readings come to.
    last: [AtomicU64; EVENTS.len()],
    totals: [AtomicU64; EVENTS.len()],
}

impl<M: Msrs> Unit<M> {
    /// The counters of the CPU that these registers are of. They do not count yet.
    pub fn new(plan: Plan, msrs: M) -> Unit<M> {
        Unit {
            plan,
            msrs,
            counting: AtomicBool::new(false),
            period: AtomicU64::new(0),
            armed: AtomicBool::new(false),
            shifted: AtomicU64::new(0),
            last: [const { AtomicU64::new(0) }; EVENTS.len()],
            totals: [const { AtomicU64::new(0) }; EVENTS.len()],
        }
    }

    /// Whether it can count that.
    pub fn counts(&self, event: Event) -> bool {
        self.plan.counters().any(|(at, _)| EVENTS[at] == event)
    }

    /// Whether it can interrupt after a time.
    pub fn can_interrupt(&self) -> bool {
        self.plan.clock().is_some()
    }

    /// Does what is wanted from now on.
    pub fn follow(&self, wanted: Wanted) {
        let clock = self.plan.clock();
        let period =
            if wanted.period > 0 && clock.is_some() { wanted.period.clamp(SHORTEST, LONGEST) } else { 0 };
        let (counted, sampled) = (self.counting.load(Relaxed), self.period.load(Relaxed));
        if (counted, sampled) == (wanted.counting, period) {
            return;
        }
        let ran = counted || sampled > 0;
        if ran {
            self.read();
        }
        self.stop();
        // From here on until it is set again no NMI touches the counters.
        self.period.store(0, SeqCst);
        if let Some(clock) = clock {
            if period > 0 {
                // Nobody was told of an overflow before; but one whose interrupt is under way must be found by that.
                if !self.armed.load(SeqCst) {
                    self.msrs.write(self.plan.registers().clear, clock.bit());
                }
                self.armed.store(true, SeqCst);
                self.set_back(clock, period);
            } else if self.msrs.read(self.plan.registers().status) & clock.bit() == 0 {
                self.armed.store(false, SeqCst); // none is under way
            }
        }
        if !ran {
            // What the counters show now is where they begin.
            for (at, counter) in self.plan.counters() {
                self.last[at].store(self.reading(counter), Relaxed);
            }
        }
        self.counting.store(wanted.counting, Relaxed);
        self.period.store(period, SeqCst);
        if wanted.counting || period > 0 {
            self.start(clock.filter(|_| period > 0));
        }
    }

    /// What was counted until now.
    pub fn read(&self) -> Totals {
        let mut totals = [None; EVENTS.len()];
        let runs = self.counting.load(Relaxed) || self.period.load(Relaxed) > 0;
        for (at, counter) in self.plan.counters() {
            if runs {
                let reading = self.reading(counter);
                let came =
                    reading.wrapping_sub(self.last[at].swap(reading, Relaxed)) & self.plan.mask(counter);
                self.totals[at].fetch_add(came, Relaxed);
            }
            totals[at] = Some(self.totals[at].load(Relaxed));
        }
        totals
    }

    /// An NMI has come: whether it is the counter's, which is then ready for the next one. `Some(true)` while interrupts are wanted,
    /// `Some(false)` for one that comes late.
    pub fn overflowed(&self) -> Option<bool> {
        let clock = self.plan.clock().filter(|_| self.armed.load(SeqCst))?;
        if self.msrs.read(self.plan.registers().status) & clock.bit() == 0 {
            return None;
        }
        self.msrs.write(self.plan.registers().clear, clock.bit());
        let period = self.period.load(SeqCst);
        if period == 0 {
            return Some(false);
        }
        self.set_back(clock, period);
        Some(true)
    }

    /// Has the counter overflow after so many counts, or sooner by what it has counted since the last time.
    fn set_back(&self, clock: Counter, period: u64) {
        let mask = self.plan.mask(clock);
        let shows = self.msrs.read(self.plan.msr(clock));
        let since = if shows < period { shows } else { 0 };
        let to = since.wrapping_sub(period) & mask;
        self.msrs.write(self.plan.msr(clock), to);
        self.shifted.fetch_add(shows.wrapping_sub(to) & mask, SeqCst);
    }

    /// What a counter has come to, by as many bits as it has.
    fn reading(&self, counter: Counter) -> u64 {
        let (mask, is_clock) = (self.plan.mask(counter), self.plan.clock() == Some(counter));
        loop {
            let shifted = if is_clock { self.shifted.load(SeqCst) } else { 0 };
            let shows = self.msrs.read(self.plan.msr(counter));
            if !is_clock || self.shifted.load(SeqCst) == shifted {
                return shows.wrapping_add(shifted) & mask;
            }
        }
    }

    fn start(&self, interrupts: Option<Counter>) {
        for (msr, selection) in self.plan.selections(interrupts) {
            self.msrs.write(msr, selection);
        }
        if let Some(control) = self.plan.fixed_control(interrupts) {
            self.msrs.write(IA32_FIXED_CTR_CTRL, control);
        }
        if self.plan.is_global() {
            self.msrs.write(self.plan.registers().control, self.plan.bits());
        }
    }

    fn stop(&self) {
        if self.plan.is_global() {
            self.msrs.write(self.plan.registers().control, 0);
        }
        for (msr, _) in self.plan.selections(None) {
            self.msrs.write(msr, 0);
        }
        if self.plan.fixed_control(None).is_some() {
            self.msrs.write(IA32_FIXED_CTR_CTRL, 0);
        }
    }
}

#[cfg(test)]
impl<M> Unit<M> {
    pub(crate) fn msrs(&self) -> &M {
        &self.msrs
    }
}
