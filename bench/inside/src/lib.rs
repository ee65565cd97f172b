//! Pollux measured from inside: the `bench` command, what it runs, and how figures come of it.
//!
//! | module | what |
//! |---|---|
//! | [`groups`] | the workloads, a file for each group |
//! | [`hardware`] | what benchmarks need of the hardware itself, which whoever has it installs |
//! | [`meter`] | what a workload gets, and how its runs are timed |
//! | [`command`] | the words of the command line, the table, the lines of JSON |
//!
//! How often a workload runs and what its samples say is in `pollux-figures`, for what stands beside Pollux in a table, too.
//! It measures what a name says, where it happens: in the guest on its CPUs, hosted on threads. It knows no hardware but what it is given.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod command;
mod groups;
mod hardware;
mod meter;

pub use command::COMMAND;
pub use hardware::{Hardware, install};
