//! Threads that stand for CPUs: who am I, sleep, kick, and what happens when a task panics.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
    thread::{self, Thread},
    time::{Duration, Instant},
};

use pollux_executor::{Abandoned, Executor, Idle, Platform, Tick};

use crate::{FAILED, console};

static THREADS: Threads =
    Threads { started: OnceLock::new(), cpus: [const { OnceLock::new() }; Executor::MAX_CPUS] };

thread_local! {
    static CPU: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The host's threads as the executor sees them. There are no interrupts.
struct Threads {
    started: OnceLock<Instant>,
    cpus: [OnceLock<Thread>; Executor::MAX_CPUS],
}

impl Platform for Threads {
    fn current_cpu(&self) -> Option<usize> {
        CPU.get()
    }

    fn in_interrupt(&self) -> bool {
        false
    }

    fn now_ns(&self) -> u64 {
        self.started.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }

    fn kick(&self, cpu: usize) {
        // A thread that has published IDLE has put its handle here before. The token of `unpark` stays
        // until the next `park`, so a kick that comes before the sleep ends it at once.
        if let Some(thread) = self.cpus[cpu].get() {
            thread.unpark();
        }
    }
}

/// Starts an executor on so many threads.
pub fn start(cpus: usize) -> Result<&'static Executor, String> {
    let executor = Executor::new(&THREADS, cpus).map_err(|error| error.to_string())?;
    let executor: &'static Executor = Box::leak(Box::new(executor));
    for cpu in 0..cpus {
        let started = thread::Builder::new().name(format!("cpu{cpu}")).spawn(move || run(executor, cpu));
        started.map_err(|error| format!("starting thread {cpu}: {error}"))?;
    }
    Ok(executor)
}

/// Whether the thread that calls is a CPU: then a panic is that of a task.
pub fn is_cpu() -> bool {
    CPU.get().is_some()
}

fn run(executor: &'static Executor, cpu: usize) {
    CPU.set(Some(cpu));
    THREADS.cpus[cpu].get_or_init(thread::current);
    loop {
        match catch_unwind(AssertUnwindSafe(|| executor.tick(cpu))) {
            Ok(Tick::Worked) => {}
            Ok(Tick::Idle) => sleep(executor, cpu),
            Err(panic) => abandon(executor, cpu, panic),
        }
    }
}

fn sleep(executor: &'static Executor, cpu: usize) {
    let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) else { return };
    match until_ns {
        Some(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(executor.now_ns()))),
        None => thread::park(),
    }
    executor.leave_idle(cpu);
}

/// Ends the task that panicked. Its drop may panic as well: then the rest of it is leaked.
fn abandon(executor: &'static Executor, cpu: usize, mut panic: Box<dyn Any + Send>) {
    for _ in 0..3 {
        let message = message(&*panic);
        let abandoned = || executor.abandon_current(cpu, message, Abandoned::Drop);
        match catch_unwind(AssertUnwindSafe(abandoned)) {
            Ok(()) => return,
            Err(another) => panic = another,
        }
    }
    console::restore();
    eprintln!("pollux: the executor panicked: {}", message(&*panic));
    std::process::exit(FAILED.into());
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(|s| &**s));
    text.unwrap_or("no message").into()
}
