//! Columns in front of the names, each as wide as the widest of its cells.
//!
//! All cells stand in one text, since a directory has many: what is made for each entry is what a listing takes.

use alloc::vec::Vec;

/// Where the blanks of a column go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// The cells of all rows.
#[derive(Default)]
pub(super) struct Cells {
    text: Vec<u8>,
    /// Where each cell ends in the text, row by row.
    ends: Vec<usize>,
    /// The columns: how they are aligned, and how wide they are.
    columns: Vec<(Align, usize)>,
}

impl Cells {
    pub(super) fn new(columns: impl IntoIterator<Item = Align>) -> Cells {
        let columns = columns.into_iter().map(|align| (align, 0)).collect();
        Cells { columns, ..Cells::default() }
    }

    /// Adds the next cell of a row, or the first of the next row.
    pub(super) fn push(&mut self, cell: impl AsRef<[u8]>) {
        let cell = cell.as_ref();
        self.text.extend_from_slice(cell);
        let count = self.columns.len();
        let (_, widest) = &mut self.columns[self.ends.len() % count];
        *widest = (*widest).max(cell.len());
        self.ends.push(self.text.len());
    }

    /// Appends a row to a line, a blank behind each cell.
    pub(super) fn put(&self, row: usize, line: &mut Vec<u8>) {
        let first = row * self.columns.len();
        let mut start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        for ((align, width), &end) in self.columns.iter().zip(&self.ends[first..]) {
            let cell = &self.text[start..end];
            let blanks = core::iter::repeat_n(b' ', width - cell.len());
            match align {
                Align::Right => {
                    line.extend(blanks);
                    line.extend_from_slice(cell);
                }
                Align::Left => {
                    line.extend_from_slice(cell);
                    line.extend(blanks);
                }
            }
            line.push(b' ');
            start = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_as_wide_as_its_widest_cell() {
        let mut cells = Cells::new([Align::Right, Align::Left]);
        for cell in ["1", "root", "10", "a"] {
            cells.push(cell);
        }
        let mut text = Vec::new();
        cells.put(0, &mut text);
        cells.put(1, &mut text);
        assert_eq!(text, b" 1 root 10 a    ");
        Cells::new([]).put(7, &mut text);
        assert_eq!(text.len(), 16, "no columns, no cells");
    }
}
