//! A hierarchical timer wheel over 64-bit nanoseconds: adding and cancelling take constant time, and
//! the next deadline is exact.
//!
//! ```text
//!   level 0:  64 slots of       1 ns     what differs from `elapsed` in the lowest 6 bits only
//!   level 1:  64 slots of      64 ns     ... in the next 6 bits
//!   ...
//!   level 10: 16 slots of 2^60 ns
//! ```
//!
//! A timer lies on the level of the highest 6-bit digit in which its deadline differs from `elapsed`,
//! in the slot of that digit. So everything on a level is due before everything on the next one, the
//! first filled slot of the lowest filled level holds the next deadline, and as time enters a slot its
//! timers move to lower levels. On level 0 all timers of a slot have the same deadline, and a slot is a
//! queue: what is due earlier fires earlier. (Equal deadlines fire in the order in which they came, unless
//! they came so far apart that they lay on different levels.)
//!
//! The lists run through the nodes, which lie in pinned futures. Who has the wheel by `&mut` holds its
//! lock, and with it owns all nodes that belong to this wheel, linked or not.

use alloc::vec::Vec;
use core::{mem::MaybeUninit, ptr::NonNull, task::Waker};

use pollux_trace::trace;

use crate::platform::OutOfMemory;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 64usize.div_ceil(BITS as usize);

/// A timer's place in a wheel.
pub(crate) struct Node {
    prev: Option<NonNull<Node>>,
    next: Option<NonNull<Node>>,
    at: u64,
    /// Level and slot, while linked.
    place: Option<(u8, u8)>,
    waker: Option<Waker>,
}

impl Node {
    pub(crate) const fn new() -> Node {
        Node { prev: None, next: None, at: 0, place: None, waker: None }
    }

    pub(crate) fn is_linked(&self) -> bool {
        self.place.is_some()
    }

    /// Sets whom to wake; gives back the waker that it replaced, to be dropped without the lock.
    pub(crate) fn set_waker(&mut self, waker: &Waker) -> Option<Waker> {
        if self.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            return None;
        }
        self.waker.replace(waker.clone())
    }
}

#[derive(Clone, Copy)]
struct Slot {
    head: NonNull<Node>,
    tail: NonNull<Node>,
}

/// See the module.
pub(crate) struct Wheel {
    /// All deadlines before this have fired.
    elapsed: u64,
    /// One bit for each level that is not empty.
    filled: u32,
    /// For each level, one bit for each slot that is not empty.
    filled_slots: [u64; LEVELS],
    /// Those of level 0, and so on. What an empty one holds means nothing, so nobody writes to these eleven KiB before
    /// they are needed.
    slots: Vec<MaybeUninit<Slot>>,
}

// SAFETY: nodes are reached under the wheel's lock only, and wakers may go anywhere.
unsafe impl Send for Wheel {}

fn level_of(elapsed: u64, at: u64) -> usize {
    // `| 1`: equal ones lie on level 0.
    ((63 - ((elapsed ^ at) | 1).leading_zeros()) / BITS) as usize
}

fn digit(at: u64, level: usize) -> usize {
    (at >> (level as u32 * BITS)) as usize % SLOTS
}

impl Wheel {
    pub(crate) fn new() -> Result<Wheel, OutOfMemory> {
        let mut slots = Vec::new();
        slots.try_reserve_exact(LEVELS * SLOTS).map_err(|_| OutOfMemory)?;
        // SAFETY: there is room for so many, and this type needs no value.
        unsafe { slots.set_len(LEVELS * SLOTS) };
        Ok(Wheel { elapsed: 0, filled: 0, filled_slots: [0; LEVELS], slots })
    }

    fn is_filled(&self, level: usize, index: usize) -> bool {
        self.filled_slots[level] & 1 << index != 0
    }

