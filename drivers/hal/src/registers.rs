//! A device's registers, whether they are reached by port or by memory.

/// The register window of one device. Offsets count bytes from its first register.
///
/// Contract: an access reaches the device before the call returns, exactly once, in program order and
/// with exactly the width asked for. A `&self` receiver does not mean that accesses may race: reading a
/// register often changes the device. Which accesses must exclude each other is the driver's business
/// ([`IrqLock`](crate::IrqLock)); implementations only keep each single access whole.
///
/// Errors: there are none to return. Reading where no device answers gives all ones on a PC; an offset
/// outside the window is a driver's bug and panics. The wider accesses panic unless they are
/// implemented, for a device that has only 8-bit registers.
pub trait Registers {
    /// Reads 8 bits.
    fn read8(&self, offset: usize) -> u8;
    /// Writes 8 bits.
    fn write8(&self, offset: usize, value: u8);

    /// Reads 16 bits; `offset` is a multiple of 2.
    fn read16(&self, offset: usize) -> u16 {
        panic!("16-bit read at offset {offset:#x} of a device that has 8-bit registers only")
    }
    /// Writes 16 bits; `offset` is a multiple of 2.
    fn write16(&self, offset: usize, value: u16) {
        panic!("16-bit write of {value:#x} at offset {offset:#x} of a device that has 8-bit registers only")
    }
    /// Reads 32 bits; `offset` is a multiple of 4.
    fn read32(&self, offset: usize) -> u32 {
        panic!("32-bit read at offset {offset:#x} of a device that has 8-bit registers only")
    }
    /// Writes 32 bits; `offset` is a multiple of 4.
    fn write32(&self, offset: usize, value: u32) {
        panic!("32-bit write of {value:#x} at offset {offset:#x} of a device that has 8-bit registers only")
    }
}

impl<T: Registers + ?Sized> Registers for &T {
    fn read8(&self, offset: usize) -> u8 {
        (**self).read8(offset)
    }
    fn write8(&self, offset: usize, value: u8) {
        (**self).write8(offset, value);
    }
    fn read16(&self, offset: usize) -> u16 {
        (**self).read16(offset)
    }
    fn write16(&self, offset: usize, value: u16) {
        (**self).write16(offset, value);
    }
    fn read32(&self, offset: usize) -> u32 {
        (**self).read32(offset)
    }
    fn write32(&self, offset: usize, value: u32) {
        (**self).write32(offset, value);
    }
}
