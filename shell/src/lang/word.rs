//! Words: quoting, and what `$` and backquotes introduce.

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};

use super::{
    Parser, SyntaxError,
    ast::{Choice, List, Operator, Parameter, Part, Word},
};

/// Where a run of word characters stands, which decides what ends it and what quotes mean in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Outside of quotes: ends at a blank or an operator.
    Bare,
    /// After the operator of `${...}`, outside of double quotes: ends at `}`.
    Brace,
    /// The same inside of double quotes, where single quotes mean nothing.
    QuotedBrace,
    /// Between double quotes: ends at `"`.
    Quotes,
    /// In a here-document: ends with it, and double quotes stand for themselves.
    Document,
    /// In `$((...))`: ends at the `)` that closes it.
    Arithmetic,
}

impl Place {
    fn quoted(self) -> bool {
        matches!(self, Place::Quotes | Place::QuotedBrace | Place::Document | Place::Arithmetic)
    }
}

/// Collects parts, joining neighbours of one kind.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, byte: u8, quoted: bool) {
        match (self.0.last_mut(), quoted) {
            (Some(Part::Quoted(text)), true) | (Some(Part::Plain(text)), false) => text.push(byte),
            (_, true) => self.0.push(Part::Quoted(BString::from([byte]))),
            (_, false) => self.0.push(Part::Plain(BString::from([byte]))),
        }
    }
}

/// Whether a byte can begin a name.
pub(crate) fn starts_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphabetic()
}

