//! Lists of what is linked through itself: a scope's tasks, and the chunks in which tasks live.

use core::{cell::UnsafeCell, marker::PhantomData, ptr::NonNull};

/// A node's place in one list.
pub(crate) struct Links<N> {
    prev: Option<NonNull<N>>,
    next: Option<NonNull<N>>,
}

impl<N> Links<N> {
    pub(crate) const fn new() -> UnsafeCell<Links<N>> {
        UnsafeCell::new(Links { prev: None, next: None })
    }
}

/// Which of a node's links a list runs through.
pub(crate) trait Which {
    type Node;
    fn links(node: &Self::Node) -> &UnsafeCell<Links<Self::Node>>;
}

/// A doubly linked list, oldest first. It lives in a lock: to have it by reference is to hold that.
pub(crate) struct List<W: Which> {
    head: Option<NonNull<W::Node>>,
    tail: Option<NonNull<W::Node>>,
    which: PhantomData<W>,
}

// SAFETY: it only points to its nodes, and whoever pushes one promises that it may be reached from where the
// list is.
unsafe impl<W: Which> Send for List<W> {}

impl<W: Which> List<W> {
    pub(crate) const fn new() -> List<W> {
        List { head: None, tail: None, which: PhantomData }
    }

    fn links(&self, node: NonNull<W::Node>) -> *mut Links<W::Node> {
        // SAFETY: what is in the list is alive: it is taken out before it is freed.
        W::links(unsafe { node.as_ref() }).get()
    }

    /// Appends a node.
    ///
    /// # Safety
    /// It is in no list of this kind, is removed from this one before it is freed, and may be reached from
    /// any thread that holds this list's lock.
    pub(crate) unsafe fn push(&mut self, node: NonNull<W::Node>) {
        let links = self.links(node);
        // SAFETY: the links belong to who holds this list, which is us.
        unsafe { *links = Links { prev: self.tail, next: None } };
        match self.tail {
            // SAFETY: as above.
            Some(tail) => unsafe { (*self.links(tail)).next = Some(node) },
            None => self.head = Some(node),
        }
        self.tail = Some(node);
    }

    /// Takes a node out.
    ///
    /// # Safety
    /// It is in this list.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<W::Node>) {
        let links = self.links(node);
        // SAFETY: the links of what is in this list belong to who holds it, which is us.
        let (prev, next) = unsafe { ((*links).prev, (*links).next) };
        match prev {
            // SAFETY: as above.
            Some(prev) => unsafe { (*self.links(prev)).next = next },
            None => self.head = next,
        }
        match next {
            // SAFETY: as above.
            Some(next) => unsafe { (*self.links(next)).prev = prev },
            None => self.tail = prev,
        }
    }

    /// The oldest.
    pub(crate) fn first(&self) -> Option<NonNull<W::Node>> {
        self.head
    }

    /// The one after a node.
    ///
    /// # Safety
    /// The node is in this list.
    pub(crate) unsafe fn after(&self, node: NonNull<W::Node>) -> Option<NonNull<W::Node>> {
        // SAFETY: the links of what is in this list belong to who holds it, which is us.
        unsafe { (*self.links(node)).next }
    }

    /// All, oldest first. Whoever takes one out while it iterates has asked for the next one before.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NonNull<W::Node>> {
        // SAFETY: what comes out of the list is in it.
        core::iter::successors(self.head, |&node| unsafe { self.after(node) })
    }
}
