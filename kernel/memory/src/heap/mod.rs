//! The heap: objects of up to 2 KiB in slabs that belong to a CPU, larger ones in pages of their own.
//!
//! Each CPU has for each [class](classes) of sizes a current slab that it takes objects from, and a list of partial
//! ones; [`slab`] has a slab's life. What is free in the current slab is listed in the bin, side by side with the
//! other classes' lists: the headers of slabs all begin a page, so they would compete for the same few places of a
//! cache.
//!
//! An object goes back to its slab: directly on the CPU that owns it, through that CPU's [inbox](inbox) from any other,
//! to be taken out when the owner's current slab is used up, when the owner has nothing to do, or soon after [`NUDGE`]
//! bytes wait there. An empty slab goes back at once unless it is the current one, so a CPU holds at most one empty slab
//! a class; [`Heap::trim`] gives these back, too.
//!
//! | field of [`Local`] | who touches it |
//! |---|---|
//! | `bins` | the CPU itself, in task context, never nested: nothing that it calls allocates or frees |
//! | `inbox` | anyone |
//! | `objects`, `pages`, `slabs` | the CPU itself; others may read |
//!
//! Which class an object has is known from the layout that Rust gives at the free, and with it how the slab is
//! aligned: no table is looked up.

mod classes;
mod inbox;
mod slab;
#[cfg(all(test, not(loom)))]
mod tests;

use core::{
    alloc::Layout,
    cell::UnsafeCell,
    ptr::{self, NonNull},
};

use classes::{COUNT, Class};
use inbox::Inbox;
use slab::{Object, Slab};

use crate::{
    PAGE,
    shim::{AtomicUsize, Ordering::Relaxed},
};

/// So many bytes in a CPU's inbox, and it is told to look.
const NUDGE: usize = 64 * 1024;

/// Where the heap's pages come from.
///
/// # Safety
/// What `alloc` returns is `count` pages of memory that nobody else uses until they are freed, aligned to `align`, a
/// power of two; or null. It does not use the heap.
pub unsafe trait Pages {
    /// Pages in a row with any content, or null.
    fn alloc(&self, count: usize, align: usize) -> *mut u8;

    /// Gives pages back: all of those handed out in one go, or the last ones of them.
    ///
    /// # Safety
    /// They came from `alloc`, and nobody uses them any more.
    unsafe fn free(&self, start: *mut u8, count: usize);

    /// That CPU should call [`Heap::collect`] soon. Called from anywhere that frees.
    fn nudge(&self, cpu: usize);
}

/// The heap of CPUs 0 to `CPUS` - 1.
pub struct Heap<P, const CPUS: usize> {
    locals: [Local; CPUS],
    pages: P,
}

/// One CPU's part.
#[repr(align(128))]
struct Local {
    bins: UnsafeCell<[Bin; COUNT]>,
    /// Bytes in objects: those handed out here less those freed here, wherever they come from, so only
    /// the sum over all CPUs means something. The same for pages.
    objects: AtomicUsize,
    pages: AtomicUsize,
    /// Bytes in this CPU's slabs.
    slabs: AtomicUsize,
    inbox: Inbox,
}

/// The slabs of one class.
#[derive(Clone, Copy)]
struct Bin {
    /// What is free in the current slab.
    free: *mut Object,
    /// Null if there is none, like the two others.
    current: *mut Slab,
    /// The first of the partial slabs.
    partial: *mut Slab,
}

// SAFETY: see the table above: what is not atomic is used by one CPU only, which is what callers promise.
unsafe impl<P: Sync, const CPUS: usize> Sync for Heap<P, CPUS> {}
// SAFETY: its memory may be used from anywhere.
unsafe impl<P: Send, const CPUS: usize> Send for Heap<P, CPUS> {}

/// What the heap holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Slabs, in use and not.
    pub slabs: usize,
    /// Objects in slabs that are in use, each counted with the size of its class.
    pub objects: usize,
    /// Pages of large objects.
    pub pages: usize,
}

impl Local {
    #[cfg(not(loom))]
    const fn new() -> Local {
        let bin = Bin { free: ptr::null_mut(), current: ptr::null_mut(), partial: ptr::null_mut() };
        Local {
            bins: UnsafeCell::new([bin; COUNT]),
            objects: AtomicUsize::new(0),
            pages: AtomicUsize::new(0),
            slabs: AtomicUsize::new(0),
            inbox: Inbox::new(),
        }
    }

    /// # Safety
    /// The caller runs on this CPU, as the functions of [`Heap`] demand.
    #[inline]
    unsafe fn bin(&self, class: Class) -> *mut Bin {
        // SAFETY: a class is below COUNT.
        unsafe { self.bins.get().cast::<Bin>().add(class.index()) }
    }
}

/// Adds to a count that only this CPU writes.
#[inline]
fn add(count: &AtomicUsize, bytes: usize) {
    count.store(count.load(Relaxed).wrapping_add(bytes), Relaxed);
}

#[inline]
fn subtract(count: &AtomicUsize, bytes: usize) {
    count.store(count.load(Relaxed).wrapping_sub(bytes), Relaxed);
}

