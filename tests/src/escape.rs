//! Finds the commands among what a person types: the escape character and another one.
//!
//! They are QEMU's (`^A x`, `^A c`, `^A ^A` and so on: "Keys in the character backend multiplexer" in its manual), but for
//! one, which is the launcher's own. So an escape character is kept until it is known what follows.

use std::ffi::OsString;

/// The escape character unless QEMU is told another one: `^A`.
const CTRL_A: u8 = 1;
/// What follows it for the launcher's own command.
const ASK: u8 = b'?';

/// A part of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// For the guest, or for QEMU's monitor.
    Keys(Vec<u8>),
    /// A command for QEMU.
    Command([u8; 2]),
    /// What do all CPUs and tasks do?
    Ask,
}

/// Takes what is typed apart.
#[derive(Debug)]
pub struct Escape {
    character: u8,
    /// An escape character came, and nothing after it.
    is_open: bool,
}

impl Escape {
    /// With the escape character that QEMU has with these further arguments.
    pub fn of(qemu_args: &[OsString]) -> Escape {
        let pairs = qemu_args.iter().zip(qemu_args.iter().skip(1));
        let mut values = pairs.filter(|(option, _)| *option == "-echr" || *option == "--echr");
        let character = values.next_back().and_then(|(_, value)| number(value.to_str()?));
        Escape { character: character.unwrap_or(CTRL_A), is_open: false }
    }

    /// Takes the next bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Typed> {
        let mut typed = Vec::new();
        for &byte in bytes {
            if std::mem::take(&mut self.is_open) {
                typed.push(if byte == ASK { Typed::Ask } else { Typed::Command([self.character, byte]) });
            } else if byte == self.character {
                self.is_open = true;
            } else if let Some(Typed::Keys(keys)) = typed.last_mut() {
                keys.push(byte);
            } else {
                typed.push(Typed::Keys(vec![byte]));
            }
        }
        typed
    }
}

/// A number as in C: decimal, octal or hexadecimal.
fn number(text: &str) -> Option<u8> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (text, 10),
    };
    u8::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(arguments: &[&str]) -> Escape {
        Escape::of(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn keys(text: &str) -> Typed {
        Typed::Keys(text.into())
    }

    #[test]
    fn a_question_is_the_launchers_and_all_else_goes_on() {
        let typed = escape(&[]).take(b"ls?\x01?\x01x\x01c\x01\x01?b");
        let command = |byte| Typed::Command([1, byte]);
        assert_eq!(typed, [keys("ls?"), Typed::Ask, command(b'x'), command(b'c'), command(1), keys("?b")]);
    }

    #[test]
    fn an_escape_is_kept_until_the_next_key() {
        let mut escape = escape(&[]);
        assert_eq!(escape.take(b"a\x01"), [keys("a")]);
        assert_eq!(escape.take(b""), []);
        assert_eq!(escape.take(b"?"), [Typed::Ask]);
        assert_eq!(escape.take(b"\x01"), []);
        assert_eq!(escape.take(b"\x01b"), [Typed::Command([1, 1]), keys("b")]);
    }

    #[test]
    fn the_escape_character_is_the_one_that_qemu_is_told() {
        for value in ["20", "024", "0x14"] {
            let typed = escape(&["-d", "int", "-echr", value]).take(b"\x01?\x14?");
            assert_eq!(typed, [keys("\x01?"), Typed::Ask], "{value}");
        }
        assert_eq!(escape(&["-echr", "many"]).take(b"\x01?"), [Typed::Ask]);
        assert_eq!(escape(&["-echr"]).take(b"\x01?"), [Typed::Ask]);
    }
}
