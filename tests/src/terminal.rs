//! The terminal that the launcher runs in: how large it is, and that it is given back as it was.

use std::io;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::frame::Size;

/// The size of the terminal that standard input is, if it is one and knows.
pub fn size() -> Option<Size> {
    let size = tcgetwinsize(io::stdin()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some(Size { rows: size.ws_row, columns: size.ws_col })
}

/// Remembers the terminal's modes and restores them when it is dropped. QEMU sets the terminal raw
/// and restores it itself, unless it is killed.
pub struct TerminalGuard(Option<Termios>);

impl TerminalGuard {
    /// Takes down the modes of standard input; does nothing when that is no terminal.
    pub fn new() -> TerminalGuard {
        TerminalGuard(tcgetattr(io::stdin()).ok())
    }
}

impl Default for TerminalGuard {
    fn default() -> Self {
        TerminalGuard::new()
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        if let Some(modes) = &self.0 {
            // A terminal that is gone has nothing to restore.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
        }
    }
}
