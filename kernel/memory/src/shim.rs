//! The one door to atomics: the machine's, or loom's when the models are checked.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicPtr, AtomicUsize};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicUsize};

pub(crate) use core::sync::atomic::Ordering;
