//! The kernel log: a ring in memory, which `dmesg` shows, and a copy to the debug console, which QEMU writes to
//! a file.

use alloc::string::String;
use core::fmt::{self, Write};

use x86_64::instructions::port::PortWriteOnly;

use crate::{arch::clock, cpu, sync::IrqLock};

const CAPACITY: usize = 64 * 1024;
/// QEMU's `-debugcon`. A write to this port has no effect where there is none.
const DEBUG_CONSOLE: u16 = 0xe9;

struct Ring {
    bytes: [u8; CAPACITY],
    /// How many bytes were ever written.
    written: usize,
}

static RING: IrqLock<Ring> = IrqLock::new(Ring { bytes: [0; CAPACITY], written: 0 });

struct KernelLog;

impl log::Log for KernelLog {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let now = clock::now_ns();
        let mut ring = RING.lock();
        let (s, us) = (now / 1_000_000_000, now / 1000 % 1_000_000);
        let level = record.level().as_str();
        // Writing to the ring cannot fail.
        let _ = writeln!(ring, "[{s:5}.{us:06}] cpu{} {level:5} {}", cpu::index(), record.args());
    }

    fn flush(&self) {}
}

impl Write for Ring {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            self.bytes[self.written % CAPACITY] = byte;
            self.written += 1;
        }
        DebugConsole.write_str(text)
    }
}

/// The debug console by itself, for reports that must not wait for a lock.
pub struct DebugConsole;

impl Write for DebugConsole {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut port = PortWriteOnly::<u8>::new(DEBUG_CONSOLE);
        for &byte in text.as_bytes() {
            // SAFETY: the port is QEMU's debug console or nothing at all.
            unsafe { port.write(byte) };
        }
        Ok(())
    }
}

/// Sends `log`'s macros here.
pub fn init() {
    // Fails only when there is a logger already, and this is called once.
    let _ = log::set_logger(&KernelLog);
    log::set_max_level(log::LevelFilter::Info);
}

/// The log from its oldest kept line on.
pub fn contents() -> String {
    let mut copy = alloc::vec::Vec::with_capacity(CAPACITY);
    {
        let ring = RING.lock();
        let start = ring.written.saturating_sub(CAPACITY);
        copy.extend((start..ring.written).map(|at| ring.bytes[at % CAPACITY]));
        if start > 0 {
            let whole_line = copy.iter().position(|&b| b == b'\n').map_or(0, |at| at + 1);
            copy.drain(..whole_line);
        }
    }
    String::from_utf8_lossy(&copy).into_owned()
}
