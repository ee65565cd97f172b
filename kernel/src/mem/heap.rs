//! The kernel heap: `talc`, which takes more frames when it runs out and never gives them back.
//!
//! The interrupt contract is enforced here: a debug build panics when an interrupt handler allocates or frees.

use core::alloc::Layout;
use talc::{
    TalcLock,
    base::{Talc, binning::Binning},
    source::Source,
};

use super::{frames, phys::PAGE};
use crate::sync::RawTaskLock;

/// How much the heap grows by at least.
const GROWTH: usize = 256 * 1024;
/// What talc needs beside one allocation in a fresh stretch of memory: its bins, tags and alignment.
const OVERHEAD: usize = 8192;

#[global_allocator]
static HEAP: TalcLock<RawTaskLock, FrameSource> = TalcLock::new(FrameSource);

#[derive(Debug)]
struct FrameSource;

// SAFETY: `acquire` uses the frame allocator and the direct map only; neither allocates from the heap.
unsafe impl Source for FrameSource {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let wanted = (layout.size().checked_add(layout.align()).ok_or(())? + OVERHEAD)
            .max(GROWTH)
            .next_multiple_of(PAGE as usize);
        let smallest =
            wanted.min((layout.size() + layout.align() + OVERHEAD).next_multiple_of(PAGE as usize));
        for bytes in [wanted, smallest] {
            if let Some(start) = frames::alloc_run(bytes / PAGE as usize) {
                // SAFETY: these frames were just allocated, are mapped by the direct map, and are never freed.
                return unsafe { talc.claim(start.as_ptr(), bytes) }.map(|_| ()).ok_or(());
            }
        }
        Err(())
    }
}

/// Bytes in use and bytes held.
pub fn usage() -> (usize, usize) {
    let heap = HEAP.lock();
    let counters = heap.counters();
    (counters.allocated_bytes, counters.claimed_bytes)
}
