//! What each CPU knows of itself, reached through the GS segment.
//!
//! The blocks are static: a CPU has one from its first instruction in Rust on, before there is a heap.
//!
//! | field | who writes it |
//! |---|---|
//! | `index`, `apic_id` | the boot CPU, before the CPU starts |
//! | `online` | the CPU itself, once |
//! | `trace` | whoever prepares tracepoints |
//! | `in_task`, `vector`, `interrupted`, `asleep`, `locks_held`, `interrupts` | the CPU itself; others may read |
//! | `recovery` | the CPU itself, in `arch::recovery` |

use core::{
    arch::asm,
    iter, ptr,
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed},
};

use pollux_trace::Block;
use x86_64::{VirtAddr, registers::model_specific::GsBase};

use crate::arch::{
    gdt::Segments,
    idt::{FIRST_IRQ, Frame},
    recovery::Recovery,
};
use crate::sync::CpuLocal;

/// The most CPUs that are started.
pub const MAX: usize = 64;

/// More than any CPU's number.
const HANDLER: u32 = 1 << 16;

/// One CPU's block.
#[repr(C, align(128))]
pub struct Cpu {
    /// The address of this block; `gs:[0]` reads it.
    this: AtomicU64,
    /// Its number as long as no handler runs on it: each one that is in progress adds [`HANDLER`].
    in_task: AtomicU32,
    /// Its number here, from 0, the boot CPU, on.
    pub index: AtomicU32,
    /// Its number for the interrupt controllers.
    pub apic_id: AtomicU32,
    /// Set when it runs the executor.
    pub online: AtomicBool,
    /// Of the interrupt that came last.
    vector: AtomicU32,
    /// The registers that its interrupt path has saved for the handler that runs, or for the last one.
    interrupted: AtomicPtr<Frame>,
    /// Set around `hlt`.
    pub asleep: AtomicBool,
    locks_held: AtomicU32,
    /// Where a panic in a task goes back to.
    pub recovery: Recovery,
    /// Its descriptor tables.
    pub segments: CpuLocal<Segments>,
    /// How often each vector came.
    pub interrupts: [AtomicU64; 256],
    /// Where its tracepoints write; null before `pollux_trace::prepare`.
    trace: AtomicPtr<Block>,
}

pollux_trace::link!(core::mem::offset_of!(Cpu, trace));

static CPUS: [Cpu; MAX] = [const {
    Cpu {
        this: AtomicU64::new(0),
        in_task: AtomicU32::new(0),
        index: AtomicU32::new(0),
        apic_id: AtomicU32::new(0),
        online: AtomicBool::new(false),
        vector: AtomicU32::new(0),
        interrupted: AtomicPtr::new(ptr::null_mut()),
        asleep: AtomicBool::new(false),
        locks_held: AtomicU32::new(0),
        recovery: Recovery::new(),
        segments: CpuLocal::new(Segments::new()),
        interrupts: [const { AtomicU64::new(0) }; 256],
        trace: AtomicPtr::new(ptr::null_mut()),
    }
}; MAX];

/// Makes `CPUS[index]` the block of the CPU that calls. Its first step in Rust.
pub fn adopt(index: usize) {
    let cpu = &CPUS[index];
    cpu.this.store(cpu as *const Cpu as u64, Relaxed);
    cpu.index.store(index as u32, Relaxed);
    cpu.in_task.store(index as u32, Relaxed);
    GsBase::write(VirtAddr::from_ptr(cpu));
}

/// The block of the CPU that runs this. Tasks move between CPUs only where they await, so it holds until then.
pub fn current() -> &'static Cpu {
    let this: *const Cpu;
    // SAFETY: every CPU calls `adopt` before anything else, so gs:[0] is the address of its static block.
    unsafe {
        asm!("mov {}, gs:[0]", out(reg) this, options(nostack, readonly, preserves_flags));
        &*this
    }
}

