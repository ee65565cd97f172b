//! What a driver needs of the machine, as four small traits: [`Registers`] to talk to the device,
//! [`IrqLock`] to keep its handler and its tasks apart, [`Clock`] to bound a wait, [`TextBuffer`] for
//! the one device that is memory. The kernel implements them once; feature `mock` has fakes of whole
//! devices that panic when a driver does what the real one would punish with lost bytes or a hang.
//!
//! What is not here: interrupt routing (the kernel masks, routes and acknowledges; a driver's handler
//! is a plain `on_interrupt(&self)`), and DMA (no driver uses it yet; its trait comes with the first
//! one that does, so that its contract is tested by a user).
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "mock")]
extern crate std;

mod clock;
mod lock;
#[cfg(feature = "mock")]
pub mod mock;
mod registers;
mod text;

pub use clock::Clock;
pub use lock::IrqLock;
pub use registers::Registers;
pub use text::TextBuffer;
