//! Platforms for tests: one thread that plays any CPU and any interrupt, and real threads for CPUs.
#![allow(dead_code, reason = "each test program uses its part")]

use pollux_executor::{Abandoned, Executor, Idle, Platform, Report, TaskInfo, Tick};
use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook},
    sync::{
        Arc, Mutex, Once, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

/// What a panic said.
pub fn message(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<&'static str>() {
        Ok(text) => text.to_string(),
        Err(panic) => panic.downcast::<String>().map_or_else(|_| "?".into(), |text| *text),
    }
}

thread_local! {
    static CPU: Cell<Option<usize>> = const { Cell::new(None) };
    static IN_INTERRUPT: Cell<bool> = const { Cell::new(false) };
    static CLOCK: Cell<u64> = const { Cell::new(0) };
    /// Whether the last panic came from the executor's own source.
    static PANICKED_IN_EXECUTOR: Cell<bool> = const { Cell::new(false) };
}

/// A machine whose CPUs, interrupts and clock are all played by the thread that tests.
#[derive(Default)]
pub struct Puppet {
    kicks: Mutex<Vec<usize>>,
    reports: Mutex<Vec<Report>>,
}

impl Platform for Puppet {
    fn current_cpu(&self) -> Option<usize> {
        CPU.get()
    }
    fn in_interrupt(&self) -> bool {
        IN_INTERRUPT.get()
    }
    fn now_ns(&self) -> u64 {
        CLOCK.get()
    }
    fn kick(&self, cpu: usize) {
        self.kicks.lock().unwrap().push(cpu);
    }
    fn interrupt_vector(&self) -> Option<u8> {
        IN_INTERRUPT.get().then_some(VECTOR)
    }
    fn report(&self, report: &Report) {
        self.reports.lock().unwrap().push(*report);
    }
}

/// The vector of every interrupt of a [`Puppet`].
pub const VECTOR: u8 = 77;

/// A [`Puppet`] with its executor.
pub struct Stage {
    pub executor: &'static Executor,
    platform: &'static Puppet,
}

impl Stage {
    pub fn new(cpus: usize) -> Stage {
        note_where_it_panics();
        CPU.set(None);
        IN_INTERRUPT.set(false);
        CLOCK.set(0);
        let platform: &'static Puppet = Box::leak(Box::default());
        platform.kicks.lock().unwrap().reserve(64); // a handler that kicks must not allocate
        let executor = Box::leak(Box::new(Executor::new(platform, cpus).unwrap()));
        Stage { executor, platform }
    }

    /// Does something as task context on a CPU, outside of any poll.
    pub fn on<R>(&self, cpu: usize, f: impl FnOnce() -> R) -> R {
        Stage::as_cpu(cpu, f)
    }

    /// [`Stage::on`], for who has no stage at hand.
    pub fn as_cpu<R>(cpu: usize, f: impl FnOnce() -> R) -> R {
        let before = CPU.replace(Some(cpu));
        let result = f();
        CPU.set(before);
        result
    }

    /// What a snapshot tells of the task of that name.
    pub fn info(&self, name: &str) -> TaskInfo {
        let mut found = None;
        self.executor.tasks(&mut |task| {
            if task.name.as_str() == name {
                found = Some(task);
            }
        });
        found.unwrap_or_else(|| panic!("no task {name}"))
    }

    /// Does something as a thread that is no CPU.
    pub fn as_nobody<R>(f: impl FnOnce() -> R) -> R {
        let before = CPU.take();
        let result = f();
        CPU.set(before);
        result
    }

    /// One tick, with panics handled the way a hosted loop does; but one of the executor itself ends the test.
    pub fn tick(&self, cpu: usize) -> Tick {
        self.on(cpu, || {
            catch_unwind(AssertUnwindSafe(|| self.executor.tick(cpu))).unwrap_or_else(|panic| {
                if PANICKED_IN_EXECUTOR.get() {
                    resume_unwind(panic);
                }
                let mut text = message(panic);
                while let Err(panic) = catch_unwind(AssertUnwindSafe(|| {
                    self.executor.abandon_current(cpu, text.clone(), Abandoned::Drop)
                })) {
                    text = message(panic);
                }
                Tick::Worked
            })
        })
    }

    /// Ticks until there is nothing to do.
    pub fn run(&self, cpu: usize) {
        while self.tick(cpu) == Tick::Worked {}
    }

    pub fn prepare_idle(&self, cpu: usize) -> Idle {
        self.on(cpu, || self.executor.prepare_idle(cpu))
    }

