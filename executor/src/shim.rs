//! The one door to atomics: the machine's, loom's when the models are checked, or with the feature `sim` the
//! machine's with a point (see `sim`) before each access.

#[cfg(not(any(loom, feature = "sim")))]
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
};
#[cfg(all(feature = "sim", not(loom)))]
pub(crate) use pointed::{AtomicBool, AtomicPtr, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence};

pub(crate) use core::sync::atomic::Ordering;

/// Adds to a counter that only one CPU writes: no locked instruction, and a reader on another CPU sees
/// a value that was true a moment ago.
pub(crate) fn count(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// The hold of a lock that no handler takes.
#[cfg(not(all(feature = "sim", not(loom))))]
#[inline(always)]
pub(crate) fn step<R>(f: impl FnOnce() -> R) -> R {
    f()
}
/// Before an access to an atomic that is not of here.
#[cfg(not(all(feature = "sim", not(loom))))]
#[inline(always)]
pub(crate) fn point() {}
#[cfg(all(feature = "sim", not(loom)))]
pub(crate) use crate::sim::{point, step};

#[cfg(all(feature = "sim", not(loom)))]
mod pointed {
    use core::sync::atomic::{self, Ordering};

    use crate::sim::point;

    pub(crate) fn fence(order: Ordering) {
        point();
        atomic::fence(order);
    }

    macro_rules! atomic {
        ($name:ident $(<$t:ident>)?, $value:ty, $($arithmetic:ident),*) => {
            pub(crate) struct $name$(<$t>)?(atomic::$name$(<$t>)?);

            #[allow(dead_code, reason = "each type has the accesses of all")]
            impl$(<$t>)? $name$(<$t>)? {
                pub(crate) const fn new(value: $value) -> Self {
                    Self(atomic::$name::new(value))
                }
                pub(crate) fn load(&self, order: Ordering) -> $value {
                    point();
                    self.0.load(order)
                }
                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    point();
                    self.0.store(value, order);
                }
                pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                    point();
                    self.0.swap(value, order)
                }
                pub(crate) fn compare_exchange(
                    &self,
                    old: $value,
                    new: $value,
                    order: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    point();
                    self.0.compare_exchange(old, new, order, failure)
                }
                pub(crate) fn compare_exchange_weak(
                    &self,
                    old: $value,
                    new: $value,
                    order: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    point();
                    self.0.compare_exchange_weak(old, new, order, failure)
                }
                $(pub(crate) fn $arithmetic(&self, value: $value, order: Ordering) -> $value {
                    point();
                    self.0.$arithmetic(value, order)
                })*
            }
        };
    }

    atomic!(AtomicBool, bool,);
    atomic!(AtomicPtr<T>, *mut T,);
    atomic!(AtomicU16, u16,);
    atomic!(AtomicU32, u32, fetch_add, fetch_sub, fetch_or, fetch_and);
    atomic!(AtomicU64, u64, fetch_add, fetch_sub, fetch_or, fetch_and);
    atomic!(AtomicUsize, usize, fetch_add, fetch_sub);
}
