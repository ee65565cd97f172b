//! Interrupt entry: 256 stubs, one common path, and a table of handlers.
//!
//! A handler follows the interrupt contract: it touches its device, moves bytes through a preallocated ring,
//! counts and wakes. The common path counts the vector, marks the CPU as in an interrupt and acknowledges.

use core::arch::asm;

use pollux_trace::{happened, trace};
use spin::Once;
use x86_64::{
    VirtAddr,
    registers::control::Cr2,
    structures::idt::{Entry, InterruptDescriptorTable},
};

use super::{apic, clock, gdt};
use crate::{cpu, dump, mem::stack, panic, sampler};

/// The first vector for devices: below are the processor's exceptions.
pub const FIRST_IRQ: u8 = 32;
/// The local APIC's timer.
pub const TIMER: u8 = 0xe0;
/// A CPU interrupts itself to measure that.
pub const MEASURE: u8 = 0xe4;
/// Somebody asks for this CPU's event counters.
pub const COUNTERS: u8 = 0xec;
/// Another CPU has work for this one.
pub const KICK: u8 = 0xf0;
/// An error in the local APIC.
pub const APIC_ERROR: u8 = 0xfe;
/// An interrupt that went away before it was taken; not acknowledged.
pub const SPURIOUS: u8 = 0xff;

const NMI: u8 = 2;
const DOUBLE_FAULT: u8 = 8;
const PAGE_FAULT: u8 = 14;
const MACHINE_CHECK: u8 = 18;

/// What a device's interrupt runs.
pub type Handler = fn();

// `Once::get` never waits: a handler may have interrupted who fills the cell.
static HANDLERS: [Once<Handler>; 256] = [const { Once::new() }; 256];
static IDT: Once<InterruptDescriptorTable> = Once::new();

/// The registers at the moment of the interrupt, as the stubs push them.
#[repr(C)]
#[derive(Debug)]
pub struct Frame {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rdi: u64,
    rsi: u64,
    /// Frame pointer: where a backtrace starts.
    pub rbp: u64,
    rbx: u64,
    rdx: u64,
    rcx: u64,
    rax: u64,
    vector: u64,
    error: u64,
    /// Where it happened.
    pub rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
}

/// Fills the table, once, and loads it on the CPU that calls.
pub fn init() {
    IDT.call_once(|| {
        let mut idt = InterruptDescriptorTable::new();
        set(&mut idt.divide_error, 0);
        set(&mut idt.debug, 1);
        set(&mut idt.non_maskable_interrupt, NMI);
        set(&mut idt.breakpoint, 3);
        set(&mut idt.overflow, 4);
        set(&mut idt.bound_range_exceeded, 5);
        set(&mut idt.invalid_opcode, 6);
        set(&mut idt.device_not_available, 7);
        set(&mut idt.double_fault, DOUBLE_FAULT);
        set(&mut idt.invalid_tss, 10);
        set(&mut idt.segment_not_present, 11);
        set(&mut idt.stack_segment_fault, 12);
        set(&mut idt.general_protection_fault, 13);
        set(&mut idt.page_fault, PAGE_FAULT);
        set(&mut idt.x87_floating_point, 16);
        set(&mut idt.alignment_check, 17);
        set(&mut idt.machine_check, MACHINE_CHECK);
        set(&mut idt.simd_floating_point, 19);
        set(&mut idt.virtualization, 20);
        set(&mut idt.cp_protection_exception, 21);
        for vector in FIRST_IRQ..=255 {
            set(&mut idt[vector], vector);
        }
        idt
    });
    IDT.get().expect("just filled").load();
}

