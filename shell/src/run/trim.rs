//! What the operators of parameter expansion do to a text.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteVec};

use crate::lang::{
    ast::Which,
    pattern::{escape_into, longest_prefix, matches, unescape},
};

/// The text of a pattern that has no character with a meaning: what scripts mostly write.
fn literal(pattern: &[u8]) -> Option<BString> {
    let text = unescape(pattern);
    let mut escaped = Vec::new();
    escape_into(&mut escaped, &text);
    (escaped == pattern).then_some(text)
}

/// Takes off the shortest or longest beginning or end that the pattern matches.
pub(super) fn trim<'a>(value: &'a [u8], pattern: &[u8], suffix: bool, longest: bool) -> &'a [u8] {
    if let Some(text) = literal(pattern) {
        let rest =
            if suffix { value.strip_suffix(text.as_slice()) } else { value.strip_prefix(text.as_slice()) };
        return rest.unwrap_or(value);
    }
    let fits = |&cut: &usize| matches(pattern, if suffix { &value[cut..] } else { &value[..cut] });
    let cut = match suffix == longest {
        true => (0..=value.len()).find(fits),
        false => (0..=value.len()).rev().find(fits),
    };
    match cut {
        Some(cut) if suffix => &value[..cut],
        Some(cut) => &value[cut..],
        None => value,
    }
}

/// Puts `with` in the place of what the pattern matches, of several matches at one place the longest.
pub(super) fn replace(value: &[u8], pattern: &[u8], with: &[u8], which: Which) -> BString {
    if pattern.is_empty() {
        return match which {
            Which::Prefix => [with, value].concat().into(),
            Which::Suffix => [value, with].concat().into(),
            _ => value.into(),
        };
    }
    match which {
        Which::Prefix => match longest_prefix(pattern, value) {
            Some(length) => [with, &value[length..]].concat().into(),
            None => value.into(),
        },
        Which::Suffix => match (0..=value.len()).find(|&cut| matches(pattern, &value[cut..])) {
            Some(cut) => [&value[..cut], with].concat().into(),
            None => value.into(),
        },
        Which::First | Which::All => {
            let text = literal(pattern);
            let mut all = Vec::with_capacity(value.len());
            let mut at = 0;
            while at < value.len() {
                let rest = &value[at..];
                let length = match &text {
                    Some(text) => rest.starts_with(text).then_some(text.len()),
                    None => longest_prefix(pattern, rest),
                };
                match length.filter(|length| *length > 0) {
                    Some(length) => {
                        all.extend_from_slice(with);
                        at += length;
                        if which == Which::First {
                            break;
                        }
                    }
                    None => {
                        let size = bstr::decode_utf8(rest).1.max(1);
                        all.extend_from_slice(&rest[..size]);
                        at += size;
                    }
                }
            }
            all.extend_from_slice(&value[at..]);
            all.into()
        }
    }
}

/// Makes capitals, or the opposite, of all characters or the first, where they match the pattern.
pub(super) fn change_case(value: &[u8], upper: bool, all: bool, pattern: &[u8]) -> BString {
    let mut text = BString::default();
    let mut rest = value;
    while !rest.is_empty() {
        let (character, size) = bstr::decode_utf8(rest);
        let (bytes, after) = rest.split_at(size.max(1));
        match character.filter(|_| pattern.is_empty() || matches(pattern, bytes)) {
            Some(character) if upper => text.push_str(character.to_uppercase().collect::<String>()),
            Some(character) => text.push_str(character.to_lowercase().collect::<String>()),
            None => text.extend_from_slice(bytes),
        }
        rest = after;
        if !all {
            break;
        }
    }
    text.extend_from_slice(rest);
    text
}
