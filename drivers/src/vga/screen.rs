//! The grid of a terminal: cells, cursor, margins, tab stops, and what moves or erases them. Knows
//! neither escape sequences nor hardware. Semantics are xterm's.
//!
//! Writing in the last column leaves the cursor there with a wrap pending; the next character wraps
//! first. Everything that moves the cursor forgets the pending wrap.

use super::colour::Pen;

/// Columns.
pub const COLS: usize = 80;
/// Rows.
pub const ROWS: usize = 25;

const TAB: usize = 8;

/// Where text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cursor {
    row: usize,
    col: usize,
    wrap_pending: bool,
    /// Rows count from the top margin, and the cursor stays inside the margins.
    origin: bool,
    pen: Pen,
}

/// A screen of VGA cells.
#[derive(Debug)]
pub struct Screen {
    cells: [[u16; COLS]; ROWS],
    dirty: [bool; ROWS],
    cursor: Cursor,
    saved: Cursor,
    /// The rows that scroll, both included.
    margins: (usize, usize),
    tabs: [bool; COLS],
    pub(super) autowrap: bool,
    pub(super) insert: bool,
    pub(super) visible: bool,
    /// The last character printed, for REP.
    last: Option<u8>,
}

/// Which part to erase, seen from the cursor, which belongs to each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    After,
    Before,
    All,
}

