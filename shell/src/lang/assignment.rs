//! Assignments: `NAME=value`, `NAME+=value`, `NAME[index]=value` and `NAME=(...)`.

use bstr::ByteSlice;
use thin_vec::ThinVec;

use super::{
    Parsed, Parser,
    ast::{Assignment, Element, Literal, Part, Value, Word},
    lexer::Op,
    word::is_name,
};

impl Parser {
    /// Makes a word an assignment; gives it back when it is none. The word has been taken, and the cursor is behind it.
    pub(super) fn assignment(&mut self, word: Word) -> Parsed<Result<Assignment, Word>> {
        let mut assignment = match split(word) {
            Ok(assignment) => assignment,
            Err(word) => return Ok(Err(word)),
        };
        let Value::Word(value) = &mut assignment.value else { return Ok(Ok(assignment)) };
        let array =
            value.parts.is_empty() && assignment.index.is_none() && self.source.get(self.pos) == Some(&b'(');
        match array {
            true => {
                let start = self.pos;
                self.pos += 1;
                assignment.value = Value::Array(self.nested(start, |parser| parser.elements(start))?);
            }
            false => value.mark_tildes(),
        }
        Ok(Ok(assignment))
    }

    /// What stands between the parentheses, and the closing one.
    fn elements(&mut self, start: usize) -> Parsed<ThinVec<Element>> {
        let mut elements = ThinVec::new();
        loop {
            self.skip_newlines()?;
            if self.eat(Op::Close)? {
                return Ok(elements);
            }
            let Some(word) = self.take_raw_word()? else {
                return Err(self.missing(start, "this `(` is never closed")?);
            };
            match indexed(word) {
                Ok(element) => elements.push(element),
                Err(word) => {
                    let mut words = ThinVec::new();
                    self.expand_braces(word, &mut words)?;
                    elements.extend(words.into_iter().map(|mut value| {
                        value.mark_tilde();
                        Element { index: None, value }
                    }));
                }
            }
        }
    }
}

/// Splits a word that is an assignment.
fn split(mut word: Word) -> Result<Assignment, Word> {
    let Some(Part::Plain(text)) = word.parts.first_mut() else { return Err(word) };
    let Some(end) = text.find_byteset(b"=[") else { return Err(word) };
    if text[end] == b'[' {
        return match is_name(&text[..end]) {
            true => subscripted(word, end),
            false => Err(word),
        };
    }
    let before = &text[..end];
    let (name, append) = before.strip_suffix(b"+").map_or((before, false), |name| (name, true));
    if !is_name(name) {
        return Err(word);
    }
    let name = Literal::from_slice(name);
    text.drain(..=end);
    if text.is_empty() {
        word.parts.remove(0);
    }
    Ok(Assignment { name, index: None, value: Value::Word(word), append })
}

/// `NAME[index]=value`, whose bracket is at `open` in the first part.
fn subscripted(word: Word, open: usize) -> Result<Assignment, Word> {
    let Some((index, value, append)) = bracketed(&word, open) else { return Err(word) };
    let Some(Part::Plain(text)) = word.parts.first() else { return Err(word) };
    let name = Literal::from_slice(&text[..open]);
    Ok(Assignment { name, index: Some(index), value: Value::Word(value), append })
}

/// `[index]=value` in an array.
fn indexed(word: Word) -> Result<Element, Word> {
    let begins = matches!(word.parts.first(), Some(Part::Plain(text)) if text.starts_with(b"["));
    match begins.then(|| bracketed(&word, 0)).flatten() {
        Some((index, mut value, _)) => {
            value.mark_tildes();
            Ok(Element { index: Some(index), value })
        }
        None => Err(word),
    }
}

/// What stands in the bracket that opens at `open` of the first part, what follows its `]=` or `]+=`, and whether it is that.
fn bracketed(word: &Word, open: usize) -> Option<(Word, Word, bool)> {
    let mut depth = 0_usize;
    for (number, part) in word.parts.iter().enumerate() {
        let Part::Plain(text) = part else { continue };
        let from = if number == 0 { open } else { 0 };
        for (at, byte) in text.iter().enumerate().skip(from) {
            match byte {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if depth > 0 {
                continue;
            }
            let rest = &text[at + 1..];
            let append = rest.starts_with(b"+=");
            let rest = rest.strip_prefix(if append { b"+=".as_slice() } else { b"=" })?;
            let piece = |text: &[u8]| (!text.is_empty()).then(|| Part::Plain(Literal::from_slice(text)));
            let (first, last) = match number {
                0 => (piece(&text[from + 1..at]), None),
                _ => (begin(word, open), piece(&text[..at])),
            };
            let between = word.parts.get(1..number).unwrap_or_default().iter().cloned();
            let index = Word { parts: first.into_iter().chain(between).chain(last).collect() };
            let behind = word.parts[number + 1..].iter().cloned();
            let value = Word { parts: piece(rest).into_iter().chain(behind).collect() };
            return Some((index, value, append));
        }
    }
    None
}

/// What of the first part stands behind the bracket.
fn begin(word: &Word, open: usize) -> Option<Part> {
    match word.parts.first() {
        Some(Part::Plain(text)) if text.len() > open + 1 => {
            Some(Part::Plain(Literal::from_slice(&text[open + 1..])))
        }
        _ => None,
    }
}
