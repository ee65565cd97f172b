//! How `stat` and `find` fill up what a format asks for.

use alloc::vec::Vec;
use bstr::ByteSlice;

use super::numbers;

/// How to print a number or text: `%-010.3s`.
#[derive(Default)]
pub struct Pad {
    pub left: bool,
    pub zeros: bool,
    pub width: usize,
    pub most: Option<usize>,
}

impl Pad {
    /// Reads flags, width and precision; how many bytes they are.
    pub fn parse(text: &[u8]) -> (Self, usize) {
        let mut pad = Self::default();
        let flags = text.iter().take_while(|byte| b"-0 +#'".contains(byte)).count();
        pad.left = text[..flags].contains(&b'-');
        pad.zeros = text[..flags].contains(&b'0');
        let count = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let width = flags + count(flags);
        pad.width = numbers::parse(&text[flags..width]).unwrap_or(0).min(1000);
        if text.get(width) != Some(&b'.') {
            return (pad, width);
        }
        let end = width + 1 + count(width + 1);
        pad.most = Some(numbers::parse(&text[width + 1..end]).unwrap_or(0));
        (pad, end)
    }

    /// Appends a value, filled up to the width.
    pub fn put(&self, value: &[u8], is_number: bool, out: &mut Vec<u8>) {
        let value = match self.most.filter(|_| !is_number) {
            Some(most) => &value[..value.len().min(most)],
            None => value,
        };
        let fill = self.width.saturating_sub(value.to_str().map_or(value.len(), |text| text.chars().count()));
        let with = if self.zeros && is_number && !self.left { b'0' } else { b' ' };
        if !self.left {
            out.extend(core::iter::repeat_n(with, fill));
        }
        out.extend_from_slice(value);
        if self.left {
            out.extend(core::iter::repeat_n(b' ', fill));
        }
    }
}
