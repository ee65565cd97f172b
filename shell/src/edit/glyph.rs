//! How text looks on the screen: characters, `^X` for control characters, a mark for bytes that are no UTF-8.

use unicode_width::UnicodeWidthChar;

/// A tab goes to the next multiple of this.
const TAB: usize = 8;
/// Bytes of a cell's text: a character and a few marks that combine with it.
const CELL: usize = 14;

/// How a cell looks; what the numbers mean is [`super::style`]'s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style(pub u8);

/// One column of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    text: [u8; CELL],
    length: u8,
    /// 2 for a wide character, whose second column is a cell of width 0.
    width: u8,
    pub style: Style,
}

impl Cell {
    pub const BLANK: Cell = Cell::of(b" ", 1, Style(0));

    const fn of(bytes: &[u8], width: u8, style: Style) -> Self {
        let mut text = [0; CELL];
        let mut at = 0;
        while at < bytes.len() {
            text[at] = bytes[at];
            at += 1;
        }
        Self { text, length: bytes.len() as u8, width, style }
    }

    pub fn text(&self) -> &[u8] {
        &self.text[..self.length.into()]
    }

    pub fn width(&self) -> usize {
        self.width.into()
    }

    /// Adds a mark; what has no room is not shown.
    fn combine(&mut self, mark: &[u8]) {
        let end = usize::from(self.length) + mark.len();
        if let Some(room) = self.text.get_mut(self.length.into()..end) {
            room.copy_from_slice(mark);
            self.length = end as u8;
        }
    }
}

/// The first element of a text as the screen shows it.
pub(crate) struct Shown {
    /// How many bytes of the text it is.
    pub bytes: usize,
    /// Columns, 0 for a mark that combines.
    pub width: usize,
    text: [u8; 4],
    length: usize,
}

impl Shown {
    fn new(bytes: usize, width: usize, text: &[u8]) -> Self {
        let mut shown = Self { bytes, width, text: [0; 4], length: text.len() };
        shown.text[..text.len()].copy_from_slice(text);
        shown
    }

    /// What to send to the terminal; of a tab, one blank.
    pub fn text(&self) -> &[u8] {
        &self.text[..self.length]
    }

    /// Appends its cells to a row.
    pub(super) fn put(&self, row: &mut alloc::vec::Vec<Cell>, style: Style) {
        let text = self.text();
        match (self.width, row.last_mut()) {
            (0, Some(cell)) if cell.width > 0 => cell.combine(text),
            (0, Some(_)) => {
                let base = row.len() - 2; // behind a wide character
                row[base].combine(text);
            }
            (0, None) => {}
            // `^X` and the blanks of a tab.
            (width, _) if text.is_ascii() => {
                for column in 0..width {
                    let byte = text.get(column).copied().unwrap_or(b' ');
                    row.push(Cell::of(&[byte], 1, style));
                }
            }
            (width, _) => {
                row.push(Cell::of(text, width as u8, style));
                row.extend((1..width).map(|_| Cell::of(b"", 0, style)));
            }
        }
    }
}

/// The first element of the text that `byte` gives, where it would begin in column `col` of `cols`. Nothing
/// is wider than the screen.
pub(crate) fn show(col: usize, cols: usize, byte: impl Fn(usize) -> Option<u8>) -> Option<Shown> {
    let first = byte(0)?;
    let shown = match first {
        b'\t' => Shown::new(1, (TAB - col % TAB).min(cols.saturating_sub(col).max(1)), b" "),
        0x00..0x20 | 0x7f => Shown::new(1, 2, &[b'^', first ^ 0x40]),
        0x20..0x7f => Shown::new(1, 1, &[first]),
        _ => {
            let mut head = [0; 4];
            let length = (0..4).map_while(|index| byte(index).map(|byte| head[index] = byte)).count();
            let (character, bytes) = match bstr::decode_utf8(&head[..length]) {
                (Some(character), size) if character.width().is_some() => (character, size),
                (Some(_), size) => (char::REPLACEMENT_CHARACTER, size),
                (None, _) => (char::REPLACEMENT_CHARACTER, 1),
            };
            let mut text = [0; 4];
            let text = character.encode_utf8(&mut text).as_bytes();
            Shown::new(bytes, character.width().unwrap_or(1), text)
        }
    };
    if shown.width > cols { Some(Shown::new(shown.bytes, 1, b"?")) } else { Some(shown) }
}

/// Appends a text to a row, as far as it goes.
pub(super) fn put_text(row: &mut alloc::vec::Vec<Cell>, text: &[u8], cols: usize, style: Style) {
    let mut at = 0;
    while let Some(shown) = show(row.len(), cols, |index| text.get(at + index).copied()) {
        if row.len() + shown.width > cols {
            return;
        }
        shown.put(row, style);
        at += shown.bytes;
    }
}
