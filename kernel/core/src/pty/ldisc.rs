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
    env::{Attributes, Modes, Result, Signal},
    errno::Errno,
};

use super::{
    edit,
    meaning::{Meaning, Meanings},
    output::{Output, TAB, advance},
    queue::Queue,
};

/// The longest line, its newline included.
pub const MAX_CANON: usize = 4096;

pub(super) const BACKSPACE: u8 = 0x08;
pub(super) const DELETE: u8 = 0x7f;
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

/// What became of keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fed {
    /// How many were taken: all, unless there was no room or one made a signal.
    pub taken: usize,
    /// There is something to read.
    pub readable: bool,
    /// Output that was held may go on.
    pub released: bool,
    /// The last one taken makes this signal.
    pub signal: Option<Signal>,
}

/// The state of a terminal's input.
pub struct LineDiscipline {
    attributes: Attributes,
    meanings: Meanings,
    line: Vec<u8>,
    /// The column in which the line that is being edited begins.
    line_column: usize,
    ready: Queue,
    lines: VecDeque<u16>,
    literal_next: bool,
    /// With IXOFF: the other side has been asked to stop.
    asked_to_stop: bool,
}

impl LineDiscipline {
    /// A terminal in canonical mode with all the memory it will need; `ENOMEM` when that cannot be had.
    pub fn new() -> Result<Self> {
        let (mut line, mut lines) = (Vec::new(), VecDeque::new());
        line.try_reserve_exact(MAX_CANON).map_err(|_| Errno::ENOMEM)?;
        let ready = Queue::new(MAX_CANON)?;
        lines.try_reserve_exact(MAX_CANON).map_err(|_| Errno::ENOMEM)?;
        let attributes = Attributes::SANE;
        let meanings = Meanings::of(&attributes);
        let (line_column, literal_next, asked_to_stop) = (0, false, false);
        Ok(Self { attributes, meanings, line, line_column, ready, lines, literal_next, asked_to_stop })
    }

    /// The modes.
    pub fn modes(&self) -> Modes {
        self.attributes.modes
    }

    /// The modes and characters.
    pub fn attributes(&self) -> Attributes {
        self.attributes
    }

    /// Sets them. What has been typed is kept: a half-typed line becomes readable at once when canonical mode
    /// ends, and what is left unread becomes a line when it begins.
    pub fn set_attributes(&mut self, attributes: Attributes, out: &mut Output) -> Outcome {
        let modes = attributes.modes;
        let changed = self.attributes.modes ^ modes;
        self.attributes = attributes;
        self.meanings = Meanings::of(&attributes);
        if changed.contains(Modes::ICANON) {
            self.literal_next = false;
            self.ready.push(&self.line);
            self.line.clear();
            self.lines.clear();
            if modes.contains(Modes::ICANON) && !self.ready.is_empty() {
                self.lines.push_back(self.ready.len() as u16);
            }
        }
        self.control_flow(out);
        if changed.contains(Modes::IXON) && out.is_held() {
            out.hold(false);
            return Outcome::Released;
        }
        if self.is_readable() { Outcome::Readable } else { Outcome::Nothing }
    }

    /// With IXOFF: asks the other side to stop before the queue is full, and to go on when it has room again.
    pub fn control_flow(&mut self, out: &mut Output) {
        let used = self.ready.len() + self.line.len();
        let wanted = match self.has(Modes::IXOFF) {
            true if used > MAX_CANON / 4 * 3 => true,
            true if used < MAX_CANON / 4 => false,
            true => self.asked_to_stop,
            false => false,
        };
        if core::mem::replace(&mut self.asked_to_stop, wanted) != wanted {
            let characters = self.attributes.characters;
            out.say_at_once(if wanted { characters.stop } else { characters.start });
        }
    }

    /// Whether another byte can be fed. While a line is being edited and no other waits there always
    /// is room: the line itself stops growing, and the keys that edit, end or interrupt it still work.
    pub fn has_room(&self) -> bool {
        if self.ready.is_empty() && self.lines.is_empty() && self.has(Modes::ICANON) {
            return true;
        }
        self.ready.len() + self.line.len() + self.lines.len() < MAX_CANON - 1
    }

    /// Where among `keys` the first one is that makes a signal, which needs no room: it empties the queue.
    pub fn next_signal(&self, keys: &[u8]) -> Option<usize> {
        if self.literal_next {
            return None;
        }
        keys.iter().position(|&key| matches!(self.meanings.of_key(key), Meaning::Signal(_)))
    }

    /// Whether [`Self::read`] would give something, an end of file included.
    pub fn is_readable(&self) -> bool {
        if self.has(Modes::ICANON) { !self.lines.is_empty() } else { !self.ready.is_empty() }
    }

