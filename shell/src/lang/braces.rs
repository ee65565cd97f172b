//! Brace expansion (not POSIX; as bash has it): `a{b,c}` is two words, `{1..5}` five. It happens before all other
//! expansion and looks at nothing but the braces, so the parser does it.

use alloc::{format, string::ToString, vec::Vec};
use bstr::{BString, ByteSlice};

use super::{
    Parser, SyntaxError,
    ast::{Part, Word},
};

/// How many words may come out of one.
const MOST: usize = 10_000;

/// What the expansion looks at: unquoted bytes, and parts that it only carries along.
#[derive(Clone)]
enum Piece {
    Byte(u8),
    Part(Part),
}

impl Parser {
    /// Adds what a word stands for: itself, or several.
    pub(super) fn expand_braces(&self, word: Word, words: &mut Vec<Word>) -> Result<(), SyntaxError> {
        let braces = |part: &Part| matches!(part, Part::Plain(text) if text.contains(&b'{'));
        if !word.parts.iter().any(braces) {
            words.push(word);
            return Ok(());
        }
        let mut pieces = Vec::new();
        for part in word.parts {
            match part {
                Part::Plain(text) => pieces.extend(text.bytes().map(Piece::Byte)),
                part => pieces.push(Piece::Part(part)),
            }
        }
        let too_many = || self.error(self.pos, format!("these braces make more than {MOST} words"));
        let expanded = expand(&pieces, 0).ok_or_else(too_many)?;
        words.extend(expanded.into_iter().map(|pieces| {
            let mut parts: Vec<Part> = Vec::new();
            for piece in pieces {
                match (piece, parts.last_mut()) {
                    (Piece::Byte(byte), Some(Part::Plain(text))) => text.push(byte),
                    (Piece::Byte(byte), _) => parts.push(Part::Plain(BString::from([byte]))),
                    (Piece::Part(part), _) => parts.push(part),
                }
            }
            let mut word = Word { parts };
            word.mark_tilde();
            word
        }));
        Ok(())
    }
}

fn is(piece: &Piece, byte: u8) -> bool {
    matches!(piece, Piece::Byte(found) if *found == byte)
}

/// All that the pieces stand for; `None` if that is too much.
fn expand(pieces: &[Piece], depth: usize) -> Option<Vec<Vec<Piece>>> {
    let mut all = Vec::from([Vec::new()]);
    let mut at = 0;
    while at < pieces.len() {
        let group = if is(&pieces[at], b'{') && depth < super::MAX_DEPTH {
            alternatives(&pieces[at..], depth)
        } else {
            None
        };
        let Some((length, options)) = group else {
            all.iter_mut().for_each(|word: &mut Vec<Piece>| word.push(pieces[at].clone()));
            at += 1;
            continue;
        };
        let options = options?;
        if all.len() * options.len() > MOST {
            return None;
        }
        all = all
            .iter()
            .flat_map(|word| options.iter().map(|option| [word.as_slice(), option].concat()))
            .collect();
        at += length;
    }
    Some(all)
}

type Options = Option<Vec<Vec<Piece>>>;

/// The group that begins at a `{`: how long it is, and what it stands for. `None` if it is no group.
fn alternatives(pieces: &[Piece], depth: usize) -> Option<(usize, Options)> {
    let mut open = 0;
    let mut commas = Vec::new();
    let mut close = None;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Byte(b'{') => open += 1,
            Piece::Byte(b'}') => {
                open -= 1;
                if open == 0 {
                    close = Some(at);
                    break;
                }
            }
            Piece::Byte(b',') if open == 1 => commas.push(at),
            _ => {}
        }
    }
    let close = close?;
    if commas.is_empty() {
        return Some((close + 1, Some(sequence(&pieces[1..close])?)));
    }
    let mut options = Vec::new();
    let mut start = 1;
    for end in commas.into_iter().chain([close]) {
        match expand(&pieces[start..end], depth + 1) {
            Some(mut expanded) if options.len() + expanded.len() <= MOST => options.append(&mut expanded),
            _ => return Some((close + 1, None)),
        }
        start = end + 1;
    }
    Some((close + 1, Some(options)))
}

/// `1..5`, `05..1`, `a..e`, and with a step `1..9..2`.
fn sequence(inside: &[Piece]) -> Options {
    let text: Option<Vec<u8>> = inside
        .iter()
        .map(|piece| match piece {
            Piece::Byte(byte) => Some(*byte),
            Piece::Part(_) => None,
        })
        .collect();
    let text = text?;
    let mut fields = text.split_str("..");
    let (first, last, step) = (fields.next()?, fields.next()?, fields.next());
    if fields.next().is_some() {
        return None;
    }
    let number = |text: &[u8]| text.to_str().ok()?.parse::<i64>().ok();
    let step = step.map_or(Some(1), number)?.unsigned_abs().max(1);
    let letter = |text: &[u8]| match text {
        [letter] if letter.is_ascii_alphabetic() => Some(i64::from(*letter)),
        _ => None,
    };
    let (from, to, letters) = match (number(first), number(last), letter(first), letter(last)) {
        (Some(from), Some(to), ..) => (from, to, false),
        (_, _, Some(from), Some(to)) => (from, to, true),
        _ => return None,
    };
    let count = from.abs_diff(to) / step;
    if count >= MOST as u64 {
        return None;
    }
    let padded = |text: &[u8]| text.strip_prefix(b"-").unwrap_or(text).starts_with(b"0") && text.len() > 1;
    let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
    Some(
        (0..=count)
            .map(|n| {
                let by = (n * step) as i64;
                let value = if to >= from { from + by } else { from - by };
                let text =
                    if letters { char::from(value as u8).to_string() } else { format!("{value:0width$}") };
                text.bytes().map(Piece::Byte).collect()
            })
            .collect(),
    )
}
