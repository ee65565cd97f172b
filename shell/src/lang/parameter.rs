//! `${...}` (XCU 2.6.2), and what bash adds to it.

use super::{
    Parsed, Parser,
    ast::{Choice, Operator, Parameter, Subscript, Which, Word},
    place::Place,
    word::starts_name,
};

const BAD: &str = "this is no parameter expansion that the shell knows";
const UNCLOSED: &str = "this `${` is never closed";

impl Parser {
    /// The inside of `${...}`, and the closing brace.
    pub(super) fn braces(&mut self, start: usize, quoted: bool) -> Parsed<Parameter> {
        // `${#}` and `${#-word}` are about `$#`; `${#NAME}` is a length.
        if self.look() == Some(b'#') && !matches!(self.look_second(), Some(b'}' | b':' | b'=' | b'+' | b'%'))
        {
            let number_sign = self.pos;
            self.pos += 1;
            if let Some(name) = self.parameter_name(true) {
                let subscript = self.subscript(name[0])?;
                if self.look() == Some(b'}') {
                    self.pos += 1;
                    return Ok(Parameter { name, subscript, indirect: false, operator: Operator::Length });
                }
            }
            self.pos = number_sign;
        }
        let indirect = self.look() == Some(b'!')
            && self.look_second().is_some_and(|byte| starts_name(byte) || byte.is_ascii_digit());
        if indirect {
            self.pos += 1;
        }
        let Some(name) = self.parameter_name(true) else {
            return Err(match self.look() {
                None => self.incomplete(start, UNCLOSED),
                Some(_) => self.error(start, BAD),
            });
        };
        let subscript = self.subscript(name[0])?;
        let indices = indirect && matches!(subscript, Some(Subscript::All { .. }));
        let operator = match self.look() {
            Some(b'}') if indices => Operator::Indices,
            _ => self.operator_of_braces(start, quoted)?,
        };
        if self.look() != Some(b'}') {
            return Err(self.incomplete(start, UNCLOSED));
        }
        self.pos += 1;
        Ok(Parameter { name, subscript, indirect: indirect && !indices, operator })
    }

    fn operator_of_braces(&mut self, start: usize, quoted: bool) -> Parsed<Operator> {
        let Some(byte) = self.look() else { return Ok(Operator::Plain) };
        if byte == b'}' {
            return Ok(Operator::Plain);
        }
        self.pos += 1;
        let next = self.look();
        let doubled = next == Some(byte);
        match byte {
            b'#' | b'%' => {
                self.pos += usize::from(doubled);
                // Quotes keep their meaning in the pattern even between double quotes (XCU 2.6.2).
                let pattern = self.operand(Place::Brace)?;
                Ok(Operator::Trim { suffix: byte == b'%', longest: doubled, pattern })
            }
            b':' if !matches!(next, Some(b'-' | b'=' | b'?' | b'+')) => {
                let from = self.text_in(Place::Slice)?;
                let length = match self.look() {
                    Some(b':') => {
                        self.pos += 1;
                        Some(self.text_in(Place::Slice)?)
                    }
                    _ => None,
                };
                Ok(Operator::Slice { from, length })
            }
            b':' | b'-' | b'=' | b'?' | b'+' => {
                let colon = byte == b':';
                let sign = if colon { next } else { Some(byte) };
                self.pos += usize::from(colon);
                let choice = match sign {
                    Some(b'-') => Choice::Default,
                    Some(b'=') => Choice::Assign,
                    Some(b'?') => Choice::Error,
                    _ => Choice::Alternative,
                };
                let word = self.operand(if quoted { Place::QuotedBrace } else { Place::Brace })?;
                Ok(Operator::Choose { choice, colon, word })
            }
            b'/' => {
                let which = match next {
                    Some(b'/') => Which::All,
                    Some(b'#') => Which::Prefix,
                    Some(b'%') => Which::Suffix,
                    _ => Which::First,
                };
                self.pos += usize::from(which != Which::First);
                let pattern = self.text_in(Place::Pattern)?;
                let with = match self.look() {
                    Some(b'/') => {
                        self.pos += 1;
                        self.operand(Place::Brace)?
                    }
                    _ => Word::default(),
                };
                Ok(Operator::Replace { pattern, with, which })
            }
            b'^' | b',' => {
                self.pos += usize::from(doubled);
                let pattern = self.operand(Place::Brace)?;
                Ok(Operator::Case { upper: byte == b'^', all: doubled, pattern })
            }
            _ => Err(self.error(start, BAD)),
        }
    }

    /// `[...]` behind a name that begins with `first`.
    fn subscript(&mut self, first: u8) -> Parsed<Option<Subscript>> {
        if !starts_name(first) || self.look() != Some(b'[') {
            return Ok(None);
        }
        let start = self.pos;
        self.pos += 1;
        let all = match (self.look(), self.look_second()) {
            (Some(sign @ (b'@' | b'*')), Some(b']')) => Some(sign == b'*'),
            _ => None,
        };
        let subscript = match all {
            Some(joined) => {
                self.pos += 1;
                Subscript::All { joined }
            }
            None => Subscript::At(self.text_in(Place::Subscript)?),
        };
        if self.look() != Some(b']') {
            return Err(self.incomplete(start, "this `[` is never closed"));
        }
        self.pos += 1;
        Ok(Some(subscript))
    }

    fn operand(&mut self, place: Place) -> Parsed<Word> {
        let mut word = self.text_in(place)?;
        if place == Place::Brace {
            word.mark_tilde();
        }
        Ok(word)
    }
}
