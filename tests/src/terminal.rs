//! Gives the terminal back as it was.

use std::io;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

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
