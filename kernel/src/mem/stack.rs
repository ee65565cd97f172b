//! Stacks with an unmapped guard page below, so that an overflow is a double fault with a name and not
//! silent corruption.

use core::sync::atomic::{AtomicU64, Ordering};
use x86_64::structures::paging::PageTableFlags;

use super::{paging, phys::PAGE};

const STACKS: u64 = 0xffff_c000_0000_0000;
/// Every stack has a slot of this size, so that an address tells its stack.
const SLOT: u64 = 1024 * 1024;
/// One to run on and three for faults, for every CPU.
const MAX_STACKS: usize = 4 * crate::cpu::MAX;

static NEXT_SLOT: AtomicU64 = AtomicU64::new(0);
/// The size of the stack in each slot; 0 until it is mapped.
static SIZES: [AtomicU64; MAX_STACKS] = [const { AtomicU64::new(0) }; MAX_STACKS];

/// A mapped stack.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// The lowest usable address; the guard page ends here.
    pub bottom: u64,
    /// One past the highest: where the stack pointer starts.
    pub top: u64,
}

/// Maps a stack of `size` bytes, a multiple of the page size; `None` when memory runs out.
pub fn alloc(size: u64) -> Option<Stack> {
    assert!(size.is_multiple_of(PAGE) && size + PAGE <= SLOT, "a stack must fit in its slot");
    let number = NEXT_SLOT.fetch_add(1, Ordering::Relaxed);
    let slot = STACKS + number * SLOT;
    let stack = Stack { bottom: slot + PAGE, top: slot + PAGE + size };
    paging::map_new(stack.bottom, size, PageTableFlags::WRITABLE | PageTableFlags::NO_EXECUTE)?;
    SIZES[number as usize].store(size, Ordering::Relaxed);
    Some(stack)
}

/// The number of the slot that the address is in, and its place there.
fn slot_of(address: u64) -> Option<(usize, u64)> {
    let offset = address.checked_sub(STACKS)?;
    (offset / SLOT < NEXT_SLOT.load(Ordering::Relaxed)).then_some(((offset / SLOT) as usize, offset % SLOT))
}

/// Whether the address is in the page below a stack: what a fault there means.
pub fn is_guard_page(address: u64) -> bool {
    slot_of(address).is_some_and(|(_, place)| place < PAGE)
}

/// Whether `len` bytes from the address on lie in a mapped stack: what a frame pointer must promise.
pub fn is_mapped(address: u64, len: u64) -> bool {
    slot_of(address).is_some_and(|(slot, place)| {
        place >= PAGE && place + len <= PAGE + SIZES[slot].load(Ordering::Relaxed)
    })
}
