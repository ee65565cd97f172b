//! The kernel's assembler: all of it that is not a line within a function.
//!
//! It is a crate of its own for what it does to the others: from a crate that has assembler outside of functions, the linker's optimization takes
//! no function that has some inside. In the kernel's those are the ones that ask which CPU this is, at every wake and lock.
//!
//! | file | what |
//! |---|---|
//! | `pvh.s` | the entry from the loader, up to `kernel_main` |
//! | `trampoline.s` | the start of the other CPUs, up to `ap_entry` |
//! | `interrupts.rs` | a stub for each vector, up to `interrupt_dispatch` |
//! | `recovery.rs` | the way back out of a task that panicked |

#![no_std]

#[cfg(target_os = "none")]
mod interrupts;
#[cfg(target_os = "none")]
mod recovery;

#[cfg(target_os = "none")]
pub use interrupts::interrupt_stub;
#[cfg(target_os = "none")]
pub use recovery::{Context, call_with_return_point, return_to_point};

#[cfg(target_os = "none")]
core::arch::global_asm!(include_str!("pvh.s"), include_str!("trampoline.s"), options(att_syntax, raw));
