//! The sizes that objects are rounded up to, and how long the slab of each is.
//!
//! Steps of 16 bytes, then about eight to a doubling, chosen so that a slab less its header is used up; the
//! powers of two are there for what is aligned to them. A slab is a naturally aligned power of two of pages.

use core::alloc::Layout;

use super::slab::HEADER;
use crate::PAGE;

/// Object sizes, and the slab's size in pages.
const SIZES: [(u16, u8); COUNT] = [
    (16, 1),
    (32, 1),
    (48, 1),
    (64, 1),
    (80, 1),
    (96, 1),
    (112, 1),
    (128, 1),
    (160, 1),
    (192, 1),
    (224, 1),
    (256, 1),
    (320, 1),
    (384, 1),
    (448, 1),
    (512, 1),
    (576, 1),
    (672, 1),
    (800, 1),
    (1008, 1),
    (1024, 2),
    (1344, 1),
    (1616, 2),
    (2016, 1),
    (2048, 4),
];
/// How many classes there are.
pub(super) const COUNT: usize = 25;
/// What is larger is made of whole pages.
const LARGEST: usize = 2048;
const STEP: usize = 16;

/// The class of each size, by the number of 16-byte steps.
const BY_SIZE: [u8; LARGEST / STEP + 1] = {
    let mut table = [0; LARGEST / STEP + 1];
    let mut class = 0;
    let mut steps = 0;
    while steps < table.len() {
        if steps * STEP > SIZES[class].0 as usize {
            class += 1;
        }
        table[steps] = class as u8;
        steps += 1;
    }
    table
};

/// A size class, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// All of them, the smallest first.
    pub fn all() -> impl Iterator<Item = Class> {
        (0..COUNT as u8).map(Class)
    }

    /// The smallest class whose objects have that size and alignment; none has what is larger than 2 KiB.
    #[inline]
    pub fn of(layout: Layout) -> Option<Class> {
        let class = *BY_SIZE.get(layout.size().div_ceil(STEP))?;
        if layout.align() <= STEP { Some(Class(class)) } else { Class(class).aligned(layout.align()) }
    }

    /// Objects lie at multiples of their size from the end of the slab, so a class has the alignment of its size.
    #[cold]
    fn aligned(self, align: usize) -> Option<Class> {
        (self.0..COUNT as u8).map(Class).find(|class| class.size().is_multiple_of(align))
    }

    /// Its number, below [`COUNT`].
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The class of that number.
    pub fn from_index(index: usize) -> Class {
        Class(index as u8)
    }

    /// The size of its objects, in bytes.
    #[inline]
    pub fn size(self) -> usize {
        usize::from(SIZES[self.index()].0)
    }

    /// The length of its slabs, in pages.
    pub fn pages(self) -> usize {
        usize::from(SIZES[self.index()].1)
    }

    /// The length of its slabs in bytes, and what they are aligned to.
    #[inline]
    pub fn slab_bytes(self) -> usize {
        self.pages() * PAGE
    }

    /// How many objects a slab has.
    pub fn capacity(self) -> usize {
        (self.slab_bytes() - HEADER) / self.size()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_layout_to_2_kib_has_the_smallest_class_that_fits() {
        for align in (0..12).map(|shift| 1 << shift) {
            for size in (1..=LARGEST).step_by(if cfg!(miri) { 61 } else { 1 }) {
                let class = Class::of(Layout::from_size_align(size, align).unwrap());
                let fits = |class: &Class| class.size() >= size && class.size().is_multiple_of(align);
                assert_eq!(class, Class::all().find(fits), "{size} bytes at {align}");
                assert!(class.is_some(), "{size} bytes at {align}");
            }
        }
        for (size, align) in [(LARGEST + 1, 1), (1 << 40, 1), (16, 4096)] {
            assert_eq!(Class::of(Layout::from_size_align(size, align).unwrap()), None);
        }
    }

    #[test]
    fn little_is_wasted() {
        for class in Class::all() {
            assert!(class.slab_bytes().is_power_of_two());
            assert!(class.capacity() >= 2, "the protocol of slabs wants two objects at least");
            let used = class.capacity() * class.size() + HEADER;
            assert!(
                (class.slab_bytes() - used) * 7 <= class.slab_bytes(),
                "a slab of {} bytes",
                class.size()
            );
        }
        for (smaller, larger) in Class::all().zip(Class::all().skip(1)).skip(3) {
            assert!(larger.size() * 4 <= smaller.size() * 6, "{} to {}", smaller.size(), larger.size());
        }
    }
}
