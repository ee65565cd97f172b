//! Escapes in a `sed` script, and the texts that stand in it.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};

use super::super::support::posix_regex::Syntax;

/// The byte that an escape stands for whose backslash is before `text`, and how much of `text` it takes. None of
/// these has another meaning in a regular expression.
pub(super) fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let number = |base, most| {
        let digits = text[1..].iter().take(most).map_while(|&byte| char::from(byte).to_digit(base));
        let (value, count) = digits.fold((0, 0), |(value, count), digit| (value * base + digit, count + 1));
        (count > 0).then_some((value as u8, 1 + count))
    };
    match text.first()? {
        b'a' => Some((7, 1)),
        b'f' => Some((12, 1)),
        b'r' => Some((b'\r', 1)),
        b't' => Some((b'\t', 1)),
        b'v' => Some((11, 1)),
        b'c' => text.get(1).map(|byte| (byte.to_ascii_uppercase() ^ 0x40, 2)),
        b'd' => number(10, 3),
        b'o' => number(8, 3),
        b'x' => number(16, 2),
        _ => None,
    }
}

/// A regular expression with its escapes replaced. What they stand for is never an operator.
pub(super) fn translate_escapes(pattern: &[u8], syntax: Syntax) -> BString {
    let mut out = BString::default();
    let mut rest = pattern;
    while let Some(at) = rest.find_byte(b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match escape(rest) {
            Some((byte, used)) => {
                let plain = syntax == Syntax::Basic && b"(){}|+?".contains(&byte);
                if !plain && b"*.[]^$\\/(){}|+?".contains(&byte) {
                    out.push(b'\\');
                }
                out.push(byte);
                rest = &rest[used..];
            }
            None => {
                let used = rest.len().min(1);
                out.push(b'\\');
                out.extend_from_slice(&rest[..used]);
                rest = &rest[used..];
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The text of `a`, `i` or `c` from `at` on, which moves behind it: up to the end of a line that does not end with a
/// backslash. It ends with a newline.
pub(super) fn argument(script: &[u8], at: &mut usize) -> BString {
    let mut out = BString::default();
    while let Some(&byte) = script.get(*at) {
        *at += 1;
        match byte {
            b'\n' => break,
            b'\\' => match (escape(&script[*at..]), script.get(*at)) {
                (Some((byte, used)), _) => {
                    out.push(byte);
                    *at += used;
                }
                (None, Some(&next)) => {
                    out.push(if next == b'n' { b'\n' } else { next });
                    *at += 1;
                }
                (None, None) => {}
            },
            byte => out.push(byte),
        }
    }
    out.push(b'\n');
    out
}

/// The characters of one side of `y`.
pub(super) fn characters(side: &[u8], delimiter: u8) -> Result<Vec<BString>, String> {
    let mut out = Vec::new();
    let mut rest = side;
    while !rest.is_empty() {
        let (character, used) = match rest {
            [b'\\', b'n', ..] => (b"\n".into(), 2),
            [b'\\', b'\\', ..] => (b"\\".into(), 2),
            [b'\\', byte, ..] if *byte == delimiter => ([*byte].into(), 2),
            [b'\\', after @ ..] => match escape(after) {
                Some((byte, used)) => ([byte].into(), 1 + used),
                None => return Err("in 'y', a backslash is written as two".into()),
            },
            _ => {
                let length = character_length(rest);
                (rest[..length].into(), length)
            }
        };
        out.push(character);
        rest = &rest[used..];
    }
    Ok(out)
}

/// The length of the character that begins a text; a byte that is not UTF-8 is one.
pub(super) fn character_length(text: &[u8]) -> usize {
    match bstr::decode_utf8(text) {
        (Some(_), length) => length,
        (None, length) => length.min(1),
    }
}
