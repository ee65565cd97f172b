//! `:s`, `:&`, `&`, and `:s///c`, which asks for each match.

use alloc::{format, string::String, sync::Arc, vec::Vec};
use bstr::ByteSlice;

use super::{
    super::support::{
        editing::address::Reader,
        posix_regex::Syntax,
        replacement::{self, Piece, Which},
    },
    confirm::Confirm,
    editor::{Editor, Mode},
};

/// What `:&` does again.
#[derive(Clone)]
pub struct Substitution {
    pattern: Vec<u8>,
    /// As it was written, for `~`.
    written: Vec<u8>,
    pub pieces: Vec<Piece>,
}

/// What stands behind a substitution.
#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub global: bool,
    confirm: bool,
    ignore_case: Option<bool>,
    /// Only say how many there are.
    counts: bool,
    count: Option<usize>,
}

impl Editor {
    /// Reads what is behind `s`, and does it from line `first` to `last`. In a `global` command nothing to do is no
    /// mistake. Whether it asks.
    pub fn substitute(&mut self, reader: &mut Reader<'_>, (first, last): (usize, usize), global: bool) -> Result<bool, String> {
        reader.skip_blanks();
        let again = !reader.peek().is_some_and(|byte| {
            byte.is_ascii_punctuation() && !matches!(byte, b'&' | b'"' | b'|' | b'\\')
        });
        let (substitution, flags) = match again {
            true => {
                let flags = read_flags(reader)?;
                (self.substitution.clone().ok_or("No previous substitution")?, flags)
            }
            false => self.read_substitution(reader)?,
        };
        let ignore_case = flags.ignore_case.unwrap_or(self.settings.ignorecase);
        self.finder.set(&substitution.pattern, ignore_case)?;
        self.substitution = Some(substitution.clone());
        let (first, mut last) = match flags.count {
            Some(count) => (last, (last + count.max(1) - 1).min(self.lines())),
            None => (first, last),
        };
        if flags.confirm && !global {
            let confirm = Confirm::new(substitution.pieces, flags.global, (first, last));
            self.mode = Mode::Confirm(confirm);
            self.next_match();
            return Ok(true);
        }
        let which = Which { number: 1, global: flags.global };
        let (mut line, mut lines, mut matches) = (first, 0, 0);
        while line <= last {
            let text = self.buffer.text(line);
            let regex = self.finder.regex()?;
            if flags.counts {
                let (mut at, mut groups) = (replacement::Matches::default(), Vec::new());
                let mut here = 0;
                while at.next(regex, &text, &mut groups)?.is_some() && (flags.global || here == 0) {
                    here += 1;
                }
                (lines, matches) = (lines + usize::from(here > 0), matches + here);
            } else if let Some(replaced) = replacement::replace(regex, &text, &substitution.pieces, which)? {
                let more = self.put_replaced(line, &replaced);
                (line, last) = (line + more, last + more);
                lines += 1;
                self.line = line;
            }
            line += 1;
        }
        if flags.counts {
            self.say(format!("{matches} matches in {lines} lines"));
        } else if lines == 0 && !global {
            return Err(self.finder.not_found());
        } else if lines > 4 && !global {
            self.say(format!("{lines} lines changed"));
        }
        self.col = super::chars::indent(self.text());
        self.settle_column();
        Ok(false)
    }

    /// A line becomes what was replaced in it, perhaps more lines; how many more.
    pub fn put_replaced(&mut self, line: usize, replaced: &[u8]) -> usize {
        let mut lines = replaced.split_str(b"\n");
        self.buffer.replace(line, Arc::from(lines.next().unwrap_or_default()));
        self.buffer.insert(line, lines.map(Arc::from))
    }

    fn read_substitution(&mut self, reader: &mut Reader<'_>) -> Result<(Substitution, Flags), String> {
        let delimiter = reader.next().unwrap_or(b'/');
        let (pattern, _) = reader.pattern(delimiter, Syntax::Basic).ok_or("The pattern ends with a backslash")?;
        let rest = reader.rest();
        let (mut end, mut ended) = (0, false);
        while let Some(&byte) = rest.get(end) {
            if byte == delimiter {
                ended = true;
                break;
            }
            end += if byte == b'\\' { 2 } else { 1 };
        }
        let end = end.min(rest.len());
        reader.at += end + usize::from(ended);
        let flags = read_flags(reader)?;
        let written = self.expand_tilde(&rest[..end]);
        let ignore_case = flags.ignore_case.unwrap_or(self.settings.ignorecase);
        self.finder.set(&pattern, ignore_case)?;
        let pattern = self.finder.pattern().map_or_else(Vec::new, |pattern| pattern.to_vec());
        let most = self.finder.regex()?.groups();
        let pieces = replacement::parse(&with_newlines(&written), delimiter, most)?;
        Ok((Substitution { pattern, written, pieces }, flags))
    }

    /// `~` is the replacement of the last substitution.
    fn expand_tilde(&self, text: &[u8]) -> Vec<u8> {
        let before = self.substitution.as_ref().map_or(&b""[..], |last| &last.written);
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            match (text[at], text.get(at + 1)) {
                (b'\\', Some(b'~')) => {
                    out.push(b'~');
                    at += 1;
                }
                (b'\\', Some(next)) => {
                    out.extend_from_slice(&[b'\\', *next]);
                    at += 1;
                }
                (b'~', _) => out.extend_from_slice(before),
                (byte, _) => out.push(byte),
            }
            at += 1;
        }
        out
    }
}

/// `\r`, and a carriage return typed after `^V`, begin a new line.
fn with_newlines(text: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b'\\', Some(b'r' | b'\r')) => {
                out.extend_from_slice(b"\\n");
                at += 1;
            }
            (b'\\', Some(next)) => {
                out.extend_from_slice(&[b'\\', *next]);
                at += 1;
            }
            (b'\r', _) => out.extend_from_slice(b"\\n"),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    out
}

fn read_flags(reader: &mut Reader<'_>) -> Result<Flags, String> {
    let mut flags = Flags::default();
    loop {
        reader.skip_blanks();
        match reader.peek() {
            Some(b'g') => flags.global = true,
            Some(b'c') => flags.confirm = true,
            Some(b'i') => flags.ignore_case = Some(true),
            Some(b'I') => flags.ignore_case = Some(false),
            Some(b'n') => flags.counts = true,
            Some(b'&' | b'p' | b'e' | b'r') => {}
            Some(b'0'..=b'9') => {
                flags.count = reader.number();
                continue;
            }
            None | Some(b'|') => return Ok(flags),
            Some(_) => return Err("Trailing characters".into()),
        }
        reader.at += 1;
    }
}
