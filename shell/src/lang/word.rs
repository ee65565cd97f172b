//! Words: quoting, and what `$` and backquotes introduce.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};

use super::{
    Parsed, Parser,
    ast::{List, Literal, Operator, Parameter, Part, Word, literal},
    place::Place,
};

/// Collects parts, joining neighbours of one kind.
#[derive(Default)]
pub(super) struct Parts(pub Word);

impl Parts {
    pub fn push(&mut self, text: &[u8], quoted: bool) {
        match (self.0.parts.last_mut(), quoted) {
            (Some(Part::Quoted(before)), true) | (Some(Part::Plain(before)), false) => {
                before.extend_from_slice(text);
            }
            (_, true) => self.part(Part::Quoted(Literal::from_slice(text))),
            (_, false) => self.part(Part::Plain(Literal::from_slice(text))),
        }
    }

    pub fn part(&mut self, part: Part) {
        if self.0.parts.len() == 1 {
            self.0.parts.reserve_exact(3); // where there are two, there are often more
        }
        self.0.parts.push(part);
    }
}

/// Whether a byte can begin a name.
pub(crate) fn starts_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

/// Whether a byte can go on with a name.
pub(super) fn continues_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

/// Whether bytes are a name (XBD 3.216).
pub(crate) fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|&byte| starts_name(byte)) && name.iter().all(|&byte| continues_name(byte))
}

/// How far it is looked for the end of `((`: every one of them is looked through, and a script may have many.
const LONGEST_LOOK: usize = 16 << 10;

const NUL: &str = "a NUL byte cannot be part of a command";
const UNCLOSED_SINGLE: &str = "this single quote is never closed";

impl Parser {
    /// Reads up to what ends the place, which stays at the cursor.
    pub(super) fn text_in(&mut self, place: Place) -> Parsed<Word> {
        let mut parts = Parts::default();
        self.run(place, &mut parts)?;
        Ok(parts.0)
    }

    /// The same behind what `parts` has already.
    pub(super) fn run(&mut self, place: Place, parts: &mut Parts) -> Parsed<()> {
        let mut open = 0_usize; // parentheses, or in a subscript brackets
        let means_something = place.table();
        loop {
            let rest = &self.source[self.pos..];
            let ordinary = rest.iter().take_while(|&&byte| !means_something[usize::from(byte)]).count();
            if ordinary > 0 {
                parts.push(&rest[..ordinary], place.quoted());
                self.pos += ordinary;
                self.step(ordinary);
            }
            let Some(byte) = self.look() else { return Ok(()) };
            if open == 0 && place.ends_at(byte, self.look_second()) {
                return Ok(());
            }
            match byte {
                0 => return Err(self.error(self.pos, NUL)),
                b'\\' => self.backslash(place, parts),
                b'\'' if !place.quoted() => self.single_quotes(parts)?,
                b'"' if place.drops_quotes() => self.pos += 1,
                b'"' if place != Place::Document => self.double_quotes(parts)?,
                b'$' => self.dollar(place, parts)?,
                b'`' => self.backquotes(place, parts)?,
                b'<' | b'>' if place == Place::Bare => self.process(byte, parts)?,
                _ => {
                    match place.nests(byte) {
                        Some(true) => open += 1,
                        Some(false) => open = open.saturating_sub(1),
                        None => {}
                    }
                    parts.push(&[byte], place.quoted());
                    self.pos += 1;
                }
            }
        }
    }

    /// A backslash that no newline follows: that is a line continuation, and [`Parser::look`] skips it.
    fn backslash(&mut self, place: Place, parts: &mut Parts) {
        match self.look_second() {
            None => {
                parts.push(b"\\", true);
                self.pos += 1;
            }
            Some(byte) => {
                if place.quoted() && !place.escapes(byte) {
                    parts.push(b"\\", true);
                }
                // A NUL is left for the caller to complain of.
                if byte != 0 {
                    parts.push(&[byte], true);
                    self.pos += 1;
                }
                self.pos += 1;
            }
        }
    }

    fn single_quotes(&mut self, parts: &mut Parts) -> Parsed<()> {
        let start = self.pos + 1;
        let Some(length) = self.source[start..].find_byte(b'\'') else {
            return Err(self.incomplete(self.pos, UNCLOSED_SINGLE));
        };
        self.step(length);
        let text = &self.source[start..start + length];
        if let Some(nul) = text.find_byte(0) {
            return Err(self.error(start + nul, NUL));
        }
        parts.part(Part::Quoted(Literal::from_slice(text)));
        self.pos = start + length + 1;
        Ok(())
    }

