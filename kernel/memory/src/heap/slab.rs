//! A slab: pages that hold objects of one size, with a header at their start.
//!
//! | field | who touches it |
//! |---|---|
//! | `owner`, `class` | written before the first object is handed out; anyone who has an object of it reads them |
//! | all others | the CPU that owns it, in task context; out of date in the current one, of which the bin has what is free |
//!
//! A slab's life, as its owner sees it:
//!
//! ```text
//!            1. new                      2. its last object is taken
//!   pages ──────────▶ current (one a class) ──────────────────────────▶ full (in no list)
//!     ▲                  ▲                                                 │
//!     │                  │ 4. current is used up                           │ 3. an object comes back
//!     │                  └───────────────────────── partial (in a list) ◀──┘
//!     │ 5. its last object comes back                     │
//!     └───────────────────────────────────────────────────┘
//! ```
//!
//! Only 3 and 5 begin with a free. `notify` tells the two apart from all other frees with one comparison: the
//! number of objects in use at which a free must look.

use core::ptr;

use super::classes::Class;

/// Bytes at the start of a slab that are no objects.
pub(super) const HEADER: usize = 64;

/// The header of a slab.
#[repr(C)]
pub(super) struct Slab {
    /// Objects that are not in use, linked.
    pub free: *mut Object,
    /// Objects that are handed out, or on their way back from another CPU.
    pub used: u32,
    /// A free that leaves so many in use changes the slab's place: one less than there are in a full one, 0 in a
    /// partial one.
    pub notify: u32,
    /// The number of the CPU that it belongs to.
    pub owner: u32,
    /// The number of its class.
    pub class: u32,
    /// Neighbours in the list of partial slabs.
    pub next: *mut Slab,
    pub previous: *mut Slab,
}

const _: () = assert!(size_of::<Slab>() <= HEADER);

/// An object that is not in use.
#[repr(C)]
pub(super) struct Object {
    pub next: *mut Object,
    /// The number of its class, while it is on its way to its CPU.
    pub class: usize,
}

impl Slab {
    /// Makes pages a slab, all of whose objects are free.
    ///
    /// # Safety
    /// The pages are the caller's, as many as the class wants, aligned to their length.
    pub unsafe fn create(pages: *mut u8, owner: usize, class: Class) -> *mut Slab {
        let slab: *mut Slab = pages.cast();
        let mut free = ptr::null_mut();
        // From the end on, so that the lowest object comes first.
        for number in 1..=class.capacity() {
            // SAFETY: the caller's pages have room for the header and `capacity` objects; the sizes are
            // multiples of 16, so objects are aligned.
            unsafe {
                let object: *mut Object = pages.add(class.slab_bytes() - number * class.size()).cast();
                (*object).next = free;
                free = object;
            }
        }
        // SAFETY: as above; pages are aligned more than a header.
        unsafe {
            slab.write(Slab {
                free,
                used: 0,
                notify: 0,
                owner: owner as u32,
                class: class.index() as u32,
                next: ptr::null_mut(),
                previous: ptr::null_mut(),
            });
        }
        slab
    }

    /// It was current, and its last object has been taken.
    ///
    /// # Safety
    /// It is the caller's, in task context.
    pub unsafe fn fill(slab: *mut Slab, class: Class) {
        let all = class.capacity() as u32;
        // SAFETY: the caller's promise; others read its owner at most, which stays.
        unsafe {
            (*slab).free = ptr::null_mut();
            (*slab).used = all;
            (*slab).notify = all - 1;
        }
    }

    /// The slab of an object of the class.
    #[inline]
    pub fn of(object: *mut Object, class: Class) -> *mut Slab {
        object.map_addr(|address| address & !(class.slab_bytes() - 1)).cast()
    }
}
