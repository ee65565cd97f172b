//! The line discipline: what a byte from the keyboard does. A pure state machine, so that every key
//! sequence can be tested without a terminal, a lock or a waker.
//!
//! It follows POSIX.1-2024 chapter 11 and, where that leaves it open, what people know from Linux.
//!
//! ```text
//!            feed(byte)                        newline, EOF                    read(buf)
//!  keyboard ------------> [ line being edited ] ------------> [ ready to read ] --------> program
//!                 |         canonical mode only                      ^
//!                 |---------------- raw mode ------------------------'
//!                 '--> echo into Output
//! ```
//!
//! In canonical mode `ready` is cut into lines (`lines` holds their lengths; a length of 0 is an end of
//! file) and one read gives at most one line. In raw mode there are no lines.

use alloc::{collections::VecDeque, vec::Vec};
use pollux_shell::{
    env::{Modes, Result, Signal},
    errno::Errno,
};

use super::{
    edit,
    output::{Output, TAB, advance},
};

/// The longest line, its newline included.
pub const MAX_CANON: usize = 4096;

/// `^X` as a byte.
const fn ctrl(letter: u8) -> u8 {
    letter ^ 0x40
}

const INTR: u8 = ctrl(b'C');
const EOF: u8 = ctrl(b'D');
const BACKSPACE: u8 = ctrl(b'H');
const XON: u8 = ctrl(b'Q');
const REPRINT: u8 = ctrl(b'R');
const XOFF: u8 = ctrl(b'S');
const KILL: u8 = ctrl(b'U');
const LNEXT: u8 = ctrl(b'V');
const WERASE: u8 = ctrl(b'W');
const SUSP: u8 = ctrl(b'Z');
const QUIT: u8 = ctrl(b'\\');
const DELETE: u8 = 0x7f;
const BELL: u8 = 0x07;

/// What a byte did, beyond its echo.
#[must_use = "a reader, a writer or a job waits for this"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing that anybody waits for.
    Nothing,
    /// There is something to read.
    Readable,
    /// Output that was held may go on.
    Released,
    /// The foreground job gets this signal. What was typed ahead and what was still to be shown is gone.
    Signal(Signal),
}

/// The state of a terminal's input.
pub struct LineDiscipline {
    modes: Modes,
    line: Vec<u8>,
    /// The column in which the line that is being edited begins.
    line_column: usize,
    ready: VecDeque<u8>,
    lines: VecDeque<u16>,
    literal_next: bool,
}

impl LineDiscipline {
    /// A terminal in canonical mode with all the memory it will need; `ENOMEM` when that cannot be had.
    pub fn new() -> Result<Self> {
        let (mut line, mut ready, mut lines) = (Vec::new(), VecDeque::new(), VecDeque::new());
        line.try_reserve_exact(MAX_CANON).map_err(|_| Errno::ENOMEM)?;
        ready.try_reserve_exact(MAX_CANON).map_err(|_| Errno::ENOMEM)?;
        lines.try_reserve_exact(MAX_CANON).map_err(|_| Errno::ENOMEM)?;
        Ok(Self { modes: Modes::COOKED, line, line_column: 0, ready, lines, literal_next: false })
    }

    /// The modes.
    pub fn modes(&self) -> Modes {
        self.modes
    }

    /// Sets the modes. What has been typed is kept: a half-typed line becomes readable at once when
    /// canonical mode ends, and what is left unread becomes a line when it begins.
    pub fn set_modes(&mut self, modes: Modes, out: &mut Output) -> Outcome {
        let changed = self.modes ^ modes;
        self.modes = modes;
        if changed.contains(Modes::ICANON) {
            self.literal_next = false;
            self.ready.extend(&self.line);
            self.line.clear();
            self.lines.clear();
            if modes.contains(Modes::ICANON) && !self.ready.is_empty() {
                self.lines.push_back(self.ready.len() as u16);
            }
        }
        if changed.contains(Modes::IXON) && out.is_held() {
            out.hold(false);
            return Outcome::Released;
        }
        if self.is_readable() { Outcome::Readable } else { Outcome::Nothing }
    }

