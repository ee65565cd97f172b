//! What the keys that erase take off a line: one character, one word. Pure functions over bytes.

use unicode_width::UnicodeWidthChar;

/// The last character of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastChar {
    /// How many bytes it has.
    pub bytes: usize,
    /// How many columns of the screen it covers, unless it is a control character.
    pub columns: usize,
}

/// The last character of `line`; `None` when it is empty. Bytes that are not UTF-8 are characters of
/// their own.
pub fn last_char(line: &[u8], utf8: bool) -> Option<LastChar> {
    if line.is_empty() {
        return None;
    }
    if !utf8 {
        return Some(LastChar { bytes: 1, columns: 1 });
    }
    Some(match bstr::decode_last_utf8(line) {
        (Some(char), bytes) => LastChar { bytes, columns: char.width().unwrap_or(0) },
        (None, bytes) => LastChar { bytes: bytes.max(1), columns: 1 },
    })
}

/// How many characters the word at the end of `line` has, together with what follows it that is no
/// part of a word.
pub fn last_word(line: &[u8], utf8: bool) -> usize {
    let (mut rest, mut count, mut in_word) = (line, 0, false);
    while let Some(last) = last_char(rest, utf8) {
        let start = rest.len() - last.bytes;
        // Every byte beyond ASCII counts as a letter: no script is a row of separators.
        let is_word = rest[start].is_ascii_alphanumeric() || rest[start] == b'_' || rest[start] >= 0x80;
        if in_word && !is_word {
            break;
        }
        in_word |= is_word;
        rest = &rest[..start];
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_their_bytes_and_columns() {
        let of = |line: &str| last_char(line.as_bytes(), true).unwrap();
        assert_eq!(of("ab"), LastChar { bytes: 1, columns: 1 });
        assert_eq!(of("aé"), LastChar { bytes: 2, columns: 1 });
        assert_eq!(of("a漢"), LastChar { bytes: 3, columns: 2 });
        assert_eq!(of("e\u{301}"), LastChar { bytes: 2, columns: 0 }, "a combining accent has no column");
        assert_eq!(last_char("é".as_bytes(), false), Some(LastChar { bytes: 1, columns: 1 }));
        assert_eq!(last_char(b"a\xff", true), Some(LastChar { bytes: 1, columns: 1 }));
        assert_eq!(last_char(b"", true), None);
    }

    #[test]
    fn words_end_where_letters_begin_again() {
        for (line, characters) in
            [("", 0), ("one", 3), ("one two", 3), ("one two  ", 5), ("a/b_c", 3), ("...", 3), ("x été", 3)]
        {
            assert_eq!(last_word(line.as_bytes(), true), characters, "{line:?}");
        }
    }
}
