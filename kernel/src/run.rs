//! The loop of every CPU, and the executor's view of the machine.
//!
//! The idle protocol, in the words of the interrupt contract: interrupts off, publish IDLE, recheck every queue
//! (`prepare_idle` does these two), then `sti; hlt` as one step. A waker pushes, fences, looks at IDLE and sends
//! an interrupt, which either finds the CPU in `hlt` or stays pending until `sti` has let it get there.

use alloc::{string::String, string::ToString};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use conquer_once::spin::OnceCell;
use pollux_executor::{Abandoned, Executor, Idle, Platform, Tick};
use x86_64::instructions::interrupts;

use crate::{
    arch::{apic, clock, idt},
    cpu, panic,
};

static EXECUTOR: OnceCell<Executor> = OnceCell::uninit();

/// This machine, for the executor.
struct Cpus;

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
}

struct LockAccounts;

impl pollux_executor::sync::LockHooks for LockAccounts {
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

/// Makes the executor for that many CPUs. Once, on the boot CPU.
///
/// # Panics
/// If memory runs out: nothing runs without an executor.
pub fn init(cpus: usize) -> &'static Executor {
    pollux_executor::sync::set_lock_hooks(&LockAccounts);
    EXECUTOR.init_once(|| Executor::new(&Cpus, cpus).expect("memory for the executor"));
    executor()
}

/// The executor.
pub fn executor() -> &'static Executor {
    EXECUTOR.get().expect("run::init has run")
}

/// The executor, if there is one already.
pub fn try_executor() -> Option<&'static Executor> {
    EXECUTOR.get()
}

/// Starts a task of the kernel that nobody joins.
///
/// # Panics
/// If memory runs out: this is for tasks that the machine cannot do without, at boot.
pub fn start(name: &'static str, future: impl Future<Output = ()> + Send + 'static) {
    drop(executor().spawn(name, future).expect("memory for a task of the kernel"));
}

/// Runs tasks on this CPU, for ever.
pub fn run() -> ! {
    let cpu = cpu::index();
    loop {
        // SAFETY: this CPU's own recovery, not nested: `run_until_idle` runs tasks only, and a task never comes here.
        // Everything that the executor needs after a panic is in its own per-CPU block.
        let finished = unsafe { cpu::current().recovery.run(run_until_idle, cpu) };
        if !finished {
            let message: String = panic::take_message().to_string();
            interrupts::enable();
            executor().abandon_current(cpu, message, Abandoned::Leak);
            continue;
        }
        idle(cpu);
    }
}

extern "C" fn run_until_idle(cpu: usize) {
    while executor().tick(cpu) == Tick::Worked {}
}

fn idle(cpu: usize) {
    interrupts::disable();
    match executor().prepare_idle(cpu) {
        Idle::Work => interrupts::enable(),
        Idle::Sleep { until_ns } => {
            apic::set_deadline(until_ns);
            let start = clock::now_ns();
            interrupts::enable_and_hlt();
            executor().leave_idle(cpu);
            IDLE_NS[cpu].fetch_add(clock::now_ns() - start, Relaxed);
        }
    }
}

static IDLE_NS: [AtomicU64; cpu::MAX] = [const { AtomicU64::new(0) }; cpu::MAX];

/// How long a CPU has been idle, in nanoseconds.
pub fn idle_ns(cpu: usize) -> u64 {
    IDLE_NS[cpu].load(Relaxed)
}
