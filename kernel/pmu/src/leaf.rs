//! CPUID leaf 0AH.

use crate::Event;

/// What leaf 0AH tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The version of architectural performance monitoring. From 2 on there are fixed-function counters, and registers for all
    /// counters at once.
    pub version: u8,
    /// How many general-purpose counters there are.
    pub counters: u8,
    /// Bits of each.
    pub width: u8,
    /// Bits of each fixed-function counter.
    pub fixed_width: u8,
    /// The fixed-function counters that there are, a bit each.
    fixed: u32,
    /// The events that general-purpose counters can count, a bit each.
    events: u32,
}

impl Leaf {
    /// Reads the registers EAX, EBX, ECX, EDX. `None` where there are no counters.
    pub fn decode([eax, ebx, ecx, edx]: [u32; 4]) -> Option<Leaf> {
        let byte = |n: u32| (eax >> (8 * n)) as u8;
        let (version, counters, width, events) = (byte(0), byte(1), byte(2), byte(3));
        // A bit says that an event is not there; beyond the vector's length none is.
        let events = ((1_u64 << events.min(32)) - 1) as u32 & !ebx;
        let (fixed, fixed_width) = match version {
            0 => return None,
            1 => (0, 0),
            2..=4 => (first(edx & 31), (edx >> 5) as u8),
            // A bit says more than the count does, which may leave some out.
            _ => (first(edx & 31) | ecx, (edx >> 5) as u8),
        };
        let counts = |counters: bool, width: u8| counters && (32..=63).contains(&width);
        let fixed = if counts(fixed != 0, fixed_width) { fixed } else { 0 };
        let counters = if counts(counters != 0, width) { counters } else { 0 };
        (counters != 0 || fixed != 0).then_some(Leaf { version, counters, width, fixed_width, fixed, events })
    }

    /// Whether there is that fixed-function counter.
    pub fn has_fixed(&self, counter: u8) -> bool {
        self.fixed >> counter & 1 != 0
    }

    /// Whether general-purpose counters can count that event.
    pub fn has(&self, event: Event) -> bool {
        self.events >> event as u8 & 1 != 0
    }
}

/// So many bits from the lowest one on.
fn first(bits: u32) -> u32 {
    (1 << bits) - 1
}
