//! The choices of a completion, shown below the line.

use alloc::{string::String, vec::Vec};
use unicode_width::UnicodeWidthStr;

use super::{
    glyph::{Cell, put_text},
    style,
};

/// One thing that the word before the cursor could become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What the menu shows.
    pub shown: String,
    /// What is put in behind what stands there already.
    pub insert: Vec<u8>,
}

/// The menu.
#[derive(Debug)]
pub(super) struct Menu {
    pub candidates: Vec<Candidate>,
    pub selected: Option<usize>,
    /// Where in the line a choice is put in, and how much is there of one.
    pub at: usize,
    pub inserted: usize,
}

/// A key's way through the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Previous,
    NextColumn,
    PreviousColumn,
}

impl Menu {
    pub fn new(candidates: Vec<Candidate>, at: usize) -> Self {
        Self { candidates, selected: None, at, inserted: 0 }
    }

    /// Makes a step; the choice that it leads to.
    pub fn step(&mut self, step: Step, cols: usize) -> &Candidate {
        let count = self.candidates.len();
        let (_, down) = self.grid(cols);
        let selected = match (self.selected, step) {
            (None, Step::Previous) => count - 1,
            (None, _) => 0,
            (Some(at), Step::Next) => (at + 1) % count,
            (Some(at), Step::Previous) => (at + count - 1) % count,
            (Some(at), Step::NextColumn) => Some(at + down).filter(|at| *at < count).unwrap_or(at % down),
            (Some(at), Step::PreviousColumn) => at.checked_sub(down).unwrap_or(at),
        };
        self.selected = Some(selected);
        &self.candidates[selected]
    }

    /// The width of a column, and how many rows there are: down and then across, as `ls` has them.
    fn grid(&self, cols: usize) -> (usize, usize) {
        let widest = self.candidates.iter().map(|it| it.shown.width()).max().unwrap_or(0);
        let column = (widest + 2).min(cols);
        let across = ((cols + 1) / column.max(1)).max(1);
        (column, self.candidates.len().div_ceil(across).max(1))
    }

    /// The rows to show, at most `room`. Where there are more, those around the choice, and a line that says so.
    pub fn rows(&self, cols: usize, room: usize) -> Vec<Vec<Cell>> {
        let width = cols.saturating_sub(1);
        let (column, down) = self.grid(cols);
        let visible = if down > room { room.saturating_sub(1) } else { down };
        let selected = self.selected.map_or(0, |at| at % down);
        let first = selected.saturating_sub(visible.saturating_sub(1)).min(down - visible.min(down));
        let mut rows = Vec::new();
        for row in first..first + visible {
            let mut cells = Vec::new();
            for (place, index) in (row..self.candidates.len()).step_by(down).enumerate() {
                let blanks = (place * column).saturating_sub(cells.len()).min(width - cells.len().min(width));
                cells.extend(core::iter::repeat_n(Cell::BLANK, blanks));
                let style = if self.selected == Some(index) { style::SELECTED } else { style::PLAIN };
                put_text(&mut cells, self.candidates[index].shown.as_bytes(), width, style);
            }
            rows.push(cells);
        }
        if down > room && room > 0 {
            let text = alloc::format!("rows {}-{} of {down}", first + 1, first + visible);
            let mut cells = Vec::new();
            put_text(&mut cells, text.as_bytes(), width, style::SUGGESTION);
            rows.push(cells);
        }
        rows
    }
}
