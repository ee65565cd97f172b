//! The heap on threads instead of CPUs: the global allocator of the hosted system.
//!
//! A thread has a CPU's part of the heap for itself from its first call on. The parts are few, and none is used again
//! when its thread has ended: the threads of the hosted system are few, too, and last. Threads that come when all parts
//! are taken share the first one under a lock. What is larger than a slab's objects is the host's business.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use pollux_trace::{happened, is_on, trace};
use std::{
    alloc::System,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Heap, PAGE, Pages};

/// How many parts there are.
const PARTS: usize = 80;
/// The part that is shared. A thread that has not called yet has it, too, until it looks for one of its own.
const SHARED: usize = 0;

static HEAP: Heap<HostPages, PARTS> = Heap::new(HostPages);
static TAKEN: AtomicUsize = AtomicUsize::new(SHARED + 1);
static SHARE: Mutex<()> = Mutex::new(());

std::thread_local! {
    // Without a destructor, so that it is there as long as the thread.
    static PART: Cell<usize> = const { Cell::new(SHARED) };
}

/// Slabs out of regions of the host's memory. They go back to the host never, but to the next who needs one of their length. (Each
/// by itself would lie behind a header of the host's allocator, and so two pages from the next.)
struct HostPages;

/// How much is taken from the host at once. It costs nothing before it is used.
const REGION: usize = 256 * PAGE;
/// The longest slab, in pages.
const LONGEST: usize = 16;

static SPARE: Mutex<Spare> =
    Mutex::new(Spare { fresh: ptr::null_mut(), left: 0, free: [ptr::null_mut(); 5] });

struct Spare {
    /// What nobody has had yet of the last region, and how many bytes that is.
    fresh: *mut u8,
    left: usize,
    /// The slabs that came back, of 1, 2, 4, 8 and 16 pages. Each begins with the address of the next.
    free: [*mut u8; LONGEST.ilog2() as usize + 1],
}

// SAFETY: what the pointers lead to is nobody's, and so whoever has the `Spare` may use it.
unsafe impl Send for Spare {}

impl Spare {
    fn take(&mut self, count: usize) -> *mut u8 {
        let free = &mut self.free[count.ilog2() as usize];
        if !free.is_null() {
            let slab = *free;
            // SAFETY: `give` put it there with the address of the next at its start.
            *free = unsafe { slab.cast::<*mut u8>().read() };
            return slab;
        }
        // A slab is aligned to its length.
        let mut skip = self.fresh.align_offset(count * PAGE);
        if self.left < skip + count * PAGE {
            // SAFETY: not empty, and aligned to a power of two.
            let region = unsafe { System.alloc(Layout::from_size_align_unchecked(REGION, LONGEST * PAGE)) };
            if region.is_null() {
                return region;
            }
            (self.fresh, self.left, skip) = (region, REGION, 0);
        }
        // SAFETY: so much is left of the region.
        let slab = unsafe { self.fresh.add(skip) };
        // SAFETY: as above.
        self.fresh = unsafe { slab.add(count * PAGE) };
        self.left -= skip + count * PAGE;
        slab
    }

    /// # Safety
    /// It came from `take` with this length, and is nobody's now.
    unsafe fn give(&mut self, slab: *mut u8, count: usize) {
        let free = &mut self.free[count.ilog2() as usize];
        // SAFETY: the caller gives us the memory, which is a page at least.
        unsafe { slab.cast::<*mut u8>().write(*free) };
        *free = slab;
    }
}

fn spare() -> MutexGuard<'static, Spare> {
    // Nothing panics while it is held.
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: a region is the host's memory, which nobody else has, and its pieces do not overlap; `take` aligns them. The host's
// allocator does not use the heap.
unsafe impl Pages for HostPages {
    fn alloc(&self, count: usize, align: usize) -> *mut u8 {
        debug_assert_eq!(align, count * PAGE, "large objects do not come here");
        spare().take(count)
    }

    unsafe fn free(&self, start: *mut u8, count: usize) {
        // SAFETY: the caller gives a slab back.
        unsafe { spare().give(start, count) }
    }

    /// The owner looks when it needs an object of that size again: nobody can make a thread look sooner.
    fn nudge(&self, _: usize) {}
}

/// The heap as a global allocator.
pub struct ThreadHeap;

/// Runs `call` with a part of the heap that nobody else uses meanwhile.
#[inline]
fn with_part<T>(call: impl FnOnce(usize) -> T) -> T {
    match PART.get() {
        SHARED => with_new_part(call),
        part => call(part),
    }
}

#[cold]
fn with_new_part<T>(call: impl FnOnce(usize) -> T) -> T {
    // Not counted on when all are taken: the number must not come around.
    let next = |taken: usize| (taken < PARTS).then_some(taken + 1);
    if let Ok(part) = TAKEN.fetch_update(Relaxed, Relaxed, next) {
        PART.set(part);
        return call(part);
    }
    let _guard = SHARE.lock().unwrap_or_else(PoisonError::into_inner);
    call(SHARED)
}

