//! How names are laid out on a terminal.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;

/// How names are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As they are.
    Plain,
    /// With a question mark for everything that would move the cursor.
    Hidden,
    /// With escapes as in C for that and for blanks.
    Escaped,
    /// In double quotes, with escapes.
    Quoted,
}

/// A name as it is shown.
pub(super) fn display(name: &BStr, style: Style) -> Cow<'_, BStr> {
    let moves = |c: char| c.is_control() || c == '\u{fffd}';
    match style {
        Style::Plain => Cow::Borrowed(name),
        Style::Hidden if name.iter().all(|byte| (b' '..=b'~').contains(byte)) => Cow::Borrowed(name),
        Style::Hidden => {
            let text: String = name.chars().map(|c| if moves(c) { '?' } else { c }).collect();
            Cow::Owned(text.into())
        }
        Style::Escaped => Cow::Owned(escaped(name, " \\")),
        Style::Quoted => Cow::Owned([b"\"", escaped(name, "\"\\").as_slice(), b"\""].concat().into()),
    }
}

/// A name with escapes for what has no shape, and a backslash before some characters.
fn escaped(name: &BStr, marked: &str) -> BString {
    let mut text = BString::default();
    for (start, end, char) in name.char_indices() {
        let bytes = &name.as_bytes()[start..end];
        if !(char.is_control() || char == '\u{fffd}') {
            if marked.contains(char) {
                text.push(b'\\');
            }
            text.extend_from_slice(bytes);
            continue;
        }
        for byte in bytes {
            match b"\x07\x08\x0c\n\r\t\x0b".find_byte(*byte) {
                Some(at) => text.extend([b'\\', b"abfnrtv"[at]]),
                None => text.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            }
        }
    }
    text
}

/// How many columns of the screen a name takes.
pub(super) fn width(name: &BStr) -> usize {
    if name.is_ascii() { name.len() } else { name.to_str_lossy().width() }
}

/// Arranges names, each with its width, in as many columns as fit, filled from top to bottom, or from left to right.
pub(super) fn columns(names: &[(BString, usize)], room: usize, across: bool) -> Vec<BString> {
    let fits = |rows: &usize| {
        widths(names, *rows, across).iter().map(|width| width + GAP).sum::<usize>() <= room.saturating_add(GAP)
    };
    let rows = (1..names.len()).find(fits).unwrap_or(names.len());
    let widths = widths(names, rows, across);
    let line = |row: usize| {
        let mut line = BString::default();
        let mut blanks = 0;
        for (column, full) in widths.iter().enumerate() {
            let at = if across { row * widths.len() + column } else { column * rows + row };
            if let Some((name, width)) = names.get(at) {
                line.extend(core::iter::repeat_n(b' ', blanks));
                line.extend_from_slice(name);
                blanks = full + GAP - width;
            }
        }
        line
    };
    (0..rows).map(line).filter(|line| !line.is_empty()).collect()
}

/// How wide each column is.
fn widths(names: &[(BString, usize)], rows: usize, across: bool) -> Vec<usize> {
    let columns = names.len().div_ceil(rows.max(1));
    let mut widths = alloc::vec![0; columns];
    for (at, (_, width)) in names.iter().enumerate() {
        let column = if across { at % columns } else { at / rows.max(1) };
        widths[column] = widths[column].max(*width);
    }
    widths
}

/// Names with commas between, in lines that fit.
pub(super) fn commas(names: &[(BString, usize)], room: usize) -> Vec<BString> {
    let (mut lines, mut line, mut used) = (Vec::new(), BString::default(), 0);
    for (at, (name, width)) in names.iter().enumerate() {
        let last = at + 1 == names.len();
        if used > 0 && used + 1 + width + usize::from(!last) > room {
            lines.push(core::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(b' ');
            used += 1;
        }
        line.extend_from_slice(name);
        used += width;
        if !last {
            line.push(b',');
            used += 1;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_bytes_that_move_its_cursor() {
        assert_eq!(*display(b"a\n\xff\x1b".into(), Style::Hidden), "a???");
        assert_eq!(*display(b"a\n\xff".into(), Style::Plain), *BStr::new(b"a\n\xff"));
        assert_eq!((width("ab".into()), width("\u{6f22}\u{e9}".into())), (2, 3));
    }

    #[test]
    fn columns_fill_and_fit() {
        let names: Vec<_> = ["a", "bbbb", "c", "dd", "e"].iter().map(|name| (BString::from(*name), name.len())).collect();
        assert_eq!(columns(&names, 80, false), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 17, false), ["a  bbbb  c  dd  e"]);
        assert_eq!(columns(&names, 16, false), ["a     c   e", "bbbb  dd"]);
        assert_eq!(columns(&names, 1, false).len(), 5, "one column even where nothing fits");
        assert_eq!(columns(&names, 16, true), ["a   bbbb  c", "dd  e"]);
        assert!(columns(&[], 80, false).is_empty());
        assert_eq!(commas(&names, 10), ["a, bbbb,", "c, dd, e"]);
        assert_eq!(commas(&names, 1).len(), 5);
    }

    #[test]
    fn names_are_shown_with_escapes() {
        let name = BStr::new(b"a b\\\"\n\x1b\xff");
        assert_eq!(*display(name, Style::Escaped), r#"a\ b\\"\n\033\377"#);
        assert_eq!(*display(name, Style::Quoted), r#""a b\\\"\n\033\377""#);
    }
}