impl Screen {
    pub(super) fn new() -> Self {
        let mut tabs = [false; COLS];
        for stop in tabs.iter_mut().step_by(TAB) {
            *stop = true;
        }
        let blank = u16::from(Pen::default().erased()) << 8 | u16::from(b' ');
        Self {
            cells: [[blank; COLS]; ROWS],
            dirty: [true; ROWS],
            cursor: Cursor::default(),
            saved: Cursor::default(),
            margins: (0, ROWS - 1),
            tabs,
            autowrap: true,
            insert: false,
            visible: true,
            last: None,
        }
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> &[u16; COLS] {
        &self.cells[row]
    }

    /// Row and column of the cursor, from 0.
    pub fn cursor(&self) -> (usize, usize) {
        (self.cursor.row, self.cursor.col)
    }

    /// Whether the cursor is to be seen.
    pub fn cursor_visible(&self) -> bool {
        self.visible
    }

    /// The cursor as a position report gives it: from 1, and from the top margin in origin mode.
    pub(super) fn reported_cursor(&self) -> (usize, usize) {
        let top = if self.cursor.origin { self.margins.0 } else { 0 };
        (self.cursor.row.saturating_sub(top) + 1, self.cursor.col + 1)
    }

    /// Whether a row changed since this was last asked.
    pub(super) fn take_dirty(&mut self, row: usize) -> bool {
        core::mem::take(&mut self.dirty[row])
    }

    pub(super) fn pen(&mut self) -> &mut Pen {
        &mut self.cursor.pen
    }

    /// Puts a glyph at the cursor and moves on.
    pub(super) fn print(&mut self, glyph: u8) {
        if self.cursor.wrap_pending && self.autowrap {
            self.cursor.col = 0;
            self.line_feed();
        }
        self.cursor.wrap_pending = false;
        if self.insert {
            self.insert_cells(1);
        }
        let Cursor { row, col, pen, .. } = self.cursor;
        self.cells[row][col] = u16::from(pen.attribute()) << 8 | u16::from(glyph);
        self.dirty[row] = true;
        self.last = Some(glyph);
        if col + 1 < COLS {
            self.cursor.col += 1;
        } else {
            self.cursor.wrap_pending = true;
        }
    }

    /// Prints the last character `count` times more.
    pub(super) fn repeat(&mut self, count: usize) {
        if let Some(glyph) = self.last {
            // More would only write the same screen again.
            for _ in 0..count.min(COLS * ROWS) {
                self.print(glyph);
            }
        }
    }

    /// Down a row; at the bottom margin the rows between the margins scroll.
    pub(super) fn line_feed(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.row == self.margins.1 {
            self.scroll_up(1);
        } else if self.cursor.row + 1 < ROWS {
            self.cursor.row += 1;
        }
    }

    /// Up a row; at the top margin the rows between the margins scroll.
    pub(super) fn reverse_line_feed(&mut self) {
        self.cursor.wrap_pending = false;
        if self.cursor.row == self.margins.0 {
            self.scroll_down(1);
        } else {
            self.cursor.row = self.cursor.row.saturating_sub(1);
        }
    }

    pub(super) fn carriage_return(&mut self) {
        self.set_col(0);
    }

    pub(super) fn backspace(&mut self) {
        self.left(1);
    }

    pub(super) fn tab(&mut self, count: usize) {
        for _ in 0..count.min(COLS) {
            let next = (self.cursor.col + 1..COLS).find(|col| self.tabs[*col]);
            self.cursor.col = next.unwrap_or(COLS - 1);
        }
        self.cursor.wrap_pending = false;
    }

    pub(super) fn back_tab(&mut self, count: usize) {
        for _ in 0..count.min(COLS) {
            let next = (0..self.cursor.col).rev().find(|col| self.tabs[*col]);
            self.cursor.col = next.unwrap_or(0);
        }
        self.cursor.wrap_pending = false;
    }

    pub(super) fn set_tab(&mut self) {
        self.tabs[self.cursor.col] = true;
    }

    pub(super) fn clear_tab(&mut self) {
        self.tabs[self.cursor.col] = false;
    }

    pub(super) fn clear_tabs(&mut self) {
        self.tabs = [false; COLS];
    }

    /// Up, but not out of the margins from inside.
    pub(super) fn up(&mut self, count: usize) {
        let row = self.cursor.row;
        let top = if row >= self.margins.0 { self.margins.0 } else { 0 };
        self.move_to(row.saturating_sub(count).max(top), self.cursor.col);
    }

    /// Down, but not out of the margins from inside.
    pub(super) fn down(&mut self, count: usize) {
        let row = self.cursor.row;
        let bottom = if row <= self.margins.1 { self.margins.1 } else { ROWS - 1 };
        self.move_to(row.saturating_add(count).min(bottom), self.cursor.col);
    }

    pub(super) fn left(&mut self, count: usize) {
        self.set_col(self.cursor.col.saturating_sub(count));
    }

    pub(super) fn right(&mut self, count: usize) {
        self.set_col(self.cursor.col.saturating_add(count));
    }

    pub(super) fn set_col(&mut self, col: usize) {
        self.move_to(self.cursor.row, col);
    }

    /// To a row from 0, counted as the origin mode says.
    pub(super) fn set_row(&mut self, row: usize) {
        let (top, bottom) = if self.cursor.origin { self.margins } else { (0, ROWS - 1) };
        self.move_to(row.saturating_add(top).min(bottom), self.cursor.col);
    }

    pub(super) fn set_origin(&mut self, on: bool) {
        self.cursor.origin = on;
        self.home();
    }

    /// Sets which rows scroll, both included and from 0. Nonsense is ignored.
    pub(super) fn set_margins(&mut self, top: usize, bottom: usize) {
        let bottom = bottom.min(ROWS - 1);
        if top < bottom {
            self.margins = (top, bottom);
            self.home();
        }
    }

    pub(super) fn save(&mut self) {
        self.saved = self.cursor;
    }

    pub(super) fn restore(&mut self) {
        self.cursor = self.saved;
    }

    pub(super) fn erase_line(&mut self, part: Part) {
        let Cursor { row, col, .. } = self.cursor;
        self.cursor.wrap_pending = false;
        match part {
            Part::After => self.erase(row, col, COLS),
            Part::Before => self.erase(row, 0, col + 1),
            Part::All => self.erase(row, 0, COLS),
        }
    }

    pub(super) fn erase_screen(&mut self, part: Part) {
        let rows = match part {
            Part::After => self.cursor.row + 1..ROWS,
            Part::Before => 0..self.cursor.row,
            Part::All => 0..ROWS,
        };
        self.erase_line(part);
        for row in rows {
            self.erase(row, 0, COLS);
        }
    }

    pub(super) fn erase_cells(&mut self, count: usize) {
        let Cursor { row, col, .. } = self.cursor;
        self.cursor.wrap_pending = false;
        self.erase(row, col, col.saturating_add(count).min(COLS));
    }

    /// Moves the rest of the row right; what leaves the row is lost.
    pub(super) fn insert_cells(&mut self, count: usize) {
        let Cursor { row, col, .. } = self.cursor;
        let count = count.min(COLS - col);
        self.cursor.wrap_pending = false;
        self.cells[row].copy_within(col..COLS - count, col + count);
        self.erase(row, col, col + count);
    }

    /// Moves the rest of the row left.
    pub(super) fn delete_cells(&mut self, count: usize) {
        let Cursor { row, col, .. } = self.cursor;
        let count = count.min(COLS - col);
        self.cursor.wrap_pending = false;
        self.cells[row].copy_within(col + count.., col);
        self.erase(row, COLS - count, COLS);
    }

    /// Moves the rows from the cursor to the bottom margin down. Outside the margins it does nothing.
    pub(super) fn insert_rows(&mut self, count: usize) {
        if let Some((top, bottom)) = self.margins_below_cursor() {
            self.shift_down(top, bottom, count);
            self.carriage_return();
        }
    }

    /// Moves the rows below the cursor up to it. Outside the margins it does nothing.
    pub(super) fn delete_rows(&mut self, count: usize) {
        if let Some((top, bottom)) = self.margins_below_cursor() {
            self.shift_up(top, bottom, count);
            self.carriage_return();
        }
    }

    pub(super) fn scroll_up(&mut self, count: usize) {
        self.shift_up(self.margins.0, self.margins.1, count);
    }

    pub(super) fn scroll_down(&mut self, count: usize) {
        self.shift_down(self.margins.0, self.margins.1, count);
    }

    fn margins_below_cursor(&self) -> Option<(usize, usize)> {
        let (top, bottom) = self.margins;
        (top..=bottom).contains(&self.cursor.row).then_some((self.cursor.row, bottom))
    }

    fn shift_up(&mut self, top: usize, bottom: usize, count: usize) {
        let count = count.min(bottom + 1 - top);
        self.cells.copy_within(top + count..bottom + 1, top);
        self.dirty[top..=bottom].fill(true);
        for row in bottom + 1 - count..=bottom {
            self.erase(row, 0, COLS);
        }
    }

    fn shift_down(&mut self, top: usize, bottom: usize, count: usize) {
        let count = count.min(bottom + 1 - top);
        self.cells.copy_within(top..bottom + 1 - count, top + count);
        self.dirty[top..=bottom].fill(true);
        for row in top..top + count {
            self.erase(row, 0, COLS);
        }
    }

    fn erase(&mut self, row: usize, from: usize, to: usize) {
        let blank = u16::from(self.cursor.pen.erased()) << 8 | u16::from(b' ');
        self.cells[row][from..to].fill(blank);
        self.dirty[row] = true;
    }

    fn home(&mut self) {
        self.move_to(if self.cursor.origin { self.margins.0 } else { 0 }, 0);
    }

    fn move_to(&mut self, row: usize, col: usize) {
        self.cursor.row = row.min(ROWS - 1);
        self.cursor.col = col.min(COLS - 1);
        self.cursor.wrap_pending = false;
    }
}
