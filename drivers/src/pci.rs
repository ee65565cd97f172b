//! What is on the PCI buses, through configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2).
//!
//! `pci_types` gives the address type. Its `ConfigRegionAccess` is not implemented: its methods are
//! unsafe, and a crate that forbids unsafe code cannot even declare them. Reading the configuration
//! header has no side effects, so a safe function is what fits.

use alloc::{collections::BTreeSet, vec::Vec};
use pollux_hal::{IrqLock, Registers};

pub use pci_types::PciAddress;

const ADDRESS: usize = 0;
const DATA: usize = 4;
const ENABLE: u32 = 1 << 31;

const ID: u8 = 0x00;
const CLASS: u8 = 0x08;
const HEADER_TYPE: u8 = 0x0c;
const BUS_NUMBERS: u8 = 0x18;
const NOBODY: u32 = 0xffff_ffff;
/// Class 06 (bridge), subclass 00 (host).
const HOST_BRIDGE: u16 = 0x0600;

/// A function that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Segment 0, bus, device, function.
    pub address: PciAddress,
    /// Vendor.
    pub vendor: u16,
    /// Device.
    pub device: u16,
    /// Base class in the high byte, subclass in the low byte.
    pub class: u16,
    /// Programming interface.
    pub interface: u8,
    /// Revision.
    pub revision: u8,
}

/// The ports 0xcf8 to 0xcff. The address port and the data port are used in pairs, hence the lock: all
/// users of the ports share it.
#[derive(Debug)]
pub struct ConfigPorts<R, L> {
    regs: R,
    lock: L,
}

impl<R: Registers, L: IrqLock> ConfigPorts<R, L> {
    /// Touches nothing.
    pub const fn new(regs: R, lock: L) -> Self {
        Self { regs, lock }
    }

    /// Reads 32 bits of a function's configuration space; `offset` is a multiple of 4. All ones where
    /// no function answers.
    pub fn read(&self, address: PciAddress, offset: u8) -> u32 {
        self.lock.with(|| {
            self.select(address, offset);
            self.regs.read32(DATA)
        })
    }

    /// Writes 32 bits of a function's configuration space; `offset` is a multiple of 4.
    pub fn write(&self, address: PciAddress, offset: u8, value: u32) {
        self.lock.with(|| {
            self.select(address, offset);
            self.regs.write32(DATA, value);
        });
    }

    /// All functions on all buses that bridges lead to, in order of their addresses.
    pub fn enumerate(&self) -> Vec<Function> {
        let mut found = Vec::new();
        let mut buses = BTreeSet::from([0]);
        let mut seen = BTreeSet::new();
        // Firmware numbers the buses; a bus is visited once even if broken numbers make a circle.
        while let Some(bus) = buses.pop_first() {
            if !seen.insert(bus) {
                continue;
            }
            for device in 0..32 {
                self.visit_device(bus, device, &mut found, &mut buses);
            }
        }
        found.sort_by_key(|function| function.address);
        found
    }

    fn visit_device(&self, bus: u8, device: u8, found: &mut Vec<Function>, buses: &mut BTreeSet<u8>) {
        for number in 0..8 {
            let address = PciAddress::new(0, bus, device, number);
            let id = self.read(address, ID);
            if id == NOBODY || id & 0xffff == 0xffff {
                if number == 0 {
                    return; // function 0 is there if any is
                }
                continue;
            }
            let class = self.read(address, CLASS);
            let function = Function {
                address,
                vendor: id as u16,
                device: (id >> 16) as u16,
                class: (class >> 16) as u16,
                interface: (class >> 8) as u8,
                revision: class as u8,
            };
            found.push(function);
            let header = (self.read(address, HEADER_TYPE) >> 16) as u8;
            match header & 0x7f {
                // PCI-to-PCI and CardBus bridges: their secondary bus.
                1 | 2 => {
                    buses.insert((self.read(address, BUS_NUMBERS) >> 8) as u8);
                }
                // Further host bridges at 00:00: function n leads to bus n.
                _ if function.class == HOST_BRIDGE && bus == 0 && device == 0 && number > 0 => {
                    buses.insert(number);
                }
                _ => {}
            }
            if number == 0 && header & 0x80 == 0 {
                return; // a single function
            }
        }
    }

    /// Section: the register that the data port shows.
    fn select(&self, address: PciAddress, offset: u8) {
        assert!(address.segment() == 0, "the ports reach segment 0 only, not {address}");
        assert!(
            offset.is_multiple_of(4),
            "configuration registers are 32 bits wide, {offset:#x} is inside one"
        );
        let function = u32::from(address.bus()) << 16
            | u32::from(address.device()) << 11
            | u32::from(address.function()) << 8;
        self.regs.write32(ADDRESS, ENABLE | function | u32::from(offset));
    }
}
