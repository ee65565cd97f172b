//! From the bytes of a line to rows of the screen: tabs, control characters as `^X`, wide characters, parts shown in
//! reverse video, and, where it is wanted, colours as they are.

use alloc::vec::Vec;
use core::ops::Range;

use crate::edit::glyph::{Shown, show};

/// How a line is laid out.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// Columns that something else takes before each row.
    pub left: usize,
    /// Columns of a row.
    pub width: usize,
    /// One row for each line, from this column on; otherwise long lines go on in the next row.
    pub chop: Option<usize>,
    /// Sequences that select colours (SGR) act.
    pub raw: bool,
}

const TAB: usize = 8;
/// Longest sequence of colours that is carried over to the next row.
const LONGEST_SGR: usize = 256;

struct Rows {
    layout: Layout,
    done: Vec<Vec<u8>>,
    row: Vec<u8>,
    /// The column in the line if it is chopped, else in the row.
    col: usize,
    /// Colours in force, for the next row.
    colours: Vec<u8>,
    reverse: bool,
    cut: bool,
}

/// The rows of a line, at least one. `matches` are in order and do not overlap.
pub(crate) fn rows(line: &[u8], layout: Layout, matches: &[Range<usize>]) -> Vec<Vec<u8>> {
    let (done, row, colours) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = Rows { layout, done, row, col: 0, colours, reverse: false, cut: false };
    // A carriage return at the end of a line is how others end lines.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (mut at, mut matches) = (0, matches.iter().peekable());
    while at < line.len() {
        while matches.next_if(|it| it.end <= at).is_some() {}
        let matched = matches.peek().is_some_and(|it| it.contains(&at));
        if layout.raw
            && let Some(length) = colours_at(&line[at..])
        {
            rows.colour(&line[at..at + length]);
            at += length;
            continue;
        }
        let Some(shown) = element(&line[at..]) else { break };
        match line[at] {
            b'\t' => {
                for _ in 0..TAB - rows.col % TAB {
                    rows.put(b" ", 1, matched);
                }
            }
            0..0x20 | 0x7f => rows.put(shown.text(), shown.width, !matched),
            _ => rows.put(shown.text(), shown.width, matched),
        }
        at += shown.bytes;
    }
    rows.finish()
}

/// The first element of a text; a tab is one blank.
pub(crate) fn element(text: &[u8]) -> Option<Shown> {
    show(7, 8, |index| text.get(index).copied())
}

/// What fits of a line with colours into one row.
pub(crate) fn cut(line: &[u8], width: usize) -> Vec<u8> {
    rows(line, Layout { left: 0, width, chop: None, raw: true }, &[]).swap_remove(0)
}

impl Rows {
    fn put(&mut self, text: &[u8], width: usize, reverse: bool) {
        if let Some(shift) = self.layout.chop {
            let col = self.col;
            self.col += width;
            if self.col > shift + self.layout.width {
                self.cut = true;
                return;
            }
            if col < shift {
                return;
            }
        } else if self.col + width > self.layout.width {
            self.end_row();
            self.col = width;
        } else {
            self.col += width;
        }
        if self.reverse != reverse {
            self.row.extend_from_slice(if reverse { b"\x1b[7m" } else { b"\x1b[27m" });
            self.reverse = reverse;
        }
        self.row.extend_from_slice(text);
    }

    fn colour(&mut self, sequence: &[u8]) {
        self.row.extend_from_slice(sequence);
        let resets = matches!(sequence, b"\x1b[m" | b"\x1b[0m");
        if resets || self.colours.len() + sequence.len() > LONGEST_SGR {
            self.colours.clear();
        }
        if resets {
            self.reverse = false;
        } else {
            self.colours.extend_from_slice(sequence);
        }
    }

