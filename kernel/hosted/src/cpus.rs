//! Threads that stand for CPUs: who am I, sleep, kick, and what happens when a task panics or uses one up.

use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

#[cfg(debug_assertions)]
use std::sync::{Arc, atomic::AtomicU64};

use pollux_executor::{Abandoned, Executor, Idle, Platform, STUCK_POLL_NS, Tick};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::{FAILED, backtrace, console};

static THREADS: Threads = Threads {
    started: OnceLock::new(),
    cpus: [const { OnceLock::new() }; Executor::MAX_CPUS],
    awake: AtomicUsize::new(0),
    supervisor: OnceLock::new(),
    executor: OnceLock::new(),
};
/// How often a thread gives way to others before it parks: parking and waking are system calls of microseconds, and
/// work that is about to come is worth a few ticks.
const GIVE_WAY: u32 = 8;

thread_local! {
    static CPU: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The host's threads as the executor sees them. There are no interrupts.
struct Threads {
    started: OnceLock<Instant>,
    cpus: [OnceLock<Thread>; Executor::MAX_CPUS],
    /// How many are not asleep.
    awake: AtomicUsize,
    /// Sleeps when all others do.
    supervisor: OnceLock<Thread>,
    /// For the tracepoints, which ask where it says what each CPU polls.
    executor: OnceLock<&'static Executor>,
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

impl pollux_trace::Platform for Threads {
    fn cpu(&self) -> usize {
        CPU.get().unwrap_or(usize::MAX)
    }

    fn ticks(&self) -> u64 {
        self.now_ns()
    }

    fn polled(&self, cpu: usize) -> Option<&'static pollux_trace::Polled> {
        self.executor.get()?.polled(cpu)
    }

    fn ns_of(&self, ticks: u64) -> u64 {
        ticks
    }

    fn stack(&self, frames: &mut [u64]) -> usize {
        backtrace::collect(frames)
    }
}

/// Starts an executor on so many threads, each held on a CPU of its own if `pin` says so.
pub fn start(cpus: usize, pin: bool) -> Result<&'static Executor, String> {
    let places = if pin { places(cpus)? } else { Vec::new() };
    let executor = Executor::new(&THREADS, cpus).map_err(|error| error.to_string())?;
    let executor: &'static Executor = Box::leak(Box::new(executor));
    THREADS.executor.get_or_init(|| executor);
    pollux_trace::install(&THREADS, cpus);
    for cpu in 0..cpus {
        let started = thread::Builder::new().name(format!("cpu{cpu}")).spawn({
            let place = places.get(cpu).copied();
            move || backtrace::within(|| run(executor, cpu, place))
        });
        started.map_err(|error| format!("starting thread {cpu}: {error}"))?;
    }
    let supervisor = thread::Builder::new().name("supervisor".into()).spawn(move || supervise(executor));
    let supervisor = supervisor.map_err(|error| format!("starting the supervisor's thread: {error}"))?;
    THREADS.supervisor.get_or_init(|| supervisor.thread().clone()).unpark(); // a CPU may have come before
    Ok(executor)
}

/// The first CPUs that this program may run on.
fn places(cpus: usize) -> Result<Vec<usize>, String> {
    let allowed = sched_getaffinity(None).map_err(|error| format!("--pin: {error}"))?;
    let places: Vec<_> = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu)).take(cpus).collect();
    if places.len() < cpus {
        return Err(format!("--pin: {cpus} threads need as many CPUs, and there are {}", places.len()));
    }
    Ok(places)
}

/// Looks for CPUs that are stuck in a poll, as long as any is awake.
fn supervise(executor: &'static Executor) {
    loop {
        while THREADS.awake.load(SeqCst) == 0 {
            thread::park();
        }
        thread::sleep(Duration::from_nanos(STUCK_POLL_NS));
        (0..executor.cpus()).for_each(|cpu| executor.supervise(cpu));
    }
}

/// A CPU begins to work; the first one wakes the supervisor.
fn wake_up() {
    if THREADS.awake.fetch_add(1, SeqCst) == 0
        && let Some(supervisor) = THREADS.supervisor.get()
    {
        supervisor.unpark();
    }
}

