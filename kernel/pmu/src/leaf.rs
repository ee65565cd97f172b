//! What CPUID tells of the counters: leaf 0AH on Intel's processors, two leaves of the extended range on AMD's.

use crate::Event;

/// Whose registers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Intel's, and of those who follow it.
    Intel,
    /// AMD's.
    Amd,
}

/// What CPUID tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Whose.
    pub maker: Maker,
    /// The version of performance monitoring. From 2 on there are registers for all counters at once, and on Intel's
    /// processors fixed-function counters.
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
    /// Reads the registers EAX, EBX, ECX, EDX of leaf 0AH. `None` where there are no counters.
    pub fn intel([eax, ebx, ecx, edx]: [u32; 4]) -> Option<Leaf> {
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
        let maker = Maker::Intel;
        (counters != 0 || fixed != 0).then_some(Leaf {
            maker,
            version,
            counters,
            width,
            fixed_width,
            fixed,
            events,
        })
    }

    /// Reads ECX of leaf 8000_0001H, and EAX and EBX of leaf 8000_0022H, which are 0 where there is no such leaf. `None` where
    /// there are no counters, or only the four that the first processors with 64 bits had. Source: AMD64 Architecture Programmer's
    /// Manual volume 2, "Performance Monitoring Counters", and volume 3, appendix E.
    pub fn amd(features: u32, [eax, ebx]: [u32; 2]) -> Option<Leaf> {
        const EXTENDED_COUNTERS: u32 = 1 << 23;
        const VERSION_2: u32 = 1;
        if features & EXTENDED_COUNTERS == 0 {
            return None;
        }
        let told = (ebx & 15) as u8;
        let (version, counters) = if eax & VERSION_2 != 0 && told != 0 { (2, told) } else { (1, 6) };
        // What all of them count. What reaches the last cache has other numbers in each family.
        let events = [Event::Cycles, Event::Instructions, Event::Branches, Event::BranchMisses];
        let events = events.into_iter().fold(0, |bits, event| bits | 1 << event as u8);
        Some(Leaf { maker: Maker::Amd, version, counters, width: 48, fixed_width: 0, fixed: 0, events })
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
