//! Conversions like `%-8.3f`, as `printf` and `seq -f` take them.

use alloc::{format, vec::Vec};

use super::{float, numbers};

/// Flags, width and precision of a conversion.
#[derive(Clone, Default)]
pub struct Spec {
    pub left: bool,
    pub zero: bool,
    pub plus: bool,
    pub space: bool,
    pub alternate: bool,
    pub width: usize,
    pub precision: Option<usize>,
}

impl Spec {
    /// Reads up to the conversion letter; how much it took. `star` says what a `*` stands for.
    pub fn parse(text: &[u8], mut star: impl FnMut() -> i128) -> (Self, usize) {
        let mut spec = Self::default();
        let mut at = 0;
        while let Some(flag) = text.get(at) {
            match flag {
                b'-' => spec.left = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                _ => break,
            }
            at += 1;
        }
        let mut number = |at: &mut usize| {
            if text.get(*at) == Some(&b'*') {
                *at += 1;
                return star();
            }
            let digits = text[*at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let value = numbers::parse(&text[*at..*at + digits]).unwrap_or(0);
            *at += digits;
            value
        };
        // More than this is a mistake, not a wish.
        let bounded = |value: i128| value.unsigned_abs().min(65_536) as usize;
        let width = number(&mut at);
        spec.left |= width < 0;
        spec.width = bounded(width);
        if text.get(at) == Some(&b'.') {
            at += 1;
            let precision = number(&mut at);
            spec.precision = (precision >= 0).then(|| bounded(precision));
        }
        // How long a number is in memory means nothing here.
        at += text[at..].iter().take_while(|byte| b"hlLjzt".contains(byte)).count();
        (spec, at)
    }

    /// Appends the text with blanks up to the width.
    pub fn pad(&self, text: &[u8], out: &mut Vec<u8>) {
        let blanks = self.width.saturating_sub(text.len());
        let (before, after) = if self.left { (0, blanks) } else { (blanks, 0) };
        out.resize(out.len() + before, b' ');
        out.extend_from_slice(text);
        out.resize(out.len() + after, b' ');
    }

    /// Appends a number for the conversion `d`, `i`, `u`, `o`, `x` or `X`.
    pub fn integer(&self, letter: u8, value: i128, out: &mut Vec<u8>) {
        let signed = matches!(letter, b'd' | b'i');
        // The others show a negative number as the unsigned one with the same 64 bits.
        let size = if signed { value.unsigned_abs() } else { u128::from(value as u64) };
        let digits = match letter {
            b'o' => format!("{size:o}"),
            b'x' => format!("{size:x}"),
            b'X' => format!("{size:X}"),
            _ => format!("{size}"),
        };
        let sign = match (signed, value < 0) {
            (true, true) => "-",
            (true, false) if self.plus => "+",
            (true, false) if self.space => " ",
            _ => "",
        };
        let prefix = match letter {
            b'x' if self.alternate && size > 0 => "0x",
            b'X' if self.alternate && size > 0 => "0X",
            b'o' if self.alternate && size > 0 => "0",
            _ => "",
        };
        let used = sign.len() + prefix.len();
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero && !self.left => self.width.saturating_sub(used),
            None => 1,
        };
        self.pad(format!("{sign}{prefix}{digits:0>least$}").as_bytes(), out);
    }

    /// Appends a number for the conversion `e`, `f`, `g` or `a`, or one of these in capitals.
    pub fn float(&self, letter: u8, value: f64, out: &mut Vec<u8>) {
        let sign = match value.is_sign_negative() {
            true => "-",
            false if self.plus => "+",
            false if self.space => " ",
            false => "",
        };
        let text = float::format(value, letter, self.precision, self.alternate);
        let prefix = if letter.eq_ignore_ascii_case(&b'a') && value.is_finite() { 2 } else { 0 };
        let zeros = match self.zero && !self.left && value.is_finite() {
            true => self.width.saturating_sub(sign.len() + text.len()),
            false => 0,
        };
        let (prefix, digits) = text.split_at(prefix);
        self.pad(format!("{sign}{prefix}{:0>zeros$}{digits}", "").as_bytes(), out);
    }
}
