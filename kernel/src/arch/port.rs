//! I/O ports as a driver's registers.

use pollux_hal::Registers;
use x86_64::instructions::port::Port;

/// The window of `len` ports from `base` on. Making one is how the kernel says that the ports belong to the
/// driver that gets it.
#[derive(Debug)]
pub struct Ports {
    base: u16,
    len: u16,
}

impl Ports {
    /// The window.
    ///
    /// # Safety
    /// The ports belong to one device, and no other code uses them while this exists. Using the device in any way
    /// cannot break memory safety (it does no DMA, or none to memory that it was not given).
    pub const unsafe fn new(base: u16, len: u16) -> Self {
        Self { base, len }
    }

    fn port(&self, offset: usize, size: usize) -> u16 {
        assert!(offset + size <= self.len as usize, "a driver reaches outside of its registers");
        self.base + offset as u16
    }
}

impl Registers for Ports {
    fn read8(&self, offset: usize) -> u8 {
        // SAFETY: a port of the window, which is the driver's alone (see `new`). The same below.
        unsafe { Port::new(self.port(offset, 1)).read() }
    }

    fn write8(&self, offset: usize, value: u8) {
        // SAFETY: as in `read8`.
        unsafe { Port::new(self.port(offset, 1)).write(value) }
    }

    fn read16(&self, offset: usize) -> u16 {
        // SAFETY: as in `read8`.
        unsafe { Port::new(self.port(offset, 2)).read() }
    }

    fn write16(&self, offset: usize, value: u16) {
        // SAFETY: as in `read8`.
        unsafe { Port::new(self.port(offset, 2)).write(value) }
    }

    fn read32(&self, offset: usize) -> u32 {
        // SAFETY: as in `read8`.
        unsafe { Port::new(self.port(offset, 4)).read() }
    }

    fn write32(&self, offset: usize, value: u32) {
        // SAFETY: as in `read8`.
        unsafe { Port::new(self.port(offset, 4)).write(value) }
    }
}
