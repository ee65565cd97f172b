//! What the terminal shows of the line, and the bytes that bring it up to date.
//!
//! The prompt and the line are laid out in rows of the terminal's width. The screen holds a window of at
//! most its height of these rows. Text at the end of the line is only appended; any other change redraws
//! from the first byte that changed, and never more than the window. So a character costs what it
//! changes on the screen, not the length of the line.

use alloc::vec::Vec;
use core::fmt::Write;
use unicode_width::UnicodeWidthChar;

use super::line::Line;
use crate::env::WindowSize;

/// A place in the layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    row: usize,
    col: usize,
}

/// What is on the screen.
#[derive(Debug)]
pub(super) struct Screen {
    rows: usize,
    cols: usize,
    prompt: Vec<u8>,
    /// Where each row begins in the line. The first begins with the prompt.
    starts: Vec<usize>,
    /// Columns that the last row holds.
    last_col: usize,
    /// Columns that the prompt takes in the first row.
    prompt_col: usize,
    /// How much of the line is laid out.
    laid: usize,
    /// The first row of the window.
    top: usize,
    /// Where the terminal's cursor is.
    cursor: Place,
    out: Vec<u8>,
}

/// One element as the screen shows it.
struct Shown {
    bytes: usize,
    width: usize,
    text: [u8; 4],
    length: usize,
}

impl Screen {
    pub fn new() -> Self {
        Self {
            rows: 24,
            cols: 80,
            prompt: Vec::new(),
            starts: alloc::vec![0],
            last_col: 0,
            prompt_col: 0,
            laid: 0,
            top: 0,
            cursor: Place::default(),
            out: Vec::new(),
        }
    }

    /// Begins a new line: the cursor is at the beginning of an empty row, wherever that is.
    pub fn begin(&mut self, prompt: &[u8], line: &Line, size: WindowSize) {
        self.resize(size);
        self.cursor = Place::default();
        self.top = 0;
        self.set_prompt(prompt);
        self.lay_out(line, 0);
        // No carriage return: a command's last line may have no end, and stays to be read.
        self.paint_from_top(line);
        self.go(self.place(line, line.cursor()));
    }

    /// Another prompt in front of the same line.
    pub fn replace_prompt(&mut self, prompt: &[u8], line: &Line) {
        if self.prompt == prompt {
            return;
        }
        self.go(Place { row: self.top, col: 0 });
        self.set_prompt(prompt);
        self.lay_out(line, 0);
        self.repaint(line);
    }

    /// Brings the screen up to date with the line, of which the bytes from `changed` on are new.
    pub fn update(&mut self, line: &Line, changed: Option<usize>, size: WindowSize) {
        if self.resize(size) {
            let top = self.top.min(self.cursor.row);
            self.go(Place { row: top, col: 0 });
            self.set_prompt(&self.prompt.clone());
            self.lay_out(line, 0);
            return self.repaint(line);
        }
        let Some(changed) = changed else { return self.follow(line) };
        let appended = changed == self.laid && line.cursor() == line.len();
        if appended && self.cursor == self.end() {
            let (row, from) = (self.starts.len() - 1, self.laid);
            self.lay_out(line, from);
            self.paint(line, row, from, self.starts.len() - 1);
            self.top = self.top.max((self.cursor.row + 1).saturating_sub(self.rows));
            return;
        }
        self.lay_out(line, changed);
        let target = self.place(line, line.cursor());
        if target.row < self.top || target.row >= self.top + self.rows {
            return self.follow(line);
        }
        let row = self.row_of(changed).max(self.top);
        let bottom = (self.starts.len() - 1).min(self.top + self.rows - 1);
        if row <= bottom {
            let from = if row == self.row_of(changed) { changed } else { self.starts[row] };
            let row = self.first_touched(line, row, from);
            let place = self.place_in(line, row, from);
            self.go(place);
            self.out.extend_from_slice(b"\x1b[J");
            self.paint(line, row, from, bottom);
        }
        self.go(target);
    }

    /// The row in which a redraw from byte `from`, which stands in `row`, begins: the one above where a wide
    /// character has just left that one's last column, so that what stood there goes.
    fn first_touched(&self, line: &Line, row: usize, from: usize) -> usize {
        if row > self.top { self.open_row(line, row, from) } else { row }
    }

