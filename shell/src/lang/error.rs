//! Syntax errors, and how a person gets to see them.

use alloc::{boxed::Box, string::String};
use bstr::ByteSlice;
use core::fmt::Write;
use unicode_width::UnicodeWidthChar;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What, in words.
    pub message: String,
    /// Where: an offset into the source.
    pub at: usize,
    /// Whether more input could still make it right.
    pub incomplete: bool,
}

/// What parsing gives. The error is boxed: nearly always there is none, and so it takes the least room.
pub type Parsed<T> = Result<T, Box<SyntaxError>>;

/// How much of a long line is shown around the error, in characters to either side.
const CONTEXT: usize = 35;

impl SyntaxError {
    /// Three lines: the message with the line's number, the line itself, and a caret below the place.
    pub fn render(&self, shell: &str, source: &[u8]) -> String {
        self.render_from(shell, source, 1)
    }

    /// The same where the source begins in the line of this number.
    pub fn render_from(&self, shell: &str, source: &[u8], first: usize) -> String {
        let at = self.at.min(source.len());
        let start = source[..at].rfind_byte(b'\n').map_or(0, |newline| newline + 1);
        let end = source[at..].find_byte(b'\n').map_or(source.len(), |newline| at + newline);
        let number = source[..start].iter().filter(|&&byte| byte == b'\n').count() + first;

        // Only the characters next to the place are looked at, so a line of any length costs the same.
        let left = start.max(at.saturating_sub(CONTEXT * 4));
        let right = end.min(at + CONTEXT * 4);
        let before: alloc::vec::Vec<char> = source[left..at].chars().map(printable).collect();
        let cut = before.len() > CONTEXT || left > start;
        let before = &before[before.len().saturating_sub(CONTEXT)..];
        let mut after = source[at..right].chars().map(printable);

        let mut text = String::new();
        // The message may quote the source: a line that is continued holds a newline.
        let message: String = self.message.chars().map(printable).collect();
        let _ = write!(text, "{shell}: line {number}: syntax error: {message}\n  ");
        let mut column = 2;
        if cut {
            text.push_str("...");
            column += 3;
        }
        for &character in before {
            text.push(character);
            column += character.width().unwrap_or(0);
        }
        text.extend(after.by_ref().take(CONTEXT));
        if after.next().is_some() || right < end {
            text.push_str("...");
        }
        let _ = write!(text, "\n{:column$}^\n", "");
        text
    }
}

fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        character => character,
    }
}
