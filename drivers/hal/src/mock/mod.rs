//! Fakes of devices for tests on the host. Each behaves as its datasheet says and panics, with a
//! sentence, where the real device would lose data, hang or answer nonsense.

mod clock;
mod cmos;
mod fw_cfg;
mod i8042;
mod lock;
mod nobody;
mod pci;
mod uart;
mod vga;

pub use clock::FakeClock;
pub use cmos::FakeCmos;
pub use fw_cfg::FakeFwCfg;
pub use i8042::FakeI8042;
pub use lock::FakeLock;
pub use nobody::NoDevice;
pub use pci::FakePci;
pub use uart::{FakeUart16550, LineFault};
pub use vga::{FakeCrtc, FakeVgaMemory};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A test that expects a fake to panic goes on using it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
