//! The line being edited: a buffer with a gap at the cursor, so that typing costs the same however
//! long the line is. It may hold several lines of text.

use alloc::{collections::VecDeque, vec::Vec};
use core::ops::Range;
use unicode_width::UnicodeWidthChar;

/// How long a line may become, in bytes.
pub const LIMIT: usize = 1 << 20;

/// A line with a cursor. The cursor stands between characters.
#[derive(Debug, Default)]
pub(super) struct Line {
    before: Vec<u8>,
    after: VecDeque<u8>,
    /// The first byte that changed since [`Line::take_changed`].
    changed: Option<usize>,
}

/// A way to go from the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// The beginning of the row of text that the cursor is in.
    Start,
    /// Its end.
    End,
    Left,
    Right,
    /// To the beginning of a word of letters and digits.
    WordLeft,
    /// To the end of one.
    WordRight,
    /// To the beginning of what blanks enclose.
    BlankLeft,
    /// The same place in the row of text above.
    Above,
    /// And below.
    Below,
}

impl Line {
    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    pub fn cursor(&self) -> usize {
        self.before.len()
    }

    pub fn text(&self) -> Vec<u8> {
        self.slice(0..self.len())
    }

    pub fn slice(&self, range: Range<usize>) -> Vec<u8> {
        range.filter_map(|at| self.byte(at)).collect()
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &[u8] {
        &self.before
    }

    /// The byte at a position.
    pub fn byte(&self, at: usize) -> Option<u8> {
        match at.checked_sub(self.before.len()) {
            None => self.before.get(at).copied(),
            Some(at) => self.after.get(at).copied(),
        }
    }

    /// Whether so many bytes more have room.
    pub fn has_room(&self, more: usize) -> bool {
        self.len() + more <= LIMIT
    }

    /// Puts text in the place of other text, and the cursor behind it.
    pub fn splice(&mut self, range: Range<usize>, text: &[u8]) {
        self.go(range.start);
        self.after.drain(..range.len());
        self.before.extend_from_slice(text);
        self.changed = Some(self.changed.map_or(range.start, |changed| changed.min(range.start)));
    }

    /// Where a movement ends.
    pub fn target(&self, to: To) -> usize {
        let cursor = self.cursor();
        let in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
        match to {
            To::Start => self.start_of_row(cursor),
            To::End => self.end_of_row(cursor),
            To::Left => cursor - last_character(&self.before),
            To::Right => cursor + self.next_character(),
            To::WordLeft => self.back(in_word),
            To::BlankLeft => self.back(|byte| !byte.is_ascii_whitespace()),
            To::WordRight => {
                let gap = self.after.iter().take_while(|&&byte| !in_word(byte)).count();
                cursor + gap + self.after.iter().skip(gap).take_while(|&&byte| in_word(byte)).count()
            }
            To::Above => match self.start_of_row(cursor).checked_sub(1) {
                Some(end) => self.same_column(self.start_of_row(end), end),
                None => cursor,
            },
            To::Below => match self.end_of_row(cursor) {
                end if end == self.len() => cursor,
                end => self.same_column(end + 1, self.end_of_row(end + 1)),
            },
        }
    }

    fn start_of_row(&self, at: usize) -> usize {
        (0..at).rev().find(|&at| self.byte(at) == Some(b'\n')).map_or(0, |newline| newline + 1)
    }

    fn end_of_row(&self, at: usize) -> usize {
        (at..self.len()).find(|&at| self.byte(at) == Some(b'\n')).unwrap_or(self.len())
    }

    /// The place in a row of text that is as many characters from its beginning as the cursor is.
    fn same_column(&self, start: usize, end: usize) -> usize {
        let begins = |at: &usize| self.byte(*at).is_some_and(|byte| !(0x80..0xc0).contains(&byte));
        let column = (self.start_of_row(self.cursor())..self.cursor()).filter(begins).count();
        (start..end).filter(begins).nth(column).unwrap_or(end)
    }

    fn back(&self, in_word: impl Fn(u8) -> bool) -> usize {
        let word_end = self.before.iter().rposition(|&byte| in_word(byte)).map_or(0, |at| at + 1);
        self.before[..word_end].iter().rposition(|&byte| !in_word(byte)).map_or(0, |at| at + 1)
    }

    /// Bytes of the character behind the cursor, with the combining ones that belong to it.
    fn next_character(&self) -> usize {
        let decode = |from: usize| {
            let mut head = [0; 4];
            let size = head.iter_mut().zip(self.after.range(from.min(self.after.len())..));
            let size = size.map(|(to, byte)| *to = *byte).count();
            bstr::decode_utf8(&head[..size])
        };
        let (_, mut size) = decode(0);
        while let (Some(mark), more) = decode(size)
            && combines(mark)
        {
            size += more;
        }
        size
    }

    /// Moves the cursor.
    pub fn go(&mut self, target: usize) {
        let cursor = self.cursor();
        if target < cursor {
            for byte in self.before.drain(target..).rev() {
                self.after.push_front(byte);
            }
        } else {
            let count = (target - cursor).min(self.after.len());
            self.before.extend(self.after.drain(..count));
        }
    }

    /// The first byte that changed since the last call.
    pub fn take_changed(&mut self) -> Option<usize> {
        self.changed.take()
    }
}

/// Bytes of the last character, with the combining ones that belong to it.
fn last_character(text: &[u8]) -> usize {
    let mut size = 0;
    loop {
        let (last, more) = bstr::decode_last_utf8(&text[..text.len() - size]);
        size += more;
        if more == 0 || !last.is_some_and(combines) {
            return size;
        }
    }
}

/// Whether a character takes no place of its own on the screen.
fn combines(character: char) -> bool {
    !character.is_control() && character.width() == Some(0)
}
