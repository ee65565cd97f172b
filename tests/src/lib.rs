//! The QEMU launcher behind `./run.sh`, and the tests that type at the real console.
//!
//! It knows the kernel as a binary and never as a library. `session` is the way of a person or a script
//! through it; `suite` is `./run.sh test`.

#![forbid(unsafe_code)]

pub mod accel;
pub mod bench;
pub mod channel;
pub mod escape;
pub mod failure;
pub mod frame;
pub mod guest;
pub mod hang;
pub mod help;
pub mod initrd;
pub mod line;
pub mod machine;
pub mod options;
pub mod perf;
pub mod qemu;
pub mod qmp;
pub mod relay;
pub mod report;
pub mod session;
pub mod stdio;
pub mod suite;
pub mod symbols;
pub mod terminal;
pub mod tie;
pub mod verdict;
pub mod watchdog;
pub mod workspace;
