//! The texts that stand in a `sed` script.

use alloc::{string::String, vec::Vec};
use bstr::BString;

use super::super::support::script_text::{character_length, escape};

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
