//! Switching the machine off, starting it anew, and leaving QEMU after a panic.

use pollux_shell::env::Power;
use spin::Once;
use x86_64::{
    instructions::port::{PortReadOnly, PortWriteOnly},
    structures::DescriptorTablePointer,
};

use crate::{acpi::PowerRegisters, arch::clock, panic};

/// QEMU's isa-debug-exit: a value v written here ends QEMU with status 2v + 1.
const DEBUG_EXIT: u16 = 0xf4;
const PANICKED: u32 = 0x28;
/// PM1 control: SLP_EN (ACPI 6.5, 4.8.3.2.1).
const SLEEP_ENABLE: u16 = 1 << 13;

static REGISTERS: Once<PowerRegisters> = Once::new();

/// Takes what ACPI says.
pub fn init(registers: PowerRegisters) {
    REGISTERS.call_once(|| registers);
}

/// How long a machine has to switch off after it was told to.
const PATIENCE_NS: u64 = 1_000_000_000;

/// Switches off or starts anew. Comes back, with the machine as it was, when the firmware named no way to switch off or
/// that way is none.
pub fn set(what: Power) {
    let registers = REGISTERS.get().copied().unwrap_or_default();
    match what {
        Power::Off => {
            if let Some((port, sleep_type)) = registers.sleep {
                // SAFETY: the PM1a control block that FADT names, with the value that the DSDT gives for S5.
                unsafe { PortWriteOnly::<u16>::new(port).write(sleep_type << 10 | SLEEP_ENABLE) };
                // Some instructions are still executed before it happens.
                let until_ns = clock::now_ns() + PATIENCE_NS;
                while clock::now_ns() < until_ns {
                    core::hint::spin_loop();
                }
            }
        }
        Power::Reboot => {
            if let Some((port, value)) = registers.reset {
                // SAFETY: the reset register that FADT names, with the value that it gives.
                unsafe { PortWriteOnly::<u8>::new(port).write(value) };
            }
            reset_by_keyboard_controller();
            triple_fault();
        }
    }
}

/// The way to reset a PC since the AT: pulse the controller's output line 0.
fn reset_by_keyboard_controller() {
    let mut status = PortReadOnly::<u8>::new(0x64);
    let mut command = PortWriteOnly::<u8>::new(0x64);
    for _ in 0..10_000 {
        // SAFETY: reads a status register.
        if unsafe { status.read() } & 2 == 0 {
            break;
        }
    }
    // SAFETY: resets the machine, which is what is asked for.
    unsafe { command.write(0xfe) };
}

/// Makes the processor give up: an exception with no table to look its handler up in.
pub fn triple_fault() -> ! {
    let empty = DescriptorTablePointer { limit: 0, base: x86_64::VirtAddr::zero() };
    // SAFETY: the machine resets at the next instruction; nothing runs after it.
    unsafe {
        x86_64::instructions::tables::lidt(&empty);
        core::arch::asm!("ud2", options(noreturn));
    }
}

/// Ends QEMU with the status that says that the guest panicked; on a real machine, stops.
pub fn leave_with_panic() -> ! {
    // SAFETY: the port is QEMU's exit device, or nothing at all.
    unsafe { PortWriteOnly::<u32>::new(DEBUG_EXIT).write(PANICKED) };
    panic::halt()
}