/// In all unsafe functions, `cpu` is the number of the CPU that calls, below `CPUS`, in task context: nothing else calls
/// with the same number at the same time.
impl<P: Pages, const CPUS: usize> Heap<P, CPUS> {
    /// An empty heap.
    #[cfg(not(loom))]
    pub const fn new(pages: P) -> Self {
        Self { locals: [const { Local::new() }; CPUS], pages }
    }

    /// Where the pages come from.
    pub fn source(&self) -> &P {
        &self.pages
    }

    /// Whether memory of that layout is an object of a slab, rather than pages.
    #[inline]
    pub fn has_class(layout: Layout) -> bool {
        Class::of(layout).is_some()
    }

    /// Memory of that layout, or null.
    ///
    /// # Safety
    /// As above; the size is not 0.
    #[inline]
    pub unsafe fn alloc(&self, cpu: usize, layout: Layout) -> *mut u8 {
        let Some(class) = Class::of(layout) else { return self.alloc_pages(cpu, layout) };
        let local = &self.locals[cpu];
        // SAFETY: the caller is the CPU, so its bins, its slabs and what is free in them are ours alone.
        unsafe {
            let bin = local.bin(class);
            let object = (*bin).free;
            if object.is_null() {
                return self.alloc_slow(cpu, class);
            }
            (*bin).free = (*object).next;
            add(&local.objects, class.size());
            object.cast()
        }
    }

    /// Gives memory back.
    ///
    /// # Safety
    /// As above; it is memory of this heap that was asked for with this layout, and nobody uses it any more.
    #[inline]
    pub unsafe fn free(&self, cpu: usize, memory: *mut u8, layout: Layout) {
        let local = &self.locals[cpu];
        let Some(class) = Class::of(layout) else {
            let count = layout.size().div_ceil(PAGE);
            subtract(&local.pages, count * PAGE);
            // SAFETY: the caller's promise.
            return unsafe { self.pages.free(memory, count) };
        };
        subtract(&local.objects, class.size());
        let object: *mut Object = memory.cast();
        // SAFETY: the bin is ours, as the caller is the CPU, and so is the object, whose class follows from the layout
        // alone. What is not of the current slab is of one with a header, which says whose it is.
        unsafe {
            let slab = Slab::of(object, class);
            if slab == (*local.bin(class)).current || (*slab).owner as usize == cpu {
                self.free_own(local, object, class);
            } else {
                self.free_foreign((*slab).owner as usize, object, class);
            }
        }
    }

    /// Changes the size of memory, where it lies if its class or its number of pages stays or shrinks.
    ///
    /// # Safety
    /// As for `free`; the new size is not 0 and, rounded up to the alignment, no more than `isize::MAX`.
    pub unsafe fn realloc(&self, cpu: usize, memory: *mut u8, old: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        let new = unsafe { Layout::from_size_align_unchecked(size, old.align()) };
        match (Class::of(old), Class::of(new)) {
            (Some(before), Some(after)) if before == after => return memory,
            (None, None) => {
                let (before, after) = (old.size().div_ceil(PAGE), size.div_ceil(PAGE));
                if after <= before {
                    let excess = before - after;
                    if excess > 0 {
                        subtract(&self.locals[cpu].pages, excess * PAGE);
                        // SAFETY: the last pages of the caller's, who goes on with those before.
                        unsafe { self.pages.free(memory.add(after * PAGE), excess) };
                    }
                    return memory;
                }
            }
            _ => {}
        }
        // SAFETY: the caller's promises; the two do not overlap, and both have the smaller size.
        unsafe {
            let moved = self.alloc(cpu, new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(memory, moved, old.size().min(size));
                self.free(cpu, memory, old);
            }
            moved
        }
    }

    /// Takes in what other CPUs have freed of this CPU's objects. Says whether there was anything.
    ///
    /// # Safety
    /// As above.
    pub unsafe fn collect(&self, cpu: usize) -> bool {
        let local = &self.locals[cpu];
        let mut next = local.inbox.take();
        let any = !next.is_null();
        let mut bytes = 0;
        while !next.is_null() {
            let object = next;
            // SAFETY: what is in the inbox is linked, is of this CPU's slabs, and now ours.
            unsafe {
                next = (*object).next;
                let class = Class::from_index((*object).class);
                bytes += class.size();
                self.free_own(local, object, class);
            }
        }
        if any {
            local.inbox.taken(bytes);
        }
        any
    }

    /// Gives back all empty slabs of this CPU, the current ones as well.
    ///
    /// # Safety
    /// As above.
    pub unsafe fn trim(&self, cpu: usize) {
        // SAFETY: the caller's promise; a current slab that nobody has an object of is in no list.
        unsafe {
            self.collect(cpu);
            let local = &self.locals[cpu];
            for class in Class::all() {
                let bin = local.bin(class);
                let objects =
                    core::iter::successors(NonNull::new((*bin).free), |it| NonNull::new(it.as_ref().next));
                if objects.count() == class.capacity() {
                    let slab = core::mem::replace(&mut (*bin).current, ptr::null_mut());
                    (*bin).free = ptr::null_mut();
                    self.release(local, slab, class);
                }
            }
        }
    }