    /// Puts a CPU to sleep, which must have nothing to do.
    pub fn sleep(&self, cpu: usize) -> Option<u64> {
        match self.prepare_idle(cpu) {
            Idle::Sleep { until_ns } => until_ns,
            Idle::Work => panic!("CPU {cpu} has work and cannot sleep"),
        }
    }

    pub fn wake_up(&self, cpu: usize) {
        self.on(cpu, || self.executor.leave_idle(cpu));
    }

    pub fn kicks(&self) -> Vec<usize> {
        self.platform.kicks.lock().unwrap().drain(..).collect()
    }

    pub fn reports(&self) -> Vec<Report> {
        std::mem::take(&mut self.platform.reports.lock().unwrap())
    }

    pub fn set_clock(&self, now_ns: u64) {
        CLOCK.set(now_ns);
    }
}

/// Lets time pass in the middle of a poll.
pub fn pass_time(ns: u64) {
    CLOCK.set(CLOCK.get() + ns);
}

/// The CPU that is being played.
pub fn here() -> usize {
    CPU.get().expect("this is on a CPU")
}

/// Has this program note of each panic whether it came from the executor's own source.
fn note_where_it_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            let own = panic.location().is_some_and(|at| at.file().starts_with("executor/src/"));
            PANICKED_IN_EXECUTOR.set(own);
            before(panic);
        }));
    });
}

/// Does something as an interrupt handler, on whatever CPU is being played.
pub fn interrupt<R>(f: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            IN_INTERRUPT.set(self.0);
        }
    }
    let _before = Before(IN_INTERRUPT.replace(true));
    f()
}

/// Whether the thread plays a handler.
pub fn in_interrupt() -> bool {
    IN_INTERRUPT.get()
}

/// Events in the order in which they happened.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub fn say(&self, what: impl ToString) {
        self.0.lock().unwrap().push(what.to_string());
    }
    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Says so when dropped.
pub struct Dropped(pub &'static str, pub Trace);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.1.say(format!("drop {}", self.0));
    }
}

/// Threads for CPUs, parked when idle.
pub struct Threads {
    start: Instant,
    threads: Vec<OnceLock<Thread>>,
    stop: AtomicBool,
    pub slept: AtomicU64,
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
        if let Some(thread) = self.threads[cpu].get() {
            thread.unpark();
        }
    }
}

/// Running CPUs; ended by `stop`.
pub struct Machine {
    pub executor: &'static Executor,
    pub platform: &'static Threads,
    loops: Vec<JoinHandle<()>>,
}

impl Machine {
    pub fn start(cpus: usize) -> Machine {
        let platform: &'static Threads = Box::leak(Box::new(Threads {
            start: Instant::now(),
            threads: (0..cpus).map(|_| OnceLock::new()).collect(),
            stop: AtomicBool::new(false),
            slept: AtomicU64::new(0),
        }));
        let executor: &'static Executor = Box::leak(Box::new(Executor::new(platform, cpus).unwrap()));
        let loops = (0..cpus).map(|cpu| thread::spawn(move || cpu_loop(executor, platform, cpu))).collect();
        Machine { executor, platform, loops }
    }

    /// Waits, on a thread that is no CPU, for a future.
    pub fn block_on<F: Future>(&self, f: F) -> F::Output {
        struct Unpark(Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut cx = std::task::Context::from_waker(&waker);
        let mut f = std::pin::pin!(f);
        loop {
            match f.as_mut().poll(&mut cx) {
                std::task::Poll::Ready(output) => return output,
                std::task::Poll::Pending => thread::park(),
            }
        }
    }

    pub fn stop(self) {
        self.platform.stop.store(true, SeqCst);
        for cpu in self.loops {
            while !cpu.is_finished() {
                cpu.thread().unpark();
                thread::yield_now();
            }
            cpu.join().unwrap();
        }
    }
}

fn cpu_loop(executor: &'static Executor, platform: &'static Threads, cpu: usize) {
    CPU.set(Some(cpu));
    platform.threads[cpu].set(thread::current()).unwrap();
    while !platform.stop.load(SeqCst) {
        match catch_unwind(AssertUnwindSafe(|| executor.tick(cpu))) {
            Ok(Tick::Worked) => continue,
            Ok(Tick::Idle) => {}
            Err(panic) => {
                executor.abandon_current(cpu, message(panic), Abandoned::Drop);
                continue;
            }
        }
        if let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) {
            platform.slept.fetch_add(1, SeqCst);
            match until_ns {
                Some(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(platform.now_ns()))),
                None => thread::park(),
            }
            executor.leave_idle(cpu);
        }
    }
}

/// Random numbers out of a seed (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}
