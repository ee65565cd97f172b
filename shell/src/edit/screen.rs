//! What the terminal shows of the line, and the bytes that bring it up to date.
//!
//! A frame is the part of the layout that fits on the screen, with what stands below it: rows of cells. Each
//! frame is compared with the one before, and only what differs is written. The frame begins
//! wherever the prompt began, so all movements are relative.

use alloc::vec::Vec;
use core::fmt::Write;

use super::{
    glyph::{Cell, Style, put_text},
    layout::{Layout, Place},
    line::Line,
    style::{self, Own},
};
use crate::env::WindowSize;

type Row = Vec<Cell>;

/// A run of equal cells that is shorter than this is written again rather than jumped over.
const JUMP: usize = 5;

/// What to show besides the prompt.
pub(super) struct View<'a> {
    pub line: &'a Line,
    /// The first byte of the line that changed since the last view.
    pub changed: Option<usize>,
    /// Up to which byte each style goes.
    pub styles: &'a [(usize, Style)],
    /// What stands behind the line.
    pub suggestion: &'a [u8],
    /// What stands below it.
    pub below: &'a [Row],
}

/// What is on the screen.
pub(super) struct Screen {
    rows: usize,
    cols: usize,
    layout: Layout,
    own: Own,
    prompt: Vec<u8>,
    hang: Vec<u8>,
    /// The first row of the layout in the frame.
    top: usize,
    shown: Vec<Row>,
    /// Room for the next frame.
    next: Vec<Row>,
    /// Where the terminal's cursor is in the frame.
    cursor: Place,
    pen: Style,
    out: Vec<u8>,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            rows: 24,
            cols: 80,
            layout: Layout::new(),
            own: Own::default(),
            prompt: Vec::new(),
            hang: Vec::new(),
            top: 0,
            shown: Vec::new(),
            next: Vec::new(),
            cursor: Place::default(),
            pen: style::PLAIN,
            out: Vec::new(),
        }
    }
}

