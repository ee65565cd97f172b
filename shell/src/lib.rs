//! The shell of Pollux: grammar, expansion, line editor, jobs and commands, each a future over the
//! ports in [`env`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod env;
pub mod errno;
pub mod fd;
pub mod process;
