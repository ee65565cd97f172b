//! Timers: a [`wheel`] for each CPU, and the future that sits in it.
//!
//! A timer sits in the wheel of the CPU where it was first polled, and stays there if its task moves:
//! that CPU fires it, and the wake finds the task. Whoever drops it takes it out, from any CPU. The
//! lock of a wheel is for task context only; a CPU with interrupts off (in `prepare_idle`) may take it,
//! since no handler does.

pub(crate) mod wheel;

use core::{
    cell::UnsafeCell,
    fmt,
    future::Future,
    marker::PhantomPinned,
    panic::Location,
    pin::Pin,
    ptr::NonNull,
    task::{Context, Poll, Waker},
};

use self::wheel::Node;
use pollux_trace::trace;

use crate::{
    budget,
    cpu::Cpu,
    executor::Executor,
    shim::{Ordering::*, count},
    wait_site::{Awaited, waits_for},
};

/// A future that is ready at a time of the platform's clock; see [`Executor::sleep`].
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    executor: &'static Executor,
    at_ns: u64,
    made_at: &'static Location<'static>,
    /// The CPU in whose wheel the node is or was.
    cpu: Option<usize>,
    /// Belongs to who holds the lock of that wheel.
    node: UnsafeCell<Node>,
    _pinned: PhantomPinned,
}

// SAFETY: the node is touched under the wheel's lock only, from whatever CPU.
unsafe impl Send for Sleep {}
// SAFETY: a shared `Sleep` gives access to nothing but the deadline.
unsafe impl Sync for Sleep {}

impl Sleep {
    #[track_caller]
    pub(crate) fn new(executor: &'static Executor, at_ns: u64) -> Sleep {
        Sleep {
            executor,
            at_ns,
            made_at: Location::caller(),
            cpu: None,
            node: UnsafeCell::new(Node::new()),
            _pinned: PhantomPinned,
        }
    }

    /// When it is ready.
    pub fn deadline_ns(&self) -> u64 {
        self.at_ns
    }

    fn node(&self) -> NonNull<Node> {
        // SAFETY: the address of a field is not null.
        unsafe { NonNull::new_unchecked(self.node.get()) }
    }

    /// Whether it is time; if not, sees to it that `waker` is woken then.
    fn arm(&mut self, waker: &Waker) -> bool {
        let executor = self.executor;
        let now_ns = executor.now_ns();
        if now_ns >= self.at_ns {
            return true;
        }
        let here = executor.current_cpu();
        let index = *self.cpu.get_or_insert(here.unwrap_or(0));
        let cpu = &executor.cpus[index];
        let node = self.node();
        let mut wheel = cpu.timers.lock();
        // SAFETY: we hold the lock of the wheel that the node belongs to; it stays in place until
        // `drop` takes it out, for we are pinned.
        let earlier = unsafe {
            let old = (*node.as_ptr()).set_waker(waker);
            if !(*node.as_ptr()).is_linked() {
                trace!(TimerAdd, self.at_ns - now_ns);
                wheel.catch_up(now_ns);
                wheel.insert(node, self.at_ns);
            }
            let earlier = self.at_ns < cpu.far.next_timer_ns.load(Relaxed);
            if earlier {
                cpu.far.next_timer_ns.store(self.at_ns, Relaxed);
            }
            drop(wheel);
            drop(old); // without the lock: it may run foreign code
            earlier
        };
        if earlier && here != Some(index) {
            // The other CPU may sleep until something later.
            executor.kick_if_idle(index);
        }
        false
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out of it; the node stays where it is.
        let this = unsafe { self.get_unchecked_mut() };
        if this.arm(cx.waker()) {
            return budget::charge(cx);
        }
        waits_for(cx, this.made_at, Awaited { kind: Awaited::TIME, number: this.at_ns });
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(cpu) = self.cpu {
            let mut wheel = self.executor.cpus[cpu].timers.lock();
            // SAFETY: we hold the lock of the wheel that the node belongs to.
            unsafe {
                if (*self.node.get()).is_linked() {
                    trace!(TimerCancel);
                    wheel.remove(self.node());
                }
            }
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sleep(until {} ns)", self.at_ns)
    }
}

impl Executor {
    /// Fires what is due on `cpu` at that time, before any poll. True if something was.
    #[inline]
    pub(crate) fn fire_due(&self, cpu: &Cpu, now_ns: u64) -> bool {
        now_ns >= cpu.far.next_timer_ns.load(Relaxed) && self.fire(cpu, now_ns, cpu)
    }

    /// Fires what is due on `cpu` at `now_ns`; `by` is the CPU that calls, in task context.
    #[cold]
    pub(crate) fn fire(&self, cpu: &Cpu, now_ns: u64, by: &Cpu) -> bool {
        let mut fired = false;
        loop {
            // One at a time, so that a waker runs with no lock held and nothing is lost if it panics.
            let mut wheel = cpu.timers.lock();
            let Some(waker) = wheel.expire_one(now_ns) else {
                cpu.far.next_timer_ns.store(wheel.next().unwrap_or(u64::MAX), Relaxed);
                return fired;
            };
            drop(wheel);
            fired = true;
            count(&by.near.timers_fired, 1);
            waker.wake();
        }
    }

    /// The next deadline on `cpu`, exactly: what was cancelled does not count.
    pub(crate) fn next_deadline(&self, cpu: &Cpu) -> Option<u64> {
        if cpu.far.next_timer_ns.load(Relaxed) == u64::MAX {
            return None;
        }
        let wheel = cpu.timers.lock();
        let next = wheel.next();
        cpu.far.next_timer_ns.store(next.unwrap_or(u64::MAX), Relaxed);
        next
    }
}
