//! The state of the machine, written to the debug console on a non-maskable interrupt: every CPU with its backtrace, then
//! every task with what it waits for.
//!
//! A monitor or a button sends that interrupt to all CPUs at once (QEMU: `nmi`, `inject-nmi`), and it comes whatever
//! they do, with any lock held. So nothing here waits for a lock without an end, and nothing allocates:
//!
//! ```text
//!   first CPU to come    writes of itself ─▶ waits for the others, a second at most ─▶ tasks ─▶ goes on
//!   every other CPU      waits for the pen ─▶ writes of itself ─▶ goes on
//! ```
//!
//! Every line begins with `dump: `, the last is `dump: end`. One that has stopped the others, as a hang on purpose does, tells
//! of itself alone: they do not come any more.

use core::{
    fmt::{self, Write},
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
};

use pollux_core::waits::Wait;
use pollux_executor::{TaskInfo, TaskState};

use crate::{
    arch::{clock, idt::Frame},
    backtrace, cpu,
    klog::DebugConsole,
    run,
};

/// How long one CPU waits for others.
const PATIENCE_NS: u64 = 1_000_000_000;

/// Set while a CPU waits for the others and will write of the tasks.
static LED: AtomicBool = AtomicBool::new(false);
/// Set while a CPU writes.
static PEN: AtomicBool = AtomicBool::new(false);
/// The CPUs that have written of themselves, a bit each.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Takes part, on the CPU that was interrupted there. In the handler of the interrupt.
pub fn take_part(frame: &Frame) {
    let cpu = cpu::index();
    let leads = !LED.swap(true, Acquire);
    with_pen(|out| {
        write_cpu(out, cpu, frame)?;
        WRITTEN.fetch_or(1 << cpu, Release);
        Ok(())
    });
    if !leads {
        return;
    }
    let all = (0..cpu::count()).fold(0, |all, cpu| all | 1 << cpu);
    let missing = || all & !WRITTEN.load(Acquire);
    wait(|| missing() == 0);
    with_pen(|out| {
        for cpu in (0..cpu::count()).filter(|cpu| missing() & 1 << cpu != 0) {
            writeln!(out, "dump: CPU {cpu} does not answer: it was stopped")?;
        }
        write_tasks(out)?;
        writeln!(out, "dump: end")
    });
    WRITTEN.store(0, Relaxed);
    LED.store(false, Release);
}

/// Waits until it is so, or for as long as one may; whether it is.
fn wait(mut so: impl FnMut() -> bool) -> bool {
    let until_ns = clock::now_ns() + PATIENCE_NS;
    while !so() {
        if clock::now_ns() > until_ns {
            return false;
        }
        core::hint::spin_loop();
    }
    true
}

/// Lets one CPU write at a time. Who has the pen for too long will hardly give it back.
fn with_pen(write: impl FnOnce(&mut DebugConsole) -> fmt::Result) {
    wait(|| !PEN.swap(true, Acquire));
    let _ = write(&mut DebugConsole); // writing there cannot fail
    PEN.store(false, Release);
}

fn write_cpu(out: &mut DebugConsole, cpu: usize, frame: &Frame) -> fmt::Result {
    match run::try_executor().and_then(|executor| executor.current_task(cpu)) {
        Some(task) => writeln!(out, "dump: CPU {cpu} polls task {} ({})", task.id, task.name)?,
        None => writeln!(out, "dump: CPU {cpu} polls no task")?,
    }
    let mut written = Ok(());
    backtrace::each(Some(frame), |line| written = written.and(writeln!(out, "dump:   {line}")));
    written
}

fn write_tasks(out: &mut DebugConsole) -> fmt::Result {
    let Some(executor) = run::try_executor() else { return writeln!(out, "dump: there are no tasks yet") };
    let now_ns = clock::now_ns();
    let mut written = Ok(());
    let listed = executor.try_tasks(&mut |task| written = written.and(write_task(out, &task, now_ns)));
    written?;
    if listed {
        Ok(())
    } else {
        writeln!(out, "dump: the other tasks cannot be listed: their list is being changed")
    }
}

fn write_task(out: &mut DebugConsole, task: &TaskInfo, now_ns: u64) -> fmt::Result {
    let ms = now_ns.saturating_sub(task.since_ns) / 1_000_000;
    let TaskInfo { id, name, state, cpu, polls, woken_by, .. } = task;
    write!(out, "dump: task {id} ({name}): {state:?} for {ms} ms on CPU {cpu}, {polls} polls")?;
    if *state != TaskState::Running {
        if let Some(wait) = Wait::of(task) {
            write!(out, ", for {wait}")?;
        }
        if let Some(at) = task.waits_at {
            write!(out, ", at {}:{}", at.file(), at.line())?;
        }
    }
    writeln!(out, ", woken by {woken_by}, spawned at {}:{}", task.spawned_at.file(), task.spawned_at.line())
}