    /// A slot that is not empty.
    fn slot(&mut self, level: usize, index: usize) -> &mut Slot {
        debug_assert!(self.is_filled(level, index), "an empty slot was looked at");
        // SAFETY: it is not empty, so it was written when its first timer came.
        unsafe { self.slots[level * SLOTS + index].assume_init_mut() }
    }

    /// Adds a node that is due at `at`.
    ///
    /// # Safety
    /// The node is not linked, belongs to this wheel, and is removed before it moves or goes.
    pub(crate) unsafe fn insert(&mut self, node: NonNull<Node>, at: u64) {
        // What is overdue lies in the slot of now.
        let key = at.max(self.elapsed);
        let level = level_of(self.elapsed, key);
        let index = digit(key, level);
        // SAFETY: the nodes are ours by the lock, and alive since they are linked, or about to be.
        unsafe {
            let n = &mut *node.as_ptr();
            n.at = at;
            n.place = Some((level as u8, index as u8));
            n.next = None;
            if self.is_filled(level, index) {
                let tail = core::mem::replace(&mut self.slot(level, index).tail, node);
                n.prev = Some(tail);
                (*tail.as_ptr()).next = Some(node);
                return;
            }
            n.prev = None;
        }
        self.slots[level * SLOTS + index].write(Slot { head: node, tail: node });
        self.filled_slots[level] |= 1 << index;
        self.filled |= 1 << level;
    }

