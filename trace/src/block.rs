//! What a CPU writes at a tracepoint, and how: in the kernel `entry` does the same.

use alloc::{boxed::Box, vec::Vec};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::{
    EVENTS, Event, Modes, OutOfMemory, Polled, Stats, events, names, platform, record, ring::Ring, samples,
    stats::Values, watch,
};

/// What one CPU writes. The kernel's tracepoints find it by its address, see [`link!`].
#[repr(C)]
pub struct Block {
    pub(crate) ring: Ring<{ record::WORDS }>,
    pub(crate) polled: &'static Polled,
    /// Of those events that have a value.
    pub(crate) values: Box<[Values; PLACES.1]>,
    /// Of those that have none.
    pub(crate) counts: [AtomicU64; EVENTS.len()],
    pub(crate) samples: Ring<{ samples::WORDS }>,
    /// How the tasks are called that were spawned.
    pub(crate) names: Ring<{ record::WORDS }>,
}

impl Block {
    pub(crate) fn new(polled: &'static Polled) -> Result<Block, OutOfMemory> {
        let mut values = Vec::new();
        values.try_reserve_exact(PLACES.1).map_err(|_| OutOfMemory)?;
        values.resize_with(PLACES.1, Values::new);
        let values = values.into_boxed_slice().try_into().map_err(|_| OutOfMemory)?;
        let (ring, samples, names) = (Ring::new(), Ring::new(), Ring::new());
        let counts = [const { AtomicU64::new(0) }; EVENTS.len()];
        Ok(Block { ring, polled, values, counts, samples, names })
    }

    /// The event of that number happened on this CPU.
    pub(crate) fn happened<const EVENT: usize>(&self, a: u64, b: u64) {
        let event = EVENTS[EVENT];
        let modes = crate::modes(event);
        if modes.contains(Modes::COUNT) {
            match event.about().value {
                Some(events::Value::First) => self.values[place_of(event)].add(a),
                Some(events::Value::Second) => self.values[place_of(event)].add(b),
                None => _ = self.counts[EVENT].fetch_add(1, Relaxed),
            }
        }
        if modes.contains(Modes::RECORD) {
            self.ring.push(record::pack(event, self.polled.id(), platform::ticks(), [a, b]));
        }
        if const { watch::is_part(EVENTS[EVENT]) } && modes.contains(Modes::WATCH) {
            watch::happened(event, self.polled.id(), a, b);
        }
    }

    /// A task was spawned on this CPU: see [`spawned`](crate::spawned).
    #[cfg_attr(
        all(target_arch = "x86_64", target_os = "none"),
        expect(dead_code, reason = "the kernel has `entry`")
    )]
    pub(crate) fn spawned(&self, task: u64, name: &[AtomicU64; 2]) {
        self.happened::<{ Event::TaskSpawn as usize }>(task, 0);
        if crate::modes(Event::TaskSpawn).contains(Modes::NAME) {
            self.names.push(names::pack(task, [&name[0], &name[1]].map(|word| word.load(Relaxed))));
        }
    }

    /// Adds what was counted of an event on this CPU.
    pub(crate) fn add_to(&self, event: Event, stats: &mut Stats) {
        match event.about().value {
            Some(_) => self.values[place_of(event)].add_to(stats),
            None => stats.count += self.counts[event as usize].load(Relaxed),
        }
    }
}

/// Where the values of each event are: events without values have no place.
pub(crate) const PLACES: ([u8; EVENTS.len()], usize) = {
    let mut places = [u8::MAX; EVENTS.len()];
    let (mut event, mut next) = (0, 0);
    while event < EVENTS.len() {
        if events::ABOUT[event].value.is_some() {
            places[event] = next as u8;
            next += 1;
        }
        event += 1;
    }
    (places, next)
};

fn place_of(event: Event) -> usize {
    PLACES.0[event as usize] as usize
}
