//! An ANSI terminal on a VGA text screen of 80 by 25.
//!
//! `vte` takes the bytes apart; [`screen`] is the grid and what a terminal does to it (no hardware, no
//! parsing); `perform` joins the two; this file puts the outcome on the device. The screen is kept here
//! and stored to the slow display memory once a [`Terminal::write`], only the rows that changed.

mod colour;
pub mod cp437;
mod perform;
pub mod screen;
mod utf8;

use pollux_hal::{Registers, TextBuffer};

use perform::{Actions, Reply};
use screen::{COLS, ROWS, Screen};
use utf8::Joiner;

/// CRT controller, index and data ports (IBM VGA XGA Technical Reference, 1992, 2-50).
const INDEX: usize = 0;
const DATA: usize = 1;
const CURSOR_START: u8 = 0x0a;
const CURSOR_END: u8 = 0x0b;
const CURSOR_HIGH: u8 = 0x0e;
const CURSOR_LOW: u8 = 0x0f;
const CURSOR_OFF: u8 = 1 << 5;
/// The two lowest of a character's 16 lines: an underscore.
const CURSOR_LINES: (u8, u8) = (14, 15);

/// Bytes of an operating system command (a window title, say) that the parser keeps. All are ignored.
const OSC_BYTES: usize = 16;

/// The terminal: bytes in, cells and a cursor out.
pub struct Terminal<B, R> {
    buffer: B,
    crtc: R,
    joiner: Joiner,
    parser: vte::Parser<OSC_BYTES>,
    screen: Screen,
    reply: Reply,
    /// Where the hardware cursor is; `None` while it is hidden.
    shown: Option<usize>,
}

impl<B: TextBuffer, R: Registers> Terminal<B, R> {
    /// A clear screen with the cursor at its top left. `crtc` starts at port 0x3d4 and is 2 bytes long.
    pub fn new(buffer: B, crtc: R) -> Self {
        let mut terminal = Self {
            buffer,
            crtc,
            joiner: Joiner::default(),
            parser: vte::Parser::default(),
            screen: Screen::new(),
            reply: Reply::default(),
            shown: None,
        };
        terminal.set_crtc(CURSOR_END, CURSOR_LINES.1);
        terminal.show();
        terminal
    }

    /// Does what `bytes` say, then brings the display up to date. A character or a sequence may be
    /// split between two calls.
    pub fn write(&mut self, bytes: &[u8]) {
        let Self { joiner, parser, screen, reply, .. } = self;
        joiner.feed(bytes, |bytes| parser.advance(&mut Actions { screen, reply }, bytes));
        self.show();
    }

    /// Moves what the terminal answers (to a request for the cursor's position, say) to `buf` and says
    /// how many bytes. It is to be fed back as if typed. Requests beyond 64 bytes of unfetched answers
    /// get none.
    pub fn take_reply(&mut self, buf: &mut [u8]) -> usize {
        self.reply.take(buf)
    }

    /// What is on the screen.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    fn show(&mut self) {
        for row in 0..ROWS {
            if self.screen.take_dirty(row) {
                self.buffer.store(row * COLS, self.screen.row(row));
            }
        }
        let (row, col) = self.screen.cursor();
        let cursor = self.screen.cursor_visible().then_some(row * COLS + col);
        if cursor == self.shown {
            return;
        }
        if cursor.is_some() != self.shown.is_some() {
            let off = if cursor.is_some() { 0 } else { CURSOR_OFF };
            self.set_crtc(CURSOR_START, CURSOR_LINES.0 | off);
        }
        if let Some(place) = cursor {
            let [low, high] = (place as u16).to_le_bytes();
            self.set_crtc(CURSOR_HIGH, high);
            self.set_crtc(CURSOR_LOW, low);
        }
        self.shown = cursor;
    }

    fn set_crtc(&self, register: u8, value: u8) {
        self.crtc.write8(INDEX, register);
        self.crtc.write8(DATA, value);
    }
}
