//! The blocks of ended tasks, kept on the CPU where they ended for the next ones that are spawned there.
//!
//! A list for each size. Only its CPU uses a pool, in task context, so a list is never contended; the swap
//! that takes it makes sure of that without waiting, for a platform that lies about the current CPU must
//! not break memory safety: who finds the list taken goes to the heap.

use core::{
    alloc::Layout,
    ptr::{self, NonNull},
};

use alloc::alloc::{alloc, dealloc};

use crate::shim::{AtomicPtr, Ordering::*};

/// Sizes of blocks go in steps of this many bytes.
const STEP: usize = 64;
const CLASSES: usize = 32;
/// How many blocks of a size are kept.
const KEPT: u32 = 64;
/// What fits any task whose future asks for no more.
const ALIGN: usize = 16;

/// How the block of one kind of task is allocated: a constant for each type of future.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    layout: Layout,
    /// Which list it comes from; [`CLASSES`] for none.
    class: usize,
}

impl Shape {
    pub(crate) const fn of<T>() -> Shape {
        let layout = Layout::new::<T>();
        let class = layout.size().div_ceil(STEP) - 1;
        // Miri should see each task as an allocation of its own.
        if cfg!(miri) || layout.align() > ALIGN || class >= CLASSES {
            return Shape { layout, class: CLASSES };
        }
        match Layout::from_size_align((class + 1) * STEP, ALIGN) {
            Ok(layout) => Shape { layout, class },
            Err(_) => unreachable!(),
        }
    }

    /// A new block, from the pool if there is one and it has one; `None` when there is no memory.
    pub(crate) fn allocate(self, pool: Option<&Pool>) -> Option<NonNull<u8>> {
        // SAFETY: a shape's layout is that of a type with a header, so not empty.
        pool.and_then(|pool| pool.take(self.class)).or_else(|| NonNull::new(unsafe { alloc(self.layout) }))
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// It came from `allocate` of the same shape, and is used no more.
    pub(crate) unsafe fn deallocate(self, block: NonNull<u8>, pool: Option<&Pool>) {
        // SAFETY: the caller gives us the block, of the size of its class.
        if pool.is_none_or(|pool| !unsafe { pool.keep(self.class, block) }) {
            // SAFETY: it came from `alloc` with this layout, directly or by way of a list of its class.
            unsafe { dealloc(block.as_ptr(), self.layout) };
        }
    }
}

/// What a block holds while it is kept.
struct Spare {
    next: *mut Spare,
    /// How many are in the list from here on.
    depth: u32,
}

/// See the module.
pub(crate) struct Pool([AtomicPtr<Spare>; CLASSES]);

/// In the place of a list that somebody is at.
const TAKEN: *mut Spare = ptr::without_provenance_mut(1);

impl Pool {
    pub(crate) fn new() -> Pool {
        Pool(core::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())))
    }

    fn take(&self, class: usize) -> Option<NonNull<u8>> {
        let list = self.0.get(class)?;
        if list.load(Relaxed).is_null() {
            return None;
        }
        let head = list.swap(TAKEN, Acquire); // partner: the Release of whoever was at it last
        if head == TAKEN {
            return None; // whoever is at it will say what is left
        }
        // SAFETY: what is in the list was kept by `keep`, and is ours while the list is taken.
        let next = unsafe { head.as_ref() }.map_or(ptr::null_mut(), |spare| spare.next);
        list.store(next, Release);
        NonNull::new(head.cast())
    }

    /// Keeps a block; false if it cannot.
    ///
    /// # Safety
    /// The block has the size and alignment of its class, and is used no more.
    unsafe fn keep(&self, class: usize, block: NonNull<u8>) -> bool {
        let Some(list) = self.0.get(class) else { return false };
        let head = list.swap(TAKEN, Acquire); // partner: as in `take`
        if head == TAKEN {
            return false;
        }
        // SAFETY: as in `take`.
        let depth = unsafe { head.as_ref() }.map_or(0, |spare| spare.depth) + 1;
        if depth > KEPT {
            list.store(head, Release);
            return false;
        }
        let spare: NonNull<Spare> = block.cast();
        // SAFETY: the caller gives us the block, and every class has room and alignment for a `Spare`.
        unsafe { spare.write(Spare { next: head, depth }) };
        list.store(spare.as_ptr(), Release);
        true
    }

    /// Gives all blocks back to the heap.
    pub(crate) fn clear(&self) {
        for class in 0..CLASSES {
            while let Some(block) = self.take(class) {
                let Ok(layout) = Layout::from_size_align((class + 1) * STEP, ALIGN) else { unreachable!() };
                // SAFETY: every block of this list came from `alloc` with the layout of its class.
                unsafe { dealloc(block.as_ptr(), layout) };
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(all(test, not(any(loom, miri))))]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_block_that_was_given_back_is_the_next_one_of_its_size() {
        let pool = Pool::new();
        let (small, large) = (Shape::of::<[u64; 30]>(), Shape::of::<[u64; 40]>());
        let block = small.allocate(Some(&pool)).unwrap();
        // SAFETY: it is of this shape and used no more.
        unsafe { small.deallocate(block, Some(&pool)) };
        let other = large.allocate(Some(&pool)).unwrap();
        assert_ne!(other, block, "another size has another list");
        assert_eq!(small.allocate(Some(&pool)), Some(block));
        // SAFETY: as above.
        unsafe {
            small.deallocate(block, None);
            large.deallocate(other, None);
        }
    }

    #[test]
    fn no_more_are_kept_than_is_said() {
        let (pool, shape) = (Pool::new(), Shape::of::<[u64; 30]>());
        let blocks: Vec<_> = (0..KEPT + 2).map(|_| shape.allocate(Some(&pool)).unwrap()).collect();
        for block in blocks {
            // SAFETY: it is of this shape and used no more.
            unsafe { shape.deallocate(block, Some(&pool)) };
        }
        // SAFETY: the list is not empty, and nobody else is at it.
        assert_eq!(unsafe { (*pool.0[shape.class].load(Relaxed)).depth }, KEPT);
        pool.clear();
        assert!(pool.0.iter().all(|list| list.load(Relaxed).is_null()));
    }
}
