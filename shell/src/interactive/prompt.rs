//! Prompts: the escapes of bash in `PS1`, `PS2` and `PS4`, and then what `$` introduces (XCU 2.5.3).

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};

use crate::{
    commands::{Civil, format_time},
    path,
    shell::Shell,
};

impl Shell {
    /// The prompt that a variable holds, or else `default`. `\x01` and `\x02` enclose what takes no columns.
    pub(crate) async fn prompt(&mut self, variable: &str, default: &[u8]) -> BString {
        let form: BString = self.vars.get(variable).unwrap_or(default.as_bstr()).into();
        let text = if form.contains(&b'\\') { self.escapes(&form) } else { form.into() };
        if !text.iter().any(|byte| b"$`\\".contains(byte)) {
            return text.into();
        }
        // The prompt is no command: `$?` stays what it was, and its own commands are not traced.
        let (status, trace) = (self.status, core::mem::take(&mut self.options.trace));
        let expanded = self.expand_text(&text).await;
        (self.status, self.options.trace) = (status, trace);
        expanded.unwrap_or_else(|| text.into())
    }

    /// The text with the escapes replaced, in a form in which what they stand for is expanded no further.
    fn escapes(&self, form: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(form.len());
        let mut rest = form;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'\\' {
                text.push(byte);
                continue;
            }
            let Some((&letter, after)) = rest.split_first() else {
                text.extend_from_slice(b"\\\\");
                break;
            };
            rest = after;
            match letter {
                b'D' if after.starts_with(b"{") => {
                    let length = after.find_byte(b'}').unwrap_or(after.len());
                    let format = &after[1..length];
                    self.time(if format.is_empty() { b"%T" } else { format }, &mut text);
                    rest = after.get(length + 1..).unwrap_or_default();
                }
                b'0'..=b'7' => {
                    let digits =
                        after.iter().take(2).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
                    let octal = [&[letter], &after[..digits]].concat();
                    let value = octal.iter().fold(0u32, |value, digit| value * 8 + u32::from(digit - b'0'));
                    protect(&[value as u8], &mut text);
                    rest = &after[digits..];
                }
                letter => self.escape(letter, &mut text),
            }
        }
        text
    }

    fn escape(&self, letter: u8, text: &mut Vec<u8>) {
        let number = |number: usize| alloc::format!("{number}");
        let history = self.editor.as_ref().map_or(1, |editor| editor.history.next_number());
        match letter {
            b'a' => text.push(7),
            b'e' => text.push(0x1b),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b'[' => text.push(1),
            b']' => text.push(2),
            // There is one user, who may do everything.
            b'$' => text.push(b'#'),
            b'u' => protect(self.vars.get("USER").unwrap_or(b"root".as_bstr()), text),
            b'h' | b'H' => text.extend_from_slice(b"pollux"),
            b'l' => text.extend_from_slice(b"console"),
            b's' => protect(path::file_name(&self.name), text),
            b'v' | b'V' => text.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes()),
            b'w' => protect(&self.short_cwd(), text),
            b'W' => protect(path::file_name(&self.short_cwd()), text),
            b'j' => text.extend_from_slice(number(self.jobs.iter().count()).as_bytes()),
            b'!' => text.extend_from_slice(number(history).as_bytes()),
            b'#' => text.extend_from_slice(number(self.commands_read + 1).as_bytes()),
            b'?' => text.extend_from_slice(number(self.status.into()).as_bytes()),
            b'd' => self.time(b"%a %b %d", text),
            b't' => self.time(b"%H:%M:%S", text),
            b'T' => self.time(b"%I:%M:%S", text),
            b'@' => self.time(b"%I:%M %p", text),
            b'A' => self.time(b"%H:%M", text),
            b'\\' => text.extend_from_slice(b"\\\\"),
            other => {
                text.extend_from_slice(b"\\\\");
                text.push(other);
            }
        }
    }

    fn time(&self, format: &[u8], text: &mut Vec<u8>) {
        let mut time = Vec::new();
        format_time(format, &Civil::new(self.sys.now()), &mut time);
        protect(&time, text);
    }

    /// The working directory with the home directory as `~`, without anything a terminal would obey.
    fn short_cwd(&self) -> BString {
        let home = self.vars.get("HOME").filter(|home| home.len() > 1 || self.cwd == *home);
        let cwd = match home.map(|home| self.cwd.strip_prefix(home.as_bytes())) {
            Some(Some(rest)) if rest.is_empty() || rest.starts_with(b"/") => [b"~", rest].concat().into(),
            _ => self.cwd.clone(),
        };
        let clean: String = cwd.chars().map(|it| if it.is_control() { '?' } else { it }).collect();
        clean.into()
    }
}

/// Appends a text so that expansion leaves it alone.
fn protect(value: &[u8], text: &mut Vec<u8>) {
    for &byte in value {
        if b"$`\\".contains(&byte) {
            text.push(b'\\');
        }
        text.push(byte);
    }
}