/// Whether bytes are a name (XBD 3.216).
pub(crate) fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(|&byte| starts_name(byte))
        && name.iter().all(|&byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

impl Parser {
    /// Reads a word. The cursor is on its first byte.
    pub(super) fn word(&mut self) -> Result<Word, SyntaxError> {
        let mut parts = Parts::default();
        self.run(Place::Bare, &mut parts)?;
        Ok(Word { parts: parts.0 })
    }

    /// Reads up to what ends the place, which stays at the cursor.
    fn run(&mut self, place: Place, parts: &mut Parts) -> Result<(), SyntaxError> {
        let mut open = 0; // parentheses in an arithmetic expression
        while let Some(byte) = self.look() {
            match (byte, place) {
                (b'(', Place::Arithmetic) => {
                    open += 1;
                    parts.push(byte, true);
                    self.pos += 1;
                }
                (b')', Place::Arithmetic) if open == 0 => break,
                (b')', Place::Arithmetic) => {
                    open -= 1;
                    parts.push(byte, true);
                    self.pos += 1;
                }
                (b'"', Place::Arithmetic) => self.pos += 1, // as if it were not there (XCU 2.6.4)
                (
                    b' ' | b'\t' | b'\r' | b'\n' | b'&' | b'|' | b';' | b'<' | b'>' | b'(' | b')',
                    Place::Bare,
                )
                | (b'"', Place::Quotes)
                | (b'}', Place::Brace | Place::QuotedBrace) => break,
                (0, _) => return Err(self.error(self.pos, "a NUL byte cannot be part of a command")),
                (b'\\', _) => self.backslash(place, parts),
                (b'\'', Place::Bare | Place::Brace) => self.single_quotes(parts)?,
                (b'"', Place::Document) => {
                    parts.push(byte, true);
                    self.pos += 1;
                }
                (b'"', _) => self.double_quotes(parts)?,
                (b'$', _) => self.dollar(place, parts)?,
                (b'`', _) => self.backquotes(place, parts)?,
                _ => {
                    parts.push(byte, place.quoted());
                    self.pos += 1;
                }
            }
        }
        Ok(())
    }

    /// A backslash that no newline follows: that is a line continuation, and [`Parser::look`] skips it.
    fn backslash(&mut self, place: Place, parts: &mut Parts) {
        match self.look_second() {
            None => {
                parts.push(b'\\', true);
                self.pos += 1;
            }
            Some(byte) => {
                let special = matches!(byte, b'$' | b'`' | b'\\')
                    || (byte == b'"' && place != Place::Document)
                    || (place == Place::QuotedBrace && byte == b'}');
                if place.quoted() && !special {
                    parts.push(b'\\', true);
                }
                // A NUL is left for the caller to complain of.
                if byte != 0 {
                    parts.push(byte, true);
                    self.pos += 1;
                }
                self.pos += 1;
            }
        }
    }

    fn single_quotes(&mut self, parts: &mut Parts) -> Result<(), SyntaxError> {
        let start = self.pos + 1;
        let Some(length) = self.source[start..].find_byte(b'\'') else {
            return Err(self.incomplete(self.pos, "this single quote is never closed"));
        };
        let text = &self.source[start..start + length];
        if let Some(nul) = text.find_byte(0) {
            return Err(self.error(start + nul, "a NUL byte cannot be part of a command"));
        }
        parts.0.push(Part::Quoted(text.into()));
        self.pos = start + length + 1;
        Ok(())
    }

    fn double_quotes(&mut self, parts: &mut Parts) -> Result<(), SyntaxError> {
        let start = self.pos;
        self.pos += 1;
        let mut inside = Parts::default();
        self.nested(start, |parser| parser.run(Place::Quotes, &mut inside))?;
        if self.look() != Some(b'"') {
            return Err(self.incomplete(start, "this double quote is never closed"));
        }
        self.pos += 1;
        if inside.0.is_empty() {
            inside.0.push(Part::Quoted(BString::default()));
        }
        parts.0.append(&mut inside.0);
        Ok(())
    }

    fn dollar(&mut self, place: Place, parts: &mut Parts) -> Result<(), SyntaxError> {
        let quoted = place.quoted();
        let start = self.pos;
        self.pos += 1;
        match self.look() {
            Some(b'(') if self.look_second() == Some(b'(') => {
                self.pos += 2;
                let expression = self.nested(start, |parser| parser.arithmetic(start))?;
                parts.0.push(Part::Arithmetic { expression: Box::new(expression), quoted });
            }
            Some(b'(') => {
                self.pos += 1;
                let list = self.nested(start, |parser| parser.substitution(start))?;
                parts.0.push(Part::Command { list: Arc::new(list), quoted });
            }
            Some(b'{') => {
                self.pos += 1;
                let parameter = self.nested(start, |parser| parser.braces(start, quoted))?;
                parts.0.push(Part::Parameter { parameter: Box::new(parameter), quoted });
            }
            Some(b'\'') if place == Place::Bare => self.escaped_quotes(start, parts)?,
            _ => match self.parameter_name(false) {
                Some(name) => {
                    let parameter = Box::new(Parameter { name, operator: Operator::Plain });
                    parts.0.push(Part::Parameter { parameter, quoted });
                }
                None => parts.push(b'$', true),
            },
        }
        Ok(())
    }

    /// `$'...'`, in which backslashes escape as in C (XCU 2.2.4).
    fn escaped_quotes(&mut self, start: usize, parts: &mut Parts) -> Result<(), SyntaxError> {
        let unclosed = "this single quote is never closed";
        let mut text = BString::default();
        let mut rest = self.source[self.pos + 1..].iter().copied();
        loop {
            match rest.next() {
                None => return Err(self.incomplete(start, unclosed)),
                Some(b'\'') => break,
                Some(0) => return Err(self.error(start, "a NUL byte cannot be part of a command")),
                Some(b'\\') => match rest.next() {
                    None => return Err(self.incomplete(start, unclosed)),
                    Some(byte) => escape(byte, &mut rest, &mut text),
                },
                Some(byte) => text.push(byte),
            }
        }
        self.pos = self.source.len() - rest.len();
        // A NUL byte ends it, as in C.
        let end = text.find_byte(0).unwrap_or(text.len());
        text.truncate(end);
        parts.0.push(Part::Quoted(text));
        Ok(())
    }

    /// The inside of `$((...))`, and the closing parentheses.
    fn arithmetic(&mut self, start: usize) -> Result<Word, SyntaxError> {
        let mut parts = Parts::default();
        self.run(Place::Arithmetic, &mut parts)?;
        if self.look().is_none() || (self.look_second().is_none() && self.look() == Some(b')')) {
            return Err(self.incomplete(start, "this `$((` is never closed"));
        }
        if self.look_second() != Some(b')') {
            let message = "this `$((` has no `))`; for a subshell in a substitution write `$( (`";
            return Err(self.error(start, message));
        }
        self.pos += 2;
        Ok(Word { parts: parts.0 })
    }

    /// The text of a here-document, to its end.
    pub(super) fn document_text(&mut self) -> Result<Word, SyntaxError> {
        let mut parts = Parts::default();
        self.run(Place::Document, &mut parts)?;
        Ok(Word { parts: parts.0 })
    }

    /// A parameter's name at the cursor. Without braces a positional parameter has one digit.
    fn parameter_name(&mut self, braces: bool) -> Option<BString> {
        let first = self.look()?;
        let mut name = BString::from([first]);
        let more: fn(u8) -> bool = match first {
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => |_| false,
            b'0'..=b'9' if braces => |byte| byte.is_ascii_digit(),
            b'0'..=b'9' => |_| false,
            byte if starts_name(byte) => |byte| byte == b'_' || byte.is_ascii_alphanumeric(),
            _ => return None,
        };
        self.pos += 1;
        while let Some(byte) = self.look()
            && more(byte)
        {
            name.push(byte);
            self.pos += 1;
        }
        Some(name)
    }

    /// The inside of `${...}`, and the closing brace.
    fn braces(&mut self, start: usize, quoted: bool) -> Result<Parameter, SyntaxError> {
        let bad = "this is no parameter expansion that the shell knows";
        // `${#}` and `${#-word}` are about `$#`; `${#NAME}` is a length.
        if self.look() == Some(b'#') && !matches!(self.look_second(), Some(b'}' | b':' | b'=' | b'+' | b'%'))
        {
            let number_sign = self.pos;
            self.pos += 1;
            if let Some(name) = self.parameter_name(true)
                && self.look() == Some(b'}')
            {
                self.pos += 1;
                return Ok(Parameter { name, operator: Operator::Length });
            }
            self.pos = number_sign;
        }
        let Some(name) = self.parameter_name(true) else {
            return Err(match self.look() {
                None => self.incomplete(start, "this `${` is never closed"),
                Some(_) => self.error(start, bad),
            });
        };
        let operator = match self.look() {
            Some(b'}') => Operator::Plain,
            Some(b'#') => self.trim(false)?,
            Some(b'%') => self.trim(true)?,
            Some(b':' | b'-' | b'=' | b'?' | b'+') => {
                let colon = self.look() == Some(b':');
                if colon {
                    self.pos += 1;
                }
                let choice = match self.look() {
                    Some(b'-') => Choice::Default,
                    Some(b'=') => Choice::Assign,
                    Some(b'?') => Choice::Error,
                    Some(b'+') => Choice::Alternative,
                    _ => return Err(self.error(start, bad)),
                };
                self.pos += 1;
                let place = if quoted { Place::QuotedBrace } else { Place::Brace };
                Operator::Choose { choice, colon, word: self.operand(place)? }
            }
            Some(_) => return Err(self.error(start, bad)),
            None => Operator::Plain,
        };
        if self.look() != Some(b'}') {
            return Err(self.incomplete(start, "this `${` is never closed"));
        }
        self.pos += 1;
        Ok(Parameter { name, operator })
    }

    fn trim(&mut self, suffix: bool) -> Result<Operator, SyntaxError> {
        let sign = self.look();
        self.pos += 1;
        let longest = self.look() == sign;
        if longest {
            self.pos += 1;
        }
        // Quotes keep their meaning in the pattern even between double quotes (XCU 2.6.2).
        Ok(Operator::Trim { suffix, longest, pattern: self.operand(Place::Brace)? })
    }

    fn operand(&mut self, place: Place) -> Result<Word, SyntaxError> {
        let mut parts = Parts::default();
        self.run(place, &mut parts)?;
        let mut word = Word { parts: parts.0 };
        if place == Place::Brace {
            word.mark_tilde();
        }
        Ok(word)
    }

    /// Backquotes: the text between them, less one layer of backslashes, is a program of its own.
    fn backquotes(&mut self, place: Place, parts: &mut Parts) -> Result<(), SyntaxError> {
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
        let depth = self.depth;
        let list = self.nested(start, |parser| {
            let mut inner = Parser::new(Arc::from(inside));
            inner.depth = depth + 1;
            inner.whole().map_err(|error| {
                let mut message = String::from("between these backquotes: ");
                message.push_str(&error.message);
                parser.error(start, message)
            })
        })?;
        parts.0.push(Part::Command { list: Arc::new(list), quoted });
        Ok(())
    }

    fn substitution(&mut self, start: usize) -> Result<List, SyntaxError> {
        // The word that is being read came from the cursor, so no token has been read ahead.
        debug_assert!(self.peeked.is_none());
        self.list_until_close(start, "this `$(` is never closed")
    }
}

/// What a backslash and `byte` stand for in `$'...'`; `rest` is what follows.
fn escape(byte: u8, rest: &mut (impl Iterator<Item = u8> + Clone), text: &mut BString) {
    let mut digits = |radix: u32, most: usize, first: Option<u32>| {
        let mut value = first;
        for _ in 0..most {
            let Some(digit) = rest.clone().next().and_then(|byte| char::from(byte).to_digit(radix)) else {
                break;
            };
            rest.next();
            value = Some(value.unwrap_or(0) * radix + digit);
        }
        value
    };
    match byte {
        b'a' => text.push(7),
        b'b' => text.push(8),
        b'e' | b'E' => text.push(27),
        b'f' => text.push(12),
        b'n' => text.push(b'\n'),
        b'r' => text.push(b'\r'),
        b't' => text.push(b'\t'),
        b'v' => text.push(11),
        b'0'..=b'7' => text.push(digits(8, 2, Some(u32::from(byte - b'0'))).unwrap_or(0) as u8),
        b'x' => match digits(16, 2, None) {
            Some(value) => text.push(value as u8),
            None => text.extend_from_slice(b"\\x"),
        },
        b'u' | b'U' => {
            let most = if byte == b'u' { 4 } else { 8 };
            match digits(16, most, None).and_then(char::from_u32) {
                Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.extend_from_slice(&[b'\\', byte]),
            }
        }
        b'c' => match rest.next() {
            Some(byte) => text.push(byte & 0x1F),
            None => text.push(b'c'),
        },
        b'\\' | b'\'' | b'"' | b'?' => text.push(byte),
        _ => text.extend_from_slice(&[b'\\', byte]),
    }
}

impl Word {
    /// Makes a tilde-prefix at the beginning a part of its own.
    pub(super) fn mark_tilde(&mut self) {
        let alone = self.parts.len() == 1;
        if let Some(Part::Plain(text)) = self.parts.first()
            && let Some((tilde, rest)) = split_tilde(text, alone)
        {
            let parts = [Some(tilde), (!rest.is_empty()).then(|| Part::Plain(rest.into()))];
            self.parts.splice(0..1, parts.into_iter().flatten());
        }
    }

    /// The same for the value of an assignment, where a tilde-prefix also follows each colon.
    pub(super) fn mark_tildes(&mut self) {
        let mut parts = Vec::with_capacity(self.parts.len());
        let count = self.parts.len();
        let mut fresh = true; // at the beginning or right behind a colon
        for (index, part) in core::mem::take(&mut self.parts).into_iter().enumerate() {
            let Part::Plain(text) = part else {
                parts.push(part);
                fresh = false;
                continue;
            };
            let last = index + 1 == count;
            let mut plain = BString::default();
            let mut pieces = text.split_str(":").peekable();
            while let Some(piece) = pieces.next() {
                let alone = last || pieces.peek().is_some();
                match split_tilde(piece, alone).filter(|_| fresh) {
                    Some((tilde, rest)) => {
                        if !plain.is_empty() {
                            parts.push(Part::Plain(core::mem::take(&mut plain)));
                        }
                        parts.push(tilde);
                        plain.extend_from_slice(rest);
                    }
                    None => plain.extend_from_slice(piece),
                }
                fresh = pieces.peek().is_some();
                if fresh {
                    plain.push(b':');
                }
            }
            fresh = plain.ends_with(b":");
            if !plain.is_empty() {
                parts.push(Part::Plain(plain));
            }
        }
        self.parts = parts;
    }
}

/// The tilde-prefix of `text` and what follows it. The prefix ends at a slash, or with the text when
/// nothing quoted or expanded comes right behind (`alone`).
fn split_tilde(text: &[u8], alone: bool) -> Option<(Part, &[u8])> {
    let name = text.strip_prefix(b"~")?;
    let end = match name.find_byte(b'/') {
        Some(slash) => slash,
        None if alone => name.len(),
        None => return None,
    };
    Some((Part::Tilde(name[..end].into()), &name[end..]))
}
