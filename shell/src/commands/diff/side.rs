//! One of the two files that `diff` compares: its bytes, its lines, and what of a line counts.

use alloc::{borrow::Cow, vec::Vec};
use bstr::ByteSlice;
use core::ops::Range;

/// What of a line counts.
#[derive(Clone, Copy, Default)]
pub(super) struct Equality {
    pub ignore_case: bool,
    /// `-b`: any blanks are as one, and none at the end.
    pub blanks_alike: bool,
    /// `-w`: no blanks.
    pub no_blanks: bool,
    /// `-Z`: no blanks at the end.
    pub no_trailing_blanks: bool,
    /// No carriage return at the end.
    pub no_return: bool,
}

impl Equality {
    /// A line as it is compared. Without options the newline counts, so that one that lacks it differs.
    pub fn key<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let blanks = self.blanks_alike || self.no_blanks || self.no_trailing_blanks;
        if !(self.ignore_case || blanks || self.no_return) {
            return line.into();
        }
        let ended = line.ends_with(b"\n");
        let mut text = line.strip_suffix(b"\n").unwrap_or(line);
        if self.no_return {
            text = text.strip_suffix(b"\r").unwrap_or(text);
        }
        if self.no_trailing_blanks {
            text = text.trim_ascii_end();
        }
        let mut key = Vec::with_capacity(text.len());
        let mut blank = false;
        for &byte in text {
            if (self.blanks_alike || self.no_blanks) && (byte.is_ascii_whitespace() || byte == 11) {
                blank = true;
                continue;
            }
            if core::mem::take(&mut blank) && !self.no_blanks {
                key.push(b' ');
            }
            key.push(if self.ignore_case { byte.to_ascii_lowercase() } else { byte });
        }
        if ended || blanks {
            key.push(b'\n');
        }
        key.into()
    }
}

/// A file, held whole.
#[derive(Default)]
pub(super) struct Side {
    pub bytes: Vec<u8>,
    pub lines: Vec<Range<usize>>,
}

impl Side {
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for newline in bytes.find_iter("\n") {
            lines.push(start..newline + 1);
            start = newline + 1;
        }
        if start < bytes.len() {
            lines.push(start..bytes.len());
        }
        Self { bytes, lines }
    }

    /// A line with its newline, if it has one.
    pub fn line(&self, index: usize) -> &[u8] {
        &self.bytes[self.lines[index].clone()]
    }

    /// Gives the last line the newline that it may lack.
    pub fn end_last_line(&mut self) {
        if let Some(last) = self.lines.last_mut()
            && !self.bytes.ends_with(b"\n")
        {
            self.bytes.push(b'\n');
            last.end += 1;
        }
    }

    /// Whether it looks like something other than text.
    pub fn is_binary(&self) -> bool {
        self.bytes.iter().take(4096).any(|byte| *byte == 0)
    }
}
