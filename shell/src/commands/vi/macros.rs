//! Keys that are recorded with `q` and typed again with `@`.

use alloc::{sync::Arc, vec::Vec};
use bstr::ByteSlice;

use super::{
    editor::{Editor, Next},
    normal::Pending,
    registers::{Taken, is_name},
};
use crate::{edit::keys::Key, screen::text_of};

/// The bytes that a terminal sends for a key.
pub fn encode(key: &Key, out: &mut Vec<u8>) {
    match key {
        Key::Text(_) => out.extend_from_slice(text_of(key)),
        Key::Literal(byte) => out.push(*byte),
        Key::Control(byte) => out.push(byte ^ 0x40),
        Key::Meta(byte) => out.extend_from_slice(&[0x1b, *byte]),
        Key::Backspace => out.push(0x7f),
        Key::Up => out.extend_from_slice(b"\x1b[A"),
        Key::Down => out.extend_from_slice(b"\x1b[B"),
        Key::Right => out.extend_from_slice(b"\x1b[C"),
        Key::Left => out.extend_from_slice(b"\x1b[D"),
        Key::Home => out.extend_from_slice(b"\x1b[H"),
        Key::End => out.extend_from_slice(b"\x1b[F"),
        Key::Delete => out.extend_from_slice(b"\x1b[3~"),
        Key::PageUp => out.extend_from_slice(b"\x1b[5~"),
        Key::PageDown => out.extend_from_slice(b"\x1b[6~"),
        _ => {}
    }
}

impl Editor {
    /// `q`: ends a recording, or waits for its name.
    pub fn record(&mut self) -> Next {
        self.pending = Pending::default();
        match self.recording.take() {
            None => self.pending.wait = super::normal::Wait::Record,
            Some((name, mut keys)) => {
                keys.pop(); // the `q`
                let lines = keys.split_str(b"\n").map(Arc::from).collect();
                self.registers.keep(Some(name), Taken { lines, whole: false }, true);
            }
        }
        Next::Stay
    }

    pub fn begin_record(&mut self, code: char) -> Next {
        self.pending = Pending::default();
        if code.is_ascii_alphanumeric() {
            self.recording = Some((code as u8, Vec::new()));
        }
        Next::Stay
    }

    /// `@`
    pub fn play(&mut self, code: char) -> Next {
        let times = self.pending.count.unwrap_or(1);
        self.pending = Pending::default();
        let name = if code == '@' { self.last_macro } else { u8::try_from(code).ok().filter(|byte| is_name(*byte)) };
        let Some(taken) = name.and_then(|name| self.registers.get(Some(name))) else {
            self.complain("Nothing in this register".into());
            return Next::Stay;
        };
        let mut keys = bstr::join("\n", &taken.lines);
        if taken.whole {
            keys.push(b'\n');
        }
        self.last_macro = name;
        self.queued = keys.repeat(times);
        Next::Stay
    }
}
