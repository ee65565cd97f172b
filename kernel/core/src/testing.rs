//! What the tests of this crate share: polling by hand, counting wakes, and one CPU of an executor that
//! goes on only when it is told to.

use alloc::{boxed::Box, string::String, sync::Arc, task::Wake, vec::Vec};
use core::{
    future::Future,
    pin::pin,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};
use pollux_executor::{Abandoned, Executor, Idle, Platform, Tick};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread::{self, ThreadId},
};

use crate::{jobs::Jobs, waits::Wait};

/// Runs a future that has all it needs.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits, but it has all it needs"),
    }
}

/// Checks that a future waits.
pub fn pending<T>(future: impl Future<Output = T>) {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the future should wait");
}

/// A waker that counts.
pub struct Woken {
    count: Arc<Count>,
    waker: Waker,
}

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    /// A waker that nobody has woken yet.
    pub fn new() -> Self {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        Self { waker: Waker::from(count.clone()), count }
    }

    /// For polling with this waker.
    pub fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// How often it was woken.
    pub fn count(&self) -> usize {
        self.count.0.load(Ordering::SeqCst)
    }
}

/// One CPU on the thread of the test, with a clock that the test sets.
pub struct Cpu {
    pub executor: &'static Executor,
    platform: &'static OneThread,
    /// How a panicked future is treated: dropped as on threads, or leaked as in the kernel.
    pub abandon: Abandoned,
}

struct OneThread {
    thread: ThreadId,
    now_ns: AtomicU64,
}

impl Platform for OneThread {
    fn current_cpu(&self) -> Option<usize> {
        (thread::current().id() == self.thread).then_some(0)
    }
    fn in_interrupt(&self) -> bool {
        false
    }
    fn now_ns(&self) -> u64 {
        self.now_ns.load(Ordering::SeqCst)
    }
    fn kick(&self, _cpu: usize) {}
}

impl Cpu {
    /// The tasks whose wake was lost, of which nobody was told before, each with what it waits for.
    pub fn lost_wakes(&self, jobs: &Jobs) -> Vec<(String, Wait)> {
        let mut told = Vec::new();
        let _ = jobs.report_lost_wakes(&|| self.executor.polls_if_quiet(0), &mut |info, wait| {
            told.push((info.name.as_str().into(), wait))
        });
        told
    }

    pub fn new() -> Self {
        let platform: &'static OneThread =
            Box::leak(Box::new(OneThread { thread: thread::current().id(), now_ns: AtomicU64::new(0) }));
        let executor = Box::leak(Box::new(Executor::new(platform, 1).unwrap()));
        Self { executor, platform, abandon: Abandoned::Leak }
    }

    /// Runs tasks until all of them wait.
    pub fn run(&self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.executor.tick(0))) {
                Ok(Tick::Worked) => {}
                Ok(Tick::Idle) => match self.executor.prepare_idle(0) {
                    Idle::Work => {}
                    Idle::Sleep { .. } => return self.executor.leave_idle(0),
                },
                Err(panic) => {
                    let message =
                        panic.downcast_ref::<&str>().map_or(String::from("?"), |text| (*text).into());
                    self.executor.abandon_current(0, message, self.abandon);
                }
            }
        }
    }

    /// Lets time pass, then runs what that has woken.
    pub fn advance(&self, time: Duration) {
        self.platform.now_ns.fetch_add(time.as_nanos() as u64, Ordering::SeqCst);
        self.run();
    }
}
