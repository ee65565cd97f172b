//! Lists of tasks through links in their headers: one for the registry, one for the scope.

use core::{cell::UnsafeCell, ptr::NonNull};

use super::{Header, TaskPtr};

/// A task's place in one list.
pub(crate) struct Links {
    prev: Option<NonNull<Header>>,
    next: Option<NonNull<Header>>,
}

impl Links {
    pub(crate) fn new() -> Links {
        Links { prev: None, next: None }
    }
}

/// Which of a header's links a list runs through.
pub(crate) trait Which {
    fn links(header: &Header) -> &UnsafeCell<Links>;
}

/// The list of all tasks.
pub(crate) struct InRegistry;
/// The list of a scope's tasks.
pub(crate) struct InScope;

impl Which for InRegistry {
    fn links(header: &Header) -> &UnsafeCell<Links> {
        &header.registry_links
    }
}

impl Which for InScope {
    fn links(header: &Header) -> &UnsafeCell<Links> {
        &header.scope_links
    }
}

/// A doubly linked list, oldest first. It lives in a lock: to have it by reference is to hold that.
pub(crate) struct List<W: Which> {
    head: Option<NonNull<Header>>,
    tail: Option<NonNull<Header>>,
    which: core::marker::PhantomData<W>,
}

// SAFETY: it holds pointers to tasks, which may go anywhere (see `TaskPtr`).
unsafe impl<W: Which> Send for List<W> {}

impl<W: Which> List<W> {
    pub(crate) const fn new() -> List<W> {
        List { head: None, tail: None, which: core::marker::PhantomData }
    }

    fn links(&mut self, task: NonNull<Header>) -> *mut Links {
        // SAFETY: what is in the list is alive: a task is taken out before its life reference goes.
        W::links(unsafe { task.as_ref() }).get()
    }

    /// Appends a task.
    ///
    /// # Safety
    /// It is in no list of this kind, and is removed from this one before it is freed.
    pub(crate) unsafe fn push(&mut self, task: TaskPtr) {
        let new = task.as_ptr();
        let links = self.links(new);
        // SAFETY: the links belong to who holds this list, which is us.
        unsafe { *links = Links { prev: self.tail, next: None } };
        match self.tail {
            // SAFETY: as above.
            Some(tail) => unsafe { (*self.links(tail)).next = Some(new) },
            None => self.head = Some(new),
        }
        self.tail = Some(new);
    }

    /// Takes a task out.
    ///
    /// # Safety
    /// It is in this list.
    pub(crate) unsafe fn remove(&mut self, task: TaskPtr) {
        let links = self.links(task.as_ptr());
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

    /// Calls `f` for each task, oldest first, until it says `false`. `f` may queue tasks; it cannot
    /// reach this list.
    pub(crate) fn each(&mut self, mut f: impl FnMut(TaskPtr) -> bool) {
        let mut at = self.head;
        while let Some(task) = at {
            // SAFETY: it stays in the list, and so alive, while we hold the list.
            if !f(unsafe { TaskPtr::from_raw(task) }) {
                return;
            }
            // SAFETY: as above, and its links are ours.
            at = unsafe { (*self.links(task)).next };
        }
    }
}