/// The number of the CPU that runs this.
pub fn index() -> usize {
    current().index.load(Relaxed) as usize
}

/// Where the tracepoints of each CPU write. Those beyond have the last.
pub fn set_trace_blocks(blocks: &'static [Block]) {
    for (cpu, block) in CPUS.iter().zip(blocks.iter().chain(iter::repeat(&blocks[blocks.len() - 1]))) {
        cpu.trace.store(ptr::from_ref(block).cast_mut(), Relaxed);
    }
}

/// A CPU's block by number.
pub fn get(index: usize) -> &'static Cpu {
    &CPUS[index]
}

/// How many CPUs run the executor, or will.
pub fn count() -> usize {
    CPUS.iter().filter(|cpu| cpu.online.load(Relaxed)).count()
}

/// Whether this CPU is in an interrupt handler.
pub fn in_interrupt() -> bool {
    index_in_task() >= HANDLER as usize
}

/// The number of the CPU that runs this; one that no CPU has in an interrupt handler.
pub fn index_in_task() -> usize {
    let index: usize;
    // SAFETY: as in `current`; the field is at that offset, and a write of 32 bits of a register clears the others.
    unsafe {
        asm!(
            "mov {:e}, gs:[{}]",
            out(reg) index,
            const core::mem::offset_of!(Cpu, in_task),
            options(nostack, readonly, preserves_flags)
        );
    }
    index
}

/// The vector of the interrupt whose handler runs on this CPU.
pub fn vector() -> Option<u8> {
    in_interrupt().then(|| current().vector.load(Relaxed) as u8)
}

/// Counts an interrupt in, and out by the return value's counterpart [`leave_interrupt`].
pub fn enter_interrupt(vector: u8) {
    let cpu = current();
    bump(&cpu.in_task, HANDLER as i32);
    cpu.vector.store(u32::from(vector), Relaxed);
    let count = &cpu.interrupts[vector as usize];
    count.store(count.load(Relaxed) + 1, Relaxed);
}

/// Runs the handler of a device, or of the CPU's own timer. Such ones do not interrupt each other, and exceptions come elsewhere.
pub fn handle(frame: &Frame, handler: fn()) {
    current().interrupted.store(ptr::from_ref(frame).cast_mut(), Relaxed);
    handler();
}

/// Shows `look` where the handler that runs on this CPU has interrupted it; `None` elsewhere.
pub fn interrupted<R>(look: impl FnOnce(&Frame) -> R) -> Option<R> {
    let frame = current().interrupted.load(Relaxed);
    // SAFETY: the innermost handler that runs is not that of an exception, and those leave the pointer alone: so this is the frame that its `handle` has on
    // the stack below, and there it stays until the handler returns.
    vector().filter(|&vector| vector >= FIRST_IRQ).map(|_| look(unsafe { &*frame }))
}

/// Runs the handler of an exception. An NMI may have interrupted another handler, which is then the one that runs again.
pub fn in_exception(vector: u8, handler: impl FnOnce()) {
    let cpu = current();
    let before = cpu.vector.load(Relaxed);
    enter_interrupt(vector);
    handler();
    cpu.vector.store(before, Relaxed);
    leave_interrupt();
}

/// The end of a handler.
pub fn leave_interrupt() {
    bump(&current().in_task, -(HANDLER as i32));
}

/// This CPU has taken a lock, or is about to.
pub fn lock_acquired() {
    bump(&current().locks_held, 1);
}

/// This CPU has given a lock back.
pub fn lock_released() {
    bump(&current().locks_held, -1);
}

/// How many locks this CPU holds.
pub fn locks_held() -> u32 {
    current().locks_held.load(Relaxed)
}

/// Only the CPU itself writes the counter, and a handler that interrupts between load and store has brought it
/// back by its end, so no atomic addition is needed.
fn bump(counter: &AtomicU32, by: i32) {
    counter.store(counter.load(Relaxed).wrapping_add_signed(by), Relaxed);
}
