//! The right side of `s`: reading it, and putting it in the place of a match.

use alloc::{format, string::String, vec::Vec};
use bstr::BString;
use core::ops::Range;

use super::{
    script::{Case, Piece},
    text,
};

/// Reads a replacement. `most` is how many groups the regular expression has.
pub(super) fn parse(text: &[u8], delimiter: u8, most: usize) -> Result<Vec<Piece>, String> {
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
pub(super) fn append(pieces: &[Piece], text: &[u8], groups: &[Option<Range<usize>>], out: &mut Vec<u8>) {
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
