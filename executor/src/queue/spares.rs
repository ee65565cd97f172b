//! Nodes kept for later: a stack that whoever is at it has to himself, or does not get.
//!
//! The exchange that takes the stack's head makes sure without waiting that two are never at it: who finds it taken
//! goes elsewhere. On the one CPU that it belongs to that never happens; a platform that lies about the current CPU, or
//! threads that share a stack, cannot break it.

use core::ptr::{self, NonNull};

use super::Linked;
use crate::shim::{AtomicPtr, AtomicU16, Ordering::*};

/// A node with room for a count, too.
pub(crate) trait Spare: Linked {
    fn depth(&self) -> &AtomicU16;
}

/// See the module.
pub(crate) struct Spares<T: Spare>(AtomicPtr<T>);

/// In the place of a head that somebody has taken.
fn taken<T>() -> *mut T {
    ptr::without_provenance_mut(align_of::<usize>())
}

impl<T: Spare> Spares<T> {
    pub(crate) fn new() -> Spares<T> {
        Spares(AtomicPtr::new(ptr::null_mut()))
    }

    /// Whether nothing is kept: a guess, while others are at it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Relaxed).is_null()
    }

    /// Takes the node that was kept last.
    #[inline]
    pub(crate) fn take(&self) -> Option<NonNull<T>> {
        let head = self.enter()?;
        // SAFETY: what is in the stack was given to `keep`, and is ours while the head is taken.
        let next = unsafe { head.as_ref().map_or(head, |top| top.link().load(Relaxed)) };
        self.leave(next);
        NonNull::new(head)
    }

    /// Keeps a node; false if `most` are kept already, or somebody is at the stack.
    ///
    /// # Safety
    /// The node is in no queue, is the caller's, who gives it up, and lives until it has been taken out.
    #[inline]
    pub(crate) unsafe fn keep(&self, node: NonNull<T>, most: u16) -> bool {
        let Some(head) = self.enter() else { return false };
        // SAFETY: as in `take`, and the caller gives us the node.
        let (kept, spare) =
            unsafe { (head.as_ref().map_or(0, |top| top.depth().load(Relaxed)), node.as_ref()) };
        if kept == most {
            self.leave(head);
            return false;
        }
        spare.link().store(head, Relaxed);
        spare.depth().store(kept + 1, Relaxed);
        self.leave(node.as_ptr());
        true
    }

    /// Takes the head; `None` if somebody is at the stack.
    #[inline]
    fn enter(&self) -> Option<*mut T> {
        // Acquire: partner of the Release of whoever was at it last. If it was taken, it still is.
        let head = self.0.swap(taken(), Acquire);
        (head != taken()).then_some(head)
    }

    /// Puts a head in the place of the one that was taken.
    #[inline]
    fn leave(&self, head: *mut T) {
        // Release: partner of the Acquire of whoever is at it next. This comes after the exchange of one that found the head taken,
        // as that has read what ours wrote. loom knows that of exchanges only.
        #[cfg(not(loom))]
        self.0.store(head, Release);
        #[cfg(loom)]
        self.0.swap(head, Release);
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use loom::{cell::UnsafeCell, sync::Arc, thread};

    struct Node {
        link: AtomicPtr<Node>,
        depth: AtomicU16,
        /// What its owner wrote: loom tells when two have it, or one that has not acquired what was written.
        value: UnsafeCell<u32>,
    }

    impl Linked for Node {
        fn link(&self) -> &AtomicPtr<Node> {
            &self.link
        }
    }

    impl Spare for Node {
        fn depth(&self) -> &AtomicU16 {
            &self.depth
        }
    }

    fn node() -> NonNull<Node> {
        let (link, depth) = (AtomicPtr::new(ptr::null_mut()), AtomicU16::new(0));
        NonNull::from(Box::leak(Box::new(Node { link, depth, value: UnsafeCell::new(0) })))
    }

    /// Writes to a node that is ours.
    fn use_it(node: NonNull<Node>) {
        // SAFETY: checked by loom.
        unsafe { node.as_ref().value.with_mut(|value| *value += 1) };
    }

    /// Two threads that each take a node, use it and keep it again: none has two owners at once, and none is lost
    /// but to who could not keep it. Caught: Relaxed instead of Acquire in `enter`, and instead of Release in `leave`;
    /// an `enter` that does not look whether the head is taken; a `keep` that keeps more.
    #[test]
    fn loom_spares_have_one_owner() {
        loom::model(|| {
            let spares = Arc::new(Spares::<Node>::new());
            for _ in 0..2 {
                // SAFETY: the node is new, and freed below.
                assert!(unsafe { spares.keep(node(), 2) });
            }
            let beyond = node();
            // SAFETY: made in `node`, and still ours when it was refused.
            unsafe {
                assert!(!spares.keep(beyond, 2), "no more are kept than was said");
                drop(Box::from_raw(beyond.as_ptr()));
            }
            let borrow = |spares: &Spares<Node>| {
                let node = spares.take()?;
                use_it(node);
                // SAFETY: it is ours.
                (!unsafe { spares.keep(node, 2) }).then_some(node)
            };
            let other = {
                let spares = spares.clone();
                thread::spawn(move || borrow(&spares).map(|node| node.as_ptr() as usize))
            };
            let mut mine: Vec<usize> =
                borrow(&spares).map(|node| node.as_ptr() as usize).into_iter().collect();
            mine.extend(other.join().unwrap());
            while let Some(node) = spares.take() {
                use_it(node);
                mine.push(node.as_ptr() as usize);
            }
            mine.sort_unstable();
            mine.dedup();
            assert_eq!(mine.len(), 2, "a node was lost, or has two owners");
            for node in mine {
                // SAFETY: made in `node`, and nobody else's.
                drop(unsafe { Box::from_raw(node as *mut Node) });
            }
        });
    }
}
