//! From the bytes of a terminal to keys: control characters, escape sequences, UTF-8, pasted text.

use alloc::vec::Vec;

/// A whole character, or one byte that is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    bytes: [u8; 4],
    length: u8,
}

impl Text {
    fn new(text: &[u8]) -> Self {
        let mut bytes = [0; 4];
        bytes[..text.len()].copy_from_slice(text);
        Self { bytes, length: text.len() as u8 }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.into()]
    }
}

/// A key, or a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Text(Text),
    /// A byte that stands for itself: pasted, or after `^V`.
    Literal(u8),
    /// Control with a letter, given as the letter in upper case.
    Control(u8),
    /// Escape or Alt with a character.
    Meta(u8),
    Up,
    Down,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    PageUp,
    PageDown,
    Delete,
    /// Control or Alt with Delete.
    WordDelete,
    Backspace,
    ShiftTab,
    /// What follows, up to the end, is pasted.
    PasteStart,
    PasteEnd,
    /// A sequence that means nothing here.
    Unknown,
}

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    /// After `ESC [`, with the parameters so far; the flag tells `ESC O`.
    Sequence(Vec<u8>, bool),
    /// Within a character of several bytes: how many are there.
    Utf8([u8; 4], usize),
    /// The next byte stands for itself.
    Literal,
}

/// How long an escape sequence may be.
const LONGEST: usize = 16;

/// The state between bytes.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    state: State,
    /// Between the marks of bracketed paste: control characters stand for themselves.
    pasting: bool,
}

impl Decoder {
    /// Makes the next byte stand for itself.
    pub fn expect_literal(&mut self) {
        self.state = State::Literal;
    }

    /// Whether the last byte was an Escape that may be a key of its own or begin a sequence.
    pub fn is_after_escape(&self) -> bool {
        matches!(self.state, State::Escape)
    }

    /// The Escape was a key of its own.
    pub fn escape_was_key(&mut self) {
        self.state = State::Ground;
    }

    /// Takes a byte; calls `key` for each key that it completes (more than one when it cuts a character short).
    pub fn feed(&mut self, byte: u8, mut key: impl FnMut(Key)) {
        match core::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, key),
            State::Literal => key(Key::Literal(byte)),
            State::Utf8(mut text, length) => {
                if !(0x80..0xc0).contains(&byte) {
                    flush(&text[..length], &mut key);
                    return self.ground(byte, key);
                }
                text[length] = byte;
                let read = &text[..length + 1];
                match core::str::from_utf8(read) {
                    Ok(_) => key(Key::Text(Text::new(read))),
                    Err(error) if error.error_len().is_none() => self.state = State::Utf8(text, length + 1),
                    Err(_) => flush(read, &mut key),
                }
            }
            State::Escape => match byte {
                b'[' => self.state = State::Sequence(Vec::new(), false),
                b'O' => self.state = State::Sequence(Vec::new(), true),
                0x1b => self.state = State::Escape,
                byte => self.finish(Key::Meta(byte), key),
            },
            State::Sequence(mut parameters, application) => match byte {
                0x1b => self.state = State::Escape,
                b'0'..=b'?' if parameters.len() < LONGEST => {
                    parameters.push(byte);
                    self.state = State::Sequence(parameters, application);
                }
                // The Linux console sends its function keys as `ESC [ [ A`.
                b'[' if parameters.is_empty() => self.state = State::Sequence(alloc::vec![b'['], application),
                byte => self.finish(sequence(&parameters, byte, application), key),
            },
        }
    }

    /// The end of an escape sequence. Those that are part of a paste are dropped: they are no text.
    fn finish(&mut self, found: Key, mut key: impl FnMut(Key)) {
        match found {
            Key::PasteStart => self.pasting = true,
            Key::PasteEnd => self.pasting = false,
            _ if self.pasting => return,
            _ => {}
        }
        key(found);
    }

    fn ground(&mut self, byte: u8, mut key: impl FnMut(Key)) {
        match byte {
            0x1b => self.state = State::Escape,
            // The way out where the end of a paste was lost.
            3 if self.pasting => {
                self.pasting = false;
                key(Key::PasteEnd);
                key(Key::Control(b'C'));
            }
            b'\r' if self.pasting => key(Key::Literal(b'\n')),
            0x00..0x20 | 0x7f if self.pasting => key(Key::Literal(byte)),
            0x7f => key(Key::Backspace),
            0x00..0x20 => key(Key::Control(byte + b'@')),
            0xc2..0xf5 => self.state = State::Utf8([byte, 0, 0, 0], 1),
            _ => key(Key::Text(Text::new(&[byte]))),
        }
    }
}