    /// The row above `row` where byte `from` begins `row` and that one has a free column.
    fn open_row(&self, line: &Line, row: usize, from: usize) -> usize {
        let begins = row > 0 && from == self.starts[row];
        if begins && self.place_in(line, row - 1, from).col < self.cols { row - 1 } else { row }
    }

    /// Moves the cursor to where the line has it, and the window with it.
    fn follow(&mut self, line: &Line) {
        let target = self.place(line, line.cursor());
        if target.row < self.top || target.row >= self.top + self.rows {
            self.go(Place { row: self.top, col: 0 });
            return self.repaint(line);
        }
        self.go(target);
    }

    /// Moves behind the line, to the beginning of a fresh row.
    pub fn finish(&mut self) {
        let end = self.end();
        if end.row >= self.top + self.rows {
            // The end of a long line is not on the screen: leave what is, and go below it.
            self.go(Place { row: self.top + self.rows - 1, col: 0 });
        } else {
            self.go(end);
        }
        self.out.extend_from_slice(b"\r\n");
    }

    /// Draws the window anew. The cursor is at its first column and first row.
    fn repaint(&mut self, line: &Line) {
        let target = self.place(line, line.cursor());
        let screen_row = self.cursor.row - self.top;
        self.top = match target.row {
            row if row < self.top => row,
            row if row >= self.top + self.rows => row + 1 - self.rows,
            _ => self.top,
        };
        self.cursor = Place { row: self.top + screen_row, col: self.cursor.col };
        self.out.extend_from_slice(b"\r\x1b[J");
        self.cursor = Place { row: self.top, col: 0 };
        self.paint_from_top(line);
        self.go(target);
    }

    /// Writes the window. The cursor is at its beginning.
    fn paint_from_top(&mut self, line: &Line) {
        if self.top == 0 {
            self.out.extend_from_slice(&self.prompt);
            self.cursor = Place { row: 0, col: self.prompt_col };
        }
        let bottom = (self.starts.len() - 1).min(self.top + self.rows - 1);
        self.paint(line, self.top, self.starts[self.top], bottom);
    }

    /// Clears the screen and draws the line at its top.
    pub fn clear(&mut self, line: &Line) {
        self.out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.cursor = Place { row: self.top, col: 0 };
        self.repaint(line);
    }

    /// Rings.
    pub fn bell(&mut self) {
        self.out.push(7);
    }

    /// Other bytes for the terminal.
    pub fn write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// What has to be written to the terminal.
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// Whether the size changed.
    fn resize(&mut self, size: WindowSize) -> bool {
        let of = |value: u16, default: usize| if value == 0 { default } else { usize::from(value) };
        // Narrower than this, a wide character has no place.
        let (rows, cols) = (of(size.rows, 24).max(2), of(size.cols, 80).max(4));
        let changed = (rows, cols) != (self.rows, self.cols);
        (self.rows, self.cols) = (rows, cols);
        changed
    }

    fn set_prompt(&mut self, prompt: &[u8]) {
        self.prompt = prompt.to_vec();
        let mut width = visible_width(prompt);
        if width >= self.cols {
            // A prompt as wide as the screen leaves no place to type: the line goes below it.
            self.prompt.extend_from_slice(b"\r\n");
            width = 0;
        }
        self.prompt_col = width;
    }

    /// Lays the line out anew from byte `from` on.
    fn lay_out(&mut self, line: &Line, from: usize) {
        // What begins a row may fit in the one above now: a wide character that did not has gone.
        let row = self.open_row(line, self.row_of(from), from);
        let place = self.place_in(line, row, from);
        self.starts.truncate(row + 1);
        let (mut at, mut col) = (from, place.col);
        if from == 0 {
            (self.starts[0], col) = (0, self.prompt_col);
        }
        while let Some(shown) = show(|index| line.byte(at + index)) {
            if col + shown.width > self.cols {
                self.starts.push(at);
                col = 0;
            }
            col += shown.width;
            at += shown.bytes;
            if col == self.cols {
                self.starts.push(at);
                col = 0;
            }
        }
        self.last_col = col;
        self.laid = at;
    }

