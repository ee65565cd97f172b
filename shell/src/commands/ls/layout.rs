//! How names are laid out on a terminal.

use alloc::{borrow::Cow, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;

/// A name as it is shown: the bytes that it has, but on a terminal a question mark for all that would move the cursor.
pub(super) fn display(name: &BStr, terminal: bool) -> Cow<'_, BStr> {
    let moves = |c: char| c.is_control() || c == '\u{fffd}';
    if !terminal || name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return Cow::Borrowed(name);
    }
    let text: String = name.chars().map(|c| if moves(c) { '?' } else { c }).collect();
    Cow::Owned(text.into())
}

/// How many columns of the screen a name takes.
pub(super) fn width(name: &BStr) -> usize {
    if name.is_ascii() { name.len() } else { name.to_str_lossy().width() }
}

/// Arranges names, each with its width, in as many columns as fit, filled from top to bottom.
pub(super) fn columns(names: &[(BString, usize)], room: usize) -> Vec<BString> {
    let fits = |rows: &usize| widths(names, *rows).iter().map(|width| width + GAP).sum::<usize>() <= room + GAP;
    let rows = (1..names.len()).find(fits).unwrap_or(names.len());
    let widths = widths(names, rows);
    let line = |row: usize| {
        let mut line = BString::default();
        let mut blanks = 0;
        for (column, full) in widths.iter().enumerate() {
            if let Some((name, width)) = names.get(column * rows + row) {
                line.extend(core::iter::repeat_n(b' ', blanks));
                line.extend_from_slice(name);
                blanks = full + GAP - width;
            }
        }
        line
    };
    (0..rows).map(line).collect()
}

fn widths(names: &[(BString, usize)], rows: usize) -> Vec<usize> {
    let widest = |column: &[(BString, usize)]| column.iter().map(|(_, width)| *width).max().unwrap_or(0);
    names.chunks(rows.max(1)).map(widest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_bytes_that_move_its_cursor() {
        assert_eq!(*display(b"a\n\xff\x1b".into(), true), "a???");
        assert_eq!(*display(b"a\n\xff".into(), false), *BStr::new(b"a\n\xff"));
        assert_eq!((width("ab".into()), width("\u{6f22}\u{e9}".into())), (2, 3));
    }

    #[test]
    fn columns_fill_downwards_and_fit() {
        let names: Vec<_> = ["a", "bbbb", "c", "dd", "e"].iter().map(|name| (BString::from(*name), name.len())).collect();
        assert_eq!(columns(&names, 80), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 17), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 16), ["a     c   e", "bbbb  dd"]);
        assert_eq!(columns(&names, 1).len(), 5, "one column even where nothing fits");
        assert!(columns(&[], 80).is_empty());
    }
}