    /// What the heap holds now. Exact while nobody allocates or frees.
    pub fn usage(&self) -> Usage {
        let sum = |count: fn(&Local) -> &AtomicUsize| {
            self.locals.iter().fold(0_usize, |sum, local| sum.wrapping_add(count(local).load(Relaxed)))
        };
        Usage {
            slabs: sum(|local| &local.slabs),
            objects: sum(|local| &local.objects),
            pages: sum(|local| &local.pages),
        }
    }

    #[cold]
    fn alloc_pages(&self, cpu: usize, layout: Layout) -> *mut u8 {
        let count = layout.size().div_ceil(PAGE);
        let memory = self.pages.alloc(count, layout.align().max(PAGE));
        if !memory.is_null() {
            add(&self.locals[cpu].pages, count * PAGE);
        }
        memory
    }

    /// Finds another current slab: transitions 2, 4 and 1.
    #[cold]
    unsafe fn alloc_slow(&self, cpu: usize, class: Class) -> *mut u8 {
        let local = &self.locals[cpu];
        // SAFETY: the caller's promises. The current slab has nothing free; `collect` may change that, and may put
        // slabs into the list.
        unsafe {
            self.collect(cpu);
            let bin = local.bin(class);
            if (*bin).free.is_null() {
                if !(*bin).current.is_null() {
                    Slab::fill((*bin).current, class);
                    (*bin).current = ptr::null_mut();
                }
                let slab = match (*bin).partial {
                    none if none.is_null() => self.create(cpu, class),
                    slab => {
                        unlink(bin, slab);
                        slab
                    }
                };
                if slab.is_null() {
                    return ptr::null_mut();
                }
                (*bin).current = slab;
                (*bin).free = (*slab).free;
            }
            let object = (*bin).free;
            (*bin).free = (*object).next;
            add(&local.objects, class.size());
            object.cast()
        }
    }

    unsafe fn create(&self, cpu: usize, class: Class) -> *mut Slab {
        let pages = self.pages.alloc(class.pages(), class.slab_bytes());
        if pages.is_null() {
            return ptr::null_mut();
        }
        add(&self.locals[cpu].slabs, class.slab_bytes());
        // SAFETY: `Pages` gave as many as the class wants, aligned to their length, and they are ours.
        unsafe { Slab::create(pages, cpu, class) }
    }

    unsafe fn release(&self, local: &Local, slab: *mut Slab, class: Class) {
        subtract(&local.slabs, class.slab_bytes());
        // SAFETY: nobody has an object of it, and it is in no list.
        unsafe { self.pages.free(slab.cast(), class.pages()) };
    }

    #[inline]
    unsafe fn free_own(&self, local: &Local, object: *mut Object, class: Class) {
        let slab = Slab::of(object, class);
        // SAFETY: the object is of this slab, which is the CPU's that calls.
        unsafe {
            let bin = local.bin(class);
            if slab == (*bin).current {
                (*object).next = (*bin).free;
                (*bin).free = object;
                return;
            }
            (*object).next = (*slab).free;
            (*slab).free = object;
            (*slab).used -= 1;
            if (*slab).used == (*slab).notify {
                self.settle(local, slab, class);
            }
        }
    }

    /// Transitions 3 and 5.
    #[cold]
    unsafe fn settle(&self, local: &Local, slab: *mut Slab, class: Class) {
        // SAFETY: the slab is this CPU's; `notify` says whether it is full or in the list.
        unsafe {
            let bin = local.bin(class);
            if (*slab).notify == 0 {
                unlink(bin, slab);
                self.release(local, slab, class);
            } else {
                (*slab).notify = 0;
                link(bin, slab);
            }
        }
    }

    #[cold]
    unsafe fn free_foreign(&self, owner: usize, object: *mut Object, class: Class) {
        // SAFETY: the caller's object, which the owner's CPU takes over; it is at least 16 bytes long.
        let before = unsafe {
            (*object).class = class.index();
            self.locals[owner].inbox.push(object, class.size())
        };
        if before < NUDGE && before + class.size() >= NUDGE {
            self.pages.nudge(owner);
        }
    }
}

/// Puts a slab before the others.
unsafe fn link(bin: *mut Bin, slab: *mut Slab) {
    // SAFETY: the caller's bin, and slabs of the same CPU.
    unsafe {
        let first = (*bin).partial;
        (*slab).previous = ptr::null_mut();
        (*slab).next = first;
        if !first.is_null() {
            (*first).previous = slab;
        }
        (*bin).partial = slab;
    }
}

unsafe fn unlink(bin: *mut Bin, slab: *mut Slab) {
    // SAFETY: the caller's bin, which the slab is in; all in its list are of the same CPU.
    unsafe {
        let (next, previous) = ((*slab).next, (*slab).previous);
        match previous {
            none if none.is_null() => (*bin).partial = next,
            previous => (*previous).next = next,
        }
        if !next.is_null() {
            (*next).previous = previous;
        }
    }
}