    /// Whether another byte can be fed. While a line is being edited and no other waits there always
    /// is room: the line itself stops growing, and the keys that edit, end or interrupt it still work.
    pub fn has_room(&self) -> bool {
        if self.ready.is_empty() && self.lines.is_empty() && self.modes.contains(Modes::ICANON) {
            return true;
        }
        self.ready.len() + self.line.len() + self.lines.len() < MAX_CANON - 1
    }

    /// Where among `keys` the first one is that makes a signal, which needs no room: it empties the queue.
    pub fn next_signal(&self, keys: &[u8]) -> Option<usize> {
        if !self.modes.contains(Modes::ISIG) || self.literal_next {
            return None;
        }
        keys.iter().position(|key| matches!(*key, INTR | QUIT | SUSP))
    }

    /// Whether [`Self::read`] would give something, an end of file included.
    pub fn is_readable(&self) -> bool {
        if self.modes.contains(Modes::ICANON) { !self.lines.is_empty() } else { !self.ready.is_empty() }
    }

    /// Takes what is ready: at most one line in canonical mode, all that fits in raw mode. `Some(0)` is
    /// an end of file; `None` means that there is nothing yet. `buf` must not be empty.
    pub fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        let available = if self.modes.contains(Modes::ICANON) {
            *self.lines.front()? as usize
        } else if self.ready.is_empty() {
            return None;
        } else {
            self.ready.len()
        };
        let n = available.min(buf.len());
        for (to, from) in buf.iter_mut().zip(self.ready.drain(..n)) {
            *to = from;
        }
        if n == available {
            self.lines.pop_front();
        } else if let Some(left) = self.lines.front_mut() {
            *left -= n as u16;
        }
        Some(n)
    }

    /// Takes one byte from the keyboard and echoes it. The caller asks [`Self::has_room`] first.
    pub fn feed(&mut self, byte: u8, out: &mut Output) -> Outcome {
        if core::mem::take(&mut self.literal_next) {
            return self.insert(byte, out);
        }
        if self.modes.contains(Modes::IXON) {
            match byte {
                XOFF => {
                    out.hold(true);
                    return Outcome::Nothing;
                }
                XON => {
                    out.hold(false);
                    return Outcome::Released;
                }
                _ => {}
            }
        }
        if self.modes.contains(Modes::ISIG) {
            match byte {
                INTR => return self.signal(byte, Signal::Int, out),
                QUIT => return self.signal(byte, Signal::Quit, out),
                SUSP => return self.signal(byte, Signal::Tstp, out),
                _ => {}
            }
        }
        let byte = if byte == b'\r' && self.modes.contains(Modes::ICRNL) { b'\n' } else { byte };
        if self.modes.contains(Modes::ICANON) { self.edit(byte, out) } else { self.insert(byte, out) }
    }

    /// A key in canonical mode.
    fn edit(&mut self, byte: u8, out: &mut Output) -> Outcome {
        let extended = self.modes.contains(Modes::IEXTEN);
        match byte {
            b'\n' => {
                if self.modes.contains(Modes::ECHO) {
                    out.echo(self.modes, b"\n");
                }
                self.line.push(b'\n');
                self.finish_line()
            }
            EOF => self.finish_line(),
            BACKSPACE | DELETE => self.erase_key(byte, out),
            WERASE if extended => {
                for _ in 0..edit::last_word(&self.line, self.utf8()) {
                    self.erase_last(out, true);
                }
                Outcome::Nothing
            }
            KILL => self.kill_key(out),
            LNEXT if extended => {
                self.literal_next = true;
                if self.modes.contains(Modes::ECHO | Modes::ECHOCTL) {
                    out.echo(self.modes, b"^\x08");
                }
                Outcome::Nothing
            }
            REPRINT if extended && self.modes.contains(Modes::ECHO) => {
                self.echo_char(byte, out);
                out.echo(self.modes, b"\n");
                self.line_column = out.column();
                for at in 0..self.line.len() {
                    self.echo_char(self.line[at], out);
                }
                Outcome::Nothing
            }
            _ => self.insert(byte, out),
        }
    }

    /// A byte that stands for itself.
    fn insert(&mut self, byte: u8, out: &mut Output) -> Outcome {
        if !self.modes.contains(Modes::ICANON) {
            self.ready.push_back(byte);
            if self.modes.contains(Modes::ECHO) {
                if byte == b'\n' { out.echo(self.modes, b"\n") } else { self.echo_char(byte, out) }
            }
            return Outcome::Readable;
        }
        if self.line.len() >= MAX_CANON - 1 {
            out.echo(self.modes, &[BELL]);
            return Outcome::Nothing;
        }
        if self.line.is_empty() {
            self.line_column = out.column();
        }
        self.line.push(byte);
        if self.modes.contains(Modes::ECHO) {
            self.echo_char(byte, out);
        }
        Outcome::Nothing
    }

    /// Hands the line over to the reader; an empty one is an end of file.
    fn finish_line(&mut self) -> Outcome {
        self.lines.push_back(self.line.len() as u16);
        self.ready.extend(&self.line);
        self.line.clear();
        Outcome::Readable
    }

    fn signal(&mut self, key: u8, signal: Signal, out: &mut Output) -> Outcome {
        self.line.clear();
        self.ready.clear();
        self.lines.clear();
        out.clear();
        if self.modes.contains(Modes::IXON) {
            out.hold(false);
        }
        if self.modes.contains(Modes::ECHO) {
            self.echo_char(key, out);
        }
        Outcome::Signal(signal)
    }

    fn erase_key(&mut self, key: u8, out: &mut Output) -> Outcome {
        let visibly = self.modes.contains(Modes::ECHOE);
        if self.erase_last(out, visibly) && !visibly && self.modes.contains(Modes::ECHO) {
            self.echo_char(key, out);
        }
        Outcome::Nothing
    }

    fn kill_key(&mut self, out: &mut Output) -> Outcome {
        if self.modes.contains(Modes::ECHOK) {
            while self.erase_last(out, true) {}
        } else {
            self.line.clear();
            if self.modes.contains(Modes::ECHO) {
                self.echo_char(KILL, out);
            }
        }
        Outcome::Nothing
    }

    /// Takes the last character off the line and, if wanted, off the screen; false when there is none.
    fn erase_last(&mut self, out: &mut Output, visibly: bool) -> bool {
        let Some(last) = edit::last_char(&self.line, self.utf8()) else { return false };
        let start = self.line.len() - last.bytes;
        let first = self.line[start];
        self.line.truncate(start);
        if !visibly || !self.modes.contains(Modes::ECHO) {
            return true;
        }
        if first == b'\t' {
            // A tab covered blanks only: the cursor goes back to where the text before it ended.
            let column = self.column_of_end();
            for _ in column..(column / TAB + 1) * TAB {
                out.echo(self.modes, b"\x08");
            }
            return true;
        }
        let shown_as_two = self.modes.contains(Modes::ECHOCTL);
        let columns = if first.is_ascii_control() { 2 * usize::from(shown_as_two) } else { last.columns };
        for _ in 0..columns {
            out.echo(self.modes, b"\x08 \x08");
        }
        true
    }

    /// The column in which the line on the screen ends.
    fn column_of_end(&self) -> usize {
        self.line.iter().fold(self.line_column, |column, &byte| match byte {
            b'\t' => advance(column, &[byte]),
            _ if byte.is_ascii_control() && self.modes.contains(Modes::ECHOCTL) => column + 2,
            _ => advance(column, &[byte]),
        })
    }

    fn echo_char(&self, byte: u8, out: &mut Output) {
        if byte.is_ascii_control() && byte != b'\t' && self.modes.contains(Modes::ECHOCTL) {
            out.echo(self.modes, &[b'^', byte ^ 0x40]);
        } else {
            out.echo(self.modes, &[byte]);
        }
    }

    fn utf8(&self) -> bool {
        self.modes.contains(Modes::IUTF8)
    }
}

#[cfg(test)]
mod tests;