    fn end_row(&mut self) {
        self.done.push(core::mem::replace(&mut self.row, self.colours.clone()));
        self.reverse = false; // a row begins with nothing but what it says
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        if self.cut {
            // The last column says that there is more.
            let mark = alloc::format!("\x1b[m\x1b[{}G\x1b[7m>", self.layout.left + self.layout.width);
            self.row.extend_from_slice(mark.as_bytes());
        }
        self.end_row();
        self.done
    }
}

/// The length of a sequence that selects colours, if the text begins with one.
fn colours_at(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[")?;
    let length = parameters.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
    (parameters[length] == b'm').then_some(2 + length + 1)
}

/// A text as one row of at most `width` columns (its end, if it is being typed), and the columns it takes.
pub(crate) fn fitted(text: &[u8], width: usize, end: bool) -> (Vec<u8>, usize) {
    let mut elements = Vec::new();
    let mut at = 0;
    while let Some(shown) = element(&text[at..]) {
        at += shown.bytes;
        elements.push(shown);
    }
    let mut columns = 0;
    let mut fits = |shown: &&Shown| {
        columns += shown.width;
        columns <= width
    };
    let kept = match end {
        true => elements.iter().rev().take_while(&mut fits).count(),
        false => elements.iter().take_while(&mut fits).count(),
    };
    let elements = if end { &elements[elements.len() - kept..] } else { &elements[..kept] };
    let bytes = elements.iter().flat_map(|shown| shown.text()).copied().collect();
    (bytes, elements.iter().map(|shown| shown.width).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRAP: Layout = Layout { left: 0, width: 10, chop: None, raw: false };

    fn plain(line: &[u8], layout: Layout) -> Vec<alloc::string::String> {
        let mut screen = vt100::Parser::new(20, layout.width as u16, 0);
        for (number, row) in rows(line, layout, &[]).iter().enumerate() {
            screen.process(alloc::format!("\x1b[{};1H\x1b[m", number + 1).as_bytes());
            screen.process(row);
        }
        let count = rows(line, layout, &[]).len();
        screen.screen().rows(0, layout.width as u16).take(count).collect()
    }

    #[test]
    fn lines_wrap_between_characters_and_wide_ones_stay_whole() {
        assert_eq!(plain(b"", WRAP), [""]);
        assert_eq!(plain(b"0123456789", WRAP), ["0123456789"]);
        assert_eq!(plain(b"0123456789a", WRAP), ["0123456789", "a"]);
        assert_eq!(plain("123456789日本".as_bytes(), WRAP), ["123456789", "日本"]);
        assert_eq!(plain(b"a\tb\x01", WRAP), ["a       b", "^A"]);
        assert_eq!(rows(b"a\xffb", WRAP, &[]), ["a\u{fffd}b".as_bytes()]);
        assert_eq!(plain(b"dos\r", WRAP), ["dos"]);
    }

    #[test]
    fn a_chopped_line_shows_that_it_goes_on() {
        let chop = |shift| Layout { chop: Some(shift), ..WRAP };
        assert_eq!(plain(b"0123456789", chop(0)), ["0123456789"]);
        assert_eq!(plain(b"0123456789a", chop(0)), ["012345678>"]);
        assert_eq!(plain(b"0123456789a", chop(5)), ["56789a"]);
    }

    #[test]
    fn colours_pass_only_when_raw_and_go_on_in_the_next_row() {
        let raw = Layout { left: 0, width: 3, chop: None, raw: true };
        let coloured = rows(b"\x1b[31mabcd\x1b[mef", raw, &[]);
        assert_eq!(coloured, [&b"\x1b[31mabc"[..], b"\x1b[31md\x1b[mef"]);
        assert_eq!(plain(b"\x1b[1mx", WRAP), ["^[[1mx"]);
    }

    #[test]
    fn matches_are_in_reverse_video_across_rows() {
        let narrow = Layout { left: 0, width: 3, chop: None, raw: false };
        let found = rows(b"abcdef", narrow, &[1..4, 5..6]);
        assert_eq!(found, [&b"a\x1b[7mbc"[..], b"\x1b[7md\x1b[27me\x1b[7mf"]);
    }
}
