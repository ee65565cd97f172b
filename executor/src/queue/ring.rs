//! The owner's ring: one CPU pushes, that CPU and thieves pop; a thief takes half.
//!
//! ```text
//!            head ──▶ oldest                    newest ◀── tail
//!   owner pops, thieves take half here      owner pushes here
//! ```
//!
//! `head` moves by compare-exchange only, so each position is popped once. A thief reads slots before
//! it owns them; its exchange fails if anyone moved `head` meanwhile, and then what it read is not used.
//! The slots themselves are atomics, so reading one that is being overwritten is harmless.
//!
//! ```text
//!   thief                                owner
//!   reads slot h                         pops or pushes …
//!   head: h → h+n   (Release, A) ──────▶ loads head (Acquire, A') and sees h+n
//!                                        overwrites slot h
//!   loads tail (Acquire, B') ◀────────── stores tail (Release, B) after the slot
//! ```
//!
//! A–A': the owner reuses a slot only after the thief has read it. B–B': a thief that sees a position
//! sees what was put there.
//!
//! Only one may push at a time. `producer` makes sure of it without waiting: a push that finds it taken
//! is refused, and the caller uses the inbox. On a right platform that never happens; on one that lies
//! about the current CPU it costs order, not memory safety.

use core::ptr::NonNull;

use crate::shim::{AtomicBool, AtomicPtr, AtomicU32, Ordering::*};

/// Slots of a ring; a power of two.
pub(crate) const SLOTS: u32 = if cfg!(loom) { 4 } else { 256 };

/// See the module.
pub(crate) struct Ring<T> {
    head: AtomicU32,
    tail: AtomicU32,
    producer: AtomicBool,
    slots: [AtomicPtr<T>; SLOTS as usize],
}

struct Producer<'a, T>(&'a Ring<T>);

impl<T> Drop for Producer<'_, T> {
    fn drop(&mut self) {
        // Release: partner of the Acquire in `produce`; the tail as we left it.
        self.0.producer.store(false, Release);
    }
}

impl<T> Ring<T> {
    pub(crate) fn new() -> Ring<T> {
        Ring {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            producer: AtomicBool::new(false),
            slots: core::array::from_fn(|_| AtomicPtr::new(core::ptr::null_mut())),
        }
    }

    fn slot(&self, position: u32) -> &AtomicPtr<T> {
        &self.slots[(position % SLOTS) as usize]
    }

