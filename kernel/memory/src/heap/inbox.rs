//! What other CPUs free of a CPU's objects: a stack that anyone pushes onto and its CPU takes whole.
//!
//! ```text
//! CPU B                                CPU A, which owns the object's slab
//! last access to the object
//! link it, compare-exchange (Release) ─▶ swap (Acquire), now the object is A's to hand out again
//! ```
//!
//! Nodes only ever leave all at once, so the ABA problem cannot arise, and only the owner takes them.

use core::ptr;

use super::slab::Object;
use crate::shim::{AtomicPtr, AtomicUsize, Ordering::*};

/// Freed objects on the way to their CPU. On lines of its own: other CPUs write here.
#[repr(align(128))]
pub(super) struct Inbox {
    head: AtomicPtr<Object>,
    /// What has been pushed, less what has been taken, in bytes. A push counts before it can be taken.
    waiting: AtomicUsize,
}

impl Inbox {
    #[cfg(not(loom))]
    pub const fn new() -> Inbox {
        Inbox { head: AtomicPtr::new(ptr::null_mut()), waiting: AtomicUsize::new(0) }
    }

    #[cfg(loom)]
    pub fn new() -> Inbox {
        Inbox { head: AtomicPtr::new(ptr::null_mut()), waiting: AtomicUsize::new(0) }
    }

    /// Sends an object of `bytes` to its CPU. Says how many bytes waited there before.
    ///
    /// # Safety
    /// Nobody uses the object any more, and what it says of its class is true.
    pub unsafe fn push(&self, object: *mut Object, bytes: usize) -> usize {
        let before = self.waiting.fetch_add(bytes, Relaxed);
        let mut head = self.head.load(Relaxed);
        loop {
            // SAFETY: the caller gives us the object; until the exchange succeeds nobody else sees it.
            unsafe { (*object).next = head };
            // Release: the link, and the last use of the object, for the Acquire in `take`. A later push continues
            // this release sequence.
            match self.head.compare_exchange_weak(head, object, Release, Relaxed) {
                Ok(_) => return before,
                Err(now) => head = now,
            }
        }
    }

    /// Takes all objects, linked, the last one first.
    pub fn take(&self) -> *mut Object {
        if self.is_empty() {
            return ptr::null_mut();
        }
        // Acquire: partner of the Release in `push`.
        self.head.swap(ptr::null_mut(), Acquire)
    }

    /// Counts out what `take` has given.
    pub fn taken(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Relaxed);
    }

    pub fn is_empty(&self) -> bool {
        self.head.load(Relaxed).is_null()
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use loom::{sync::Arc, thread};
    use std::{boxed::Box, vec::Vec};

    /// An object as big as the smallest, with what its last user wrote behind the link.
    fn object(mark: usize) -> usize {
        Box::into_raw(Box::new(Object { next: ptr::null_mut(), class: mark })) as usize
    }

    #[test]
    fn loom_each_freed_object_comes_home_once_with_all_that_was_done_to_it() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::new());
            let senders: Vec<_> = [1, 2]
                .map(|mark| {
                    let (inbox, object) = (inbox.clone(), object(0));
                    thread::spawn(move || {
                        let object = object as *mut Object;
                        // SAFETY: this thread's own until it is pushed.
                        unsafe {
                            (*object).class = mark;
                            inbox.push(object, 16);
                        }
                    })
                })
                .into();
            let mut marks = Vec::new();
            let collect = |marks: &mut Vec<usize>| {
                let mut next = inbox.take();
                while !next.is_null() {
                    // SAFETY: made by `object`, and taken out of the inbox once, which the count below checks.
                    let object = unsafe { Box::from_raw(next) };
                    marks.push(object.class);
                    next = object.next;
                    inbox.taken(16);
                }
            };
            collect(&mut marks);
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            collect(&mut marks);
            marks.sort();
            assert_eq!(marks, [1, 2]);
            assert_eq!(inbox.waiting.load(Relaxed), 0);
        });
    }
}
