//! The loop of every CPU, and the executor's view of the machine.
//!
//! The idle protocol, in the words of the interrupt contract: interrupts off, publish IDLE, recheck every queue
//! (`prepare_idle` does these two), then `sti; hlt` as one step. A waker pushes, fences, looks at IDLE and sends
//! an interrupt, which either finds the CPU in `hlt` or stays pending until `sti` has let it get there.

use alloc::sync::Arc;
use core::sync::atomic::Ordering::Relaxed;

use pollux_core::jobs::Jobs;
use pollux_executor::{Abandoned, Executor, Idle, LocalSpawner, Platform, Report, Tick};
use spin::Once;
use x86_64::instructions::interrupts;

use crate::{
    arch::{apic, clock, idt},
    cpu,
    mem::{frames, heap},
    panic, sampler,
};

static EXECUTOR: Once<Executor> = Once::new();

/// This machine, for the executor.
pub struct Cpus;

pollux_executor::link!(Cpus);

impl Platform for Cpus {
    fn current_cpu(&self) -> Option<usize> {
        Some(cpu::index())
    }

    fn in_interrupt(&self) -> bool {
        cpu::in_interrupt()
    }

    fn now_ns(&self) -> u64 {
        clock::now_ns()
    }

    fn kick(&self, index: usize) {
        apic::send(index, idt::KICK);
    }

    fn task_cpu(&self) -> Option<usize> {
        Some(cpu::index_in_task())
    }

    fn interrupt_vector(&self) -> Option<u8> {
        cpu::vector()
    }

    fn report(&self, report: &Report) {
        match report {
            Report::LongPoll { id, name, spawned_at, took_ns } => {
                log::warn!("task {id} ({name}, spawned at {spawned_at}): a poll took {} us", took_ns / 1000);
            }
            Report::Stuck { cpu, moved } => match executor().current_task(*cpu) {
                Some(task) => log::warn!(
                    "CPU {cpu} is stuck in task {} ({}, spawned at {}): {moved} tasks were moved away from it",
                    task.id,
                    task.name,
                    task.spawned_at
                ),
                None => log::warn!("CPU {cpu} was stuck: {moved} tasks were moved away from it"),
            },
        }
    }
}

impl pollux_executor::sync::LockHooks for Cpus {
    fn in_interrupt(&self) -> bool {
        cpu::in_interrupt()
    }

    fn acquired(&self) {
        cpu::lock_acquired();
    }

    fn released(&self) {
        cpu::lock_released();
    }
}

/// Makes the executor for that many CPUs, which have started. Once, on the boot CPU.
///
/// # Panics
/// If memory runs out: nothing runs without an executor.
pub fn init(cpus: usize) -> &'static Executor {
    let executor = EXECUTOR.call_once(|| Executor::new(&Cpus, cpus).expect("memory for the executor"));
    idt::on(idt::TIMER, timer);
    executor
}

/// The executor.
pub fn executor() -> &'static Executor {
    EXECUTOR.get().expect("run::init has run")
}

/// The executor, if there is one already.
pub fn try_executor() -> Option<&'static Executor> {
    EXECUTOR.get()
}

/// The right to spawn tasks that stay on this CPU. It ends with the poll that asks for it.
pub fn local() -> LocalSpawner {
    // SAFETY: `run` on each CPU is what ticks it and nothing else does; the result is not `Send`, so it is used
    // on this CPU.
    unsafe { executor().local(cpu::index()) }
}

/// Starts a task of the kernel that nobody joins. It may use the memory in reserve.
///
/// # Panics
/// If memory runs out: this is for tasks that the machine cannot do without, at boot.
pub fn start(name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    let task = executor().spawn(name, future).expect("memory for a task of the kernel");
    frames::protect(task.id());
}

/// Runs tasks on this CPU, for ever.
pub fn run() -> ! {
    let cpu = cpu::index();
    loop {
        // SAFETY: this CPU's own recovery, not nested: `run_until_idle` runs tasks only, and a task never comes here.
        // Everything that the executor needs after a panic is in its own per-CPU block.
        let finished = unsafe { cpu::current().recovery.run(run_until_idle, cpu) };
        if !finished {
            interrupts::enable();
            executor().abandon_current(cpu, panic::take_message(), Abandoned::Leak);
            continue;
        }
        idle(cpu);
    }
}

extern "C" fn run_until_idle(cpu: usize) {
    while executor().tick(cpu) == Tick::Worked || finds_work(cpu) {}
}

/// How long a CPU looks for work before it sleeps. To be woken takes it about as long where QEMU emulates it, so this never takes
/// more than twice the better of the two.
const LOOK_NS: u64 = 50_000;

/// Looks for work for a while. A CPU that is alone has none to expect but from a handler, and an interrupt ends any
/// sleep.
fn finds_work(cpu: usize) -> bool {
    let end = clock::now_ns() + LOOK_NS;
    while executor().cpus() > 1 && clock::now_ns() < end {
        if executor().has_work(cpu) {
            return true;
        }
        core::hint::spin_loop();
    }
    false
}

/// Whose stages are asked for lost wakes, in debug builds.
static JOBS: Once<Arc<Jobs>> = Once::new();

/// From now on debug builds look for wakes of these jobs that were lost, each time that all CPUs have run out of work.
pub fn watch_wakes(jobs: &Arc<Jobs>) {
    JOBS.call_once(|| jobs.clone());
}

/// Looks for lost wakes, if that is due, on a CPU that has said that it is idle. After a look it is awake, with interrupts on.
#[cfg(debug_assertions)]
fn looks_for_lost_wakes(cpu: usize) -> bool {
    let quiet = || executor().polls_if_quiet(cpu);
    let Some(look) = JOBS.get().and_then(|jobs| jobs.look_due(&quiet)) else { return false };
    executor().leave_idle(cpu);
    interrupts::enable();
    look.log(&quiet);
    true
}

fn idle(cpu: usize) {
    heap::tidy();
    interrupts::disable();
    match executor().prepare_idle(cpu) {
        Idle::Work => interrupts::enable(),
        Idle::Sleep { until_ns } => {
            #[cfg(debug_assertions)]
            if looks_for_lost_wakes(cpu) {
                return; // and then it says anew that it is idle
            }
            apic::set_deadline(until_ns);
            cpu::current().asleep.store(true, Relaxed);
            interrupts::enable_and_hlt();
            cpu::current().asleep.store(false, Relaxed);
            executor().leave_idle(cpu);
            #[cfg(debug_assertions)]
            if let Some(jobs) = JOBS.get() {
                jobs.look_again();
            }
            watch();
        }
    }
}

static ON_TIMER: Once<fn()> = Once::new();

/// From now on the timer's handler calls what `hook` returns as well, in the handler: for tests. The first one counts.
pub fn on_timer(hook: impl FnOnce() -> fn()) {
    ON_TIMER.call_once(hook);
}

/// The timer of a CPU wakes it out of `hlt`, or, while it is awake, has the supervisor look at it.
fn timer() {
    apic::timer_fired();
    if !cpu::current().asleep.load(Relaxed) {
        sampler::look();
        executor().supervise(cpu::index());
        watch();
    }
    if let Some(hook) = ON_TIMER.get() {
        hook();
    }
}

/// Has the timer fire after the time at which a poll counts as stuck, or when a sample is due. A CPU that goes to sleep sets it
/// anew.
fn watch() {
    apic::set_deadline(Some(clock::now_ns() + sampler::period_ns()));
}

/// How long a CPU has been idle, in nanoseconds.
pub fn idle_ns(cpu: usize) -> u64 {
    executor().cpu_stats(cpu).idle_ns
}
