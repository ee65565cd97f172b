//! What the kernel takes from ACPI: the CPUs and interrupt lines (MADT), the timer and the power switch (FADT).
//! Source: ACPI 6.5, chapters 4 and 5.

use core::ptr::NonNull;

use acpi::{
    AcpiHandler, AcpiTables, PhysicalMapping,
    address::{AddressSpace, GenericAddress},
    fadt::Fadt,
    madt::{Madt, MadtEntry},
    sdt::SdtHeader,
};

use crate::{cpu, mem::phys::PhysAddr};

/// An I/O APIC.
#[derive(Clone, Copy, Debug, Default)]
pub struct IoApicInfo {
    /// Physical address of its registers.
    pub address: u64,
    /// The number of its first line among all (global system interrupt base).
    pub first_line: u32,
}

/// An interrupt line: a global system interrupt and how it signals.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its number among all lines.
    pub number: u32,
    /// Signals by a low level or a falling edge.
    pub active_low: bool,
    /// Signals by level.
    pub level: bool,
}

/// CPUs and interrupt controllers.
#[derive(Debug)]
pub struct Topology {
    /// Physical address of the local APICs.
    pub local_apic: u64,
    apic_ids: [u32; cpu::MAX],
    cpu_count: usize,
    /// CPUs beyond [`cpu::MAX`], which are left alone.
    pub ignored: usize,
    ioapics: [IoApicInfo; 8],
    ioapic_count: usize,
    isa_lines: [Option<Line>; 16],
}

impl Topology {
    /// The local APIC ids of all CPUs that can be started.
    pub fn apic_ids(&self) -> &[u32] {
        &self.apic_ids[..self.cpu_count]
    }

    /// The I/O APICs.
    pub fn ioapics(&self) -> &[IoApicInfo] {
        &self.ioapics[..self.ioapic_count]
    }

    /// The line of an ISA interrupt: the one of the same number, edge and high, unless MADT says otherwise.
    pub fn line(&self, irq: u8) -> Line {
        let same = Line { number: u32::from(irq), active_low: false, level: false };
        self.isa_lines.get(usize::from(irq)).copied().flatten().unwrap_or(same)
    }

    fn add_cpu(&mut self, apic_id: u32, flags: u32) {
        if flags & 1 == 0 || self.apic_ids().contains(&apic_id) {
            return; // not enabled, or listed both as local APIC and as x2APIC
        }
        if self.cpu_count == cpu::MAX {
            self.ignored += 1;
            return;
        }
        self.apic_ids[self.cpu_count] = apic_id;
        self.cpu_count += 1;
    }
}

/// The power switch and the reset of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct PowerRegisters {
    /// Port of the PM1a control block, and the SLP_TYP values that mean off.
    pub sleep: Option<(u16, u16)>,
    /// Port and value that reset the machine.
    pub reset: Option<(u16, u8)>,
}

/// What ACPI tells.
#[derive(Debug)]
pub struct Machine {
    /// CPUs and interrupt controllers.
    pub topology: Topology,
    /// Port of the power management timer.
    pub pm_timer: Option<u16>,
    /// Off and reset.
    pub power: PowerRegisters,
    /// CMOS register of the century; 0 for none.
    pub century_register: u8,
}

#[derive(Clone, Copy)]
struct DirectMap;

impl AcpiHandler for DirectMap {
    unsafe fn map_physical_region<T>(&self, address: usize, size: usize) -> PhysicalMapping<Self, T> {
        let pointer = NonNull::new(PhysAddr(address as u64).as_ptr()).expect("the direct map is not at zero");
        // SAFETY: firmware keeps its tables in RAM, which the direct map covers for good.
        unsafe { PhysicalMapping::new(address, pointer, size, size, *self) }
    }

    fn unmap_physical_region<T>(_region: &PhysicalMapping<Self, T>) {}
}

