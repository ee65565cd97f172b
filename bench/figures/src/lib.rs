//! How a benchmark is measured, and what its samples say. Whoever stands beside Pollux in a table is measured by the same
//! code: the guest's `bench`, the program that runs on Linux, and the launcher that compares the two.
//!
//! | module | what |
//! |---|---|
//! | [`sampler`] | how often a workload runs, and what of the time counts |
//! | [`summary`] | what many samples say: percentiles, an interval, noise |
//! | [`line`](mod@line) | a benchmark's figures as a line of JSON, and times as people read them |
//!
//! It knows no clock and runs nothing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod line;
pub mod sampler;
pub mod summary;

pub use sampler::Sampler;
pub use summary::Summary;
