//! The I/O APICs: from a device's interrupt line to a vector on a CPU.
//! Source: ACPI 6.5, 5.2.12.3 and 5.2.12.5; Intel 82093AA datasheet.

use x2apic::ioapic::{IoApic, IrqFlags, IrqMode, RedirectionTableEntry};
use x86_64::instructions::port::PortWriteOnly;

use super::idt;
use crate::{
    acpi::Topology,
    cpu,
    mem::{paging, phys::PhysAddr},
};

/// Masks the two 8259s of old: their vectors would fall among the exceptions.
pub fn mask_8259() {
    // SAFETY: writing all ones to their mask registers silences both; nothing else here talks to them.
    unsafe {
        PortWriteOnly::<u8>::new(0x21).write(0xff);
        PortWriteOnly::<u8>::new(0xa1).write(0xff);
    }
}

/// Sends ISA interrupt `irq` to `vector` of CPU 0 and unmasks it. `false` where no I/O APIC has its line.
pub fn route(topology: &Topology, irq: u8, vector: u8, handler: idt::Handler) -> bool {
    let line = topology.line(irq);
    let Some(chip) = topology.ioapics().iter().rfind(|chip| chip.first_line <= line.number) else {
        return false;
    };
    let Some(registers) = paging::map_device(PhysAddr(chip.address), 4096) else {
        return false;
    };
    idt::on(vector, handler);
    let mut entry = RedirectionTableEntry::default();
    entry.set_vector(vector);
    entry.set_mode(IrqMode::Fixed);
    let mut flags = IrqFlags::empty();
    flags.set(IrqFlags::LOW_ACTIVE, line.active_low);
    flags.set(IrqFlags::LEVEL_TRIGGERED, line.level);
    entry.set_flags(flags);
    entry.set_dest(cpu::get(0).apic_id.load(core::sync::atomic::Ordering::Relaxed) as u8);
    // SAFETY: the address is an I/O APIC's by MADT, mapped uncached; the boot CPU alone programs them, one at a
    // time, and the vector has its handler.
    unsafe {
        let mut ioapic = IoApic::new(registers);
        let input = (line.number - chip.first_line) as u8;
        if input > ioapic.max_table_entry() {
            return false;
        }
        ioapic.set_table_entry(input, entry);
        ioapic.enable_irq(input);
    }
    true
}
