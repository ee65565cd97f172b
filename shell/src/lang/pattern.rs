//! Patterns (XCU 2.14): `*`, `?` and bracket expressions over UTF-8, where an invalid byte counts as a
//! character. A backslash takes the meaning off the next byte.

use alloc::vec::Vec;
use bstr::{BString, ByteSlice};

/// Escapes every byte of `text` that a pattern gives a meaning to.
pub fn escape_into(pattern: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\' | b'-' | b'!' | b'^') {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
}

/// The text that a pattern was made from: the pattern without its escapes.
pub fn unescape(pattern: &[u8]) -> BString {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => text.extend(bytes.next()),
            _ => text.push(byte),
        }
    }
    text.into()
}

/// Whether a pattern has any character with a meaning.
pub fn is_magic(pattern: &[u8]) -> bool {
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'*' | b'?' | b'[' => return true,
            _ => {}
        }
    }
    false
}

/// Whether `pattern` matches all of `text`. Takes time proportional to the product of their lengths at
/// most: when a `*` has to take one more character, earlier ones never need to be tried again.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
                continue;
            }
            None if t == text.len() => return true,
            None => None,
            Some(_) => one(&pattern[p..], &text[t..]),
        };
        match (step, star) {
            (Some((in_pattern, in_text)), _) => {
                p += in_pattern;
                t += in_text;
            }
            (None, Some((after_star, from))) if from < text.len() => {
                let next = from + character(&text[from..]).1;
                star = Some((after_star, next));
                (p, t) = (after_star, next);
            }
            _ => return false,
        }
    }
}

/// The longest beginning of `text` that `pattern` matches.
pub fn longest_prefix(pattern: &[u8], text: &[u8]) -> Option<usize> {
    // The places in the pattern that can be reached at this byte and at the next four: no character is longer.
    let mut reached: [Vec<usize>; 5] = Default::default();
    reached[0].push(0);
    let mut best = None;
    for at in 0..=text.len() {
        let rest = &text[at..];
        let mut index = 0;
        while let Some(&place) = reached[0].get(index) {
            index += 1;
            let step = match pattern.get(place) {
                None => {
                    best = Some(at);
                    None
                }
                Some(b'*') => {
                    add(&mut reached[0], place + 1);
                    (!rest.is_empty()).then(|| (0, character(rest).1))
                }
                Some(_) => one(&pattern[place..], rest),
            };
            if let Some((in_pattern, in_text)) = step {
                add(&mut reached[in_text], place + in_pattern);
            }
        }
        reached[0].clear();
        reached.rotate_left(1);
        if reached.iter().all(Vec::is_empty) {
            break;
        }
    }
    best
}

fn add(places: &mut Vec<usize>, place: usize) {
    if !places.contains(&place) {
        places.push(place);
    }
}

/// The first character and how many bytes it takes. Invalid bytes stand above all characters.
fn character(text: &[u8]) -> (u32, usize) {
    match bstr::decode_utf8(text) {
        (Some(character), size) => (u32::from(character), size),
        (None, _) => (0x11_0000 + u32::from(text[0]), 1),
    }
}

/// Matches one element of the pattern, no `*`, with one character; how far both go on.
fn one(pattern: &[u8], text: &[u8]) -> Option<(usize, usize)> {
    if text.is_empty() {
        return None;
    }
    let (found, size) = character(text);
    match pattern[0] {
        b'?' => Some((1, size)),
        b'[' => match bracket(pattern, found) {
            Some((length, true)) => Some((length, size)),
            Some((_, false)) => None,
            None => (text[0] == b'[').then_some((1, 1)), // never closed: it stands for itself
        },
        b'\\' if pattern.len() > 1 => (pattern[1] == text[0]).then_some((2, 1)),
        byte => (byte == text[0]).then_some((1, 1)),
    }
}

/// A bracket expression: its length, and whether the character is in it. `None` if it is not closed.
fn bracket(pattern: &[u8], found: u32) -> Option<(usize, bool)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut hit = false;
    loop {
        match pattern.get(at)? {
            b']' if at > first => return Some((at + 1, hit != negated)),
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                if let Some(length) = pattern[at + 2..].find(b":]") {
                    let ascii = u8::try_from(found).ok();
                    hit |= ascii.is_some_and(|byte| in_class(&pattern[at + 2..at + 2 + length], byte));
                    at += length + 4;
                    continue;
                }
            }
            _ => {}
        }
        let (low, size) = member(&pattern[at..])?;
        at += size;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') && !matches!(pattern.get(at + 1), None | Some(b']')) {
            let (end, size) = member(&pattern[at + 1..])?;
            high = end;
            at += 1 + size;
        }
        hit |= (low..=high).contains(&found);
    }
}

fn member(pattern: &[u8]) -> Option<(u32, usize)> {
    match pattern {
        [] => None,
        [b'\\', rest @ ..] if !rest.is_empty() => {
            let (character, size) = character(rest);
            Some((character, size + 1))
        }
        _ => Some(character(pattern)),
    }
}

fn in_class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => byte == b' ' || byte == b'\t',
        b"punct" => byte.is_ascii_punctuation(),
        b"print" => byte == b' ' || byte.is_ascii_graphic(),
        b"graph" => byte.is_ascii_graphic(),
        b"cntrl" => byte.is_ascii_control(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_posix_says() {
        let cases: &[(&str, &str, bool)] = &[
            ("*", "", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("?", "é", true),
            ("[[:digit:]x]", "7", true),
            ("[[:digit:]x]", "y", false),
            ("[!a-c]", "d", true),
            ("[!a-c]", "b", false),
            ("[]a]", "]", true),
            ("[a", "[a", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("[a\\-c]", "b", false),
            ("*.txt", "a.txt", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), *expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn the_longest_beginning_that_matches_is_found() {
        let cases: &[(&str, &str, Option<usize>)] = &[
            ("a*", "abc", Some(3)),
            ("a*b", "abcbd", Some(4)),
            ("?", "éa", Some(2)),
            ("é*a", "éxa-", Some(4)),
            ("", "abc", Some(0)),
            ("b", "abc", None),
            ("[a-c][a-c]", "abcd", Some(2)),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(
                longest_prefix(pattern.as_bytes(), text.as_bytes()),
                *expected,
                "{pattern} against {text}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "*a".repeat(40);
        let text = "a".repeat(2000) + "b";
        assert!(!matches(pattern.as_bytes(), text.as_bytes()));
    }
}
