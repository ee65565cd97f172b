//! The way in for interrupts, foreign threads and other CPUs: a stack that anyone pushes onto and one
//! takes whole.
//!
//! A push is one compare-exchange through a link inside the node: it allocates nothing and waits for
//! nobody, so a handler may do it at any moment, even in the middle of another push on the same CPU.
//! Taking is one swap; as nodes only ever leave all at once, the ABA problem cannot arise. The stack is
//! reversed when taken: first in, first out.

use core::{marker::PhantomData, ptr::NonNull};

use crate::shim::{AtomicPtr, Ordering::*};

/// Something with room for a link.
pub(crate) trait Linked: Sized {
    fn link(&self) -> &AtomicPtr<Self>;
}

/// A stack of nodes that others own.
pub(crate) struct Inbox<T: Linked>(AtomicPtr<T>);

impl<T: Linked> Inbox<T> {
    pub(crate) fn new() -> Inbox<T> {
        Inbox(AtomicPtr::new(core::ptr::null_mut()))
    }

    /// Pushes a node, from anywhere.
    ///
    /// # Safety
    /// The node is in no queue, and stays alive until it has been taken out.
    pub(crate) unsafe fn push(&self, node: NonNull<T>) {
        let mut head = self.0.load(Relaxed);
        loop {
            // SAFETY: the caller gives us the node; until the exchange succeeds nobody else sees it.
            unsafe { node.as_ref() }.link().store(head, Relaxed);
            // Release: the link, and all that was done to the node, for the Acquire in `take`. A later
            // push continues this release sequence.
            match self.0.compare_exchange_weak(head, node.as_ptr(), Release, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bits() == 0
    }

    /// 0 if it is empty.
    pub(crate) fn bits(&self) -> usize {
        self.0.load(Relaxed).addr()
    }

    /// Takes everything, oldest first.
    pub(crate) fn take(&self) -> Chain<T> {
        if self.is_empty() {
            return Chain::new();
        }
        // Acquire: partner of the Release in `push`.
        let mut node = self.0.swap(core::ptr::null_mut(), Acquire);
        let mut oldest = core::ptr::null_mut();
        while let Some(at) = NonNull::new(node) {
            // SAFETY: what was in the stack is alive and, now that it is out, ours.
            let link = unsafe { at.as_ref() }.link();
            node = link.load(Relaxed);
            link.store(oldest, Relaxed);
            oldest = at.as_ptr();
        }
        Chain(oldest, PhantomData)
    }
}

/// Nodes linked one to the next, owned by whoever has the chain.
pub(crate) struct Chain<T: Linked>(*mut T, PhantomData<T>);

impl<T: Linked> Chain<T> {
    pub(crate) fn new() -> Chain<T> {
        Chain(core::ptr::null_mut(), PhantomData)
    }

    /// A chain that starts at `head`.
    ///
    /// # Safety
    /// `head` came from [`Chain::into_raw`], and that chain is used no more.
    pub(crate) unsafe fn from_raw(head: *mut T) -> Chain<T> {
        Chain(head, PhantomData)
    }

    pub(crate) fn into_raw(self) -> *mut T {
        self.0
    }

    pub(crate) fn pop(&mut self) -> Option<NonNull<T>> {
        let node = NonNull::new(self.0)?;
        // SAFETY: what is in the chain is alive and ours.
        self.0 = unsafe { node.as_ref() }.link().load(Relaxed);
        Some(node)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::queue::nodes::{Node, numbers};

    #[test]
    fn what_comes_first_leaves_first() {
        let nodes: Vec<Node> = (0..4).map(Node::new).collect();
        let inbox = Inbox::new();
        assert!(inbox.take().pop().is_none());
        for n in &nodes[..3] {
            // SAFETY: each is pushed once and outlives the inbox.
            unsafe { inbox.push(NonNull::from(n)) };
        }
        let chain = inbox.take();
        assert!(inbox.is_empty());
        // SAFETY: as above. A push meanwhile does not disturb what was taken.
        unsafe { inbox.push(NonNull::from(&nodes[3])) };
        assert_eq!(numbers(chain), [0, 1, 2]);
        assert!(!inbox.is_empty());
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::queue::nodes::{Node, numbers};
    use loom::{sync::Arc, thread};

    /// Two pushers and a taker: every node comes out exactly once, with what its pusher wrote into it. Caught: Relaxed
    /// instead of Release in `push`, and instead of Acquire in `take`.
    #[test]
    fn loom_inbox_delivers_each_once() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::<Node>::new());
            let pushers: Vec<_> = (1..=2)
                .map(|n| {
                    let inbox = inbox.clone();
                    thread::spawn(move || {
                        // SAFETY: pushed once; freed by the taker.
                        unsafe { inbox.push(Node::leak(n)) };
                    })
                })
                .collect();
            let mut sum = 0;
            let mut empty_it = |inbox: &Inbox<Node>| sum += numbers(inbox.take()).iter().sum::<u32>();
            // Until there is something: loom does not come back to a look that has found nothing.
            while inbox.is_empty() {
                thread::yield_now();
            }
            empty_it(&inbox);
            for pusher in pushers {
                pusher.join().unwrap();
            }
            empty_it(&inbox);
            assert_eq!(sum, 3, "a node was lost or came out twice");
        });
    }
}
