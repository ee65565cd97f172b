//! The rows that the prompt and the line take at a terminal's width.
//!
//! It is kept between changes: what stands before a change is not laid out again, so that text at the
//! end of a long line costs its own length.

use alloc::vec::Vec;

use super::{
    glyph::{Cell, Style, show},
    line::Line,
    style::Own,
};

/// A place in the layout, or on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub row: usize,
    pub col: usize,
}

/// Where a row begins in the line.
#[derive(Clone, Copy, Debug)]
struct Start {
    at: usize,
    /// A newline ended the row before.
    hard: bool,
}

/// The layout.
pub(super) struct Layout {
    cols: usize,
    /// The rows of the prompt. The last is where the line begins; it has a free column.
    prompt: Vec<Vec<Cell>>,
    /// What stands before the lines after the first.
    hang: Vec<Cell>,
    starts: Vec<Start>,
    /// How much of the line is laid out.
    laid: usize,
}

impl Layout {
    pub fn new() -> Self {
        Self {
            cols: 80,
            prompt: alloc::vec![Vec::new()],
            hang: Vec::new(),
            starts: alloc::vec![Start { at: 0, hard: false }],
            laid: 0,
        }
    }

    /// Sets width and prompts; the line is to be laid out anew. `raw` gets the prompt's sequences that
    /// are neither text nor colour.
    pub fn prepare(&mut self, cols: usize, prompt: &[u8], hang: &[u8], own: &mut Own, raw: &mut Vec<u8>) {
        self.cols = cols;
        self.prompt = rows(prompt, cols, own, raw);
        let mut hang = rows(hang, cols, own, raw);
        // Without room for it the lines go without.
        self.hang = if hang.len() == 1 { hang.remove(0) } else { Vec::new() };
        self.laid = 0;
    }

    /// Lays the line out anew from byte `from` on.
    pub fn update(&mut self, line: &Line, from: usize) {
        // What begins a row may fit in the one above now.
        let row = self.line_row(from.min(self.laid)).saturating_sub(1);
        self.starts.truncate(row + 1);
        let mut at = self.starts[row].at;
        let mut col = self.indent(row).len();
        while let Some(shown) = show(col, self.cols, |index| line.byte(at + index)) {
            let newline = line.byte(at) == Some(b'\n');
            let full = if newline { col == self.cols } else { col + shown.width > self.cols };
            if full {
                self.starts.push(Start { at, hard: false });
                col = 0;
            } else if newline {
                at += 1;
                self.starts.push(Start { at, hard: true });
                col = self.hang.len();
            } else {
                col += shown.width;
                at += shown.bytes;
            }
        }
        if col == self.cols {
            self.starts.push(Start { at, hard: false });
        }
        self.laid = at;
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.prompt.len() - 1 + self.starts.len()
    }

    /// Where a byte of the line stands.
    pub fn place(&self, line: &Line, at: usize) -> Place {
        let row = self.line_row(at);
        let mut col = self.indent(row).len();
        let mut position = self.starts[row].at;
        while position < at
            && let Some(shown) = show(col, self.cols, |index| line.byte(position + index))
        {
            col += shown.width;
            position += shown.bytes;
        }
        Place { row: self.prompt.len() - 1 + row, col }
    }

    /// The cells of a row; `style` tells how the byte at a position looks.
    pub fn cells(
        &self,
        line: &Line,
        row: usize,
        mut style: impl FnMut(usize) -> Style,
        cells: &mut Vec<Cell>,
    ) {
        let Some(row) = (row + 1).checked_sub(self.prompt.len()) else {
            cells.extend_from_slice(&self.prompt[row]);
            return;
        };
        cells.extend_from_slice(self.indent(row));
        let end = self.starts.get(row + 1).map_or(self.laid, |next| next.at);
        let mut at = self.starts[row].at;
        while at < end
            && line.byte(at) != Some(b'\n')
            && let Some(shown) = show(cells.len(), self.cols, |index| line.byte(at + index))
        {
            shown.put(cells, style(at));
            at += shown.bytes;
        }
    }

    fn line_row(&self, at: usize) -> usize {
        self.starts.partition_point(|start| start.at <= at).max(1) - 1
    }

    fn indent(&self, row: usize) -> &[Cell] {
        match row {
            0 => self.prompt.last().map_or(&[], |row| row.as_slice()),
            row if self.starts[row].hard => &self.hang,
            _ => &[],
        }
    }
}

/// A prompt in rows. Colours become styles; other sequences, and what `\[` and `\]` enclose (here the
/// bytes 1 and 2), take no columns.
fn rows(prompt: &[u8], cols: usize, own: &mut Own, raw: &mut Vec<u8>) -> Vec<Vec<Cell>> {
    let mut rows = alloc::vec![Vec::new()];
    let mut colours: Vec<u8> = Vec::new();
    let mut style = Style::default();
    let mut hidden = false;
    let mut at = 0;
    while let Some(&byte) = prompt.get(at) {
        let rest = &prompt[at..];
        let row = rows.last_mut().expect("there is one from the beginning");
        match byte {
            1 | 2 => {
                hidden = byte == 1;
                at += 1;
            }
            0x1b => {
                let length = sequence(rest);
                match colour(&rest[..length]) {
                    Some(true) => colours.clear(),
                    Some(false) => colours.extend_from_slice(&rest[..length]),
                    None => raw.extend_from_slice(&rest[..length]),
                }
                style = own.style(&colours);
                at += length;
            }
            _ if hidden => {
                raw.push(byte);
                at += 1;
            }
            b'\n' => {
                rows.push(Vec::new());
                at += 1;
            }
            b'\r' | 7 => {
                raw.extend((byte == 7).then_some(7));
                at += 1;
            }
            _ => {
                let Some(shown) = show(row.len(), cols, |index| rest.get(index).copied()) else { break };
                if row.len() + shown.width > cols {
                    rows.push(Vec::new());
                    continue;
                }
                shown.put(row, style);
                at += shown.bytes;
            }
        }
    }
    if rows.last().is_some_and(|row| row.len() >= cols) {
        rows.push(Vec::new());
    }
    rows
}

/// How long the escape sequence is that a text begins with.
fn sequence(text: &[u8]) -> usize {
    let end = match text.get(1) {
        Some(b'[') => text.iter().skip(2).position(|byte| (0x40..0x7f).contains(byte)).map(|at| at + 3),
        // A title, say: up to BEL or ESC \.
        Some(b']' | b'P' | b'^' | b'_') => text
            .iter()
            .position(|&byte| byte == 7)
            .map(|at| at + 1)
            .or_else(|| text.windows(2).skip(1).position(|pair| pair == b"\x1b\\").map(|at| at + 3)),
        _ => Some(2),
    };
    end.unwrap_or(text.len()).min(text.len())
}

/// Whether a sequence selects colours, and if so whether it resets them all.
fn colour(sequence: &[u8]) -> Option<bool> {
    let parameters = sequence.strip_prefix(b"\x1b[")?.strip_suffix(b"m")?;
    Some(parameters.iter().all(|&byte| byte == b'0'))
}
