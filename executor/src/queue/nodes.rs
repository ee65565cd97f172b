//! Numbered nodes, for the tests and the models of the queues.

use core::ptr::{self, NonNull};

use super::{Linked, inbox::Chain};
use crate::shim::AtomicPtr;

#[cfg(loom)]
type Number = loom::cell::UnsafeCell<u32>;
#[cfg(not(loom))]
type Number = u32;

pub(super) struct Node {
    link: AtomicPtr<Node>,
    number: Number,
}

impl Linked for Node {
    fn link(&self) -> &AtomicPtr<Node> {
        &self.link
    }
}

#[cfg(not(loom))]
impl Node {
    pub(super) fn new(number: u32) -> Node {
        Node { link: AtomicPtr::new(ptr::null_mut()), number }
    }

    pub(super) fn link_to(&self, next: &Node) {
        self.link.store(NonNull::from(next).as_ptr(), crate::shim::Ordering::Relaxed);
    }
}

/// The numbers of what was taken, in order.
#[cfg(not(loom))]
pub(super) fn numbers(mut chain: Chain<Node>) -> Vec<u32> {
    // SAFETY: the nodes of the tests outlive their queue.
    core::iter::from_fn(|| chain.pop().map(|node| unsafe { node.as_ref() }.number)).collect()
}

#[cfg(loom)]
impl Node {
    /// A node that [`numbers`] frees. The number is written by who pushes it.
    pub(super) fn leak(number: u32) -> NonNull<Node> {
        let node = Box::new(Node { link: AtomicPtr::new(ptr::null_mut()), number: Number::new(0) });
        // SAFETY: not pushed yet, so ours.
        node.number.with_mut(|value| unsafe { *value = number });
        NonNull::from(Box::leak(node))
    }
}

/// The numbers of what was taken, in order. Each node is freed: loom tells if one comes out twice, or without what its
/// pusher wrote.
#[cfg(loom)]
pub(super) fn numbers(mut chain: Chain<Node>) -> Vec<u32> {
    let mut seen = Vec::new();
    while let Some(node) = chain.pop() {
        // SAFETY: taken out, so ours, and leaked from a box.
        let node = unsafe { Box::from_raw(node.as_ptr()) };
        // SAFETY: ours.
        seen.push(node.number.with(|value| unsafe { *value }));
    }
    seen
}
