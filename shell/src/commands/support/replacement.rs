//! The right side of `s` in `sed`, `ed` and `ex`: reading it, and putting it in the place of matches.

use alloc::{format, string::String, vec::Vec};
use bstr::BString;
use core::ops::Range;

use super::{regex::Regex, script_text as text};

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(BString),
    /// What a group matched; 0 for all.
    Group(usize),
    Case(Case),
}

/// GNU's `\U \L \u \l \E`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Upper,
    Lower,
    UpperNext,
    LowerNext,
    End,
}

/// Reads a replacement. `most` is how many groups the regular expression has.
pub fn parse(text: &[u8], delimiter: u8, most: usize) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = BString::default();
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let piece = match byte {
            b'&' => Piece::Group(0),
            b'\\' => {
                let Some((&next, after)) = rest.split_first() else { break };
                if let Some((byte, used)) = text::escape(rest) {
                    literal.push(byte);
                    rest = &rest[used..];
                    continue;
                }
                rest = after;
                match next {
                    // A delimiter that has a meaning loses it.
                    _ if next == delimiter && !next.is_ascii_alphanumeric() => {
                        literal.push(next);
                        continue;
                    }
                    b'0'..=b'9' => Piece::Group(usize::from(next - b'0')),
                    b'U' => Piece::Case(Case::Upper),
                    b'L' => Piece::Case(Case::Lower),
                    b'u' => Piece::Case(Case::UpperNext),
                    b'l' => Piece::Case(Case::LowerNext),
                    b'E' => Piece::Case(Case::End),
                    b'n' => {
                        literal.push(b'\n');
                        continue;
                    }
                    other => {
                        literal.push(other);
                        continue;
                    }
                }
            }
            byte => {
                literal.push(byte);
                continue;
            }
        };
        if let Piece::Group(group) = piece
            && group > most
        {
            return Err(format!("invalid reference \\{group} on 's' command's right side"));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(core::mem::take(&mut literal)));
        }
        pieces.push(piece);
    }
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Ok(pieces)
}

/// Appends the replacement of a match in `text`.
pub fn append(pieces: &[Piece], text: &[u8], groups: &[Option<Range<usize>>], out: &mut Vec<u8>) {
    let (mut running, mut once) = (Case::End, None);
    for piece in pieces {
        let part = match piece {
            Piece::Case(case @ (Case::UpperNext | Case::LowerNext)) => {
                once = Some(*case);
                continue;
            }
            Piece::Case(case) => {
                running = *case;
                continue;
            }
            Piece::Text(text) => text.as_slice(),
            Piece::Group(group) => match groups.get(*group) {
                Some(Some(range)) => &text[range.clone()],
                _ => b"",
            },
        };
        if part.is_empty() {
            continue;
        }
        let rest = match once.take() {
            Some(case) => {
                let (first, rest) = part.split_at(text::character_length(part));
                convert(first, if case == Case::UpperNext { Case::Upper } else { Case::Lower }, out);
                rest
            }
            None => part,
        };
        convert(rest, running, out);
    }
}

/// Which matches in a text are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which {
    /// The first of them, from 1.
    pub number: u64,
    /// And all that follow.
    pub global: bool,
}

/// Goes from match to match in a text.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    /// Where the search goes on.
    from: usize,
    previous_end: Option<usize>,
}

impl Matches {
    /// The next match, with its groups in `groups`. An empty match right behind the one before is none.
    pub fn next(
        &mut self,
        regex: &mut Regex,
        text: &[u8],
        groups: &mut Vec<Option<Range<usize>>>,
    ) -> Result<Option<Range<usize>>, &'static str> {
        while self.from <= text.len() && regex.captures(text, self.from, groups)? {
            let Some(Some(found)) = groups.first().cloned() else { break };
            let counts = !(found.is_empty() && self.previous_end == Some(found.start));
            self.previous_end = Some(found.end);
            self.from = match found.is_empty() {
                true => found.end + text::character_length(&text[found.end..]).max(1),
                false => found.end,
            };
            if counts {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// The text with matches replaced; `None` if there is nothing to replace.
pub fn replace(
    regex: &mut Regex,
    text: &[u8],
    pieces: &[Piece],
    which: Which,
) -> Result<Option<Vec<u8>>, &'static str> {
    let (mut matches, mut groups) = (Matches::default(), Vec::new());
    let (mut out, mut copied, mut count) = (Vec::new(), 0, 0);
    while let Some(found) = matches.next(regex, text, &mut groups)? {
        count += 1;
        if count < which.number {
            continue;
        }
        out.extend_from_slice(&text[copied..found.start]);
        append(pieces, text, &groups, &mut out);
        copied = found.end;
        if !which.global {
            break;
        }
    }
    if count < which.number {
        return Ok(None);
    }
    out.extend_from_slice(&text[copied..]);
    Ok(Some(out))
}

fn convert(text: &[u8], case: Case, out: &mut Vec<u8>) {
    if !matches!(case, Case::Upper | Case::Lower) {
        return out.extend_from_slice(text);
    }
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let mut push = |char: char| out.extend_from_slice(char.encode_utf8(&mut buffer).as_bytes());
            match case {
                Case::Upper => char.to_uppercase().for_each(&mut push),
                _ => char.to_lowercase().for_each(&mut push),
            }
        }
        out.extend_from_slice(chunk.invalid());
    }
}
