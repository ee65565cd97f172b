//! PCI configuration space behind ports 0xcf8 and 0xcfc.
//!
//! Panics when data is touched while no register is selected, or the ports outside their lock.

use std::{collections::BTreeMap, sync::Mutex};

use super::{FakeLock, lock};
use crate::Registers;

/// Bus, device, function.
type Place = (u8, u8, u8);

/// Functions by their place.
#[derive(Debug)]
pub struct FakePci<'a> {
    functions: BTreeMap<Place, [u32; 64]>,
    address: Mutex<u32>,
    guard: &'a FakeLock,
}

impl<'a> FakePci<'a> {
    /// Buses with nothing on them; both ports are to be used inside a section of `guard`.
    pub fn guarded_by(guard: &'a FakeLock) -> Self {
        Self { functions: BTreeMap::new(), address: Mutex::new(0), guard }
    }

    /// The same, with a function whose configuration space holds `contents` (offset, value).
    pub fn with(mut self, place: Place, contents: &[(u8, u32)]) -> Self {
        let mut space = [0; 64];
        for (offset, value) in contents {
            space[usize::from(offset / 4)] = *value;
        }
        self.functions.insert(place, space);
        self
    }
}

impl Registers for FakePci<'_> {
    fn read8(&self, offset: usize) -> u8 {
        panic!("8-bit read at {offset}: mechanism #1 is used with 32 bits");
    }

    fn write8(&self, offset: usize, _value: u8) {
        panic!("8-bit write at {offset}: mechanism #1 is used with 32 bits");
    }

    fn read32(&self, offset: usize) -> u32 {
        self.guard.assert_held("a PCI configuration port was touched");
        assert!(offset == 4, "offset {offset} read: only the data port can be read");
        let address = *lock(&self.address);
        assert!(address >> 31 == 1, "data was read while no configuration register was selected");
        assert!(address & 0x7f00_0003 == 0, "address {address:#010x} has reserved bits set");
        let place = ((address >> 16) as u8, (address >> 11) as u8 & 31, (address >> 8) as u8 & 7);
        self.functions.get(&place).map_or(u32::MAX, |space| space[(address as u8 / 4) as usize])
    }

    fn write32(&self, offset: usize, value: u32) {
        self.guard.assert_held("a PCI configuration port was touched");
        assert!(offset == 0, "configuration space was written: looking must not change anything");
        *lock(&self.address) = value;
    }
}
