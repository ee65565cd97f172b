//! The line that belongs to no CPU: where full rings overflow to, where foreign threads spawn, and where a task that polled
//! long goes on if others wait there.
//!
//! A list through the nodes themselves, so it is never full and allocates nothing. Who adds to it takes the place of the
//! newest and then links that one to its own: it takes no lock, and as long as some are left in it writes where no CPU
//! that takes them looks. Who takes has a lock; if it comes between those two steps, it waits for the second. So a handler
//! never touches it: it could wait for the task that it has interrupted.
//!
//! To find it empty takes no lock. Whoever adds something and then goes through the picture of the crate's front page has
//! stored that before the fence.

use core::ptr::{self, NonNull};

use spin::mutex::SpinMutex;

use super::{Linked, inbox::Chain};
use crate::shim::{AtomicPtr, AtomicUsize, Ordering::*, step};

/// See the module.
pub(crate) struct Injector<T: Linked> {
    end: End<T>,
    begin: Begin<T>,
}

/// What who adds writes. Two cache lines' alignment: the unit that x86 prefetches.
#[repr(align(128))]
struct End<T> {
    /// The newest, or null if there is none.
    newest: AtomicPtr<T>,
    /// How many there are, with those that are about to be added.
    len: AtomicUsize,
}

/// What who takes writes.
#[repr(align(128))]
struct Begin<T> {
    /// In a bare lock: nothing that runs in its hold can panic, and no handler takes it.
    taking: SpinMutex<()>,
    /// The oldest, or null. Written with the lock held, but for that of the first one, by who has added it.
    oldest: AtomicPtr<T>,
    cpus: usize,
}

impl<T: Linked> Injector<T> {
    pub(crate) fn new(cpus: usize) -> Injector<T> {
        let null = || AtomicPtr::new(ptr::null_mut());
        Injector {
            end: End { newest: null(), len: AtomicUsize::new(0) },
            begin: Begin { taking: SpinMutex::new(()), oldest: null(), cpus },
        }
    }

    /// Whether nothing is in it: a guess, while others are at it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bits() == 0
    }

    /// 0 if it is empty.
    pub(crate) fn bits(&self) -> usize {
        self.end.newest.load(Relaxed).addr()
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
            self.end.len.fetch_add(count, Relaxed);
            // Release: the null above, for who links to it. Acquire: that of the one before, or if there is none that
            // the oldest has been taken, so that our store comes after.
            let before = NonNull::new(self.end.newest.swap(last.as_ptr(), AcqRel));
            let link = match before {
                // SAFETY: it stays in the line until it is linked, and so alive.
                Some(before) => unsafe { before.as_ref() }.link(),
                None => &self.begin.oldest,
            };
            // Release: the nodes, for the Acquire in `take_any`.
            link.store(first.as_ptr(), Release);
        });
    }

    /// Takes the oldest, and behind it what one CPU may take at once so that there is something for each, but not more than
    /// `most`.
    pub(crate) fn take_share(&self, most: usize) -> Chain<T> {
        if self.is_empty() { Chain::new() } else { step(|| self.take_any(most)) }
    }

    #[inline(never)]
    fn take_any(&self, most: usize) -> Chain<T> {
        let taking = self.begin.taking.lock();
        let Some(first) = self.oldest() else { return Chain::new() };
        let more = (self.end.len.load(Relaxed).saturating_sub(1) / self.begin.cpus).min(most);
        // SAFETY: what is in the line is alive, and as long as it is linked from the oldest ours while we hold the lock.
        let link = |node: NonNull<T>| unsafe { node.as_ref() }.link();
        let (mut last, mut taken) = (first, 1);
        let mut next = link(last).load(Acquire);
        while taken <= more
            && let Some(node) = NonNull::new(next)
        {
            (last, taken) = (node, taken + 1);
            next = link(last).load(Acquire);
        }
        self.begin.oldest.store(next, Relaxed);
        // Release: that there is no oldest, for who adds the next.
        if next.is_null()
            && self.end.newest.compare_exchange(last.as_ptr(), ptr::null_mut(), Release, Relaxed).is_err()
        {
            self.begin.oldest.store(linked(link(last)).as_ptr(), Relaxed);
        }
        self.end.len.fetch_sub(taken, Relaxed);
        drop(taking);
        link(last).store(ptr::null_mut(), Relaxed);
        // SAFETY: they are linked from the first to the last, and nobody else's any more.
        unsafe { Chain::from_raw(first.as_ptr()) }
    }

    /// The oldest; `None` if there is none. With the lock held.
    fn oldest(&self) -> Option<NonNull<T>> {
        (!self.is_empty()).then(|| linked(&self.begin.oldest))
    }
}

/// Where that link leads to, as soon as who is at it has made it.
fn linked<T>(link: &AtomicPtr<T>) -> NonNull<T> {
    loop {
        // Acquire: partner of the Release in `push_linked`.
        if let Some(node) = NonNull::new(link.load(Acquire)) {
            return node;
        }
        wait();
    }
}

#[cfg(not(loom))]
use core::hint::spin_loop as wait;
#[cfg(loom)]
use loom::thread::yield_now as wait;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::queue::nodes::{Node, numbers};

    #[test]
    fn each_cpu_gets_the_oldest_and_a_share_of_the_others() {
        let nodes: Vec<Node> = (0..9).map(Node::new).collect();
        let injector = Injector::new(2);
        assert!(numbers(injector.take_share(8)).is_empty());
        for n in &nodes[..7] {
            // SAFETY: each is pushed once and outlives the injector.
            unsafe { injector.push(NonNull::from(n)) };
        }
        nodes[7].link_to(&nodes[8]);
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

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::queue::nodes::{Node, numbers};
    use loom::{sync::Arc, thread};

    fn push(injector: &Injector<Node>, n: u32) {
        // SAFETY: pushed once; freed by who takes it.
        unsafe { injector.push(Node::leak(n)) };
    }

    /// Two pushers and a taker, which may find the newest while somebody is about to link to it: every node comes out
    /// exactly once, with what its pusher wrote into it.
    #[test]
    fn loom_injector_delivers_each_once() {
        loom::model(|| {
            let injector = Arc::new(Injector::<Node>::new(1));
            let pushers: Vec<_> = (1..=2)
                .map(|n| {
                    let injector = injector.clone();
                    thread::spawn(move || push(&injector, n))
                })
                .collect();
            let mut seen = numbers(injector.take_share(8));
            for pusher in pushers {
                pusher.join().unwrap();
            }
            seen.extend(numbers(injector.take_share(8)));
            seen.sort();
            assert_eq!(seen, [1, 2]);
            assert!(injector.is_empty());
        });
    }

    /// What one pushes behind another comes out in that order, however much of it is taken meanwhile.
    #[test]
    fn loom_injector_keeps_the_order() {
        loom::model(|| {
            let injector = Arc::new(Injector::<Node>::new(1));
            push(&injector, 1);
            let pusher = {
                let injector = injector.clone();
                thread::spawn(move || (2..=3).for_each(|n| push(&injector, n)))
            };
            let mut seen = numbers(injector.take_share(8));
            pusher.join().unwrap();
            seen.extend(numbers(injector.take_share(8)));
            assert_eq!(seen, [1, 2, 3]);
        });
    }
}