    fn produce(&self) -> Option<Producer<'_, T>> {
        // Acquire: partner of the Release of the last producer.
        (!self.producer.swap(true, Acquire)).then_some(Producer(self))
    }

    /// Whether nothing is in it, if nobody is at it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bits() == 0
    }

    /// 0 if it is empty.
    pub(crate) fn bits(&self) -> usize {
        (self.tail.load(Relaxed) ^ self.head.load(Relaxed)) as usize
    }

    /// For how many items there is room, if the one who pushes asks: thieves only make more.
    pub(crate) fn room(&self) -> usize {
        SLOTS as usize - self.len()
    }

    /// How many items are in it: a guess, for others than the one who pushes.
    pub(crate) fn len(&self) -> usize {
        self.tail.load(Relaxed).wrapping_sub(self.head.load(Relaxed)).min(SLOTS) as usize
    }

    /// Appends an item; gives it back when the ring is full (or has another producer).
    pub(crate) fn push(&self, item: NonNull<T>) -> Result<(), NonNull<T>> {
        let Some(_producer) = self.produce() else { return Err(item) };
        let tail = self.tail.load(Relaxed);
        // Acquire (A'): thieves have read what was in the slot.
        if tail.wrapping_sub(self.head.load(Acquire)) >= SLOTS {
            return Err(item);
        }
        self.slot(tail).store(item.as_ptr(), Relaxed);
        self.tail.store(tail.wrapping_add(1), Release); // B
        Ok(())
    }

    /// Takes the oldest item.
    pub(crate) fn pop(&self) -> Option<NonNull<T>> {
        let mut head = self.head.load(Relaxed);
        loop {
            // Acquire (B'): the slot. For the owner, who wrote it, this costs nothing.
            if head == self.tail.load(Acquire) {
                return None;
            }
            let item = self.slot(head).load(Relaxed);
            // Release (A): we have read the slot.
            match self.head.compare_exchange_weak(head, head.wrapping_add(1), Release, Relaxed) {
                Ok(_) => return NonNull::new(item),
                Err(now) => head = now,
            }
        }
    }

    /// Takes half of `victim`, rounded up: returns the oldest, and puts the others into this ring,
    /// whose owner calls. Also says how many it took in all.
    pub(crate) fn steal_from(&self, victim: &Ring<T>) -> Option<(NonNull<T>, u32)> {
        let _producer = self.produce()?;
        let tail = self.tail.load(Relaxed);
        // Acquire (A'), as in `push`.
        let room = SLOTS - tail.wrapping_sub(self.head.load(Acquire));
        let mut head = victim.head.load(Acquire);
        loop {
            let available = victim.tail.load(Acquire).wrapping_sub(head); // B'
            if available == 0 {
                return None;
            }
            if available > SLOTS {
                // Head and tail are of different moments: look again.
                head = victim.head.load(Acquire);
                continue;
            }
            let n = (available - available / 2).min(room + 1);
            let first = victim.slot(head).load(Relaxed);
            for i in 1..n {
                let item = victim.slot(head.wrapping_add(i)).load(Relaxed);
                self.slot(tail.wrapping_add(i - 1)).store(item, Relaxed);
            }
            // Release (A): we have read the slots. Acquire on failure: a fresh view of the victim.
            match victim.head.compare_exchange(head, head.wrapping_add(n), Release, Acquire) {
                Ok(_) => {
                    self.tail.store(tail.wrapping_add(n - 1), Release); // B
                    return Some((NonNull::new(first)?, n));
                }
                Err(now) => head = now,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn item(n: usize) -> NonNull<u8> {
        NonNull::without_provenance(core::num::NonZero::new(n).unwrap())
    }

    #[test]
    fn it_is_first_in_first_out_and_fills_up() {
        let ring = Ring::new();
        for round in 0..3 {
            for n in 1..=SLOTS as usize {
                assert_eq!(ring.push(item(n)), Ok(()), "round {round}");
            }
            assert_eq!(ring.push(item(999)), Err(item(999)), "a full ring takes no more");
            for n in 1..=SLOTS as usize {
                assert_eq!(ring.pop(), Some(item(n)));
            }
            assert_eq!(ring.pop(), None);
        }
    }

    #[test]
    fn a_thief_takes_no_more_than_it_has_room_for() {
        for room in 0..3 {
            let (mine, theirs) = (Ring::new(), Ring::new());
            (1..=SLOTS as usize - room).for_each(|n| mine.push(item(n)).unwrap());
            (1001..=1010).for_each(|n| theirs.push(item(n)).unwrap());
            assert_eq!(
                mine.steal_from(&theirs),
                Some((item(1001), room as u32 + 1)),
                "one to run, and the others"
            );
            let mut kept = (1..=SLOTS as usize - room).chain(1002..=1001 + room);
            assert!(kept.all(|n| mine.pop() == Some(item(n))) && mine.pop().is_none());
            assert_eq!(theirs.pop(), Some(item(1002 + room)));
        }
    }

    #[test]
    fn a_thief_takes_the_older_half_rounded_up() {
        let (mine, theirs) = (Ring::new(), Ring::new());
        assert_eq!(mine.steal_from(&theirs), None);
        for n in 1..=5 {
            theirs.push(item(n)).unwrap();
        }
        assert_eq!(mine.steal_from(&theirs), Some((item(1), 3)));
        assert_eq!((mine.pop(), mine.pop(), mine.pop()), (Some(item(2)), Some(item(3)), None));
        assert_eq!((theirs.pop(), theirs.pop(), theirs.pop()), (Some(item(4)), Some(item(5)), None));
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use loom::{sync::Arc, thread};

    fn item(n: usize) -> NonNull<u8> {
        NonNull::without_provenance(core::num::NonZero::new(n).unwrap())
    }

    /// An owner that pushes and pops past the end of the slots, and a thief: every item comes out
    /// exactly once, and none that was never put in. Caught: Relaxed instead of Release after the slot in `push` (B), and
    /// instead of Acquire before it in `steal_from` (B'). Not to be caught: the same of A and A', for loom never lets a load
    /// see what is stored later.
    #[test]
    fn loom_ring_gives_each_item_once() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let ring = Arc::new(Ring::<u8>::new());
            ring.push(item(1)).unwrap();
            ring.push(item(2)).unwrap();
            let victim = ring.clone();
            let thief = thread::spawn(move || {
                let mine = Ring::new();
                let mut sum = 0;
                if let Some((first, n)) = mine.steal_from(&victim) {
                    sum += first.addr().get();
                    for _ in 1..n {
                        sum += mine.pop().unwrap().addr().get();
                    }
                }
                sum
            });
            let mut sum = 0;
            let mut refused = 0;
            for n in [4, 8, 16] {
                match ring.push(item(n)) {
                    Ok(()) => {}
                    Err(_) => refused += n,
                }
                if n == 4 {
                    sum += ring.pop().map_or(0, |i| i.addr().get());
                }
            }
            while let Some(i) = ring.pop() {
                sum += i.addr().get();
            }
            assert_eq!(sum + refused + thief.join().unwrap(), 31, "an item was lost or came out twice");
        });
    }

    /// Two that pop, and neither is the owner. Caught: Relaxed instead of Acquire before the slot in `pop` (B').
    #[test]
    fn loom_ring_gives_to_any_who_pop() {
        loom::model(|| {
            let ring = Arc::new(Ring::<u8>::new());
            let (owner, other) = (ring.clone(), ring.clone());
            let owner = thread::spawn(move || owner.push(item(1)).unwrap());
            let other = thread::spawn(move || other.pop());
            let taken = ring.pop();
            owner.join().unwrap();
            let others = other.join().unwrap();
            assert!(taken.is_none() || others.is_none(), "one item came out twice");
            assert_eq!(taken.or(others).or_else(|| ring.pop()), Some(item(1)), "an item was lost");
            assert!(ring.is_empty(), "the head is past the tail");
        });
    }

    /// Who steals from a thief gets what that has stolen. Caught: Relaxed instead of Release after the slots in `steal_from` (B).
    #[test]
    fn loom_ring_of_a_thief_is_stolen_from() {
        loom::model(|| {
            let (victim, thief) = (Ring::<u8>::new(), Arc::new(Ring::<u8>::new()));
            for n in [1, 2, 4] {
                victim.push(item(n)).unwrap();
            }
            let theirs = thief.clone();
            let other = thread::spawn(move || Ring::new().steal_from(&theirs));
            let (first, n) = thief.steal_from(&victim).unwrap();
            assert_eq!((first, n, victim.pop()), (item(1), 2, Some(item(4))));
            let taken = other.join().unwrap().map(|(first, _)| first);
            assert_eq!(taken.or_else(|| thief.pop()), Some(item(2)), "an item was lost");
        });
    }

    /// Two CPUs that both take the ring for their own: what is not refused is there. Caught: a `produce` that gives the ring
    /// to both.
    #[test]
    fn loom_ring_has_one_producer() {
        loom::model(|| {
            let ring = Arc::new(Ring::<u8>::new());
            let theirs = ring.clone();
            let other = thread::spawn(move || theirs.push(item(2)).is_ok());
            let mut left = usize::from(ring.push(item(1)).is_ok()) + 2 * usize::from(other.join().unwrap());
            while let Some(item) = ring.pop() {
                left -= item.addr().get();
            }
            assert_eq!(left, 0, "an item was lost");
        });
    }
}
