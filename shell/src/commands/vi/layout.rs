//! How a line lies on the screen: wrapped, with tabs, control characters as `^X`, wide characters whole.

use alloc::vec::Vec;
use core::ops::Range;

use crate::screen::row::element;

/// What matters for it.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Columns of a row.
    pub width: usize,
    pub tab: usize,
    /// Tabs as `^I`, and a `$` at the end.
    pub list: bool,
}

/// Where something is, in rows and columns from the beginning of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    pub row: usize,
    pub col: usize,
}

/// Columns of a character, and the text for it; that of a tab is one blank.
fn piece(rest: &[u8], column: usize, layout: Layout) -> Option<(usize, usize, Vec<u8>)> {
    let shown = element(rest)?;
    if rest[0] == b'\t' {
        return Some(match layout.list {
            true => (1, 2, b"^I".to_vec()),
            false => (1, layout.tab - column % layout.tab, Vec::new()),
        });
    }
    Some((shown.bytes, shown.width.min(layout.width), shown.text().to_vec()))
}

/// Calls `each` for every character: the byte it begins at, its spot, its columns, its text (empty for a tab). Where the
/// line ends.
pub fn walk(line: &[u8], layout: Layout, mut each: impl FnMut(usize, Spot, usize, &[u8])) -> Spot {
    let (mut at, mut column, mut spot) = (0, 0, Spot::default());
    while let Some((bytes, width, text)) = piece(&line[at..], column, layout) {
        // A tab may be cut in two, everything else stays whole.
        if spot.col > 0 && spot.col + width > layout.width && !text.is_empty() || spot.col >= layout.width {
            spot = Spot { row: spot.row + 1, col: 0 };
        }
        each(at, spot, width, &text);
        let end = spot.col + width;
        // What fills its row to the end leaves the next one to what follows.
        spot = match end > layout.width {
            true => Spot { row: spot.row + end / layout.width, col: end % layout.width },
            false => Spot { col: end, ..spot },
        };
        (at, column) = (at + bytes, column + width);
    }
    spot
}

/// How many rows a line takes.
pub fn height(line: &[u8], layout: Layout) -> usize {
    if line.len() < layout.width / layout.tab.max(8) {
        return 1; // nothing is wider than that
    }
    walk(line, layout, |_, _, _, _| {}).row + 1
}

/// Where the character at byte `at` is: its first column, or for a tab its last one when `on` it, as the cursor of a
/// person who does not insert.
pub fn spot(line: &[u8], at: usize, on: bool, layout: Layout) -> Spot {
    let mut found = None;
    let end = walk(line, layout, |here, spot, width, text| {
        if here == at {
            let inside = if text.is_empty() && on { width - 1 } else { 0 };
            let col = spot.col + inside;
            found = Some(Spot { row: spot.row + col / layout.width, col: col % layout.width });
        }
    });
    found.unwrap_or(if end.col >= layout.width { Spot { row: end.row + 1, col: 0 } } else { end })
}

/// The column of byte `at`, as if the line had one long row.
pub fn column(line: &[u8], at: usize, tab: usize) -> usize {
    let layout = Layout { width: usize::MAX / 2, tab, list: false };
    spot(line, at, false, layout).col
}

/// The character that is in a column of such a row, or the last one.
pub fn at_column(line: &[u8], column: usize, tab: usize) -> usize {
    let layout = Layout { width: usize::MAX / 2, tab, list: false };
    let mut found = 0;
    walk(line, layout, |at, spot, width, _| {
        if spot.col <= column && width > 0 {
            found = at;
        }
    });
    found
}

/// The rows of a line, with `selected` bytes in reverse video; one past the end is the end itself.
pub fn rows(line: &[u8], layout: Layout, selected: Option<Range<usize>>) -> Vec<Vec<u8>> {
    let mut rows: Vec<Vec<u8>> = alloc::vec![Vec::new()];
    let mut reversed = false;
    let is_selected = |at: usize| selected.as_ref().is_some_and(|range| range.contains(&at));
    let mut put = |row: usize, bytes: &[u8], reverse: bool| {
        while rows.len() <= row {
            rows.push(Vec::new());
            reversed = false; // a row begins with nothing but what it says
        }
        let last = &mut rows[row];
        if reversed != reverse {
            last.extend_from_slice(if reverse { b"\x1b[7m" } else { b"\x1b[27m" });
            reversed = reverse;
        }
        last.extend_from_slice(bytes);
    };
    let end = walk(line, layout, |at, spot, width, text| {
        if text.is_empty() {
            for col in spot.col..spot.col + width {
                put(spot.row + col / layout.width, b" ", is_selected(at));
            }
        } else {
            put(spot.row, text, is_selected(at));
        }
    });
    let (row, full) = (end.row, end.col >= layout.width);
    if layout.list {
        put(row + usize::from(full), b"$", is_selected(line.len()));
    } else if is_selected(line.len()) && !full {
        put(row, b" ", true);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Layout = Layout { width: 10, tab: 8, list: false };

    #[test]
    fn the_cursor_is_where_the_character_is_drawn() {
        let spot = |line: &str, at, on| {
            let spot = spot(line.as_bytes(), at, on, NARROW);
            (spot.row, spot.col)
        };
        assert_eq!(spot("0123456789abc", 11, true), (1, 1));
        assert_eq!(spot("123456789日本", 9, true), (1, 0), "a wide character stays whole");
        assert_eq!((spot("a\tb", 1, true), spot("a\tb", 1, false), spot("a\tb", 2, true)), ((0, 7), (0, 1), (0, 8)));
        assert_eq!(spot("0123456789", 10, false), (1, 0), "where the next one will be");
        assert_eq!(rows("a\x01日\t|".as_bytes(), NARROW, None), ["a^A日   |".as_bytes()]);
        assert_eq!(rows(b"\t\tx", NARROW, None), [&b"          "[..], b"      x"]);
        assert_eq!((height(b"", NARROW), height(b"0123456789", NARROW), height(b"0123456789a", NARROW)), (1, 1, 2));
    }

    #[test]
    fn columns_and_characters_find_each_other() {
        let line = "\ta日b".as_bytes();
        assert_eq!([0, 1, 2, 5].map(|at| column(line, at, 8)), [0, 8, 9, 11]);
        assert_eq!([0, 5, 8, 10, 11, 99].map(|col| at_column(line, col, 8)), [0, 0, 1, 2, 5, 5]);
    }
}
