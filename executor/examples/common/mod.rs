//! What the examples share: an executor on threads of this program.

use pollux_executor::{Executor, Idle, Platform, Tick};
use std::{
    cell::Cell,
    pin::pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Wake},
    thread::{self, Thread},
    time::{Duration, Instant},
};

thread_local!(static CPU: Cell<Option<usize>> = const { Cell::new(None) });

struct Threads {
    start: Instant,
    threads: Vec<OnceLock<Thread>>,
}

impl Platform for Threads {
    fn current_cpu(&self) -> Option<usize> {
        CPU.get()
    }
    fn in_interrupt(&self) -> bool {
        false
    }
    fn now_ns(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
    fn kick(&self, cpu: usize) {
        self.threads[cpu].get().inspect(|thread| thread.unpark());
    }
}

/// An executor on so many threads, which end with the program.
pub fn executor(threads: usize) -> &'static Executor {
    let places = (0..threads).map(|_| OnceLock::new()).collect();
    let platform: &'static Threads = Box::leak(Box::new(Threads { start: Instant::now(), threads: places }));
    let executor = Executor::new(platform, threads).expect("memory for an executor");
    let executor: &'static Executor = Box::leak(Box::new(executor));
    for cpu in 0..threads {
        thread::spawn(move || {
            CPU.set(Some(cpu));
            platform.threads[cpu].get_or_init(thread::current);
            loop {
                while executor.tick(cpu) == Tick::Worked {}
                if let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) {
                    match until_ns {
                        Some(at) => {
                            thread::park_timeout(Duration::from_nanos(at.saturating_sub(platform.now_ns())))
                        }
                        None => thread::park(),
                    }
                    executor.leave_idle(cpu);
                }
            }
        });
    }
    executor
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread, which is none of the executor's.
pub fn wait_for<F: Future>(future: F) -> F::Output {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
