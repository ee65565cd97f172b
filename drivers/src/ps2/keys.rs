//! From scancodes to the bytes that a terminal sends.
//!
//! Layout, modifiers and locks are `pc-keyboard`'s. What a terminal makes of a key is here: xterm's
//! "PC-style function keys" (Xterm Control Sequences, 2024), with modifiers as its parameter
//! `1 + shift + 2 alt + 4 ctrl`.

use core::fmt::{self, Write};
use pc_keyboard::{
    DecodedKey, HandleControl, KeyCode, KeyEvent, KeyState, Modifiers, PS2Keyboard, ScancodeSet1,
    layouts::Us104Key,
};

/// The longest is `ESC [ 2 4 ; 8 ~`.
const LONGEST: usize = 8;

/// Decodes one byte at a time and holds the bytes of one key until they are taken.
pub(super) struct KeyDecoder {
    keyboard: PS2Keyboard<Us104Key, ScancodeSet1>,
    out: Bytes,
}

impl KeyDecoder {
    pub(super) fn new() -> Self {
        Self {
            keyboard: PS2Keyboard::new(ScancodeSet1::new(), Us104Key, HandleControl::Ignore),
            out: Bytes::default(),
        }
    }

    /// Takes a scancode byte. What the last one made must have been taken.
    pub(super) fn feed(&mut self, scancode: u8) {
        // A byte that means nothing (noise, an exotic key) is skipped; the decoder starts afresh.
        let Ok(Some(event)) = self.keyboard.add_byte(scancode) else { return };
        let (code, pressed) = (event.code, event.state != KeyState::Up);
        let key = self.keyboard.process_keyevent(KeyEvent::new(code, event.state));
        if let (true, Some(key)) = (pressed, key) {
            self.out = Bytes::default();
            let modifiers = self.keyboard.get_modifiers();
            // Infallible: the buffer holds the longest key.
            let _ = encode(code, key, modifiers, &mut self.out);
        }
    }

    /// Moves decoded bytes to `buf` and says how many.
    pub(super) fn take(&mut self, buf: &mut [u8]) -> usize {
        let rest = &self.out.bytes[self.out.start..self.out.end];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.out.start += count;
        count
    }
}

#[derive(Default)]
struct Bytes {
    bytes: [u8; LONGEST],
    start: usize,
    end: usize,
}

impl Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.end + text.len();
        self.bytes.get_mut(self.end..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.end = end;
        Ok(())
    }
}

/// How xterm names a key that has no character.
enum Function {
    /// `ESC [ X`, with modifiers `ESC [ 1 ; m X`.
    Letter(char),
    /// `ESC O X`, with modifiers `ESC [ 1 ; m X`.
    Keypad(char),
    /// `ESC [ n ~`, with modifiers `ESC [ n ; m ~`.
    Number(u8),
}

fn function(code: KeyCode) -> Option<Function> {
    use Function::{Keypad, Letter, Number};
    Some(match code {
        KeyCode::ArrowUp => Letter('A'),
        KeyCode::ArrowDown => Letter('B'),
        KeyCode::ArrowRight => Letter('C'),
        KeyCode::ArrowLeft => Letter('D'),
        KeyCode::End => Letter('F'),
        KeyCode::Home => Letter('H'),
        KeyCode::F1 => Keypad('P'),
        KeyCode::F2 => Keypad('Q'),
        KeyCode::F3 => Keypad('R'),
        KeyCode::F4 => Keypad('S'),
        KeyCode::Insert => Number(2),
        KeyCode::Delete => Number(3),
        KeyCode::PageUp => Number(5),
        KeyCode::PageDown => Number(6),
        KeyCode::F5 => Number(15),
        KeyCode::F6 => Number(17),
        KeyCode::F7 => Number(18),
        KeyCode::F8 => Number(19),
        KeyCode::F9 => Number(20),
        KeyCode::F10 => Number(21),
        KeyCode::F11 => Number(23),
        KeyCode::F12 => Number(24),
        _ => return None,
    })
}

fn encode(code: KeyCode, key: DecodedKey, modifiers: &Modifiers, out: &mut impl Write) -> fmt::Result {
    let shift = modifiers.lshift || modifiers.rshift;
    let ctrl = modifiers.lctrl || modifiers.rctrl;
    let alt = modifiers.lalt || modifiers.ralt;
    // The layout's answer knows about Num Lock; the plain code is the key's own name.
    let named = match key {
        DecodedKey::RawKey(code) => code,
        DecodedKey::Unicode(_) => code,
    };
    if let Some(function) = function(named) {
        let held = 1 + u8::from(shift) + 2 * u8::from(alt) + 4 * u8::from(ctrl);
        return match (function, held) {
            (Function::Letter(letter), 1) => write!(out, "\x1b[{letter}"),
            (Function::Keypad(letter), 1) => write!(out, "\x1bO{letter}"),
            (Function::Number(number), 1) => write!(out, "\x1b[{number}~"),
            (Function::Letter(letter) | Function::Keypad(letter), _) => write!(out, "\x1b[1;{held}{letter}"),
            (Function::Number(number), _) => write!(out, "\x1b[{number};{held}~"),
        };
    }
    let character = match (named, key) {
        (KeyCode::Return | KeyCode::NumpadEnter, _) => '\r',
        (KeyCode::Backspace, _) => {
            if ctrl {
                '\x08'
            } else {
                '\x7f'
            }
        }
        (KeyCode::Tab, _) if shift => return out.write_str("\x1b[Z"),
        (KeyCode::Tab, _) => '\t',
        (KeyCode::Escape, _) => '\x1b',
        (_, DecodedKey::Unicode(character)) if ctrl => control(character),
        (_, DecodedKey::Unicode(character)) => character,
        (_, DecodedKey::RawKey(_)) => return Ok(()),
    };
    if alt {
        out.write_char('\x1b')?;
    }
    out.write_char(character)
}

/// What Ctrl makes of a character (xterm, as the VT220 did for digits); itself where it makes nothing.
fn control(character: char) -> char {
    match character {
        'a'..='z' | '@'..='_' => char::from(character as u8 & 0x1f),
        ' ' | '2' | '`' => '\0',
        '3' => '\x1b',
        '4' => '\x1c',
        '5' => '\x1d',
        '6' | '~' => '\x1e',
        '7' | '/' => '\x1f',
        '8' | '?' => '\x7f',
        other => other,
    }
}
