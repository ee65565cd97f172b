//! A short text that is typed in the last row: a pattern, a number.

use alloc::vec::Vec;
use bstr::ByteSlice;

use crate::edit::keys::Key;

/// What was typed so far.
#[derive(Default)]
pub(crate) struct Input(Vec<u8>);

/// What a key did to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    More,
    Done,
    GivenUp,
}

impl Input {
    pub fn text(&self) -> &[u8] {
        &self.0
    }

    /// Puts another text there.
    pub fn set(&mut self, text: &[u8]) {
        self.0 = text.to_vec();
    }

    /// Takes a key. `^C`, `^G`, and erasing what is empty give up.
    pub fn key(&mut self, key: &Key) -> Typed {
        match key {
            Key::Control(b'J' | b'M') => return Typed::Done,
            Key::Control(b'C' | b'G') | Key::Meta(0x1b) => return Typed::GivenUp,
            Key::Backspace | Key::Control(b'H') => match self.0.char_indices().next_back() {
                Some((at, ..)) => self.0.truncate(at),
                None => return Typed::GivenUp,
            },
            Key::Control(b'U') => self.0.clear(),
            Key::Literal(byte) => self.0.push(*byte),
            key => self.0.extend_from_slice(text_of(key)),
        }
        Typed::More
    }
}

/// The text of a key, if it is one.
pub(crate) fn text_of(key: &Key) -> &[u8] {
    match key {
        Key::Text(text) => text.bytes(),
        _ => b"",
    }
}
