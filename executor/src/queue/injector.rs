//! The line that belongs to no CPU: where full rings overflow to, where foreign threads spawn, and where a task that polled
//! long goes on if others wait there.
//!
//! A list through the nodes themselves, so it is never full and allocates nothing, behind a lock that is held for a few
//! instructions, or to cut off one CPU's share. Never touched in a handler: one could wait forever for the task that it
//! has interrupted. How many are in it stands beside the lock, so that to find it empty takes none; whoever adds
//! something and then goes through the picture of the crate's front page has stored that before the fence.

use core::{
    marker::PhantomData,
    ptr::{self, NonNull},
};

use spin::mutex::SpinMutex;

use super::{Linked, inbox::Chain};
use crate::shim::{AtomicUsize, Ordering::*, step};

/// See the module.
pub(crate) struct Injector<T: Linked> {
    /// In a bare lock: nothing that runs in its hold can panic, and no handler takes it.
    line: SpinMutex<Line<T>>,
    /// Written with the lock held.
    len: AtomicUsize,
    cpus: usize,
}

/// Oldest and newest, or two null pointers. Who has it by `&mut` owns all nodes between.
struct Line<T>(*mut T, *mut T, PhantomData<T>);

// SAFETY: the nodes are given to it by `push`, whose caller owns their place in a queue, and leave it to one that owns it then.
unsafe impl<T> Send for Line<T> {}

impl<T: Linked> Injector<T> {
    pub(crate) fn new(cpus: usize) -> Injector<T> {
        Injector {
            line: SpinMutex::new(Line(ptr::null_mut(), ptr::null_mut(), PhantomData)),
            len: AtomicUsize::new(0),
            cpus,
        }
    }

    /// Whether nothing is in it: a guess, while others are at it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bits() == 0
    }

    /// 0 if it is empty.
    pub(crate) fn bits(&self) -> usize {
        self.len.load(Relaxed)
    }

    /// To the end of the line.
    ///
    /// # Safety
    /// The node is in no queue, and stays alive until it has been taken out.
    pub(crate) unsafe fn push(&self, node: NonNull<T>) {
        // SAFETY: the caller gives us the node.
        unsafe { self.push_linked(node, node, 1) };
    }

    /// To the end of the line, `count` nodes that are linked from `first` to `last`.
    ///
    /// # Safety
    /// They are in no queue but this chain, and stay alive until they have been taken out.
    pub(crate) unsafe fn push_linked(&self, first: NonNull<T>, last: NonNull<T>, count: usize) {
        // SAFETY: the caller gives us the nodes.
        unsafe { last.as_ref() }.link().store(ptr::null_mut(), Relaxed);
        step(|| {
            let mut line = self.line.lock();
            match NonNull::new(line.1) {
                // SAFETY: what is in the line is alive and ours while we hold the lock.
                Some(newest) => unsafe { newest.as_ref() }.link().store(first.as_ptr(), Relaxed),
                None => line.0 = first.as_ptr(),
            }
            line.1 = last.as_ptr();
            self.len.store(self.len.load(Relaxed) + count, Relaxed);
        });
    }

    /// Takes the oldest, and behind it what one CPU may take at once so that there is something for each, but not more than
    /// `most`.
    pub(crate) fn take_share(&self, most: usize) -> Chain<T> {
        if self.is_empty() { Chain::new() } else { step(|| self.take_any(most)) }
    }

    #[inline(never)]
    fn take_any(&self, most: usize) -> Chain<T> {
        let mut line = self.line.lock();
        let len = self.len.load(Relaxed);
        let Some(mut last) = NonNull::new(line.0) else { return Chain::new() };
        let first = last;
        let mut taken = 1;
        // SAFETY: what is in the line is alive and ours while we hold the lock.
        let after = |node: NonNull<T>| unsafe { node.as_ref() }.link();
        let more = ((len - 1) / self.cpus).min(most);
        while taken <= more
            && let Some(next) = NonNull::new(after(last).load(Relaxed))
        {
            last = next;
            taken += 1;
        }
        line.0 = after(last).load(Relaxed);
        if line.0.is_null() {
            line.1 = ptr::null_mut();
        }
        self.len.store(len - taken, Relaxed);
        drop(line);
        after(last).store(ptr::null_mut(), Relaxed);
        // SAFETY: they are linked from the first to the last, and nobody else's any more.
        unsafe { Chain::from_raw(first.as_ptr()) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::shim::AtomicPtr;

    struct Node(AtomicPtr<Node>, u32);
    impl Linked for Node {
        fn link(&self) -> &AtomicPtr<Node> {
            &self.0
        }
    }

    fn numbers(mut chain: Chain<Node>) -> Vec<u32> {
        // SAFETY: the nodes of the tests are alive.
        core::iter::from_fn(|| chain.pop().map(|node| unsafe { node.as_ref() }.1)).collect()
    }

    #[test]
    fn each_cpu_gets_the_oldest_and_a_share_of_the_others() {
        let nodes: Vec<Node> = (0..9).map(|n| Node(AtomicPtr::new(ptr::null_mut()), n)).collect();
        let injector = Injector::new(2);
        assert!(numbers(injector.take_share(8)).is_empty());
        for n in &nodes[..7] {
            // SAFETY: each is pushed once and outlives the injector.
            unsafe { injector.push(NonNull::from(n)) };
        }
        nodes[7].0.store(NonNull::from(&nodes[8]).as_ptr(), Relaxed);
        // SAFETY: as above.
        unsafe { injector.push_linked(NonNull::from(&nodes[7]), NonNull::from(&nodes[8]), 2) };
        assert_eq!(numbers(injector.take_share(2)), [0, 1, 2], "no more than there is room for");
        assert_eq!(numbers(injector.take_share(8)), [3, 4, 5], "one to run, and half of the five others");
        assert_eq!(numbers(injector.take_share(8)), [6, 7]);
        assert_eq!(numbers(injector.take_share(8)), [8]);
        assert!(injector.is_empty());
        // SAFETY: it was taken out.
        unsafe { injector.push(NonNull::from(&nodes[0])) };
        assert_eq!(numbers(injector.take_share(0)), [0], "the line goes on after it was empty");
    }
}
