//! From the loader to Rust: the PVH entry, the start info, the start of the other CPUs.

pub mod smp;
pub mod start_info;
