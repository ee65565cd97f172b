//! The commands that look into the system while it runs: what waits where and for whom.
//!
//! They are the same in the guest and hosted. What they show comes from snapshots that stop nothing: a task that goes on
//! meanwhile may be shown as it was a moment ago.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod events;
mod names;
mod perf;
pub mod recording;
mod switched;
mod symbols;
mod system;
mod tasks;
mod trace;

use pollux_shell::process::Command;

/// All of them, sorted by name.
pub const COMMANDS: [Command; 3] = [perf::COMMAND, tasks::COMMAND, trace::COMMAND];
