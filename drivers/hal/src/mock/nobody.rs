//! Ports where nothing answers.

use crate::Registers;

/// All ones on reading, writes go nowhere: what a PC's bus does without a device.
#[derive(Clone, Copy, Debug)]
pub struct NoDevice;

impl Registers for NoDevice {
    fn read8(&self, _offset: usize) -> u8 {
        0xff
    }
    fn write8(&self, _offset: usize, _value: u8) {}
    fn read16(&self, _offset: usize) -> u16 {
        0xffff
    }
    fn write16(&self, _offset: usize, _value: u16) {}
    fn read32(&self, _offset: usize) -> u32 {
        0xffff_ffff
    }
    fn write32(&self, _offset: usize, _value: u32) {}
}