    /// The row that a byte of the line stands in.
    fn row_of(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at).max(1) - 1
    }

    fn place(&self, line: &Line, at: usize) -> Place {
        self.place_in(line, self.row_of(at), at)
    }

    fn place_in(&self, line: &Line, row: usize, at: usize) -> Place {
        let mut col = if row == 0 { self.prompt_col } else { 0 };
        let mut position = self.starts[row];
        while position < at
            && let Some(shown) = show(|index| line.byte(position + index))
        {
            col += shown.width;
            position += shown.bytes;
        }
        Place { row, col }
    }

    fn end(&self) -> Place {
        Place { row: self.starts.len() - 1, col: self.last_col }
    }

    /// Writes the line from byte `from` in `row` to the end of row `bottom`. The cursor is there already.
    fn paint(&mut self, line: &Line, mut row: usize, from: usize, bottom: usize) {
        let mut at = from;
        loop {
            let end = self.starts.get(row + 1).copied().unwrap_or(self.laid);
            while at < end
                && let Some(shown) = show(|index| line.byte(at + index))
            {
                // At the end of the window the last column stays free: a terminal that wraps at once
                // would scroll.
                if row == bottom && row + 1 < self.starts.len() && self.cursor.col + shown.width >= self.cols
                {
                    break;
                }
                self.out.extend_from_slice(&shown.text[..shown.length]);
                self.cursor.col += shown.width;
                at += shown.bytes;
            }
            if row == bottom {
                return;
            }
            // A wide character may leave the last column free; what stood there goes.
            for _ in self.cursor.col..self.cols {
                self.out.push(b' ');
            }
            // Whether the terminal wraps at once or with the next character: this ends on the next row.
            self.out.extend_from_slice(b" \r");
            row += 1;
            self.cursor = Place { row, col: 0 };
        }
    }

    /// Moves the cursor within the window.
    fn go(&mut self, to: Place) {
        let from = self.cursor;
        let mut text = alloc::string::String::new();
        let _ = match to.row.cmp(&from.row) {
            core::cmp::Ordering::Less => write!(text, "\x1b[{}A", from.row - to.row),
            core::cmp::Ordering::Greater => write!(text, "\x1b[{}B", to.row - from.row),
            core::cmp::Ordering::Equal => Ok(()),
        };
        let _ = match (to.col, from.col) {
            (to, from) if to == from => Ok(()),
            (0, _) => write!(text, "\r"),
            (to, from) if to + 1 == from => write!(text, "\x08"),
            (to, from) if to < from => write!(text, "\x1b[{}D", from - to),
            (to, from) => write!(text, "\x1b[{}C", to - from),
        };
        self.out.extend_from_slice(text.as_bytes());
        self.cursor = to;
    }
}

/// How many columns a text takes, escape sequences not counted.
fn visible_width(text: &[u8]) -> usize {
    let (mut width, mut at) = (0, 0);
    while let Some(shown) = show(|index| text.get(at + index).copied()) {
        if text[at..].starts_with(b"\x1b[") {
            let last = text[at + 2..].iter().position(|byte| (0x40..0x7f).contains(byte));
            at = last.map_or(text.len(), |last| at + 2 + last + 1);
        } else {
            width += shown.width;
            at += shown.bytes;
        }
    }
    width
}

/// The first element of a text as the screen shows it: a character, `^X`, or a mark for a bad byte.
fn show(byte: impl Fn(usize) -> Option<u8>) -> Option<Shown> {
    let first = byte(0)?;
    if first < 0x20 || first == 0x7f {
        return Some(Shown { bytes: 1, width: 2, text: [b'^', first ^ 0x40, 0, 0], length: 2 });
    }
    if first < 0x80 {
        return Some(Shown { bytes: 1, width: 1, text: [first, 0, 0, 0], length: 1 });
    }
    let mut head = [0; 4];
    let length = (0..4).map_while(|index| byte(index).map(|byte| head[index] = byte)).count();
    let (character, bytes) = match bstr::decode_utf8(&head[..length]) {
        (Some(character), size) if character.width().is_some() => (character, size),
        (Some(_), size) => (char::REPLACEMENT_CHARACTER, size),
        (None, _) => (char::REPLACEMENT_CHARACTER, 1),
    };
    let mut text = [0; 4];
    let length = character.encode_utf8(&mut text).len();
    Some(Shown { bytes, width: character.width().unwrap_or(1), text, length })
}