    /// Takes a node out.
    ///
    /// # Safety
    /// It is linked in this wheel.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<Node>) {
        // SAFETY: as in `insert`.
        unsafe {
            let n = &mut *node.as_ptr();
            let Some((level, index)) = n.place.take() else { return };
            let (prev, next) = (n.prev.take(), n.next.take());
            let (level, index) = (usize::from(level), usize::from(index));
            match (prev, next) {
                (None, None) => self.empty(level, index),
                (None, Some(next)) => {
                    (*next.as_ptr()).prev = None;
                    self.slot(level, index).head = next;
                }
                (Some(prev), None) => {
                    (*prev.as_ptr()).next = None;
                    self.slot(level, index).tail = prev;
                }
                (Some(prev), Some(next)) => {
                    (*prev.as_ptr()).next = Some(next);
                    (*next.as_ptr()).prev = Some(prev);
                }
            }
        }
    }

    fn empty(&mut self, level: usize, index: usize) {
        self.filled_slots[level] &= !(1 << index);
        if self.filled_slots[level] == 0 {
            self.filled &= !(1 << level);
        }
    }

    /// The slot that comes next, and the time at which it begins.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        if self.filled == 0 {
            return None;
        }
        let level = self.filled.trailing_zeros() as usize;
        let index = self.filled_slots[level].trailing_zeros() as usize;
        let above = (level as u32 + 1) * BITS;
        let high = if above >= u64::BITS { 0 } else { self.elapsed >> above << above };
        Some((level, index, high | (index as u64) << (level as u32 * BITS)))
    }

    /// The next deadline, exactly.
    pub(crate) fn next(&self) -> Option<u64> {
        let (level, index, _) = self.next_slot()?;
        let mut first = u64::MAX;
        // SAFETY: as in `slot`.
        let mut at = Some(unsafe { self.slots[level * SLOTS + index].assume_init_ref() }.head);
        while let Some(node) = at {
            // SAFETY: it is linked, so alive, and ours by the lock.
            let node = unsafe { node.as_ref() };
            first = first.min(node.at);
            at = node.next;
        }
        Some(first)
    }

    /// Unlinks the timer that is due first, if that is at `now` or before, and gives its waker.
    pub(crate) fn expire_one(&mut self, now: u64) -> Option<Waker> {
        loop {
            let Some((level, index, start)) = self.next_slot().filter(|&(_, _, start)| start <= now) else {
                // No slot begins before `now`, so every timer keeps its place relative to it.
                self.elapsed = self.elapsed.max(now);
                return None;
            };
            self.elapsed = self.elapsed.max(start);
            let node = self.slot(level, index).head;
            // SAFETY: what is linked here is alive, and ours by the lock.
            unsafe {
                if level == 0 {
                    trace!(TimerFire, now - (*node.as_ptr()).at.min(now));
                    self.remove(node);
                    if let Some(waker) = (*node.as_ptr()).waker.take() {
                        return Some(waker);
                    }
                } else {
                    // Time has entered this slot: all in it go to lower levels, in the same order.
                    self.empty(level, index);
                    let mut head = Some(node);
                    while let Some(node) = head {
                        head = (*node.as_ptr()).next;
                        self.insert(node, (*node.as_ptr()).at);
                    }
                }
            }
        }
    }

    /// Before an insert at time `now`: an empty wheel follows the clock at no cost.
    pub(crate) fn catch_up(&mut self, now: u64) {
        if self.filled == 0 {
            self.elapsed = self.elapsed.max(now);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use alloc::{boxed::Box, sync::Arc};
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    /// Writes down, when woken, which timer it was.
    struct Note(u64, Arc<AtomicU64>);
    impl alloc::task::Wake for Note {
        fn wake(self: Arc<Self>) {
            self.1.store(self.0, Relaxed);
        }
    }

    struct Bench {
        wheel: Wheel,
        // Raw, since the wheel reaches the nodes too.
        nodes: Vec<*mut Node>,
        fired: Arc<AtomicU64>,
    }

    impl Bench {
        fn new() -> Bench {
            Bench { wheel: Wheel::new().unwrap(), nodes: Vec::new(), fired: Arc::default() }
        }
        fn add(&mut self, at: u64) -> NonNull<Node> {
            let node = NonNull::new(Box::into_raw(Box::new(Node::new()))).unwrap();
            self.nodes.push(node.as_ptr());
            let waker = Arc::new(Note(self.nodes.len() as u64, self.fired.clone())).into();
            // SAFETY: a fresh node, freed after the wheel.
            unsafe {
                (*node.as_ptr()).set_waker(&waker);
                self.wheel.insert(node, at);
            }
            node
        }
        fn advance(&mut self, now: u64) -> Vec<u64> {
            let mut order = Vec::new();
            while let Some(waker) = self.wheel.expire_one(now) {
                waker.wake();
                order.push(self.fired.load(Relaxed));
            }
            order
        }
    }

    impl Drop for Bench {
        fn drop(&mut self) {
            for &node in &self.nodes {
                // SAFETY: from a box; the wheel is not used any more.
                drop(unsafe { Box::from_raw(node) });
            }
        }
    }

    #[test]
    fn they_fire_in_the_order_of_their_deadlines() {
        let mut b = Bench::new();
        for at in [70, 65, 5_000_000_000, 65, 64, 1 << 62, 5_000_000_001] {
            b.add(at);
        }
        assert_eq!(b.wheel.next(), Some(64));
        assert_eq!(b.advance(63), []);
        assert_eq!(b.advance(65), [5, 2, 4]);
        assert_eq!(b.wheel.next(), Some(70));
        assert_eq!(b.advance(5_000_000_000), [1, 3]);
        assert_eq!(b.wheel.next(), Some(5_000_000_001));
        assert_eq!(b.advance(u64::MAX), [7, 6]);
        assert_eq!(b.wheel.next(), None);
    }

    #[test]
    fn what_is_cancelled_does_not_fire_and_does_not_count_as_next() {
        let mut b = Bench::new();
        let first = b.add(1000);
        b.add(1001);
        // SAFETY: it is linked.
        unsafe { b.wheel.remove(first) };
        assert_eq!(b.wheel.next(), Some(1001));
        assert_eq!(b.advance(2000), [2]);
    }

    #[test]
    fn what_is_overdue_when_added_fires_at_once() {
        let mut b = Bench::new();
        assert_eq!(b.advance(1_000_000), []);
        b.add(17);
        assert_eq!(b.wheel.next(), Some(17));
        assert_eq!(b.advance(1_000_000), [1]);
    }

    #[test]
    fn random_timers_fire_as_a_sorted_list_would() {
        let mut b = Bench::new();
        let mut x = 88172645463325252_u64;
        let mut random = move || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x
        };
        let mut model: Vec<(u64, u64)> = Vec::new();
        let mut now = 0;
        for id in 1..=if cfg!(miri) { 100 } else { 3000 } {
            let at = now + (random() >> (random() % 60 + 4));
            b.add(at);
            model.push((at, id));
            if random() % 3 == 0 {
                now += random() >> (random() % 50 + 14);
                model.sort();
                let due = model.partition_point(|&(at, _)| at <= now);
                let mut expected: Vec<(u64, u64)> = model.drain(..due).collect();
                let fired: Vec<u64> = b.advance(now);
                let at = |id: &u64| expected.iter().find(|e| e.1 == *id).map(|e| e.0);
                assert!(fired.is_sorted_by_key(at), "{fired:?} is not the order of {expected:?}");
                expected.sort_by_key(|e| e.1);
                let mut ids = fired;
                ids.sort_unstable();
                assert_eq!(ids, expected.iter().map(|e| e.1).collect::<Vec<_>>());
            }
            assert_eq!(b.wheel.next(), model.iter().map(|m| m.0).min());
        }
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use alloc::boxed::Box;
    use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use loom::{sync::Mutex, thread};

    #[derive(Default)]
    struct Count(AtomicUsize);
    impl alloc::task::Wake for Count {
        fn wake(self: alloc::sync::Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    struct Shared(Mutex<Wheel>, *mut Node);
    // SAFETY: the node is reached with the lock held, until it is freed by the last thread to look at it.
    unsafe impl Send for Shared {}
    // SAFETY: as above.
    unsafe impl Sync for Shared {}

    /// A sleep is dropped on one CPU while the CPU of its wheel fires it, and another one of the same time: the task is woken
    /// once or not at all, the other's in any case, and afterwards the wheel knows nothing of either. Caught: a drop that
    /// looks at the link before it has the lock; a node that says that it is linked after it was removed.
    #[test]
    fn loom_timer_cancel_races_with_its_time() {
        loom::model(|| {
            let count = alloc::sync::Arc::new(Count::default());
            let node = Box::into_raw(Box::new(Node::new()));
            let (other_count, mut other) = (alloc::sync::Arc::new(Count::default()), Box::new(Node::new()));
            let mut wheel = Wheel::new().unwrap();
            // SAFETY: fresh nodes, removed before they are freed: one below, the other by its time.
            unsafe {
                (*node).set_waker(&count.clone().into());
                wheel.insert(NonNull::new_unchecked(node), 10);
                other.set_waker(&other_count.clone().into());
                wheel.insert(NonNull::from(&mut *other), 10);
            }
            let shared = loom::sync::Arc::new(Shared(Mutex::new(wheel), node));
            let fires = shared.clone();
            let cpu = thread::spawn(move || {
                while let Some(waker) = {
                    let mut wheel = fires.0.lock().unwrap();
                    wheel.expire_one(20)
                } {
                    waker.wake();
                }
            });
            {
                let mut wheel = shared.0.lock().unwrap();
                // SAFETY: we hold the lock.
                unsafe {
                    if (*shared.1).is_linked() {
                        wheel.remove(NonNull::new_unchecked(shared.1));
                    }
                }
            }
            // SAFETY: it is in no wheel, and nobody else knows it.
            drop(unsafe { Box::from_raw(shared.1) });
            cpu.join().unwrap();
            assert!(count.0.load(Relaxed) <= 1, "woken twice");
            assert_eq!(other_count.0.load(Relaxed), 1, "the other one's time has come, too");
            assert_eq!(alloc::sync::Arc::strong_count(&count), 1, "a waker is left");
            assert_eq!(shared.0.lock().unwrap().next(), None);
        });
    }
}
