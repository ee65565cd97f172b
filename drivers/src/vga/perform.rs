//! Escape sequences as actions on the screen (ECMA-48; DEC VT100 and VT220 manuals; Xterm Control
//! Sequences). What is not understood is skipped whole.

use core::fmt::{self, Write};
use unicode_width::UnicodeWidthChar;
use vte::{Params, Perform};

use super::{
    cp437,
    screen::{Part, ROWS, Screen},
};

/// Room for a few answers.
const REPLY_BYTES: usize = 64;

/// What the terminal answers, until it is fetched.
pub(super) struct Reply {
    bytes: [u8; REPLY_BYTES],
    len: usize,
}

impl Default for Reply {
    fn default() -> Self {
        Self { bytes: [0; REPLY_BYTES], len: 0 }
    }
}

impl Reply {
    pub(super) fn take(&mut self, buf: &mut [u8]) -> usize {
        let count = self.len.min(buf.len());
        buf[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes.copy_within(count..self.len, 0);
        self.len -= count;
        count
    }

    /// An answer goes in whole or not at all.
    fn add(&mut self, answer: fmt::Arguments<'_>) {
        let before = self.len;
        if self.write_fmt(answer).is_err() {
            self.len = before;
        }
    }
}

impl Write for Reply {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// What the parser drives.
pub(super) struct Actions<'a> {
    pub(super) screen: &'a mut Screen,
    pub(super) reply: &'a mut Reply,
}

impl Actions<'_> {
    fn mode(&mut self, private: bool, mode: u16, on: bool) {
        match (private, mode) {
            (false, 4) => self.screen.insert = on,
            (true, 6) => self.screen.set_origin(on),
            (true, 7) => self.screen.autowrap = on,
            (true, 25) => self.screen.visible = on,
            _ => {}
        }
    }

    fn report(&mut self, what: u16) {
        match what {
            5 => self.reply.add(format_args!("\x1b[0n")),
            6 => {
                let (row, col) = self.screen.reported_cursor();
                self.reply.add(format_args!("\x1b[{row};{col}R"));
            }
            _ => {}
        }
    }
}

impl Perform for Actions<'_> {
    fn print(&mut self, character: char) {
        // vte hands on DEL, which a terminal ignores.
        let width = if character == '\x7f' { 0 } else { character.width().unwrap_or(1) };
        if width > 0 {
            self.screen.print(cp437::glyph(character));
        }
        // The font has no wide character, but those who count columns count two.
        for _ in 1..width {
            self.screen.print(b' ');
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            0x08 => self.screen.backspace(),
            b'\t' => self.screen.tab(1),
            b'\n' | 0x0b | 0x0c => self.screen.line_feed(),
            b'\r' => self.screen.carriage_return(),
            _ => {} // the bell among them: the machine has no voice
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if ignore {
            return;
        }
        // 0 stands for what is left out, so that each command can have its own default.
        let param =
            |place: usize| params.iter().nth(place).and_then(|param| param.first()).copied().unwrap_or(0);
        let count = usize::from(param(0).max(1));
        // A coordinate, from 1 outside and from 0 here.
        let coordinate = |place| usize::from(param(place).max(1)) - 1;
        let screen = &mut *self.screen;
        match (intermediates, action) {
            ([], 'A') => screen.up(count),
            ([], 'B' | 'e') => screen.down(count),
            ([], 'C' | 'a') => screen.right(count),
            ([], 'D') => screen.left(count),
            ([], 'E') => {
                screen.down(count);
                screen.carriage_return();
            }
            ([], 'F') => {
                screen.up(count);
                screen.carriage_return();
            }
            ([], 'G' | '`') => screen.set_col(coordinate(0)),
            ([], 'd') => screen.set_row(coordinate(0)),
            ([], 'H' | 'f') => {
                screen.set_row(coordinate(0));
                screen.set_col(coordinate(1));
            }
            ([], 'I') => screen.tab(count),
            ([], 'Z') => screen.back_tab(count),
            ([], 'J' | 'K') => {
                let part = match param(0) {
                    0 => Part::After,
                    1 => Part::Before,
                    2 => Part::All,
                    _ => return, // 3 is the scrollback, of which there is none
                };
                if action == 'J' { screen.erase_screen(part) } else { screen.erase_line(part) }
            }
            ([], 'L') => screen.insert_rows(count),
            ([], 'M') => screen.delete_rows(count),
            ([], '@') => screen.insert_cells(count),
            ([], 'P') => screen.delete_cells(count),
            ([], 'X') => screen.erase_cells(count),
            ([], 'S') => screen.scroll_up(count),
            ([], 'T') => screen.scroll_down(count),
            ([], 'b') => screen.repeat(count),
            ([], 'm') => screen.pen().select(params.iter().flatten().copied()),
            ([], 'r') => {
                let bottom = if param(1) == 0 { ROWS } else { usize::from(param(1)) };
                screen.set_margins(coordinate(0), bottom - 1);
            }
            ([], 's') => screen.save(),
            ([], 'u') => screen.restore(),
            ([], 'g') if param(0) == 0 => screen.clear_tab(),
            ([], 'g') if param(0) == 3 => screen.clear_tabs(),
            ([], 'n') => self.report(param(0)),
            // A VT102.
            ([], 'c') if param(0) == 0 => self.reply.add(format_args!("\x1b[?6c")),
            ([] | [b'?'], 'h' | 'l') => {
                for mode in params.iter().flatten() {
                    self.mode(intermediates == b"?", *mode, action == 'h');
                }
            }
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
        if ignore || !intermediates.is_empty() {
            return;
        }
        match byte {
            b'7' => self.screen.save(),
            b'8' => self.screen.restore(),
            b'D' => self.screen.line_feed(),
            b'E' => {
                self.screen.carriage_return();
                self.screen.line_feed();
            }
            b'M' => self.screen.reverse_line_feed(),
            b'H' => self.screen.set_tab(),
            b'c' => *self.screen = Screen::new(),
            _ => {}
        }
    }
}
