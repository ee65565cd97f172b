//! The kernel's heap: `pollux-memory`'s, on the frames of the machine through the direct map.
//!
//! The interrupt contract is enforced here: a debug build panics when an interrupt handler allocates or frees.

use core::{
    alloc::{GlobalAlloc, Layout},
    ptr,
};

use pollux_memory::{Heap, Pages, Run, Usage};
use pollux_trace::{happened, is_on, trace};

use super::{
    frames,
    phys::{PAGE, PhysAddr},
};
use crate::{
    arch::{apic, idt},
    cpu,
};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;
static HEAP: Heap<DirectMap, { cpu::MAX }> = Heap::new(DirectMap);

/// Pages of the direct map.
struct DirectMap;

// SAFETY: the frame allocator hands each frame out once, in runs as they are asked for, and the direct map covers all
// of them; neither uses the heap.
unsafe impl Pages for DirectMap {
    fn alloc(&self, count: usize, align: usize) -> *mut u8 {
        let frames = if count == 1 && align <= PAGE as usize {
            frames::alloc()
        } else {
            frames::alloc_run(Run { align: align / PAGE as usize, ..Run::of(count) })
        };
        if let Some(frames) = frames
            && is_on!(FrameAlloc)
        {
            pollux_trace::watch::leave_to_heap(frames.0);
        }
        frames.map_or(ptr::null_mut(), PhysAddr::as_ptr)
    }

    unsafe fn free(&self, start: *mut u8, count: usize) {
        let start = PhysAddr::of_direct_map(start);
        // SAFETY: the caller gives them back, and they came from `alloc`.
        unsafe {
            match count {
                1 => frames::free(start),
                _ => frames::free_run(start, count),
            }
        }
    }

    fn nudge(&self, cpu: usize) {
        apic::send(cpu, idt::KICK);
    }
}

struct Allocator;

/// The CPU that calls, for the heap: in task context, as the contract wants it.
#[inline]
fn this_cpu() -> usize {
    debug_assert!(!cpu::in_interrupt(), "an interrupt handler allocates or frees");
    cpu::index()
}

// SAFETY: the heap's memory is as asked for. Its calls come from the CPU that they name, are never nested (no handler
// allocates or frees, and the heap calls nothing that does), and a task stays on its CPU for their length.
unsafe impl GlobalAlloc for Allocator {
    // None of them in line: at each place that allocates they would make the kernel half a megabyte larger.
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout is not empty.
        let memory = unsafe { alloc(layout) };
        if is_on!(HeapAlloc) && !memory.is_null() {
            happened!(HeapAlloc, memory, layout.size());
        }
        memory
    }

    #[inline(never)]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        trace!(HeapFree, memory, layout.size());
        // SAFETY: see above; the caller gives it back, with the layout that it was asked for.
        unsafe { HEAP.free(this_cpu(), memory, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Before it may be somebody else's.
        trace!(HeapFree, memory, layout.size());
        // SAFETY: see above; the caller promises what the heap wants.
        let mut moved = unsafe { HEAP.realloc(this_cpu(), memory, layout, size) };
        if moved.is_null() {
            give_back();
            // SAFETY: as above; the refusal has left everything as it was.
            moved = unsafe { HEAP.realloc(this_cpu(), memory, layout, size) };
        }
        if is_on!(HeapAlloc) {
            // What found no other place is where it was.
            let (memory, size) = if moved.is_null() { (memory, layout.size()) } else { (moved, size) };
            happened!(HeapAlloc, memory, size);
        }
        moved
    }
}

#[inline(always)]
unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: see `Allocator`; the caller's layout is not empty.
    let memory = unsafe { HEAP.alloc(this_cpu(), layout) };
    // SAFETY: as above.
    if memory.is_null() { unsafe { scrape_together(layout) } } else { memory }
}

/// Tries once more, when nothing was found, with what this CPU has at hand: in pieces, it may be a run. The
/// other CPUs are asked for what they have; it may come too late for this time.
#[cold]
unsafe fn scrape_together(layout: Layout) -> *mut u8 {
    give_back();
    // SAFETY: the caller's layout is not empty; see `Allocator`.
    unsafe { HEAP.alloc(this_cpu(), layout) }
}

fn give_back() {
    give_back_own();
    frames::ask_others();
}

/// Gives back all that this CPU holds and does not use: empty slabs, and frames at hand.
pub fn give_back_own() {
    // SAFETY: this CPU, in task context.
    unsafe { HEAP.trim(this_cpu()) };
    frames::drain_own();
}

/// What a CPU does for the others when it has nothing else to do. In task context.
pub fn tidy() {
    // SAFETY: this CPU, in task context, from its loop.
    unsafe { HEAP.collect(this_cpu()) };
    if frames::is_asked() {
        give_back_own();
    }
}

/// What the heap holds, in bytes.
pub fn usage() -> Usage {
    HEAP.usage()
}