    fn double_quotes(&mut self, parts: &mut Parts) -> Parsed<()> {
        let start = self.pos;
        self.pos += 1;
        if self.quoted_variable(parts) {
            return Ok(());
        }
        // Text between quotes is a part even when it is empty. An expansion is one anyway.
        if !matches!(self.look(), Some(b'$' | b'`')) {
            parts.part(Part::Quoted(Literal::new()));
        }
        self.nested(start, |parser| parser.run(Place::Quotes, parts))?;
        if self.look() != Some(b'"') {
            return Err(self.incomplete(start, "this double quote is never closed"));
        }
        self.pos += 1;
        Ok(())
    }

    /// `"$NAME"`, of which the first quote has been taken: what most quotes are for.
    fn quoted_variable(&mut self, parts: &mut Parts) -> bool {
        let Some([b'$', rest @ ..]) = self.source.get(self.pos..) else { return false };
        let length = rest.iter().take_while(|byte| continues_name(**byte)).count();
        if rest.get(length) != Some(&b'"') || !rest.first().is_some_and(|byte| starts_name(*byte)) {
            return false;
        }
        parts.part(Part::Variable { name: literal(rest, length), quoted: true });
        self.pos += length + 2;
        self.step(length + 2);
        true
    }

    fn dollar(&mut self, place: Place, parts: &mut Parts) -> Parsed<()> {
        let quoted = place.quoted();
        let start = self.pos;
        self.pos += 1;
        match self.look() {
            Some(b'(') if self.look_second() == Some(b'(') && self.is_arithmetic(self.pos) => {
                self.pos += 2;
                let expression = self.nested(start, |parser| parser.arithmetic(start))?;
                parts.part(Part::Arithmetic { expression: Box::new(expression), quoted });
            }
            Some(b'(') => {
                self.pos += 1;
                let list = self.nested(start, |parser| parser.substitution(start))?;
                parts.part(Part::Command { program: self.program(list), quoted });
            }
            Some(b'{') => {
                self.pos += 1;
                let parameter = self.nested(start, |parser| parser.braces(start, quoted))?;
                parts.part(match parameter {
                    Parameter { name, subscript: None, indirect: false, operator: Operator::Plain } => {
                        Part::Variable { name, quoted }
                    }
                    parameter => Part::Parameter { parameter: Box::new(parameter), quoted },
                });
            }
            Some(b'\'') if place == Place::Bare => self.escaped_quotes(start, parts)?,
            Some(b'"') if place == Place::Bare => {} // a translated string, which is what it says
            _ => match self.parameter_name(false) {
                Some(name) => parts.part(Part::Variable { name, quoted }),
                None => parts.push(b"$", place != Place::Regex),
            },
        }
        Ok(())
    }

    /// `$'...'`, in which backslashes escape as in C (XCU 2.2.4).
    fn escaped_quotes(&mut self, start: usize, parts: &mut Parts) -> Parsed<()> {
        let mut text = BString::default();
        let mut rest = self.source[self.pos + 1..].iter().copied();
        loop {
            match rest.next() {
                None => return Err(self.incomplete(start, UNCLOSED_SINGLE)),
                Some(b'\'') => break,
                Some(0) => return Err(self.error(start, NUL)),
                Some(b'\\') => match rest.next() {
                    None => return Err(self.incomplete(start, UNCLOSED_SINGLE)),
                    Some(byte) => super::escape::push(byte, &mut rest, &mut text),
                },
                Some(byte) => text.push(byte),
            }
        }
        let end = self.source.len() - rest.len();
        self.step(end - self.pos);
        self.pos = end;
        // A NUL byte ends it, as in C.
        let end = text.find_byte(0).unwrap_or(text.len());
        parts.part(Part::Quoted(Literal::from_slice(&text[..end])));
        Ok(())
    }