#[inline]
fn has_class(layout: Layout) -> bool {
    Heap::<HostPages, PARTS>::has_class(layout)
}

/// What was asked for was taken, if it was there.
#[inline(always)]
fn tell(memory: *mut u8, layout: Layout) {
    if is_on!(HeapAlloc) && !memory.is_null() {
        happened!(HeapAlloc, memory, layout.size());
    }
}

// SAFETY: the memory is the heap's or the host's, and which of the two follows from the layout alone, at the free as at the
// allocation. A part of the heap is used by one thread only, or under the lock, and calls do not nest: the heap calls
// nothing but the host's allocator.
unsafe impl GlobalAlloc for ThreadHeap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout is not empty; the part is ours.
        let memory = unsafe {
            match has_class(layout) {
                true => with_part(|part| HEAP.alloc(part, layout)),
                false => System.alloc(layout),
            }
        };
        tell(memory, layout);
        memory
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !has_class(layout) {
            // SAFETY: the caller's layout is not empty.
            let memory = unsafe { System.alloc_zeroed(layout) };
            tell(memory, layout);
            return memory;
        }
        // SAFETY: as above, and what is not null has that many bytes.
        unsafe {
            let memory = self.alloc(layout);
            if !memory.is_null() {
                memory.write_bytes(0, layout.size());
            }
            memory
        }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        trace!(HeapFree, memory, layout.size());
        // SAFETY: the caller gives it back with the layout that it was asked for; the part is ours.
        unsafe {
            match has_class(layout) {
                true => with_part(|part| HEAP.free(part, memory, layout)),
                false => System.dealloc(memory, layout),
            }
        }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise about the size.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller's promises. Old and new memory do not overlap, and both have the smaller size.
        unsafe {
            if has_class(layout) != has_class(new) {
                let moved = self.alloc(new);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(memory, moved, layout.size().min(size));
                    self.dealloc(memory, layout);
                }
                return moved;
            }
            // Before it may be somebody else's.
            trace!(HeapFree, memory, layout.size());
            let moved = match has_class(layout) {
                true => with_part(|part| HEAP.realloc(part, memory, layout, size)),
                false => System.realloc(memory, layout, size),
            };
            match moved.is_null() {
                true => trace!(HeapAlloc, memory, layout.size()),
                false => trace!(HeapAlloc, moved, size),
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, vec::Vec};

    use super::*;

    /// An object that says who made it, to its last byte.
    struct Object {
        start: *mut u8,
        layout: Layout,
        mark: u8,
    }
    // SAFETY: memory of the heap may be used from any thread.
    unsafe impl Send for Object {}

    impl Object {
        fn new(size: usize, mark: u8) -> Object {
            let layout = Layout::from_size_align(size, 8).unwrap();
            // SAFETY: not empty, and written within.
            unsafe {
                let start = ThreadHeap.alloc(layout);
                assert!(!start.is_null());
                start.write_bytes(mark, size);
                Object { start, layout, mark }
            }
        }

        fn resized(mut self, size: usize) -> Object {
            // SAFETY: it was allocated with this layout, and what is new is written.
            unsafe {
                let old = self.layout.size();
                self.start = ThreadHeap.realloc(self.start, self.layout, size);
                self.layout = Layout::from_size_align(size, 8).unwrap();
                assert!(!self.start.is_null());
                if size > old {
                    self.start.add(old).write_bytes(self.mark, size - old);
                }
            }
            self
        }

        fn check_and_free(self) {
            // SAFETY: it was allocated with this layout, and all of it was written.
            unsafe {
                let bytes = core::slice::from_raw_parts(self.start, self.layout.size());
                assert!(bytes.iter().all(|byte| *byte == self.mark), "somebody else wrote into it");
                ThreadHeap.dealloc(self.start, self.layout);
            }
        }
    }

    #[test]
    fn objects_keep_what_is_theirs_with_more_threads_than_parts() {
        let rounds = if cfg!(miri) { 1 } else { 40 };
        let threads = PARTS + 8;
        let (sender, receiver) = mpsc::channel::<Object>();
        thread::scope(|scope| {
            for number in 0..threads {
                let sender = sender.clone();
                scope.spawn(move || {
                    for round in 0..rounds {
                        let own = Object::new(16 + (number * 97 + round * 61) % 3000, number as u8);
                        let other = Object::new(8 + (number * 31) % 200, !(number as u8));
                        sender.send(other).unwrap();
                        own.resized(1 + (round * 997) % 5000).check_and_free();
                    }
                });
            }
            drop(sender);
            let all: Vec<Object> = receiver.iter().collect();
            assert_eq!(all.len(), threads * rounds);
            all.into_iter().for_each(Object::check_and_free);
        });
        assert!(TAKEN.load(Relaxed) <= PARTS);
    }
}
