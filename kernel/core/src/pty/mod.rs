//! Pseudo terminals: a [`Slave`] that programs read and write as a terminal, and its [`Master`], where
//! a console feeds keys and takes what is to be shown.
//!
//! ```text
//!   keyboard --write_input--> [ line discipline ] --poll_read--> program
//!   screen  <--read_output--- [ output + echo   ] <-poll_write-- program
//! ```
//!
//! One reader drains the output. A machine with several screens (serial and VGA) has one console task
//! that reads and copies to all of them: every screen then shows the same, and the slowest sets the pace.
//!
//! Everything lies behind one lock, held for a copy of at most one queue. Wakers are registered under
//! that lock and woken after it is released, so a wake is never lost and never waits for the lock.
//!
//! Keys wait (never get lost) when a program does not read; echo is what may be dropped when nobody takes
//! the output. See [`output`] for why.

mod edit;
pub mod ldisc;
mod master;
pub mod output;
mod slave;

pub use master::Master;
pub use slave::Slave;

use alloc::sync::Arc;
use pollux_executor::sync::{Lock, WakerSet};
use pollux_shell::env::{Job, Result, WindowSize};

use ldisc::LineDiscipline;
use output::Output;

/// A new terminal of this size, in canonical mode. `ENOMEM` when its buffers (44 KiB) cannot be had.
pub fn pair(size: WindowSize) -> Result<(Master, Arc<Slave>)> {
    let shared = Arc::new(Shared {
        state: Lock::new(State {
            ldisc: LineDiscipline::new()?,
            output: Output::new()?,
            size,
            foreground: None,
            master_open: true,
            slave_open: true,
        }),
        input_ready: WakerSet::new(),
        input_room: WakerSet::new(),
        output_ready: WakerSet::new(),
        output_room: WakerSet::new(),
    });
    Ok((Master { shared: shared.clone() }, Arc::new(Slave { shared })))
}

/// What the two sides have in common.
struct Shared {
    state: Lock<State>,
    /// Programs that read and found nothing.
    input_ready: WakerSet,
    /// Keyboards that found no room for a key.
    input_room: WakerSet,
    /// Consoles that found nothing to show.
    output_ready: WakerSet,
    /// Programs that found no room for output, and those that wait until all of it is shown.
    output_room: WakerSet,
}

struct State {
    ldisc: LineDiscipline,
    output: Output,
    size: WindowSize,
    foreground: Option<Arc<dyn Job>>,
    master_open: bool,
    slave_open: bool,
}

#[cfg(test)]
mod tests;
