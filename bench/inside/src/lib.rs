//! Pollux measured from inside: the `bench` command, what it runs, and how figures come of it.
//!
//! | module | what |
//! |---|---|
//! | [`groups`] | the workloads, a file for each group |
//! | [`meter`] | how often a workload runs, and what of the time counts |
//! | [`stats`] | what many samples say: percentiles, an interval, noise |
//! | [`command`] | the words of the command line, the table, the lines of JSON |
//!
//! It measures what a name says, where it happens: in the guest on its CPUs, hosted on threads. It knows no hardware.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod command;
mod groups;
mod meter;
mod stats;

pub use command::COMMAND;
