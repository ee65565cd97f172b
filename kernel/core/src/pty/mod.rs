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

mod controls;
mod edit;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod ldisc;
mod master;
mod meaning;
mod open;
pub mod output;
mod queue;
mod registry;
mod slave;
mod timed;

pub use master::Master;
pub use registry::Registry;
pub use slave::Slave;

use alloc::sync::{Arc, Weak};
use pollux_executor::sync::{Lock, WakerSet};
use pollux_shell::env::{Job, Result, WindowSize};

use crate::{asked::Asked, jobs::Jobs, waits::Wait};
use ldisc::LineDiscipline;
use output::Output;
use timed::Timer;

/// A new terminal of this size, in canonical mode, that nobody controls yet (see [`Slave::set_jobs`]). `ENOMEM` when
/// its buffers (44 KiB) cannot be had.
pub fn pair(size: WindowSize) -> Result<(Master, Arc<Slave>)> {
    let master = Master { shared: shared(size, None)? };
    let slave = master.open_slave()?;
    Ok((master, slave))
}

fn shared(size: WindowSize, number: Option<u32>) -> Result<Arc<Shared>> {
    Ok(Arc::new(Shared {
        state: Lock::new(State {
            ldisc: LineDiscipline::new()?,
            output: Output::new()?,
            written: 0,
            size,
            timer: None,
            jobs: None,
            leader: None,
            foreground: None,
            master_open: true,
            programs: Programs::NotYet,
        }),
        number,
        input_ready: WakerSet::new(),
        input_room: WakerSet::new(),
        output_ready: WakerSet::new(),
        output_room: WakerSet::new(),
        resized: WakerSet::new(),
    }))
}

/// What the two sides have in common.
struct Shared {
    state: Lock<State>,
    /// The `N` of `/dev/pts/N`, for one that was made by opening `/dev/ptmx`.
    number: Option<u32>,
    /// Programs that read and found nothing.
    input_ready: WakerSet,
    /// Keyboards that found no room for a key.
    input_room: WakerSet,
    /// Consoles that found nothing to show.
    output_ready: WakerSet,
    /// Programs that found no room for output, and those that wait until all of it is shown.
    output_room: WakerSet,
    /// Programs that wait for a change of the window's size.
    resized: WakerSet,
}

impl Shared {
    /// What a task is known to wait for that waits here.
    fn waits(&self, wait: fn(u64) -> Wait) -> Wait {
        wait(self.number.map_or(0, |number| u64::from(number) + 1))
    }
}

impl Asked for Shared {
    fn is_there(&self, wait: Wait) -> Option<bool> {
        let state = self.state.try_lock()?;
        let is_gone = matches!(state.programs, Programs::Gone);
        Some(match wait {
            Wait::Keys(_) => timed::is_surely_satisfied(&state),
            Wait::KeysRead(_) => state.ldisc.has_room() || is_gone,
            Wait::Output(_) => state.output.is_ready() || (state.output.is_empty() && is_gone),
            // Some wait for room, and some until all is shown.
            Wait::Screen(_) => state.output.is_empty() || !state.master_open,
            _ => return None,
        })
    }
}

struct State {
    ldisc: LineDiscipline,
    output: Output,
    /// How many bytes programs have written.
    written: u64,
    size: WindowSize,
    /// Of a read that TIME bounds.
    timer: Option<Timer>,
    /// Whose tasks are controlled by this terminal; with it come job control and timers.
    jobs: Option<Arc<Jobs>>,
    /// The job that leads the session of this terminal. It gets `HUP`, too.
    leader: Option<Arc<dyn Job>>,
    foreground: Option<Arc<dyn Job>>,
    master_open: bool,
    programs: Programs,
}

/// Whether programs have the terminal open.
enum Programs {
    /// None had yet: the master waits.
    NotYet,
    /// One handle, which all of them share.
    Open(Weak<Slave>),
    /// None has any more.
    Gone,
}

#[cfg(test)]
mod tests;
