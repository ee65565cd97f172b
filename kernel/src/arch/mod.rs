//! The x86_64 processor: descriptor tables, interrupts, the local APIC, time, copying, recovery from panics.

pub mod apic;
pub mod clock;
pub mod copy;
pub mod gdt;
pub mod idt;
pub mod ioapic;
pub mod pmu;
pub mod port;
pub mod recovery;
