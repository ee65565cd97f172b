//! The line being edited: a buffer with a gap at the cursor, so that typing costs the same however
//! long the line is.

use alloc::{collections::VecDeque, vec::Vec};
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
    Start,
    End,
    Left,
    Right,
    /// To the beginning of a word of letters and digits.
    WordLeft,
    /// To the end of one.
    WordRight,
    /// To the beginning of what blanks enclose.
    BlankLeft,
}

impl Line {
    pub fn len(&self) -> usize {
        self.before.len() + self.after.len()
    }

    pub fn cursor(&self) -> usize {
        self.before.len()
    }

    pub fn text(&self) -> Vec<u8> {
        self.before.iter().copied().chain(self.after.iter().copied()).collect()
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

    /// Inserts before the cursor; `false` if the line would become too long.
    pub fn insert(&mut self, text: &[u8]) -> bool {
        let fits = self.len() + text.len() <= LIMIT && self.before.try_reserve(text.len()).is_ok();
        if fits {
            self.touch(self.before.len());
            self.before.extend_from_slice(text);
        }
        fits
    }

    /// Puts another text in its place, with the cursor at the end. It is cut at the limit.
    pub fn set(&mut self, text: &[u8]) {
        self.before.clear();
        self.after.clear();
        self.before.extend_from_slice(&text[..text.len().min(LIMIT)]);
        self.touch(0);
    }

    /// Where a movement ends.
    fn target(&self, to: To) -> usize {
        let cursor = self.cursor();
        match to {
            To::Start => 0,
            To::End => self.len(),
            To::Left => cursor - last_character(&self.before),
            To::Right => cursor + self.next_character(),
            To::WordLeft => self.back(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80),
            To::BlankLeft => self.back(|byte| !byte.is_ascii_whitespace()),
            To::WordRight => {
                let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
                let gap = self.after.iter().take_while(|byte| !in_word(byte)).count();
                cursor + gap + self.after.iter().skip(gap).take_while(|byte| in_word(byte)).count()
            }
        }
    }

    fn back(&self, in_word: impl Fn(u8) -> bool) -> usize {
        let word_end = self.before.iter().rposition(|&byte| in_word(byte)).map_or(0, |at| at + 1);
        self.before[..word_end].iter().rposition(|&byte| !in_word(byte)).map_or(0, |at| at + 1)
    }

    /// Bytes of the character behind the cursor, with a combining one that belongs to it.
    fn next_character(&self) -> usize {
        let head: Vec<u8> = self.after.iter().copied().take(8).collect();
        let (_, size) = bstr::decode_utf8(&head);
        match bstr::decode_utf8(&head[size..]) {
            (Some(mark), more) if combines(mark) => size + more,
            _ => size,
        }
    }

    /// Moves the cursor; whether it moved.
    pub fn go(&mut self, to: To) -> bool {
        let target = self.target(to);
        let cursor = self.cursor();
        if target < cursor {
            for byte in self.before.drain(target..).rev() {
                self.after.push_front(byte);
            }
        } else {
            self.before.extend(self.after.drain(..target - cursor));
        }
        target != cursor
    }

    /// Takes out what lies between the cursor and where a movement would end.
    pub fn cut(&mut self, to: To) -> Vec<u8> {
        let target = self.target(to);
        let cursor = self.cursor();
        let cut: Vec<u8> = match target < cursor {
            true => self.before.drain(target..).collect(),
            false => self.after.drain(..target - cursor).collect(),
        };
        if !cut.is_empty() {
            self.touch(target.min(cursor));
        }
        cut
    }

    fn touch(&mut self, at: usize) {
        self.changed = Some(self.changed.map_or(at, |changed| changed.min(at)));
    }

    /// The first byte that changed since the last call.
    pub fn take_changed(&mut self) -> Option<usize> {
        self.changed.take()
    }
}

/// Bytes of the last character, with a combining one that belongs to it.
fn last_character(text: &[u8]) -> usize {
    let (last, size) = bstr::decode_last_utf8(text);
    match bstr::decode_last_utf8(&text[..text.len() - size]) {
        (Some(_), more) if last.is_some_and(combines) => size + more,
        _ => size,
    }
}

/// Whether a character takes no place of its own on the screen.
fn combines(character: char) -> bool {
    !character.is_control() && character.width() == Some(0)
}
