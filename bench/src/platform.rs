//! Threads that stand for CPUs, and nothing else: the platform on which our executor is measured.
//!
//! A thread that has nothing to do gives way to others and looks again, for about as long as parking and waking it takes,
//! some 20 us; then it parks. So it loses at most as much again as it could have saved. Who wakes it with a system call for every few tasks is
//! slower than its work is: giving way lets more work come together.

use std::{
    cell::Cell,
    process,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::*},
    },
    thread::{self, Thread},
    time::Duration,
};

use pollux_executor::{Executor, Idle, Platform, Tick};

use crate::clock::Clock;

const NO_CPU: usize = usize::MAX;

thread_local! {
    static CPU: Cell<usize> = const { Cell::new(NO_CPU) };
}

/// The threads of one executor. There are no interrupts.
pub struct Threads {
    clock: Clock,
    threads: Vec<OnceLock<Thread>>,
    stop: AtomicBool,
}

impl Platform for Threads {
    fn current_cpu(&self) -> Option<usize> {
        let cpu = CPU.get();
        (cpu != NO_CPU).then_some(cpu)
    }

    fn in_interrupt(&self) -> bool {
        false
    }

    fn task_cpu(&self) -> Option<usize> {
        self.current_cpu()
    }

    fn now_ns(&self) -> u64 {
        self.clock.now_ns()
    }

    fn kick(&self, cpu: usize) {
        // Who has published IDLE has put its handle here before. The token of `unpark` stays until the
        // next `park`, so a kick that comes before the sleep ends it at once.
        if let Some(thread) = self.threads[cpu].get() {
            thread.unpark();
        }
    }
}

/// How often a thread gives way to others before it parks.
const GIVE_WAY: u32 = 48;

impl Threads {
    /// A platform for so many threads, for good.
    pub fn leak(threads: usize) -> &'static Threads {
        Box::leak(Box::new(Threads {
            clock: Clock::start(),
            threads: (0..threads).map(|_| OnceLock::new()).collect(),
            stop: AtomicBool::new(false),
        }))
    }

    /// Runs `f` on the calling thread, with an executor that runs on so many other threads. They end
    /// when `f` has; the executor stays, as it is always `'static`.
    ///
    /// # Panics
    /// If there is no memory for the executor.
    pub fn with(threads: usize, f: impl FnOnce(&'static Executor)) {
        let platform = Threads::leak(threads);
        let executor = Executor::new(platform, threads).expect("there is memory for an executor");
        let executor: &'static Executor = Box::leak(Box::new(executor));
        thread::scope(|scope| {
            for cpu in 0..threads {
                scope.spawn(move || {
                    let ended_well = EndsWell;
                    platform.run(executor, cpu);
                    std::mem::forget(ended_well);
                });
            }
            f(executor);
            platform.stop.store(true, SeqCst); // partner: the load in `run`, through the park's token
            platform.threads.iter().filter_map(OnceLock::get).for_each(Thread::unpark);
        });
    }

    /// Runs `f` as the only CPU of an executor: the caller ticks it.
    pub fn as_cpu_0<R>(f: impl FnOnce() -> R) -> R {
        let before = CPU.replace(0);
        let result = f();
        CPU.set(before);
        result
    }

    fn run(&self, executor: &'static Executor, cpu: usize) {
        CPU.set(cpu);
        self.threads[cpu].get_or_init(thread::current);
        loop {
            while executor.tick(cpu) == Tick::Worked {}
            // Parking and waking are system calls of microseconds; work that is about to come is worth a few ticks.
            if (0..GIVE_WAY).any(|_| {
                thread::yield_now();
                executor.tick(cpu) == Tick::Worked
            }) {
                continue;
            }
            let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) else { continue };
            // A thread that put its handle in place after `with` had looked for it sees the flag here.
            if self.stop.load(SeqCst) {
                executor.leave_idle(cpu);
                return;
            }
            match until_ns {
                Some(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(self.now_ns()))),
                None => thread::park(),
            }
            executor.leave_idle(cpu);
        }
    }
}

/// A CPU whose task panicked would leave everybody waiting: then the program ends.
struct EndsWell;

impl Drop for EndsWell {
    fn drop(&mut self) {
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_run_on_the_threads_and_the_threads_end() {
        Threads::with(2, |executor| {
            let tasks: Vec<_> = (0..100).map(|n| executor.spawn("n", async move { n }).unwrap()).collect();
            let sum: u32 = tasks.into_iter().map(|task| futures_lite::future::block_on(task).unwrap()).sum();
            assert_eq!(sum, 4950);
        });
    }
}
