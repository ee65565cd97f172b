//! Device drivers as futures.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod absent;
mod claim;
pub mod fw_cfg;
pub mod pci;
pub mod ps2;
pub mod ring;
pub mod rtc;
pub mod uart16550;
pub mod vga;

pub use absent::Absent;
