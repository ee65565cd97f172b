//! Lines into columns: widths, tabs and blanks, as in the formulas of GNU `pr`.

use alloc::vec::Vec;

use super::Plan;

/// A line of output as it grows. Where blanks may become tabs they are held back until something follows them.
pub(super) struct Line {
    pub bytes: Vec<u8>,
    column: usize,
    held: usize,
    /// The character that runs of blanks become, and how far apart its stops are.
    tabs: Option<(u8, usize)>,
}

impl Line {
    pub fn new(tabs: Option<(u8, usize)>) -> Self {
        Self { bytes: Vec::new(), column: 0, held: 0, tabs }
    }

    pub fn put(&mut self, byte: u8) {
        if byte == b' ' {
            self.held += 1;
            if self.tabs.is_none() {
                self.settle();
            }
            return;
        }
        self.settle();
        self.bytes.push(byte);
        match byte {
            8 => self.column = self.column.saturating_sub(1),
            // A character counts once, with its first byte.
            0x20..=0x7e | 0xc0.. => self.column += 1,
            _ => {}
        }
    }

    /// Writes the blanks that were held back.
    pub fn settle(&mut self) {
        let goal = self.column + core::mem::take(&mut self.held);
        if let Some((tab, width)) = self.tabs {
            while goal - self.column > 1 && (self.column / width + 1) * width <= goal {
                self.bytes.push(tab);
                self.column = (self.column / width + 1) * width;
            }
        }
        self.bytes.resize(self.bytes.len() + goal - self.column, b' ');
        self.column = goal;
    }

    /// Goes to a column, unless it is there or beyond.
    pub fn pad_to(&mut self, column: usize) {
        let at = self.column + self.held;
        (at..column).for_each(|_| self.put(b' '));
    }

    /// What comes after a tab that is printed as one.
    pub fn tabbed(&mut self) {
        self.column = (self.column / 8 + 1) * 8;
    }
}

impl Plan<'_> {
    /// Puts a number before a line.
    pub fn number(&self, line: &mut Line, number: u64) -> usize {
        let Some(how) = self.numbers else { return 0 };
        let digits = alloc::format!("{number:>width$}", width = how.digits);
        digits.as_bytes()[digits.len() - how.digits..].iter().for_each(|digit| line.put(*digit));
        match (how.separator, self.columns > 1) {
            (b'\t', true) => (how.digits..how.width()).for_each(|_| line.put(b' ')),
            (b'\t', false) => {
                line.put(b'\t');
                line.tabbed();
            }
            (other, _) => line.put(other),
        }
        how.width()
    }

    /// Puts a line's text into its column, of which `used` columns are taken. Tabs are expanded where that is asked for,
    /// and what is too long is cut off where columns are.
    pub fn text(&self, line: &mut Line, text: &[u8], used: usize) {
        let room = if self.truncates { self.column_width.saturating_sub(used) } else { usize::MAX };
        let (mut at, mut cut) = (0, false);
        for &byte in text {
            let (width, blanks) = match byte {
                _ if self.expands.is_some_and(|(tab, _)| tab == byte) => {
                    let stop = self.expands.map_or(8, |(_, stop)| stop);
                    (stop - at % stop, true)
                }
                8 => (0, false),
                0x20..=0x7e | 0xc0.. => (1, false),
                _ => (0, false),
            };
            if at + width > room {
                if blanks {
                    (at..room).for_each(|_| line.put(b' '));
                }
                cut = true;
            }
            // The rest of a character that was cut off goes with it.
            if cut {
                if byte & 0xc0 != 0x80 && at >= room || width > 0 {
                    break;
                }
                continue;
            }
            match blanks {
                true => (0..width).for_each(|_| line.put(b' ')),
                false => line.put(byte),
            }
            at = if byte == 8 { at.saturating_sub(1) } else { at + width };
        }
    }
}
