//! Tilde-prefixes (XCU 2.6.1): which part of a word is one.

use bstr::ByteSlice;
use smallvec::SmallVec;

use super::ast::{Literal, Part, Word};

impl Word {
    /// Makes a tilde-prefix at the beginning a part of its own.
    #[inline]
    pub(super) fn mark_tilde(&mut self) {
        if matches!(self.parts.first(), Some(Part::Plain(text)) if text[0] == b'~') {
            self.split_off_tilde();
        }
    }

    fn split_off_tilde(&mut self) {
        let alone = self.parts.len() == 1;
        if let Some(Part::Plain(text)) = self.parts.first()
            && let Some((tilde, rest)) = split_tilde(text, alone)
        {
            let rest = (!rest.is_empty()).then(|| Part::Plain(Literal::from_slice(rest)));
            self.parts[0] = tilde;
            if let Some(rest) = rest {
                self.parts.insert(1, rest);
            }
        }
    }

    /// The same for the value of an assignment, where a tilde-prefix also follows each colon.
    pub(super) fn mark_tildes(&mut self) {
        if self.parts.iter().any(|part| matches!(part, Part::Plain(text) if text.contains(&b'~'))) {
            self.split_off_tildes();
        }
    }

    fn split_off_tildes(&mut self) {
        let mut parts = SmallVec::new();
        let count = self.parts.len();
        let mut fresh = true; // at the beginning or right behind a colon
        for (index, part) in core::mem::take(&mut self.parts).into_iter().enumerate() {
            let Part::Plain(text) = part else {
                parts.push(part);
                fresh = false;
                continue;
            };
            let last = index + 1 == count;
            let mut plain = Literal::new();
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
    Some((Part::Tilde(Literal::from_slice(&name[..end])), &name[end..]))
}
