//! What goes to the screen: output processing, the queue in front of the console, and the column
//! that the cursor is in. Pure: no locks, no wakers.
//!
//! Programs and the echo share one queue, so the screen shows them in the order in which they came.
//! Programs stop at [`LIMIT`]; the echo of what a person types may go [`ECHO_RESERVE`] further and is
//! dropped beyond that. Input itself never waits for output: otherwise `^C` could not end a program
//! that floods the screen.

use bstr::ByteSlice;
use pollux_shell::env::{Modes, Result};

use super::queue::Queue;

/// Bytes that programs can have queued.
pub const LIMIT: usize = 16 * 1024;
/// Writers that wait for room are woken when only so many bytes are left: one wake for half a queue
/// instead of one for every few bytes that a serial line takes.
pub const LOW_WATER: usize = LIMIT / 2;
/// Further bytes that only echo can take. With the newline that fills the queue, which takes two, the memory is a power
/// of two.
pub const ECHO_RESERVE: usize = 16 * 1024 - 1;
/// Columns from one tab stop to the next.
pub const TAB: usize = 8;

/// The queue of processed output.
pub struct Output {
    bytes: Queue,
    column: usize,
    held: bool,
    /// Goes before everything else, held or not: a request to the other side to stop sending, or to go on.
    urgent: Option<u8>,
}

impl Output {
    /// An empty queue with all its memory; `ENOMEM` when that cannot be had.
    pub fn new() -> Result<Self> {
        let bytes = Queue::new(LIMIT + ECHO_RESERVE + 1)?;
        Ok(Self { bytes, column: 0, held: false, urgent: None })
    }

    /// Takes what a program writes, as far as there is room, and says how many bytes that was.
    pub fn write(&mut self, modes: Modes, data: &[u8]) -> usize {
        self.push(modes, data, LIMIT)
    }

    /// Takes an echo, or drops the rest of it when nobody has read the screen for long.
    pub fn echo(&mut self, modes: Modes, data: &[u8]) {
        self.push(modes, data, LIMIT + ECHO_RESERVE);
    }

    /// Hands out processed bytes; none while output is held.
    pub fn take(&mut self, buf: &mut [u8]) -> usize {
        if let Some(byte) = self.urgent
            && let [first, ..] = buf
        {
            (*first, self.urgent) = (byte, None);
            return 1;
        }
        if self.held {
            return 0;
        }
        self.bytes.take(buf)
    }

    /// Puts a character before everything else, held or not.
    pub fn say_at_once(&mut self, byte: Option<u8>) {
        self.urgent = byte.or(self.urgent);
    }

    /// Whether [`Self::take`] would give something.
    pub fn is_ready(&self) -> bool {
        self.urgent.is_some() || !(self.held || self.bytes.is_empty())
    }

    /// Drops everything that is queued.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How many bytes wait to be taken.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether everything has been taken.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The column of the cursor, from 0, as far as plain text moved it.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Holds (XOFF) or releases (XON) the output.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether XOFF holds the output.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Copies by runs between the characters that are mapped; the column is worked out only for what follows the
    /// last newline.
    fn push(&mut self, modes: Modes, data: &[u8], limit: usize) -> usize {
        let newlines = modes.contains(Modes::OPOST.union(Modes::ONLCR));
        let returns = modes.contains(Modes::OPOST.union(Modes::OCRNL));
        let mapped = |text: &[u8]| match (newlines, returns) {
            (false, false) => None,
            (true, false) => text.find_byte(b'\n'),
            (false, true) => text.find_byte(b'\r'),
            (true, true) => text.find_byteset(b"\r\n"),
        };
        let mut taken = 0;
        while taken < data.len() && self.bytes.len() < limit {
            let rest = &data[taken..];
            let found = mapped(rest);
            let run = found.unwrap_or(rest.len());
            let fits = run.min(limit - self.bytes.len());
            self.bytes.push(&rest[..fits]);
            taken += fits;
            match found.filter(|_| fits == run && self.bytes.len() < limit).map(|at| rest[at]) {
                Some(b'\n') => {
                    self.bytes.push(b"\r\n");
                    self.column = 0;
                    taken += 1;
                }
                Some(_) => {
                    self.column = advance(self.column, &rest[..fits]);
                    self.bytes.push(b"\n");
                    taken += 1;
                }
                None if modes.contains(Modes::OPOST) => self.column = advance(self.column, &rest[..fits]),
                None => {}
            }
        }
        taken
    }
}