    /// Takes what is ready: at most one line in canonical mode, all that fits in raw mode. `Some(0)` is
    /// an end of file; `None` means that there is nothing yet. `buf` must not be empty.
    pub fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        let available = if self.has(Modes::ICANON) {
            *self.lines.front()? as usize
        } else if self.ready.is_empty() {
            return None;
        } else {
            self.ready.len()
        };
        let fits = available.min(buf.len());
        let n = self.ready.take(&mut buf[..fits]);
        if n == available {
            self.lines.pop_front();
        } else if let Some(left) = self.lines.front_mut() {
            *left -= n as u16;
        }
        Some(n)
    }

    /// How many bytes wait to be read, lines or not.
    pub fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// Takes keys until one makes a signal, or has no room. Those without a meaning go by runs.
    pub fn feed_all(&mut self, keys: &[u8], out: &mut Output) -> Fed {
        let mut fed = Fed::default();
        while fed.taken < keys.len() {
            let rest = &keys[fed.taken..];
            let run = self.plain_run(rest, out);
            if run > 0 {
                self.insert_run(&rest[..run], out);
                fed.readable |= !self.has(Modes::ICANON);
                fed.taken += run;
                continue;
            }
            if !self.has_room() && self.next_signal(&rest[..1]).is_none() {
                break;
            }
            fed.taken += 1;
            match self.feed(rest[0], out) {
                Outcome::Nothing => {}
                Outcome::Readable => fed.readable = true,
                Outcome::Released => fed.released = true,
                Outcome::Signal(which) => {
                    fed.signal = Some(which);
                    break;
                }
            }
        }
        self.control_flow(out);
        fed
    }

    /// How many of the first keys mean nothing but themselves, and fit.
    fn plain_run(&self, keys: &[u8], out: &Output) -> usize {
        if self.literal_next || (out.is_held() && self.has(Modes::IXANY)) {
            return 0;
        }
        let room = match self.has(Modes::ICANON) && self.ready.is_empty() && self.lines.is_empty() {
            true => MAX_CANON - 1 - self.line.len(),
            false => (MAX_CANON - 1).saturating_sub(self.ready.len() + self.line.len() + self.lines.len()),
        };
        let keys = &keys[..keys.len().min(room)];
        keys.iter().position(|&key| self.meanings.of_key(key) != Meaning::Plain).unwrap_or(keys.len())
    }

    fn insert_run(&mut self, run: &[u8], out: &mut Output) {
        if !self.has(Modes::ICANON) {
            self.ready.push(run);
        } else {
            if self.line.is_empty() {
                self.line_column = out.column();
            }
            self.line.extend_from_slice(run);
        }
        if self.has(Modes::ECHO) {
            out.echo(self.attributes.modes, run);
        }
    }

    /// Takes one byte from the keyboard and echoes it. The caller asks [`Self::has_room`] first.
    pub fn feed(&mut self, byte: u8, out: &mut Output) -> Outcome {
        if core::mem::take(&mut self.literal_next) {
            return self.insert(byte, out);
        }
        let meaning = self.meanings.of_key(byte);
        if out.is_held() && self.has(Modes::IXON | Modes::IXANY) && meaning != Meaning::Stop {
            out.hold(false);
            let outcome = self.act(byte, meaning, out);
            return if outcome == Outcome::Nothing { Outcome::Released } else { outcome };
        }
        self.act(byte, meaning, out)
    }

    fn act(&mut self, byte: u8, meaning: Meaning, out: &mut Output) -> Outcome {
        match meaning {
            Meaning::Plain | Meaning::Control => self.insert(byte, out),
            Meaning::Stop => {
                out.hold(true);
                Outcome::Nothing
            }
            Meaning::Start => {
                out.hold(false);
                Outcome::Released
            }
            Meaning::Signal(signal) => self.signal(byte, signal, out),
            Meaning::Dropped => Outcome::Nothing,
            Meaning::Becomes(other) => {
                // Mapped once only: with INLCR and ICRNL together they change places.
                let ends = other == b'\n' && self.has(Modes::ICANON);
                self.act(other, if ends { Meaning::EndOfLine } else { Meaning::Control }, out)
            }
            Meaning::EndOfLine => {
                if byte == b'\n' {
                    if self.has(Modes::ECHO) || self.has(Modes::ECHONL) {
                        out.echo(self.attributes.modes, b"\n");
                    }
                } else if self.has(Modes::ECHO) {
                    self.echo_char(byte, out);
                }
                self.line.push(byte);
                self.finish_line()
            }
            Meaning::EndOfFile => self.finish_line(),
            Meaning::Erase => self.erase_key(byte, out),
            Meaning::EraseWord => {
                for _ in 0..edit::last_word(&self.line, self.utf8()) {
                    self.erase_last(out, true);
                }
                Outcome::Nothing
            }
            Meaning::Kill => self.kill_key(byte, out),
            Meaning::LiteralNext => {
                self.literal_next = true;
                if self.has(Modes::ECHO | Modes::ECHOCTL) {
                    out.echo(self.attributes.modes, b"^\x08");
                }
                Outcome::Nothing
            }
            Meaning::Reprint => {
                if self.has(Modes::ECHO) {
                    self.echo_char(byte, out);
                    out.echo(self.attributes.modes, b"\n");
                    self.line_column = out.column();
                    for at in 0..self.line.len() {
                        self.echo_char(self.line[at], out);
                    }
                }
                Outcome::Nothing
            }
        }
    }

    /// A byte that stands for itself.
    fn insert(&mut self, byte: u8, out: &mut Output) -> Outcome {
        if !self.has(Modes::ICANON) {
            self.ready.push(&[byte]);
            if self.has(Modes::ECHO) {
                if byte == b'\n' { out.echo(self.attributes.modes, b"\n") } else { self.echo_char(byte, out) }
            }
            return Outcome::Readable;
        }
        if self.line.len() >= MAX_CANON - 1 {
            out.echo(self.attributes.modes, &[BELL]);
            return Outcome::Nothing;
        }
        if self.line.is_empty() {
            self.line_column = out.column();
        }
        self.line.push(byte);
        if self.has(Modes::ECHO) {
            self.echo_char(byte, out);
        }
        Outcome::Nothing
    }

    /// Hands the line over to the reader; an empty one is an end of file.
    fn finish_line(&mut self) -> Outcome {
        self.lines.push_back(self.line.len() as u16);
        self.ready.push(&self.line);
        self.line.clear();
        Outcome::Readable
    }

    fn signal(&mut self, key: u8, signal: Signal, out: &mut Output) -> Outcome {
        if !self.has(Modes::NOFLSH) {
            self.line.clear();
            self.ready.clear();
            self.lines.clear();
            out.clear();
        }
        if self.has(Modes::IXON) {
            out.hold(false);
        }
        if self.has(Modes::ECHO) {
            self.echo_char(key, out);
        }
        Outcome::Signal(signal)
    }

    fn erase_key(&mut self, key: u8, out: &mut Output) -> Outcome {
        let visibly = self.has(Modes::ECHOE);
        if self.erase_last(out, visibly) && !visibly && self.has(Modes::ECHO) {
            self.echo_char(key, out);
        }
        Outcome::Nothing
    }

    fn kill_key(&mut self, key: u8, out: &mut Output) -> Outcome {
        if self.has(Modes::ECHOK | Modes::ECHOKE | Modes::ECHOE) {
            while self.erase_last(out, true) {}
            return Outcome::Nothing;
        }
        self.line.clear();
        if self.has(Modes::ECHO) {
            self.echo_char(key, out);
            if self.has(Modes::ECHOK) {
                out.echo(self.attributes.modes, b"\n");
            }
            self.line_column = out.column();
        }
        Outcome::Nothing
    }

    /// Takes the last character off the line and, if wanted, off the screen; false when there is none.
    fn erase_last(&mut self, out: &mut Output, visibly: bool) -> bool {
        let Some(last) = edit::last_char(&self.line, self.utf8()) else { return false };
        let start = self.line.len() - last.bytes;
        let first = self.line[start];
        self.line.truncate(start);
        if !visibly || !self.has(Modes::ECHO) {
            return true;
        }
        if first == b'\t' {
            // A tab covered blanks only: the cursor goes back to where the text before it ended.
            let column = self.column_of_end();
            for _ in column..(column / TAB + 1) * TAB {
                out.echo(self.attributes.modes, b"\x08");
            }
            return true;
        }
        let shown_as_two = self.has(Modes::ECHOCTL);
        let columns = if first.is_ascii_control() { 2 * usize::from(shown_as_two) } else { last.columns };
        for _ in 0..columns {
            out.echo(self.attributes.modes, b"\x08 \x08");
        }
        true
    }

    /// The column in which the line on the screen ends.
    fn column_of_end(&self) -> usize {
        self.line.iter().fold(self.line_column, |column, &byte| match byte {
            b'\t' => advance(column, &[byte]),
            _ if byte.is_ascii_control() && self.has(Modes::ECHOCTL) => column + 2,
            _ => advance(column, &[byte]),
        })
    }

    fn echo_char(&self, byte: u8, out: &mut Output) {
        if byte.is_ascii_control() && byte != b'\t' && self.has(Modes::ECHOCTL) {
            out.echo(self.attributes.modes, &[b'^', byte ^ 0x40]);
        } else {
            out.echo(self.attributes.modes, &[byte]);
        }
    }

    /// Whether all of these are set.
    fn has(&self, modes: Modes) -> bool {
        self.attributes.modes.contains(modes)
    }

    fn utf8(&self) -> bool {
        self.has(Modes::IUTF8)
    }
}

#[cfg(test)]
mod tests;
