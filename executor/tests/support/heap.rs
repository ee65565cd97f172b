//! An allocator that counts what each thread does, for programs that must see that something does nothing, and that can
//! run out of memory.
#![allow(dead_code, reason = "each test program uses its part")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    /// Allocations and frees of this thread.
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
    static FREED: Cell<u64> = const { Cell::new(0) };
    /// How many more allocations of this thread succeed.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    /// How many bytes one may have.
    static MOST: Cell<usize> = const { Cell::new(usize::MAX) };
}

struct Counting;

// SAFETY: passes on to the system's allocator what it does not refuse; the counters are plain thread-local cells.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (Some(left), true) = (LEFT.get().checked_sub(1), layout.size() <= MOST.get()) else {
            return std::ptr::null_mut();
        };
        LEFT.set(left);
        ALLOCATED.set(ALLOCATED.get() + 1);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.set(FREED.get() + 1);
        // SAFETY: the caller keeps this function's contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static HEAP: Counting = Counting;

/// What `f` allocates and frees.
pub fn heap_use(f: impl FnOnce()) -> (u64, u64) {
    let before = (ALLOCATED.get(), FREED.get());
    f();
    (ALLOCATED.get() - before.0, FREED.get() - before.1)
}

/// Does something where only so many allocations of this thread succeed.
pub fn with_memory_for<R>(allocations: u64, f: impl FnOnce() -> R) -> R {
    let before = LEFT.replace(allocations);
    let result = f();
    LEFT.set(before);
    result
}

/// Does something where no allocation of this thread with more bytes than that succeeds.
pub fn with_blocks_of<R>(bytes: usize, f: impl FnOnce() -> R) -> R {
    let before = MOST.replace(bytes);
    let result = f();
    MOST.set(before);
    result
}