    /// Whether the `((` at `at` has its `))`: if not, it is a subshell in a subshell. Quotes are passed over.
    pub(super) fn is_arithmetic(&mut self, at: usize) -> bool {
        let mut open = 0_usize;
        let source = self.source.clone();
        let mut bytes = source[at..source.len().min(at + LONGEST_LOOK)].iter().enumerate();
        while let Some((index, byte)) = bytes.next() {
            self.step(1);
            match byte {
                b'(' => open += 1,
                b')' => {
                    open = open.saturating_sub(1);
                    if open == 1 {
                        return matches!(source.get(at + index + 1), None | Some(b')'));
                    }
                }
                b'\\' => drop(bytes.next()),
                quote @ (b'\'' | b'"') => {
                    while let Some((_, byte)) = bytes.next()
                        && byte != quote
                    {
                        if *byte == b'\\' && *quote == b'"' {
                            bytes.next();
                        }
                    }
                }
                _ => {}
            }
        }
        true // there may be an end further on
    }

    /// The inside of `$((...))`, and the closing parentheses.
    pub(super) fn arithmetic(&mut self, start: usize) -> Parsed<Word> {
        let word = self.text_in(Place::Arithmetic)?;
        if self.look().is_none() || (self.look_second().is_none() && self.look() == Some(b')')) {
            return Err(self.incomplete(start, "this `((` is never closed"));
        }
        if self.look_second() != Some(b')') {
            return Err(self.error(start, "this `((` has no `))`; for a subshell in a subshell write `( (`"));
        }
        self.pos += 2;
        Ok(word)
    }

    /// A parameter's name at the cursor. Without braces a positional parameter has one digit.
    pub(super) fn parameter_name(&mut self, braces: bool) -> Option<Literal> {
        let first = self.look()?;
        let more: fn(&u8) -> bool = match first {
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => |_| false,
            b'0'..=b'9' if braces => u8::is_ascii_digit,
            b'0'..=b'9' => |_| false,
            byte if starts_name(byte) => |byte| continues_name(*byte),
            _ => return None,
        };
        let rest = &self.source[self.pos..];
        let length = 1 + rest[1..].iter().take_while(|byte| more(byte)).count();
        let mut name = literal(rest, length);
        self.pos += length;
        self.step(length);
        loop {
            // A line continuation may stand in a name.
            let here = self.pos;
            if self.look().is_none() || self.pos == here {
                return Some(name);
            }
            let rest = &self.source[self.pos..];
            let length = rest.iter().take_while(|byte| more(byte)).count();
            name.extend_from_slice(&rest[..length]);
            self.pos += length;
            self.step(length);
        }
    }

    /// Backquotes: the text between them, less one layer of backslashes, is a program of its own.
    fn backquotes(&mut self, place: Place, parts: &mut Parts) -> Parsed<()> {
        let quoted = place.quoted();
        let start = self.pos;
        self.pos += 1;
        let mut inside = Vec::new();
        loop {
            match (self.look(), self.look_second()) {
                (None, _) => return Err(self.incomplete(start, "this backquote is never closed")),
                (Some(b'`'), _) => break,
                (Some(b'\\'), Some(byte @ (b'$' | b'`' | b'\\'))) => {
                    inside.push(byte);
                    self.pos += 2;
                }
                (Some(b'\\'), Some(b'"')) if quoted => {
                    inside.push(b'"');
                    self.pos += 2;
                }
                (Some(byte), _) => {
                    inside.push(byte);
                    self.pos += 1;
                }
            }
        }
        self.pos += 1;
        let program = self.nested(start, |parser| {
            let mut inner = parser.inner(Arc::from(inside), start);
            let list = inner.whole().map_err(|error| {
                let mut message = String::from("between these backquotes: ");
                message.push_str(&error.message);
                parser.error(start, message)
            });
            parser.step(inner.steps());
            list.map(|list| inner.program(list))
        })?;
        parts.part(Part::Command { program, quoted });
        Ok(())
    }

    fn substitution(&mut self, start: usize) -> Parsed<List> {
        // The word that is being read came from the cursor, so no token has been read ahead.
        debug_assert!(!self.ahead);
        self.list_until_close(start, "this `$(` is never closed")
    }

    /// `<(...)` and `>(...)`.
    fn process(&mut self, byte: u8, parts: &mut Parts) -> Parsed<()> {
        let start = self.pos;
        self.pos += 2;
        let unclosed = if byte == b'<' { "this `<(` is never closed" } else { "this `>(` is never closed" };
        let list = self.nested(start, |parser| parser.list_until_close(start, unclosed))?;
        parts.part(Part::Process { program: self.program(list), reads: byte == b'>' });
        Ok(())
    }
}
