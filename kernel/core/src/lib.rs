//! Kernel objects without hardware: pipes, terminals, files and jobs. They run in the kernel and, on
//! threads, in the hosted build.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod asked;
pub mod faults;
pub mod fs;
pub mod jobs;
pub mod machine;
pub mod pipe;
pub mod pty;
pub mod session;
pub mod system;
#[cfg(test)]
mod testing;
pub mod waits;
