//! Who sleeps and who searches: the atomic idle mask, and the throttle on looking for work.
//!
//! Why no wake is lost is drawn in the crate's documentation, under "Memory order": its steps 1 and 2 of the CPU are
//! [`Sleepers::publish`], 2 and 3 of the waker [`Sleepers::must_kick`] and [`Sleepers::must_wake_searcher`].
//!
//! Work on another CPU's ring is found by searching. At most half of the CPUs search at once. A CPU
//! that puts stealable work on its ring wakes an idle one only if nobody searches; a searcher that
//! finds something and was the last one wakes the next. A searcher that finds nothing goes through
//! that picture: it stops being a searcher *before* its fence, so whoever was silent because of it is
//! seen in its recheck.

use crate::shim::{AtomicBool, AtomicU32, AtomicU64, Ordering::*, fence};

/// Whether a CPU is one of the searchers that [`Sleepers`] counts.
pub(crate) struct Searcher(AtomicBool);

impl Searcher {
    pub(crate) fn new() -> Searcher {
        Searcher(AtomicBool::new(false))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// The idle mask and the count of searchers, for up to 64 CPUs.
#[repr(align(128))]
pub(crate) struct Sleepers {
    idle: AtomicU64,
    searching: AtomicU32,
    most_searching: u32,
}

impl Sleepers {
    pub(crate) fn new(cpus: usize) -> Sleepers {
        Sleepers {
            idle: AtomicU64::new(0),
            searching: AtomicU32::new(0),
            most_searching: (cpus as u32 / 2).max(1),
        }
    }

    /// Steps 1 and 2 of the idle CPU. If it was a searcher, that ends here.
    pub(crate) fn publish(&self, cpu: usize, searcher: &Searcher) {
        self.idle.fetch_or(1 << cpu, Relaxed);
        if searcher.0.swap(false, Relaxed) {
            self.searching.fetch_sub(1, Relaxed);
        }
        fence(SeqCst); // partner: the fence in `must_kick` and `must_wake_searcher`
    }

    /// The CPU is awake, or the waker has taken its IDLE to kick it: true if IDLE was published.
    pub(crate) fn withdraw(&self, cpu: usize) -> bool {
        self.idle.fetch_and(!(1 << cpu), Relaxed) & 1 << cpu != 0
    }

    /// Steps 2 and 3 of a waker that has pushed onto `cpu`'s inbox: true if it must kick.
    #[must_use]
    pub(crate) fn must_kick(&self, cpu: usize) -> bool {
        fence(SeqCst); // partner: the fence in `publish`
        self.idle.load(Relaxed) & 1 << cpu != 0 && self.withdraw(cpu)
    }

    /// Steps 2 and 3 of a CPU that has put stealable work on its ring: the CPU which it must
    /// [appoint](Sleepers::appoint) and kick. It is counted as a searcher already.
    #[must_use]
    pub(crate) fn must_wake_searcher(&self) -> Option<usize> {
        loop {
            fence(SeqCst); // partner: the fence in `publish`
            if self.searching.load(Relaxed) != 0 || self.idle.load(Relaxed) == 0 {
                return None;
            }
            if self.searching.compare_exchange(0, 1, Relaxed, Relaxed).is_err() {
                return None;
            }
            loop {
                let idle = self.idle.load(Relaxed);
                if idle == 0 {
                    break;
                }
                let cpu = idle.trailing_zeros() as usize;
                if self.withdraw(cpu) {
                    return Some(cpu);
                }
            }
            // All woke up meanwhile. Somebody may have kept silent because of our count, about a CPU
            // that went idle since: look once more.
            self.searching.fetch_sub(1, Relaxed);
        }
    }

    /// Whether any CPU is idle: a guess.
    pub(crate) fn any_idle(&self) -> bool {
        self.idle.load(Relaxed) != 0
    }

    /// The CPUs that are idle, a bit each.
    pub(crate) fn idle(&self) -> u64 {
        self.idle.load(SeqCst)
    }

    /// Some idle CPU: a guess.
    pub(crate) fn some_idle(&self) -> Option<usize> {
        let idle = self.idle.load(Relaxed);
        (idle != 0).then(|| idle.trailing_zeros() as usize)
    }

    /// Makes a CPU the searcher that [`Sleepers::must_wake_searcher`] has counted. It may have woken up by itself and
    /// become one meanwhile: then one of the two counts goes. Call it before the kick, so that a CPU about which
    /// somebody kept silent because of that count looks once more.
    pub(crate) fn appoint(&self, searcher: &Searcher) {
        if searcher.0.swap(true, Relaxed) {
            self.searching.fetch_sub(1, Relaxed);
        }
    }

    /// Whether the CPU that calls, which is no searcher, may be one; if so, it is counted.
    #[must_use]
    pub(crate) fn begin_search(&self, searcher: &Searcher) -> bool {
        let searching = self.searching.load(Relaxed);
        let may = searching < self.most_searching
            && self.searching.compare_exchange(searching, searching + 1, Relaxed, Relaxed).is_ok();
        if may && searcher.0.swap(true, Relaxed) {
            // Somebody has appointed it at this moment. It stays one: what others keep silent about, it looks for.
            self.searching.fetch_sub(1, Relaxed);
        }
        may
    }

    /// A searcher has found work: true if it was the last, and must wake the next.
    #[must_use]
    pub(crate) fn found(&self, searcher: &Searcher) -> bool {
        searcher.0.swap(false, Relaxed) && self.searching.fetch_sub(1, Relaxed) == 1
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::*;
    use crate::shim::AtomicUsize;
    use loom::{sync::Arc, thread};

    struct World {
        sleepers: Sleepers,
        searcher: Searcher,
        queue: AtomicUsize,
        kicked: AtomicBool,
        sleeps: AtomicBool,
    }

    fn world(cpus: usize) -> Arc<World> {
        Arc::new(World {
            sleepers: Sleepers::new(cpus),
            searcher: Searcher::new(),
            queue: AtomicUsize::new(0),
            kicked: AtomicBool::new(false),
            sleeps: AtomicBool::new(false),
        })
    }

    fn go_idle(w: &World) {
        w.sleepers.publish(0, &w.searcher);
        if w.queue.load(Relaxed) == 0 {
            w.sleeps.store(true, Relaxed);
        } else {
            w.sleepers.withdraw(0);
        }
    }

    /// One waker, one CPU that goes idle: it does not sleep with work in its queue and no kick.
    #[test]
    fn loom_idle_loses_no_wake() {
        loom::model(|| {
            let w = world(2);
            let idle = {
                let w = w.clone();
                thread::spawn(move || go_idle(&w))
            };
            w.queue.store(1, Relaxed);
            if w.sleepers.must_kick(0) {
                w.kicked.store(true, Relaxed);
            }
            idle.join().unwrap();
            assert!(!w.sleeps.load(Relaxed) || w.kicked.load(Relaxed), "asleep with work and no kick");
        });
    }

    /// A CPU that fails to find work while another puts some on its ring: either the searcher sees it
    /// in its recheck, or it is woken.
    #[test]
    fn loom_last_searcher_sees_the_work_or_is_woken() {
        loom::model(|| {
            let w = world(2);
            let idle = {
                let w = w.clone();
                thread::spawn(move || {
                    let _ = w.sleepers.begin_search(&w.searcher);
                    go_idle(&w);
                })
            };
            w.queue.store(1, Relaxed);
            if w.sleepers.must_wake_searcher() == Some(0) {
                w.kicked.store(true, Relaxed);
            }
            idle.join().unwrap();
            assert!(!w.sleeps.load(Relaxed) || w.kicked.load(Relaxed), "asleep with work to steal");
        });
    }

    /// Two wakers and one idle CPU: exactly one of them kicks.
    #[test]
    fn loom_one_kick_is_enough() {
        loom::model(|| {
            let w = world(2);
            w.sleepers.publish(0, &w.searcher);
            let other = {
                let w = w.clone();
                thread::spawn(move || usize::from(w.sleepers.must_kick(0)))
            };
            let kicks = usize::from(w.sleepers.must_kick(0)) + other.join().unwrap();
            assert_eq!(kicks, 1);
        });
    }

    /// A CPU is chosen to search while it wakes up and searches by itself: however the two fall together, it is counted
    /// once, and not at all when it is idle again. (A count too many would keep everybody silent for ever.)
    #[test]
    fn loom_a_searcher_is_counted_once() {
        loom::model(|| {
            let w = world(4);
            w.sleepers.publish(0, &w.searcher);
            let idle = {
                let w = w.clone();
                thread::spawn(move || {
                    w.sleepers.withdraw(0);
                    if !w.searcher.is_set() {
                        let _ = w.sleepers.begin_search(&w.searcher);
                    }
                    go_idle(&w);
                })
            };
            let chosen = w.sleepers.must_wake_searcher();
            if chosen.is_some() {
                w.sleepers.appoint(&w.searcher);
            }
            idle.join().unwrap();
            // The kick, if there was one, makes it look once more.
            w.sleepers.publish(0, &w.searcher);
            assert_eq!(w.sleepers.searching.load(Relaxed), 0, "counted, and idle");
        });
    }
}
