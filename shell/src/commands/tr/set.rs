//! The sets of `tr`: ranges, classes, escapes and repeats.

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;

use super::super::support::escape::{Escape, Octal, escape};
use super::super::support::numbers;

/// The bytes of a set, in order.
#[derive(Default)]
pub(super) struct Set {
    pub(super) bytes: Vec<u8>,
    /// The byte of `[c*]`, and where it stands.
    pub(super) fill: Option<(u8, usize)>,
    /// Whether there is a class other than those of letters of one case.
    pub(super) odd_class: bool,
}

impl Set {
    /// The bytes, with as many for `[c*]` as it takes to make them `length`.
    pub(super) fn filled(mut self, length: usize) -> Vec<u8> {
        if let Some((byte, at)) = self.fill {
            let missing = length.saturating_sub(self.bytes.len());
            self.bytes.splice(at..at, core::iter::repeat_n(byte, missing));
        }
        self.bytes
    }
}

/// Reads a set. The error says what is wrong with it.
pub(super) fn expand(text: &[u8]) -> Result<Set, String> {
    let (mut set, mut fill, mut odd_class) = (Vec::new(), None, false);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(b"[:")
            && let Some(end) = after.find(b":]")
        {
            odd_class |= !matches!(&after[..end], b"lower" | b"upper");
            set.extend(class(&after[..end])?);
            rest = &after[end + 2..];
            continue;
        }
        if let [b'[', b'=', byte, b'=', b']', after @ ..] = rest {
            set.push(*byte);
            rest = after;
            continue;
        }
        if let Some((byte, count, used)) = repeat(rest) {
            match count {
                0 if fill.is_some() => return Err("only one [c*] may be in a set".into()),
                0 => fill = Some((byte, set.len())),
                count => set.resize((set.len() + count).min(set.len() + 256), byte),
            }
            rest = &rest[used..];
            continue;
        }
        let (low, used) = element(rest);
        rest = &rest[used..];
        if rest.len() > 1 && rest[0] == b'-' {
            let (high, used) = element(&rest[1..]);
            if high < low {
                let shown = [low, b'-', high];
                return Err(format!("the range '{}' is in reverse order", shown.as_bstr()));
            }
            set.extend(low..=high);
            rest = &rest[1 + used..];
        } else {
            set.push(low);
        }
    }
    Ok(Set { bytes: set, fill, odd_class })
}

/// All bytes that are not in the set, in order.
pub(super) fn complement(set: &[u8]) -> Vec<u8> {
    (0..=255).filter(|byte| !set.contains(byte)).collect()
}

/// One byte, maybe escaped, and its length.
fn element(text: &[u8]) -> (u8, usize) {
    if text[0] != b'\\' || text.len() == 1 {
        return (text[0], 1);
    }
    match escape(&text[1..], Octal::Plain) {
        // Only the escapes that POSIX gives to tr; otherwise the backslash is dropped.
        (Escape::Byte(byte), used) if !b"xeuU".contains(&text[1]) => (byte, 1 + used),
        _ => (text[1], 2),
    }
}

/// `[x*N]`, and how long it was. `[x*]` is `[x*0]`: as many as are needed.
fn repeat(text: &[u8]) -> Option<(u8, usize, usize)> {
    let inside = text.strip_prefix(b"[").filter(|inside| !inside.is_empty())?;
    let (byte, used) = element(inside);
    let digits = inside[used..].strip_prefix(b"*")?;
    let end = digits.find_byte(b']')?;
    let count = match &digits[..end] {
        [] => 0,
        octal @ [b'0', ..] => usize::from_str_radix(octal.to_str().ok()?, 8).ok()?,
        decimal => numbers::parse(decimal)?,
    };
    Some((byte, count, used + end + 3))
}

fn class(name: &[u8]) -> Result<impl Iterator<Item = u8>, String> {
    let is_in: fn(&u8) -> bool = match name {
        b"alpha" => u8::is_ascii_alphabetic,
        b"digit" => u8::is_ascii_digit,
        b"alnum" => u8::is_ascii_alphanumeric,
        b"upper" => u8::is_ascii_uppercase,
        b"lower" => u8::is_ascii_lowercase,
        b"space" => |byte| matches!(byte, 9..=13 | b' '),
        b"blank" => |byte| matches!(byte, b'\t' | b' '),
        b"punct" => u8::is_ascii_punctuation,
        b"print" => |byte| matches!(byte, 32..127),
        b"graph" => u8::is_ascii_graphic,
        b"cntrl" => u8::is_ascii_control,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return Err(format!("invalid character class '{}'", name.as_bstr())),
    };
    Ok((0..=255).filter(is_in))
}
