//! From the loader to Rust: the PVH entry, the start info, the start of the other CPUs.

pub mod smp;
pub mod start_info;

use core::arch::global_asm;

global_asm!(include_str!("pvh.s"), include_str!("trampoline.s"), options(att_syntax, raw));
