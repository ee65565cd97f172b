//! The shell of Pollux: grammar, expansion, line editor, jobs and commands, each a future over the
//! ports in [`env`].
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(test, feature = "fake"))]
extern crate std;

pub mod commands;
pub mod edit;
pub mod env;
pub mod errno;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
pub mod fd;
#[cfg(any(test, feature = "fake"))]
pub mod fuzzing;
mod interactive;
pub mod io;
pub mod lang;
mod mode;
mod path;
pub mod process;
mod run;
mod screen;
pub mod sh;
pub mod shell;
pub mod signal;
pub mod splice;
pub mod terminal;
pub mod ustar;

#[cfg(test)]
mod tests;

pub use shell::Shell;