/// Bytes that turned out to be no character.
fn flush(text: &[u8], key: &mut impl FnMut(Key)) {
    for &byte in text {
        key(Key::Text(Text::new(&[byte])));
    }
}

fn sequence(parameters: &[u8], last: u8, application: bool) -> Key {
    let mut numbers = parameters.split(|&byte| byte == b';');
    let first = numbers.next().unwrap_or_default();
    // A modifier of Alt (3), Control (5) or more makes an arrow move by words.
    let modified = numbers.next().is_some_and(|number| !matches!(number, b"" | b"1" | b"2"));
    match (last, first) {
        (b'A', b"" | b"1") => Key::Up,
        (b'B', b"" | b"1") => Key::Down,
        (b'C', b"" | b"1" | b"5") if modified || first == b"5" => Key::WordRight,
        (b'D', b"" | b"1" | b"5") if modified || first == b"5" => Key::WordLeft,
        (b'C', b"" | b"1") => Key::Right,
        (b'D', b"" | b"1") => Key::Left,
        (b'c', b"") if application => Key::WordRight,
        (b'd', b"") if application => Key::WordLeft,
        (b'H', b"" | b"1") | (b'~', b"1" | b"7") => Key::Home,
        (b'F', b"" | b"1") | (b'~', b"4" | b"8") => Key::End,
        (b'~', b"3") if modified => Key::WordDelete,
        (b'~', b"3") => Key::Delete,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        (b'~', b"200") => Key::PasteStart,
        (b'~', b"201") => Key::PasteEnd,
        (b'Z', _) => Key::ShiftTab,
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let (mut decoder, mut keys) = (Decoder::default(), Vec::new());
        bytes.iter().for_each(|&byte| decoder.feed(byte, |key| keys.push(key)));
        keys
    }

    #[test]
    fn the_variants_that_terminals_send_are_one_key() {
        for home in ["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"] {
            assert_eq!(keys(home.as_bytes()), [Key::Home], "{home:?}");
        }
        for end in ["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"] {
            assert_eq!(keys(end.as_bytes()), [Key::End], "{end:?}");
        }
        for left in ["\x1b[1;5D", "\x1b[5D", "\x1bOd", "\x1b[1;3D"] {
            assert_eq!(keys(left.as_bytes()), [Key::WordLeft], "{left:?}");
        }
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[3~"), [Key::Up, Key::Down, Key::Delete]);
        assert_eq!(keys(b"\x1b[Z\x1b[3;5~\x1b[5~"), [Key::ShiftTab, Key::WordDelete, Key::PageUp]);
    }

    #[test]
    fn what_is_pasted_stands_for_itself_less_escape_sequences() {
        let pasted = keys(b"\x1b[200~a\t\r\x1b[A\x1bq\x1b[201~\t");
        let a = Key::Text(Text::new(b"a"));
        let expected =
            [Key::PasteStart, a, Key::Literal(b'\t'), Key::Literal(b'\n'), Key::PasteEnd, Key::Control(b'I')];
        assert_eq!(pasted, expected);
        assert_eq!(keys(b"\x1b[200~\x03\t")[1..], [Key::PasteEnd, Key::Control(b'C'), Key::Control(b'I')]);
    }

    #[test]
    fn text_comes_in_whole_characters_and_bad_bytes_alone() {
        let text = |bytes: &[u8]| Key::Text(Text::new(bytes));
        assert_eq!(keys("é日".as_bytes()), [text("é".as_bytes()), text("日".as_bytes())]);
        assert_eq!(keys(b"\xff\xe6a"), [text(b"\xff"), text(b"\xe6"), text(b"a")]);
        assert_eq!(keys(b"\xed\xa0\x80"), [text(b"\xed"), text(b"\xa0"), text(b"\x80")]);
    }
}
