//! A counted pointer like `Arc`, whose making can fail.

use alloc::alloc::{alloc, dealloc};
use core::{alloc::Layout, ops::Deref, ptr::NonNull};

use crate::{
    platform::OutOfMemory,
    shim::{AtomicUsize, Ordering::*, fence},
};

struct Block<T> {
    refs: AtomicUsize,
    value: T,
}

/// Shares a `T`; the last one drops it.
pub(crate) struct Shared<T>(NonNull<Block<T>>);

// SAFETY: as for `Arc`: it gives shared access everywhere and drops the value anywhere.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Result<Shared<T>, OutOfMemory> {
        // SAFETY: the layout is not empty, for there is a count.
        let block = NonNull::new(unsafe { alloc(Layout::new::<Block<T>>()) }).ok_or(OutOfMemory)?;
        let block = block.cast::<Block<T>>();
        // SAFETY: fresh memory of the right layout.
        unsafe { block.write(Block { refs: AtomicUsize::new(1), value }) };
        Ok(Shared(block))
    }
}

impl<T> Shared<T> {
    /// Whether the two share the same value.
    pub(crate) fn is(&self, other: &Shared<T>) -> bool {
        self.0 == other.0
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        // SAFETY: alive while `self` is. Relaxed: who makes a new one holds one.
        unsafe { self.0.as_ref() }.refs.fetch_add(1, Relaxed);
        Shared(self.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: alive while `self` is, and only shared references are given out.
        &unsafe { self.0.as_ref() }.value
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: alive until the count is zero. Release: all uses, for the fence in the last.
        if unsafe { self.0.as_ref() }.refs.fetch_sub(1, Release) == 1 {
            fence(Acquire); // partner of that Release
            // SAFETY: nobody else has it any more; it came from `alloc` with this layout.
            unsafe {
                core::ptr::drop_in_place(self.0.as_ptr());
                dealloc(self.0.as_ptr().cast(), Layout::new::<Block<T>>());
            }
        }
    }
}
