//! How names are laid out on a terminal.

use alloc::{string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

/// Between two columns.
const GAP: usize = 2;

/// A name as text; on a terminal with a question mark for everything that would move the cursor.
pub(super) fn display(name: &BStr, terminal: bool) -> String {
    let shown = |c: char| if terminal && (c.is_control() || c == '\u{fffd}') { '?' } else { c };
    name.chars().map(shown).collect()
}

/// How many characters a text has. All are taken to be one column wide.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Arranges names, each with its width, in as many columns as fit, filled from top to bottom.
pub(super) fn columns(names: &[(String, usize)], room: usize) -> Vec<String> {
    let fits = |rows: &usize| widths(names, *rows).iter().map(|width| width + GAP).sum::<usize>() <= room + GAP;
    let rows = (1..names.len()).find(fits).unwrap_or(names.len());
    let widths = widths(names, rows);
    let line = |row: usize| {
        let mut line = String::new();
        let mut blanks = 0;
        for (column, full) in widths.iter().enumerate() {
            if let Some((name, width)) = names.get(column * rows + row) {
                line.extend(core::iter::repeat_n(' ', blanks));
                line.push_str(name);
                blanks = full + GAP - width;
            }
        }
        line
    };
    (0..rows).map(line).collect()
}

fn widths(names: &[(String, usize)], rows: usize) -> Vec<usize> {
    let widest = |column: &[(String, usize)]| column.iter().map(|(_, width)| *width).max().unwrap_or(0);
    names.chunks(rows.max(1)).map(widest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_downwards_and_fit() {
        let names: Vec<_> = ["a", "bbbb", "c", "dd", "e"].iter().map(|name| (String::from(*name), name.len())).collect();
        assert_eq!(columns(&names, 80), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 17), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 16), ["a     c   e", "bbbb  dd"]);
        assert_eq!(columns(&names, 1).len(), 5, "one column even where nothing fits");
        assert!(columns(&[], 80).is_empty());
    }
}
