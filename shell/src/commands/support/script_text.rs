//! Regular expressions and escapes as they stand in the scripts of `sed`, `ed` and `ex`.

use bstr::{BString, ByteSlice};

use super::posix_regex::Syntax;

/// The byte that an escape stands for whose backslash is before `text`, and how much of `text` it takes. None of
/// these has another meaning in a regular expression.
pub fn escape(text: &[u8]) -> Option<(u8, usize)> {
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
pub fn translate_escapes(pattern: &[u8], syntax: Syntax) -> BString {
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

/// The text up to a delimiter, as a regular expression: `\n` is a newline, and the delimiter with a backslash is
/// itself. `None` if it does not end.
pub fn regex_text(text: &[u8], at: &mut usize, delimiter: u8, syntax: Syntax) -> Option<BString> {
    let mut reader = Reader { text, at: *at };
    let pattern = reader.pattern(delimiter, syntax);
    *at = reader.at;
    pattern
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn pattern(&mut self, delimiter: u8, syntax: Syntax) -> Option<BString> {
        let mut pattern = BString::default();
        let mut bracket = false;
        loop {
            match self.next()? {
                byte if byte == delimiter && !bracket => return Some(pattern),
                b'\n' if !bracket && delimiter != b'\n' => return None,
                b'\\' if !bracket => match self.next()? {
                    b'n' if delimiter != b'n' => pattern.push(b'\n'),
                    byte if byte == delimiter && byte.is_ascii_punctuation() => {
                        // An operator of basic expressions when it has a backslash, and here plain: itself.
                        let plain = syntax == Syntax::Basic && b"(){}|+?".contains(&byte);
                        if !plain && b"*.[]^$(){}|+?".contains(&byte) {
                            pattern.push(b'\\');
                        }
                        pattern.push(byte);
                    }
                    byte if byte == delimiter => pattern.push(byte),
                    byte => pattern.extend_from_slice(&[b'\\', byte]),
                },
                b'\\' if self.peek() == Some(b'n') => {
                    self.at += 1;
                    pattern.push(b'\n');
                }
                byte => {
                    if byte == b'[' && !bracket {
                        bracket = self.closes_bracket();
                        pattern.push(byte);
                        // A `]` right after the beginning is a member.
                        if bracket {
                            if self.eat(b'^') {
                                pattern.push(b'^');
                            }
                            if self.eat(b']') {
                                pattern.push(b']');
                            }
                        }
                        continue;
                    }
                    if bracket && byte == b'[' && matches!(self.peek(), Some(b':' | b'.' | b'=')) {
                        let close = [self.peek()?, b']'];
                        let end = self.text[self.at + 1..].find(close)?;
                        pattern.push(byte);
                        pattern.extend_from_slice(&self.text[self.at..self.at + end + 3]);
                        self.at += end + 3;
                        continue;
                    }
                    bracket &= byte != b']';
                    pattern.push(byte);
                }
            }
        }
    }

    /// Whether the bracket expression that begins here ends in this line.
    fn closes_bracket(&self) -> bool {
        let rest = &self.text[self.at..];
        let skipped = usize::from(rest.starts_with(b"^"));
        let line = &rest[..rest.find_byte(b'\n').unwrap_or(rest.len())];
        line.get(skipped + 1..).is_some_and(|rest| rest.contains(&b']'))
    }
}

/// The length of the character that begins a text; a byte that is not UTF-8 is one.
pub fn character_length(text: &[u8]) -> usize {
    match bstr::decode_utf8(text) {
        (Some(_), length) => length,
        (None, length) => length.min(1),
    }
}
