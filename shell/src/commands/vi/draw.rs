//! What is on the screen, and keeping the cursor in it.

use alloc::{format, string::String, vec::Vec};

use super::{
    editor::{Editor, Mode},
    layout::{self, Layout},
};
use crate::screen::{Size, row::fitted};

/// Columns of line numbers.
const NUMBERS: usize = 8;

/// The part of the text that is on the screen.
pub struct View {
    /// Rows for the text, and columns.
    pub size: Size,
    /// The line at the top, and which of its rows.
    pub top: (usize, usize),
    /// What `^D` and `^U` were told to scroll by.
    half: Option<usize>,
}

impl View {
    pub fn new(size: Size) -> Self {
        Self { size: text_size(size), top: (1, 0), half: None }
    }

    pub fn resize(&mut self, size: Size) {
        self.size = text_size(size);
    }
}

fn text_size(size: Size) -> Size {
    Size { rows: size.rows - 1, ..size }
}

/// The rows of a screen and the cursor in them.
pub type Picture = (Vec<Vec<u8>>, (usize, usize));

impl Editor {
    fn layout(&self) -> Layout {
        let numbers = if self.settings.number { NUMBERS.min(self.view.size.cols - 1) } else { 0 };
        Layout { width: self.view.size.cols - numbers, tab: self.settings.tabstop, list: self.settings.list }
    }

    fn height(&self, line: usize) -> usize {
        layout::height(self.buffer.line(line), self.layout())
    }

    /// The row so many rows above another one.
    fn above(&self, (mut line, mut row): (usize, usize), count: usize) -> (usize, usize) {
        for _ in 0..count {
            if row > 0 {
                row -= 1;
            } else if line > 1 {
                line -= 1;
                row = self.height(line) - 1;
            } else {
                break;
            }
        }
        (line, row)
    }

    fn below(&self, (mut line, mut row): (usize, usize), count: usize) -> (usize, usize) {
        for _ in 0..count {
            if row + 1 < self.height(line) {
                row += 1;
            } else if line < self.lines() {
                (line, row) = (line + 1, 0);
            } else {
                break;
            }
        }
        (line, row)
    }

    /// The row of the text that the cursor is in, and its column.
    fn cursor(&self) -> ((usize, usize), usize) {
        let spot = layout::spot(self.text(), self.col, !self.is_inserting(), self.layout());
        ((self.line, spot.row), spot.col)
    }

    /// The first and the last line on the screen.
    pub fn visible(&self) -> (usize, usize) {
        let last = self.below(self.view.top, self.view.size.rows - 1);
        let whole = last.1 + 1 >= self.height(last.0) || last.0 == self.view.top.0;
        (self.view.top.0, if whole { last.0 } else { last.0 - 1 })
    }

    /// The line in the middle of the screen.
    pub fn middle(&self) -> usize {
        let (top, bottom) = self.visible();
        top + (bottom - top) / 2
    }

    /// Puts the line of the cursor in a row of the screen.
    pub fn scroll_to(&mut self, row: usize) {
        self.view.top = self.above((self.line, 0), row);
    }

    /// Moves the screen so that the cursor is in it.
    fn follow(&mut self) {
        let rows = self.view.size.rows;
        self.view.top.0 = self.view.top.0.min(self.lines());
        self.view.top.1 = self.view.top.1.min(self.height(self.view.top.0) - 1);
        let (cursor, _) = self.cursor();
        if cursor < self.view.top {
            let near = self.view.top.0 - cursor.0 < rows;
            self.view.top = if near { cursor } else { self.above(cursor, rows / 2) };
            return;
        }
        if cursor.0 - self.view.top.0 > 2 * rows {
            self.view.top = self.above(cursor, rows / 2);
            return;
        }
        // How many rows the cursor is below the top.
        let mut distance = cursor.1 as isize - self.view.top.1 as isize;
        for line in self.view.top.0..cursor.0 {
            distance += self.height(line) as isize;
        }
        if distance >= rows as isize {
            let near = distance < (rows + rows / 2) as isize;
            self.view.top = self.above(cursor, if near { rows - 1 } else { rows / 2 });
        }
    }

    /// `^F ^B ^D ^U ^E ^Y`
    pub fn scroll(&mut self, code: char, count: Option<usize>) {
        let rows = self.view.size.rows;
        let times = count.unwrap_or(1);
        if matches!(code, '\x04' | '\x15') {
            self.view.half = count.or(self.view.half);
        }
        let half = self.view.half.unwrap_or(rows.div_ceil(2));
        let page = rows.saturating_sub(2).max(1) * times;
        match code {
            '\x06' => {
                self.view.top = self.below(self.view.top, page);
                self.line = self.line.max(self.view.top.0);
            }
            '\x02' => {
                self.view.top = self.above(self.view.top, page);
                self.line = self.line.min(self.visible().1);
            }
            '\x04' => {
                let last = self.above((self.lines(), self.height(self.lines()) - 1), rows - 1);
                self.view.top = self.below(self.view.top, half).min(last.max(self.view.top));
                self.line = (self.line + half).min(self.lines());
            }
            '\x15' => {
                self.view.top = self.above(self.view.top, half);
                self.line = self.line.saturating_sub(half).max(1);
            }
            '\x05' => {
                self.view.top = self.below(self.view.top, times);
                self.line = self.line.max(self.view.top.0 + usize::from(self.view.top.1 > 0 && self.view.top.0 < self.lines()));
            }
            _ => {
                self.view.top = self.above(self.view.top, times);
                self.line = self.line.min(self.visible().1);
            }
        }
        self.line = self.line.clamp(1, self.lines());
        match code {
            '\x05' | '\x19' => self.col = self.column_in(self.line),
            _ => {
                self.col = super::chars::indent(self.text());
                self.settle_column();
                self.like_column();
            }
        }
        self.settle_column();
    }