/// Reads the tables from the root pointer on.
///
/// # Panics
/// If the tables or MADT are missing: without them neither CPUs nor interrupt lines are known.
pub fn read(rsdp: u64) -> Machine {
    // SAFETY: the loader says that the root pointer is there.
    let tables = unsafe { AcpiTables::from_rsdp(DirectMap, rsdp as usize) }.expect("ACPI tables");
    let madt = tables.find_table::<Madt>().expect("the ACPI table MADT");
    let mut topology = Topology {
        local_apic: u64::from(madt.get().local_apic_address),
        apic_ids: [0; cpu::MAX],
        cpu_count: 0,
        ignored: 0,
        ioapics: [IoApicInfo::default(); 8],
        ioapic_count: 0,
        isa_lines: [None; 16],
    };
    for entry in madt.get().entries() {
        match entry {
            MadtEntry::LocalApic(e) => topology.add_cpu(u32::from(e.apic_id), e.flags),
            MadtEntry::LocalX2Apic(e) => topology.add_cpu(e.x2apic_id, e.flags),
            MadtEntry::LocalApicAddressOverride(e) => topology.local_apic = e.local_apic_address,
            MadtEntry::IoApic(e) if topology.ioapic_count < topology.ioapics.len() => {
                topology.ioapics[topology.ioapic_count] = IoApicInfo {
                    address: u64::from(e.io_apic_address),
                    first_line: e.global_system_interrupt_base,
                };
                topology.ioapic_count += 1;
            }
            MadtEntry::InterruptSourceOverride(e) if e.irq < 16 => {
                topology.isa_lines[usize::from(e.irq)] = Some(Line {
                    number: e.global_system_interrupt,
                    active_low: e.flags & 3 == 3,
                    level: e.flags >> 2 & 3 == 3,
                });
            }
            _ => {}
        }
    }
    let fadt = tables.find_table::<Fadt>();
    let fadt = fadt.as_ref().ok().map(|fadt| &**fadt);
    Machine {
        topology,
        pm_timer: fadt.and_then(|f| f.pm_timer_block().ok().flatten()).and_then(io_port),
        power: fadt.map(power_registers).unwrap_or_default(),
        century_register: fadt.map_or(0, |f| f.century),
    }
}

fn io_port(address: GenericAddress) -> Option<u16> {
    (address.address_space == AddressSpace::SystemIo).then_some(address.address as u16)
}

fn power_registers(fadt: &Fadt) -> PowerRegisters {
    let control = fadt.pm1a_control_block().ok().and_then(io_port);
    let off = fadt.dsdt_address().ok().and_then(sleep_type_off);
    let reset = fadt.reset_register().ok().and_then(io_port);
    PowerRegisters {
        sleep: control.zip(off),
        reset: reset.filter(|&port| port != 0).map(|port| (port, fadt.reset_value)),
    }
}

/// The SLP_TYP value of S5 (soft off). It stands in the DSDT as `Name(_S5_, Package(..) { value, .. })`
/// (ACPI 6.5, 7.4.2.6); the bytes are found without interpreting AML, which is enough for a constant.
fn sleep_type_off(dsdt: usize) -> Option<u16> {
    let header: *const SdtHeader = PhysAddr(dsdt as u64).as_ptr();
    // SAFETY: FADT says that a table is there; firmware keeps its tables in RAM, which the direct map covers, and
    // nobody writes to them. The length is read from the table's own header.
    let bytes = unsafe {
        let length = (&raw const (*header).length).read_unaligned() as usize;
        core::slice::from_raw_parts(header.cast::<u8>(), length)
    };
    let name = bytes.windows(4).position(|window| window == b"_S5_")?;
    // After the name: PackageOp, a length of one to four bytes, the number of elements, the first element.
    let package = bytes[name + 4..].strip_prefix(&[0x12])?;
    let length_bytes = 1 + usize::from(package.first()? >> 6);
    match *package.get(length_bytes + 1..)? {
        [0x0a, value, ..] => Some(u16::from(value)), // BytePrefix
        [0, ..] => Some(0),                          // ZeroOp
        [1, ..] => Some(1),                          // OneOp
        _ => None,
    }
}