impl Screen {
    /// The size in rows and columns.
    pub fn size(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// How many rows there are for what stands below the line.
    pub fn room_below(&self) -> usize {
        self.rows.saturating_sub(self.layout.rows() + 1).max(self.rows / 2)
    }

    /// Begins below what is there. The cursor is taken to be at the beginning of an empty row; if a
    /// command's last line had no end, it stays to be read.
    pub fn begin(&mut self, prompt: &[u8], hang: &[u8], size: WindowSize) {
        self.shown.clear();
        self.cursor = Place::default();
        self.top = 0;
        (self.rows, self.cols) = measure(size);
        self.hang = hang.to_vec();
        self.prompt = prompt.to_vec();
        self.own.clear();
        self.prepare();
    }

    /// Another prompt in front of the same line; whether it is another.
    pub fn set_prompt(&mut self, prompt: &[u8]) -> bool {
        let other = self.prompt != prompt;
        if other {
            self.prompt = prompt.to_vec();
            self.prepare();
        }
        other
    }

    fn prepare(&mut self) {
        self.layout.prepare(self.cols, &self.prompt, &self.hang, &mut self.own, &mut self.out);
    }

    /// Brings the screen up to date.
    pub fn draw(&mut self, view: &View<'_>, size: WindowSize) {
        let mut changed = view.changed;
        if (self.rows, self.cols) != measure(size) {
            self.resize(size);
            changed = Some(0);
        }
        if let Some(from) = changed {
            self.layout.update(view.line, from);
        }
        let cursor = self.layout.place(view.line, view.line.cursor());
        let total = self.layout.rows();
        let below = view.below.len().min(self.rows.saturating_sub(total).max(self.rows / 2));
        let room = self.rows - below;
        let top = self
            .top
            .min(total.saturating_sub(room))
            .min(cursor.row)
            .max((cursor.row + 1).saturating_sub(room));
        let bottom = total.min(top + room);
        self.compose(view, top..bottom, below);
        self.scroll(top);
        self.paint();
        self.go(Place { row: cursor.row - top, col: cursor.col });
    }

    /// Makes the next frame: these rows of the layout, and `below` rows below them.
    fn compose(&mut self, view: &View<'_>, window: core::ops::Range<usize>, below: usize) {
        let count = window.len() + below;
        self.next.resize_with(count, Vec::new);
        let mut styles = view.styles.iter().copied().peekable();
        let mut style_of = |at: usize| {
            while styles.next_if(|(end, _)| *end <= at).is_some() {}
            styles.peek().map_or(style::PLAIN, |(_, style)| *style)
        };
        let end = self.layout.rows();
        for (cells, row) in self.next.iter_mut().zip(window.clone()) {
            cells.clear();
            self.layout.cells(view.line, row, &mut style_of, cells);
            if row + 1 == end && !view.suggestion.is_empty() && cells.len() < self.cols {
                put_text(cells, view.suggestion, self.cols - 1, style::SUGGESTION);
            }
        }
        for (cells, row) in self.next[window.len()..].iter_mut().zip(view.below) {
            cells.clone_from(row);
        }
        // At the end of the screen the last column stays free: a terminal that wraps at once would scroll.
        if count == self.rows
            && let Some(last) = self.next.last_mut()
            && last.len() >= self.cols
        {
            last.truncate(self.cols - 1);
            if last.last().is_some_and(|cell| cell.width() > 1) {
                last.pop();
            }
        }
    }

    /// Moves the window down to `top` by scrolling, where that keeps rows that are on the screen.
    fn scroll(&mut self, top: usize) {
        let before = core::mem::replace(&mut self.top, top);
        let Some(by) = top.checked_sub(before).filter(|by| (1..self.shown.len()).contains(by)) else {
            return;
        };
        let (bottom, end) = (self.shown.len(), self.next.len());
        // The rows that the terminal has to have below the last one that is shown now.
        self.go(Place { row: bottom - 1, col: 0 });
        for _ in 0..(end + by).saturating_sub(bottom) {
            self.out.push(b'\n');
        }
        self.shown.drain(..by);
        self.shown.resize_with(self.shown.len().max(end), Vec::new);
        self.cursor = Place { row: end.max(bottom - by) - 1, col: 0 };
    }

    /// Writes what differs between the frame that is shown and the next one, which becomes that.
    fn paint(&mut self) {
        if self.next.len() < self.shown.len() {
            self.go(Place { row: self.next.len(), col: 0 });
            self.out.extend_from_slice(b"\x1b[J");
            self.shown.truncate(self.next.len());
        }
        for row in 0..self.next.len() {
            if row >= self.shown.len() {
                self.open_row(row);
            }
            self.paint_row(row);
        }
        self.select(style::PLAIN);
    }

    /// Makes the row below the last one that is shown.
    fn open_row(&mut self, row: usize) {
        if row > 0 {
            self.go(Place { row: row - 1, col: self.cursor.col });
            self.out.extend_from_slice(b"\r\n");
            self.cursor = Place { row, col: 0 };
        }
        self.shown.push(Vec::new());
    }

    fn paint_row(&mut self, row: usize) {
        let next = core::mem::take(&mut self.next[row]);
        let mut col = 0;
        while let Some(from) = (col..next.len()).find(|&col| self.shown[row].get(col) != Some(&next[col])) {
            // Only a whole character can be written.
            let from = if next[from].width() == 0 { from - 1 } else { from };
            let equal = |col: usize| self.shown[row].get(col) == Some(&next[col]);
            let mut end = from + 1;
            let mut same = 0;
            for col in from + 1..next.len() {
                same = if equal(col) { same + 1 } else { 0 };
                if same == 0 {
                    end = col + 1;
                } else if same > JUMP {
                    break;
                }
            }
            while next.get(end).is_some_and(|cell| cell.width() == 0) {
                end += 1;
            }
            self.go(Place { row, col: from });
            for cell in next[from..end].iter().filter(|cell| cell.width() > 0) {
                self.select(cell.style);
                self.out.extend_from_slice(cell.text());
            }
            self.cursor.col = end;
            col = end;
            if end == self.cols {
                self.wrap(row);
            }
        }
        if next.len() < self.shown[row].len() {
            self.select(style::PLAIN);
            self.go(Place { row, col: next.len() });
            self.out.extend_from_slice(b"\x1b[K");
        }
        let before = core::mem::replace(&mut self.shown[row], next);
        self.next[row] = before; // its room is used again
    }

    /// After the last column: goes on to the next row, by its first cell. So it does not matter whether the
    /// terminal wraps at once or with the next character, and it knows that the rows belong together.
    fn wrap(&mut self, row: usize) {
        if row + 1 == self.shown.len() {
            self.shown.push(Vec::new());
        }
        let below = &mut self.shown[row + 1];
        // A wide character there would be half overwritten by one column: all of it is drawn again.
        let first = self.next.get(row + 1).and_then(|cells| cells.first()).filter(|cell| cell.width() == 1);
        let cell = first.copied().unwrap_or(Cell::BLANK);
        match below.first_mut() {
            Some(first) => *first = cell,
            None => below.push(cell),
        }
        if let Some(half) = below.get_mut(1).filter(|half| half.width() == 0) {
            *half = Cell::BLANK;
        }
        self.select(cell.style);
        self.out.extend_from_slice(cell.text());
        self.out.push(b'\r');
        self.cursor = Place { row: row + 1, col: 0 };
    }

    fn select(&mut self, style: Style) {
        if self.pen != style {
            self.own.select(style, &mut self.out);
            self.pen = style;
        }
    }

    /// Moves below the frame, to the beginning of a fresh row.
    pub fn finish(&mut self) {
        self.go(Place { row: self.shown.len().max(1) - 1, col: self.cursor.col });
        self.out.extend_from_slice(b"\r\n");
        self.shown.clear();
        self.cursor = Place::default();
    }

    /// Clears the whole screen; the next drawing begins at its top.
    pub fn clear(&mut self) {
        self.out.extend_from_slice(b"\x1b[H\x1b[2J");
        self.shown.clear();
        self.cursor = Place::default();
    }

    /// Takes what is shown off; the next drawing begins where the cursor is then, in an empty row.
    pub fn step_aside(&mut self) {
        self.go(Place::default());
        self.out.extend_from_slice(b"\r\x1b[J");
        self.shown.clear();
        self.cursor = Place::default();
    }

    /// Takes another size: what is shown is taken off, and drawn anew by what follows. Most terminals flow
    /// rows that belong together into the new width; the cursor is looked for where that has put it.
    fn resize(&mut self, size: WindowSize) {
        let before = self.cols;
        (self.rows, self.cols) = measure(size);
        let (mut above, mut columns) = (0, 0);
        for (row, cells) in self.shown.iter().enumerate() {
            let here = row == self.cursor.row;
            columns += if here { self.cursor.col } else { cells.len() };
            if here {
                above += columns / self.cols;
                break;
            }
            if cells.len() < before {
                above += columns.max(1).div_ceil(self.cols);
                columns = 0;
            }
        }
        self.cursor = Place { row: above.min(self.rows - 1), col: self.cols };
        self.go(Place::default());
        self.out.extend_from_slice(b"\x1b[J");
        self.shown.clear();
        self.prepare();
    }

    /// Rings.
    pub fn bell(&mut self) {
        self.out.push(7);
    }

    /// Other bytes for the terminal, which move nothing.
    pub fn write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// What has to be written to the terminal.
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// Moves the cursor within the frame.
    fn go(&mut self, to: Place) {
        let from = core::mem::replace(&mut self.cursor, to);
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
    }
}

/// Rows and columns; what a terminal does not know is taken to be usual.
fn measure(size: WindowSize) -> (usize, usize) {
    let of = |value: u16, default: usize| if value == 0 { default } else { usize::from(value) };
    (of(size.rows, 24), of(size.cols, 80))
}
