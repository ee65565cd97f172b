//! Characters of a line: where they begin, what kind they are. A character is what the cursor stands on: a base with the
//! marks that combine with it, or one byte that is no UTF-8.

use super::super::support::script_text::character_length;
use crate::screen::row::element;

/// What words are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Blank,
    Punctuation,
    Word,
}

/// Where the character behind the one at `at` begins.
pub fn after(line: &[u8], at: usize) -> usize {
    if at >= line.len() {
        return line.len();
    }
    let mut end = at + character_length(&line[at..]).max(1);
    while line.get(end).is_some_and(|byte| *byte >= 0x80)
        && element(&line[end..]).is_some_and(|shown| shown.width == 0)
    {
        end += character_length(&line[end..]).max(1);
    }
    end
}

/// Where the character before `at` begins.
pub fn before(line: &[u8], at: usize) -> usize {
    let mut at = at.min(line.len());
    while at > 0 {
        let mut start = at - 1;
        // The beginning of a UTF-8 sequence that ends here, if there is one.
        for length in 2..=4.min(at) {
            if line[at - 1] < 0x80 {
                break;
            }
            if character_length(&line[at - length..]) == length {
                start = at - length;
                break;
            }
        }
        at = start;
        if line[at] < 0x80 || element(&line[at..]).is_none_or(|shown| shown.width > 0) {
            break;
        }
    }
    at
}

/// Where the last character begins.
pub fn last(line: &[u8]) -> usize {
    before(line, line.len())
}

/// The kind of the character at `at`; with `big` all that is no blank is one kind.
pub fn kind(line: &[u8], at: usize, big: bool) -> Kind {
    match line.get(at) {
        None | Some(b' ' | b'\t') => Kind::Blank,
        Some(_) if big => Kind::Word,
        Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' => Kind::Word,
        Some(0x80..) => match bstr::decode_utf8(&line[at..]).0 {
            Some(char) if char.is_alphanumeric() => Kind::Word,
            _ => Kind::Punctuation,
        },
        Some(_) => Kind::Punctuation,
    }
}

/// Where the first character that is no blank begins, or the end.
pub fn indent(line: &[u8]) -> usize {
    line.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_over_whole_characters_in_both_directions() {
        let line = "aé日e\u{301}b".as_bytes();
        let starts = [0, 1, 3, 6, 9, 10];
        for pair in starts.windows(2) {
            assert_eq!((after(line, pair[0]), before(line, pair[1])), (pair[1], pair[0]));
        }
        assert_eq!((after(b"\xff\xc3(", 0), after(b"\xff\xc3(", 1), before(b"\xff\xc3(", 2)), (1, 2, 1));
    }
}
