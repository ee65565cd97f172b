//! `diff -y`: both files beside each other.

use alloc::{string::String, vec::Vec};
use bstr::ByteSlice;

use super::{hunks::Change, print::Printer};
use crate::io::Ended;

/// How it is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Beside {
    /// How many columns there are in all.
    pub width: usize,
    /// Lines that are equal are left out.
    pub suppress: bool,
}

/// Between the halves.
const GUTTER: usize = 3;
const TAB: usize = 8;

impl Beside {
    /// How wide a half is, and in which column the second begins.
    fn halves(self) -> (usize, usize) {
        let second = (self.width + TAB + GUTTER) / (2 * TAB) * TAB;
        (second.saturating_sub(GUTTER).min(self.width.saturating_sub(second)), second)
    }

    /// A line of two halves with a mark between.
    fn line(self, left: Option<&[u8]>, mark: u8, right: Option<&[u8]>) -> String {
        let (half, second) = self.halves();
        let (mut text, mut column) = (String::new(), 0);
        if let Some(left) = left {
            put(left, half, 0, &mut text, &mut column);
        }
        let middle = (half + second - 1) / 2;
        if mark != b' ' {
            advance(middle, &mut text, &mut column);
            text.push(mark.into());
            column += 1;
        }
        if let Some(right) = right.filter(|right| !right.is_empty()) {
            advance(second, &mut text, &mut column);
            put(right, half, second, &mut text, &mut column);
        }
        text.push('\n');
        text
    }
}

/// Goes to a column, by tabs as far as they lead.
fn advance(to: usize, text: &mut String, column: &mut usize) {
    while *column / TAB * TAB + TAB <= to {
        text.push('\t');
        *column = *column / TAB * TAB + TAB;
    }
    text.extend(core::iter::repeat_n(' ', to.saturating_sub(*column)));
    *column = to.max(*column);
}

/// As much of a line as fits; tabs become blanks.
fn put(line: &[u8], room: usize, from: usize, text: &mut String, column: &mut usize) {
    for char in line.chars() {
        let width = match char {
            '\t' => TAB - (*column - from) % TAB,
            char => unicode_width::UnicodeWidthChar::width(char).unwrap_or(0),
        };
        if *column - from + width > room {
            return;
        }
        match char {
            '\t' => text.extend(core::iter::repeat_n(' ', width)),
            char => text.push(char),
        }
        *column += width;
    }
}

impl Printer<'_, '_> {
    /// Prints both files, line by line.
    pub(super) async fn beside(&mut self, how: Beside, changes: &[Change]) -> Result<(), Ended> {
        let mut at = [0, 0];
        let ends: Vec<[usize; 2]> = changes.iter().map(|change| [change.left.start, change.right.start]).collect();
        let last = [self.sides[0].lines.len(), self.sides[1].lines.len()];
        for (index, equal_to) in ends.into_iter().chain([last]).enumerate() {
            while at[0] < equal_to[0] && at[1] < equal_to[1] {
                if !how.suppress {
                    self.pair(how, Some(at[0]), b' ', Some(at[1])).await?;
                }
                at = [at[0] + 1, at[1] + 1];
            }
            let Some(change) = changes.get(index) else { break };
            let (mut left, mut right) = (change.left.clone(), change.right.clone());
            loop {
                match (left.next(), right.next()) {
                    (None, None) => break,
                    (left, None) => self.pair(how, left, b'<', None).await?,
                    (None, right) => self.pair(how, None, b'>', right).await?,
                    (left, right) => self.pair(how, left, b'|', right).await?,
                }
            }
            at = [change.left.end, change.right.end];
        }
        Ok(())
    }

    async fn pair(&mut self, how: Beside, left: Option<usize>, mark: u8, right: Option<usize>) -> Result<(), Ended> {
        let sides = self.sides;
        let text = |side: usize, index: usize| {
            let line = sides[side].line(index);
            line.strip_suffix(b"\n").unwrap_or(line)
        };
        let line = how.line(left.map(|index| text(0, index)), mark, right.map(|index| text(1, index)));
        self.out.write(line.as_bytes()).await
    }
}
