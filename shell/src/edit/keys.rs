//! From the bytes of a terminal to keys: control characters, escape sequences, UTF-8.

use alloc::vec::Vec;

/// A key, or a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A whole character, or one byte that is no UTF-8.
    Text(Vec<u8>),
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
    Delete,
    Backspace,
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
    /// Within a character of several bytes.
    Utf8(Vec<u8>),
}

/// How long an escape sequence may be.
const LONGEST: usize = 16;

/// The state between bytes.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    state: State,
}

impl Decoder {
    /// Takes a byte; calls `key` for each key that it completes (two when it cuts a character short).
    pub fn feed(&mut self, byte: u8, mut key: impl FnMut(Key)) {
        match core::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, key),
            State::Utf8(mut text) => {
                if !(0x80..0xc0).contains(&byte) {
                    flush(&text, &mut key);
                    return self.ground(byte, key);
                }
                text.push(byte);
                match core::str::from_utf8(&text) {
                    Ok(_) => key(Key::Text(text)),
                    Err(error) if error.error_len().is_none() => self.state = State::Utf8(text),
                    Err(_) => flush(&text, &mut key),
                }
            }
            State::Escape => match byte {
                b'[' => self.state = State::Sequence(Vec::new(), false),
                b'O' => self.state = State::Sequence(Vec::new(), true),
                0x1b => self.state = State::Escape,
                byte => key(Key::Meta(byte)),
            },
            State::Sequence(mut parameters, application) => match byte {
                0x1b => self.state = State::Escape,
                b'0'..=b'?' if parameters.len() < LONGEST => {
                    parameters.push(byte);
                    self.state = State::Sequence(parameters, application);
                }
                // The Linux console sends its function keys as `ESC [ [ A`.
                b'[' if parameters.is_empty() => self.state = State::Sequence(alloc::vec![b'['], application),
                byte => key(sequence(&parameters, byte, application)),
            },
        }
    }

    fn ground(&mut self, byte: u8, mut key: impl FnMut(Key)) {
        match byte {
            0x1b => self.state = State::Escape,
            0x7f => key(Key::Backspace),
            0x00..0x20 => key(Key::Control(byte + b'@')),
            0x20..0x7f => key(Key::Text(alloc::vec![byte])),
            0xc2..0xf5 => self.state = State::Utf8(alloc::vec![byte]),
            _ => key(Key::Text(alloc::vec![byte])),
        }
    }
}

/// Bytes that turned out to be no character.
fn flush(text: &[u8], key: &mut impl FnMut(Key)) {
    for &byte in text {
        key(Key::Text(alloc::vec![byte]));
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
        (b'~', b"3") => Key::Delete,
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
    }

    #[test]
    fn text_comes_in_whole_characters_and_bad_bytes_alone() {
        let text = |bytes: &[u8]| Key::Text(bytes.to_vec());
        assert_eq!(keys("é日".as_bytes()), [text("é".as_bytes()), text("日".as_bytes())]);
        assert_eq!(keys(b"\xff\xe6a"), [text(b"\xff"), text(b"\xe6"), text(b"a")]);
        assert_eq!(keys(b"\xed\xa0\x80"), [text(b"\xed"), text(b"\xa0"), text(b"\x80")]);
    }
}