fn set<F>(entry: &mut Entry<F>, vector: u8) {
    let stub = VirtAddr::new(pollux_entry::interrupt_stub(vector));
    let stack = match vector {
        NMI => Some(gdt::NMI_STACK),
        DOUBLE_FAULT => Some(gdt::DOUBLE_FAULT_STACK),
        MACHINE_CHECK => Some(gdt::MACHINE_CHECK_STACK),
        _ => None,
    };
    // SAFETY: the stub of this vector saves and restores every register and returns with iretq. The stack
    // indices are those that `gdt::init` fills on every CPU before it loads this table.
    unsafe {
        let options = entry.set_handler_addr(stub);
        if let Some(index) = stack {
            options.set_stack_index(index);
        }
    }
}

/// Runs `handler` whenever `vector` comes, on whichever CPU it comes.
///
/// # Panics
/// If the vector has a handler already.
pub fn on(vector: u8, handler: Handler) {
    let mut fresh = false;
    HANDLERS[vector as usize].call_once(|| {
        fresh = true;
        handler
    });
    assert!(fresh, "vector {vector:#x} has two handlers");
}

/// Interrupts the CPU that calls, as if a device had.
pub fn interrupt<const VECTOR: u8>() {
    const { assert!(VECTOR >= FIRST_IRQ, "exceptions have error codes, which this does not push") };
    // SAFETY: every vector has a stub, which saves and restores all registers; the table is loaded on every CPU before it runs
    // tasks. There is no red zone that the pushes could hit.
    unsafe { asm!("int {vector}", vector = const VECTOR) };
}

// SAFETY: the name is the one that `pollux_entry` calls, and nobody else's.
#[unsafe(no_mangle)]
extern "C" fn interrupt_dispatch(frame: &Frame) {
    trace!(IrqEnter, frame.vector);
    if pollux_trace::is_on!(IrqLeave) {
        let began = clock::tsc(); // in ticks, which takes half of what nanoseconds do
        handle(frame);
        happened!(IrqLeave, frame.vector, clock::duration_ns(clock::tsc().wrapping_sub(began)));
    } else {
        handle(frame);
    }
}

#[inline(always)]
fn handle(frame: &Frame) {
    let vector = frame.vector as u8;
    if vector < FIRST_IRQ {
        cpu::in_exception(vector, || exception(vector, frame));
        return;
    }
    cpu::enter_interrupt(vector);
    if let Some(handler) = HANDLERS[vector as usize].get() {
        cpu::handle(frame, *handler);
    }
    if vector != SPURIOUS {
        apic::end_of_interrupt();
    }
    cpu::leave_interrupt();
}

/// The processor's exceptions. None is expected of the kernel: each but an NMI is fatal and says what it was.
fn exception(vector: u8, frame: &Frame) {
    let address = Cr2::read_raw();
    match vector {
        NMI if panic::stopping() && !panic::is_left_alone() => panic::halt(),
        NMI if sampler::on_nmi(frame) => {}
        NMI => dump::take_part(frame),
        DOUBLE_FAULT if stack::is_guard_page(address) => {
            panic::fault(frame, format_args!("double fault: stack overflow, guard page hit at {address:#x}"))
        }
        PAGE_FAULT => {
            trace!(PageFault, address, frame.rip);
            let what = if frame.error & 16 != 0 {
                "execution of"
            } else if frame.error & 2 != 0 {
                "write to"
            } else {
                "read from"
            };
            let why =
                if frame.error & 1 != 0 { "a page that forbids it" } else { "an address that is not mapped" };
            panic::fault(frame, format_args!("page fault: {what} {address:#x}, {why}"))
        }
        _ => {
            let name = NAMES.get(vector as usize).copied().unwrap_or("unknown exception");
            panic::fault(frame, format_args!("{name} (vector {vector}, error code {:#x})", frame.error))
        }
    }
}

/// Intel SDM volume 3, table 6-1.
const NAMES: [&str; 22] = [
    "divide error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid TSS",
    "segment not present",
    "stack segment fault",
    "general protection fault",
    "page fault",
    "reserved exception",
    "x87 floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point exception",
    "virtualization exception",
    "control protection exception",
];
