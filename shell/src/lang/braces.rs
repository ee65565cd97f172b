//! Brace expansion (not POSIX; as bash has it): `a{b,c}` is two words, `{1..5}` five. It happens before all other
//! expansion and looks at nothing but the braces, so the parser does it.

use alloc::{format, string::ToString, vec::Vec};
use bstr::ByteSlice;
use smallvec::SmallVec;
use thin_vec::ThinVec;

use super::{
    Parsed, Parser,
    ast::{Literal, Part, Word},
};

/// How many words may come out of one.
const MOST: usize = 10_000;

/// Three numbers and what is between them.
const LONGEST_SEQUENCE: usize = 64;

/// What the expansion looks at: unquoted bytes, and parts that it only carries along.
#[derive(Clone)]
enum Piece {
    Byte(u8),
    Part(Part),
}

impl Parser {
    /// Adds what a word stands for: itself, or several.
    #[inline]
    pub(super) fn expand_braces(&self, word: Word, words: &mut ThinVec<Word>) -> Parsed<()> {
        if word.has_braces() {
            return self.expand_any_braces(word, words);
        }
        words.push(word);
        Ok(())
    }

    fn expand_any_braces(&self, word: Word, words: &mut ThinVec<Word>) -> Parsed<()> {
        let mut pieces = Vec::new();
        for part in word.parts {
            match part {
                Part::Plain(text) => pieces.extend(text.iter().copied().map(Piece::Byte)),
                part => pieces.push(Piece::Part(part)),
            }
        }
        let too_many = || self.error(self.pos, format!("these braces make more than {MOST} words"));
        let expanded = expand(&pieces, 0).ok_or_else(too_many)?;
        words.extend(expanded.into_iter().map(|pieces| {
            let mut parts: SmallVec<[Part; 1]> = SmallVec::new();
            for piece in pieces {
                match (piece, parts.last_mut()) {
                    (Piece::Byte(byte), Some(Part::Plain(text))) => text.push(byte),
                    (Piece::Byte(byte), _) => parts.push(Part::Plain(Literal::from_slice(&[byte]))),
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

/// Where a `{` is closed, and whether commas stand between, at its own level.
#[derive(Clone, Copy)]
struct Group {
    close: usize,
    commas: bool,
}

/// The groups by where they begin; in one pass, however they nest.
fn groups(pieces: &[Piece]) -> Vec<Option<Group>> {
    let mut groups = Vec::from_iter(core::iter::repeat_n(None, pieces.len()));
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Byte(b'{') => open.push((at, false)),
            Piece::Byte(b',') => {
                if let Some((_, commas)) = open.last_mut() {
                    *commas = true;
                }
            }
            Piece::Byte(b'}') => {
                if let Some((start, commas)) = open.pop() {
                    groups[start] = Some(Group { close: at, commas });
                }
            }
            _ => {}
        }
    }
    groups
}

/// All that the pieces stand for; `None` if that is too much.
fn expand(pieces: &[Piece], depth: usize) -> Option<Vec<Vec<Piece>>> {
    let groups = groups(pieces);
    let mut all = Vec::from([Vec::new()]);
    let mut at = 0;
    while at < pieces.len() {
        let group = groups[at].filter(|_| depth < super::MAX_DEPTH);
        let options = group.and_then(|group| {
            let inside = &pieces[at + 1..group.close];
            if group.commas { Some(alternatives(inside, depth)) } else { sequence(inside).map(Some) }
        });
        let (Some(group), Some(options)) = (group, options) else {
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
        at = group.close + 1;
    }
    Some(all)
}

type Options = Option<Vec<Vec<Piece>>>;

/// What stands between commas, each expanded; `None` if that is too much.
fn alternatives(inside: &[Piece], depth: usize) -> Options {
    let mut options = Vec::new();
    let mut open = 0;
    let at_comma = |piece: &Piece| {
        open += i32::from(is(piece, b'{')) - i32::from(is(piece, b'}'));
        open == 0 && is(piece, b',')
    };
    for option in inside.split(at_comma) {
        options.append(&mut expand(option, depth + 1)?);
        if options.len() > MOST {
            return None;
        }
    }
    Some(options)
}

/// `1..5`, `05..1`, `a..e`, and with a step `1..9..2`.
fn sequence(inside: &[Piece]) -> Options {
    if inside.len() > LONGEST_SEQUENCE {
        return None;
    }
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
