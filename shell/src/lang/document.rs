//! Here-documents (XCU 2.7.4): they are read at the end of the line that has the operator.

use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use bstr::{BString, ByteSlice};
use smallvec::SmallVec;

use super::{
    Parsed, Parser, SyntaxError,
    ast::{Document, Literal, Part, Word},
    place::Place,
};

/// A here-document whose operator has been seen.
pub(super) struct Pending {
    /// Where the operator is.
    at: usize,
    end: BString,
    /// Whether the delimiter has quotes: then nothing is expanded.
    quoted: bool,
    /// `<<-`: tabs at the beginning of lines do not count.
    strip_tabs: bool,
    document: Document,
}

/// A text in which `$` and backquotes are expanded as in a here-document, such as a prompt.
pub(crate) fn expandable(text: &[u8]) -> Parsed<Word> {
    Parser::new(Arc::from(text)).text_in(Place::Document)
}

impl Parser {
    /// The delimiter after `<<`, which stands at `at`.
    pub(super) fn begin_document(&mut self, at: usize, strip_tabs: bool) -> Parsed<Document> {
        let token = *self.peek()?;
        let Some(word) = self.take_raw_word()? else {
            return Err(self.error(at, "a word must follow that ends the here-document"));
        };
        let mut end = BString::default();
        let mut quoted = false;
        for part in &word.parts {
            match part {
                Part::Plain(text) => end.extend_from_slice(text),
                Part::Quoted(text) => {
                    end.extend_from_slice(text);
                    quoted = true;
                }
                // Nothing is expanded here: it stands for itself.
                _ => {
                    end = self.text_source()[token.start..token.end].into();
                    break;
                }
            }
        }
        let document = Document::default();
        self.pending.push(Pending { at, end, quoted, strip_tabs, document: document.clone() });
        Ok(document)
    }

    /// Reads the here-documents of the line that has just ended.
    pub(super) fn read_documents(&mut self) -> Parsed<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for pending in core::mem::take(&mut self.pending) {
            let start = self.pos;
            let lines = self.lines_up_to(&pending)?;
            let word = if pending.quoted {
                Word { parts: SmallVec::from([Part::Quoted(Literal::from_vec(lines))]) }
            } else {
                let mut inner = self.inner(Arc::from(lines), start);
                let word = inner.text_in(Place::Document).map_err(|error| {
                    let message = String::from("in this here-document: ") + &error.message;
                    self.error(start, message)
                })?;
                self.step(inner.steps());
                word
            };
            pending.document.0.call_once(|| word);
        }
        Ok(())
    }

    /// The source has ended.
    pub(super) fn documents_must_be_read(&self) -> Parsed<()> {
        match self.pending.first() {
            Some(pending) => Err(self.without_end(pending)),
            None => Ok(()),
        }
    }

    fn without_end(&self, pending: &Pending) -> Box<SyntaxError> {
        self.incomplete(pending.at, format!("this here-document has no end: no line is `{}`", pending.end))
    }

    /// The lines at the cursor up to the delimiter, which is passed.
    fn lines_up_to(&mut self, pending: &Pending) -> Parsed<Vec<u8>> {
        let mut lines = Vec::new();
        loop {
            let rest = &self.source[self.pos..];
            if rest.is_empty() {
                return Err(self.without_end(pending));
            }
            let length = rest.find_byte(b'\n').map_or(rest.len(), |newline| newline + 1);
            let mut line = &rest[..length];
            if pending.strip_tabs {
                line = &line[line.iter().take_while(|&&byte| byte == b'\t').count()..];
            }
            self.pos += length;
            if line.strip_suffix(b"\n").unwrap_or(line) == pending.end.as_slice() {
                return Ok(lines);
            }
            if let Some(nul) = line.find_byte(0) {
                return Err(self.error(self.pos - line.len() + nul, "a NUL byte cannot be part of a command"));
            }
            lines.extend_from_slice(line);
        }
    }
}
