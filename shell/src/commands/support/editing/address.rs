//! Addresses of lines in `ed` and `ex`: numbers, `.`, `$`, marks, searches, and what is added to them.

use alloc::{string::String, vec::Vec};

use super::{
    super::{posix_regex::Syntax, script_text::regex_text},
    buffer::Buffer,
    finder::Finder,
};

/// Whose addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Ed,
    Ex,
}

/// What stood before a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// How many were given, 2 at most.
    pub given: usize,
    pub first: usize,
    pub last: usize,
}

impl Addresses {
    /// The lines that were given, or these.
    pub fn or(self, first: usize, last: usize) -> (usize, usize) {
        if self.given == 0 { (first, last) } else { (self.first, self.last) }
    }
}

/// A command line that is being read.
pub struct Reader<'a> {
    pub text: &'a [u8],
    pub at: usize,
}

pub const INVALID: &str = "Invalid address";

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    pub fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        &self.text[self.at.min(self.text.len())..]
    }

    pub fn number(&mut self) -> Option<usize> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = core::str::from_utf8(&self.rest()[..digits]).ok()?.parse().ok();
        self.at += digits;
        number.or((digits > 0).then_some(usize::MAX))
    }

    /// A pattern up to its delimiter, which may be missing at the end of the line; whether it was there.
    pub fn pattern(&mut self, delimiter: u8, syntax: Syntax) -> Option<(Vec<u8>, bool)> {
        let mut at = self.at;
        if let Some(pattern) = regex_text(self.text, &mut at, delimiter, syntax) {
            self.at = at;
            return Some((pattern.into(), true));
        }
        let whole = [self.text, &[delimiter]].concat();
        let mut at = self.at;
        let pattern = regex_text(&whole, &mut at, delimiter, syntax)?;
        self.at = self.text.len();
        Some((pattern.into(), false))
    }
}

/// Where addresses are looked up.
pub struct Places<'a> {
    pub buffer: &'a Buffer,
    pub finder: &'a mut Finder,
    pub current: usize,
    pub dialect: Dialect,
    pub syntax: Syntax,
    pub ignore_case: bool,
}

impl Places<'_> {
    /// The addresses before a command.
    pub fn addresses(&mut self, reader: &mut Reader<'_>) -> Result<Addresses, String> {
        let (mut found, mut current) = (Vec::new(), self.current);
        // The separator before the address that comes next, and whether nothing was before it.
        let mut separator: Option<u8> = None;
        let mut open = false;
        loop {
            let address = self.address(reader, current)?;
            let next = reader.peek().filter(|byte| matches!(byte, b',' | b';' | b'%'));
            if let (None, Some(b'%'), true) = (address, next, found.is_empty()) {
                reader.at += 1;
                let last = self.buffer.len();
                return Ok(Addresses { given: 2, first: last.min(1), last });
            }
            let next = next.filter(|&byte| byte != b'%');
            let missing = match (self.dialect, separator, next) {
                (Dialect::Ed, None, Some(b',')) => self.buffer.len().min(1),
                (Dialect::Ed, Some(_), None) if open => self.buffer.len(),
                (Dialect::Ed, Some(_), _) => found.last().copied().unwrap_or(current),
                _ => current,
            };
            match (address, next) {
                (Some(number), _) => found.push(number),
                (None, Some(_)) => found.push(missing),
                (None, None) if separator.is_some() => found.push(missing),
                (None, None) => {}
            }
            let Some(byte) = next else { break };
            reader.at += 1;
            open = separator.is_none() && address.is_none();
            separator = Some(byte);
            if byte == b';' {
                current = found.last().copied().unwrap_or(current);
            }
        }
        let given = found.len().min(2);
        let last = found.last().copied().unwrap_or(self.current);
        let first = if given == 2 { found[found.len() - 2] } else { last };
        if first > last {
            return Err(INVALID.into());
        }
        Ok(Addresses { given, first, last })
    }

    /// One address, if there is one.
    pub fn address(&mut self, reader: &mut Reader<'_>, current: usize) -> Result<Option<usize>, String> {
        let mut value: Option<usize> = None;
        loop {
            reader.skip_blanks();
            let Some(byte) = reader.peek() else { break };
            match byte {
                b'0'..=b'9' => {
                    let number = reader.number().ok_or(INVALID)?;
                    value = Some(value.unwrap_or(0).checked_add(number).ok_or(INVALID)?);
                }
                b'+' | b'-' | b'^' => {
                    reader.at += 1;
                    let by = reader.number().unwrap_or(1);
                    let from = value.unwrap_or(current);
                    let to = if byte == b'+' { from.checked_add(by) } else { from.checked_sub(by) };
                    value = Some(to.ok_or(INVALID)?);
                }
                b'.' | b'$' | b'\'' | b'/' | b'?' if value.is_some() => return Err(INVALID.into()),
                b'.' => {
                    reader.at += 1;
                    value = Some(current);
                }
                b'$' => {
                    reader.at += 1;
                    value = Some(self.buffer.len());
                }
                b'\'' => {
                    reader.at += 1;
                    let name = reader.next().ok_or("Invalid mark character")?;
                    let known = self.dialect == Dialect::Ex || name.is_ascii_lowercase();
                    if !known {
                        return Err("Invalid mark character".into());
                    }
                    value = Some(self.buffer.marked(name).ok_or(INVALID)?.0);
                }
                b'/' | b'?' => {
                    reader.at += 1;
                    let (pattern, _) = reader.pattern(byte, self.syntax).ok_or("Trailing backslash (\\)")?;
                    self.finder.set(&pattern, self.ignore_case)?;
                    value = Some(self.finder.line(self.buffer, current, byte == b'/')?);
                }
                _ => break,
            }
        }
        match value {
            Some(number) if number > self.buffer.len() => Err(INVALID.into()),
            value => Ok(value),
        }
    }
}
