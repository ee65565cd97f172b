//! The terminal that the launcher runs in: how large it is, that each key comes as it is typed, and that it is given back as
//! it was.

use std::io;

use rustix::termios::{OptionalActions, OutputModes, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::frame::Size;

/// The size of the terminal that standard input is, if it is one and knows.
pub fn size() -> Option<Size> {
    let size = tcgetwinsize(io::stdin()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some(Size { rows: size.ws_row, columns: size.ws_col })
}

/// Remembers the terminal's modes and restores them when it is dropped.
pub struct TerminalGuard(Option<Termios>);

impl TerminalGuard {
    /// Takes down the modes of standard input; does nothing when that is no terminal.
    pub fn new() -> TerminalGuard {
        TerminalGuard(tcgetattr(io::stdin()).ok())
    }

    /// From now on each key comes at once, those of signals too, and nothing is echoed. What is written is still shown with
    /// a carriage return for each new line, as the launcher's own messages need it.
    pub fn set_raw(&self) -> io::Result<()> {
        let Some(before) = &self.0 else { return Ok(()) };
        let mut raw = before.clone();
        raw.make_raw();
        raw.output_modes = before.output_modes | OutputModes::OPOST;
        Ok(tcsetattr(io::stdin(), OptionalActions::Now, &raw)?)
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