    /// The screen as it is to be.
    pub fn draw(&mut self) -> Picture {
        self.follow();
        let (layout, Size { rows: count, cols }) = (self.layout(), self.view.size);
        let gutter = cols - layout.width;
        let ((cursor_line, cursor_row), cursor_col) = self.cursor();
        let mut rows = Vec::with_capacity(count + 1);
        let mut cursor = (0, 0);
        let (mut line, mut skip) = self.view.top;
        while rows.len() < count && line <= self.lines() {
            let text = layout::rows(self.buffer.line(line), layout, self.selected(line));
            let mut text_rows = text.len();
            if line == cursor_line {
                cursor = ((rows.len() + cursor_row).saturating_sub(skip), gutter + cursor_col);
                text_rows = text_rows.max(cursor_row + 1);
            }
            for row in core::mem::take(&mut skip)..text_rows {
                let mut shown = match (gutter, row) {
                    (0, _) => Vec::new(),
                    (_, 0) => format!("{line:>7} ").into_bytes(),
                    _ => b" ".repeat(gutter),
                };
                shown.truncate(gutter);
                shown.extend_from_slice(text.get(row).map_or(b"", |row| row));
                rows.push(shown);
            }
            line += 1;
        }
        rows.resize(count, b"~".to_vec());
        let (bottom, typing) = self.bottom(cols);
        rows.push(bottom);
        (rows, typing.map_or((cursor.0.min(count - 1), cursor.1.min(cols - 1)), |col| (count, col)))
    }

    /// Which bytes of a line are selected.
    fn selected(&self, line: usize) -> Option<core::ops::Range<usize>> {
        let span = match (&self.mode, self.visual) {
            (Mode::Confirm(confirm), _) => confirm.span(),
            (_, Some(visual)) => self.selection(visual),
            _ => return None,
        };
        if !(span.start.0..=span.end.0).contains(&line) {
            return None;
        }
        let len = self.buffer.line(line).len();
        let from = if line == span.start.0 && !span.lines { span.start.1 } else { 0 };
        // The end of a line that is selected as a whole is, too.
        let to = if line == span.end.0 && !span.lines { span.end.1 } else { len + 1 };
        let to = if len == 0 { 1 } else { to };
        Some(from..to)
    }

    /// The last row, and the column of the cursor where that is in it.
    fn bottom(&mut self, cols: usize) -> (Vec<u8>, Option<usize>) {
        match &self.mode {
            Mode::Line { kind, typed } => {
                let (text, width) = fitted(&[&[*kind], typed.text()].concat(), cols - 1, true);
                return (text, Some(width));
            }
            Mode::Confirm(_) => {
                let (text, _) = fitted(b"Replace? y yes, n no, a all, l this one and no more, q quit", cols - 1, false);
                return (text, None);
            }
            _ => {}
        }
        let ruler = self.ruler();
        let room = cols.saturating_sub(ruler.len() + 2);
        let (text, reverse) = match self.message.take() {
            Some(message) => message,
            None => {
                let mode = match (&self.mode, self.visual) {
                    (Mode::Insert, _) => "-- INSERT --",
                    (Mode::Replace, _) => "-- REPLACE --",
                    (_, Some(visual)) if visual.lines => "-- VISUAL LINE --",
                    (_, Some(_)) => "-- VISUAL --",
                    _ => "",
                };
                let recording = self.recording.as_ref().map_or("", |_| "recording");
                (String::from(mode) + recording, false)
            }
        };
        // A message may take the place of the ruler.
        let long = text.len() > room;
        let (mut row, width) = fitted(text.as_bytes(), if long { cols - 1 } else { room }, false);
        if reverse {
            row = [b"\x1b[7m", &row[..], b"\x1b[m"].concat();
        }
        if !long && cols > ruler.len() + 1 {
            row.extend_from_slice(" ".repeat(cols - 1 - ruler.len() - width).as_bytes());
            row.extend_from_slice(ruler.as_bytes());
        }
        (row, None)
    }

    /// Where the cursor is.
    fn ruler(&self) -> String {
        let column = layout::column(self.text(), self.col, self.settings.tabstop) + 1;
        let (top, bottom) = self.visible();
        let part = match (top == 1, bottom >= self.lines()) {
            (true, true) => String::from("All"),
            (true, false) => "Top".into(),
            (false, true) => "Bot".into(),
            _ => format!("{}%", top * 100 / self.lines()),
        };
        format!("{},{column} {part}", self.line)
    }
}