/// Whether the thread that calls is a CPU: then a panic is that of a task.
pub fn is_cpu() -> bool {
    CPU.get().is_some()
}

fn run(executor: &'static Executor, cpu: usize, place: Option<usize>) {
    if let Some(place) = place {
        let mut set = CpuSet::new();
        set.set(place);
        if let Err(error) = sched_setaffinity(None, &set) {
            log::warn!("thread {cpu} runs on any CPU: {error}");
        }
    }
    CPU.set(Some(cpu));
    THREADS.cpus[cpu].get_or_init(thread::current);
    wake_up();
    let mut in_vain = 0;
    loop {
        match catch_unwind(AssertUnwindSafe(|| executor.tick(cpu))) {
            Ok(Tick::Worked) => in_vain = 0,
            Ok(Tick::Idle) if in_vain < GIVE_WAY => {
                in_vain += 1;
                thread::yield_now();
            }
            Ok(Tick::Idle) => {
                in_vain = 0;
                sleep(executor, cpu);
            }
            Err(panic) => abandon(executor, cpu, panic),
        }
    }
}

/// What threads that are no CPUs do to the system's things, which wakes tasks a moment later: how much they have begun, and
/// how much of that is over. Debug builds look for lost wakes only while all is over.
#[cfg(debug_assertions)]
static OUTSIDE: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Does something to the system's things on a thread that is no CPU.
pub fn from_outside<R>(act: impl FnOnce() -> R) -> R {
    #[cfg(debug_assertions)]
    OUTSIDE[0].fetch_add(1, SeqCst);
    let result = act();
    #[cfg(debug_assertions)]
    OUTSIDE[1].fetch_add(1, SeqCst);
    result
}

/// Whose stages are asked for lost wakes.
#[cfg(debug_assertions)]
static JOBS: OnceLock<Arc<pollux_core::jobs::Jobs>> = OnceLock::new();

/// From now on wakes of these jobs that were lost are looked for, each time that all CPUs have run out of work.
#[cfg(debug_assertions)]
pub fn watch_wakes(jobs: &Arc<pollux_core::jobs::Jobs>) {
    JOBS.get_or_init(|| jobs.clone());
}

/// Looks for lost wakes, if that is due, on a CPU that has said that it is idle. After a look it is awake.
#[cfg(debug_assertions)]
fn looks_for_lost_wakes(executor: &'static Executor, cpu: usize) -> bool {
    let quiet = || {
        let over = OUTSIDE[1].load(SeqCst); // before what has begun: who begins in between is seen
        let begun = OUTSIDE[0].load(SeqCst);
        executor.polls_if_quiet(cpu).filter(|_| begun == over).map(|polls| polls + over)
    };
    let Some(look) = JOBS.get().and_then(|jobs| jobs.look_due(&quiet)) else { return false };
    executor.leave_idle(cpu);
    look.log(&quiet);
    true
}

fn sleep(executor: &'static Executor, cpu: usize) {
    let Idle::Sleep { until_ns } = executor.prepare_idle(cpu) else { return };
    #[cfg(debug_assertions)]
    if looks_for_lost_wakes(executor, cpu) {
        return; // and then it says anew that it is idle
    }
    THREADS.awake.fetch_sub(1, SeqCst);
    match until_ns {
        Some(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(executor.now_ns()))),
        None => thread::park(),
    }
    wake_up();
    executor.leave_idle(cpu);
    #[cfg(debug_assertions)]
    if let Some(jobs) = JOBS.get() {
        jobs.look_again();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn what_waits_behind_a_task_that_blocks_runs_elsewhere() {
        let executor = start(2, false).expect("threads start");
        let (done, ended) = channel();
        let blocks = async move {
            let (here, there) = channel();
            // It sits in the LIFO slot of this CPU, which nobody steals from.
            let waits = executor.spawn("waits", async move { here.send(()).expect("the other one waits") });
            let result = there.recv_timeout(Duration::from_secs(20));
            drop(waits);
            done.send(result).expect("the test waits");
        };
        drop(executor.spawn("blocks", blocks).expect("there is memory"));
        assert_eq!(ended.recv(), Ok(Ok(())), "nobody took it over");
    }
}