/// Where the cursor is after `text` was written at `column`.
pub fn advance(column: usize, text: &[u8]) -> usize {
    text.iter().fold(column, |column, &byte| match byte {
        b'\r' | b'\n' => 0,
        b'\t' => (column / TAB + 1) * TAB,
        0x08 => column.saturating_sub(1),
        // Control characters do not move the cursor, nor do the later bytes of a UTF-8 character.
        0..=0x1f | 0x7f | 0x80..=0xbf => column,
        _ => column + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};
    use proptest::prelude::*;

    fn all(out: &mut Output) -> Vec<u8> {
        let mut buf = vec![0; out.len()];
        assert_eq!(out.take(&mut buf), buf.len());
        buf
    }

    #[test]
    fn newlines_get_a_carriage_return_only_when_the_modes_say_so() {
        let mut out = Output::new().unwrap();
        assert_eq!(out.write(Modes::COOKED, b"a\n\nb"), 4);
        assert_eq!(all(&mut out), b"a\r\n\r\nb");
        assert_eq!(out.column(), 1);
        assert_eq!(out.write(Modes::empty(), b"a\n"), 2);
        assert_eq!(all(&mut out), b"a\n");
        assert_eq!(out.write(Modes::ONLCR, b"a\n"), 2, "ONLCR means nothing without OPOST");
        assert_eq!(all(&mut out), b"a\n");
    }

    #[test]
    fn held_output_stays_until_released() {
        let mut out = Output::new().unwrap();
        out.hold(true);
        assert_eq!(out.write(Modes::COOKED, b"x"), 1);
        assert_eq!(out.take(&mut [0; 8]), 0);
        out.hold(false);
        assert_eq!(all(&mut out), b"x");
    }

    #[test]
    fn echo_fits_behind_a_full_queue_and_what_does_not_is_dropped() {
        // A newline that takes two may come at the last byte, and before.
        for extra in ["", "x"] {
            let mut out = Output::new().unwrap();
            while out.write(Modes::COOKED, b"\n\n\n") > 0 {}
            assert!(out.len() >= LIMIT);
            out.echo(Modes::COOKED, b"^C");
            out.echo(Modes::COOKED, extra.as_bytes());
            for _ in 0..ECHO_RESERVE {
                out.echo(Modes::COOKED, b"\n");
            }
            assert_eq!(out.len(), LIMIT + ECHO_RESERVE + 1 - extra.len());
            assert!(all(&mut out).windows(2).any(|pair| pair == b"^C"));
        }
    }

    proptest! {
        #[test]
        fn is_the_same_as_byte_by_byte(
            writes in proptest::collection::vec(proptest::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\t'), Just(b'\r'), Just(8u8), any::<u8>()], 0..3000), 1..12),
            cooked in any::<bool>(),
        ) {
            let modes = if cooked { Modes::COOKED } else { Modes::OPOST };
            let mut out = Output::new().unwrap();
            let (mut model, mut column) = (Vec::new(), 0);
            for data in &writes {
                let taken = out.write(modes, data);
                prop_assert!(taken == data.len() || out.len() >= LIMIT, "took {taken} with room left");
                for &byte in &data[..taken] {
                    if byte == b'\n' && cooked {
                        model.push(b'\r');
                    }
                    model.push(byte);
                    column = advance(column, &[byte]);
                }
            }
            prop_assert_eq!(out.column(), column);
            prop_assert_eq!(all(&mut out), model);
        }
    }
}
