//! POSIX basic and extended regular expressions (XBD 9), with GNU's ``\< \> \b \w \s \` \'``, translated to
//! the syntax of `regex-automata`, or of `fancy-regex` where there are back-references. See [`super::regex`].

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;
use core::fmt::Write;

/// Which of the POSIX syntaxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Basic: `\(`, `\{`, `\|` are special.
    Basic,
    /// Extended: `(`, `{`, `|`, `+`, `?` are special.
    Extended,
    /// No character is special.
    Fixed,
}

/// The engine that a pattern is translated for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `regex-automata`: linear time, no back-references.
    Linear,
    /// `fancy-regex`: back-references. Bytes that are not UTF-8 are [`stand_in`]s.
    Backtracking,
}

/// Why a pattern cannot be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is wrong, and this is what is wrong with it.
    Invalid(&'static str),
    /// It needs [`Engine::Backtracking`].
    BackReference,
}

impl From<&'static str> for Refusal {
    fn from(message: &'static str) -> Self {
        Refusal::Invalid(message)
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(message) => message.into(),
            Refusal::BackReference => "back-references are not supported here".into(),
        }
    }
}

/// A pattern in the engine's syntax.
#[derive(Debug, PartialEq, Eq)]
pub struct Translated {
    /// The pattern.
    pub text: String,
    /// How many groups it has.
    pub groups: usize,
}

/// What can be repeated: where it begins in the translation, and the operator behind it so far.
struct Atom {
    start: usize,
    repeated: Option<u8>,
    wraps: usize,
}

/// Translates a pattern. Its groups count from `groups_before` + 1.
pub fn translate(
    pattern: &[u8],
    syntax: Syntax,
    engine: Engine,
    groups_before: usize,
) -> Result<Translated, Refusal> {
    let mut out = String::new();
    if syntax == Syntax::Fixed {
        push_literals(pattern, engine, &mut out);
        return Ok(Translated { text: out, groups: 0 });
    }
    let basic = syntax == Syntax::Basic;
    let linear = engine == Engine::Linear;
    let word = |linear_text, other| if linear { linear_text } else { other };
    let mut groups = 0;
    // The open groups: where each begins and its number.
    let mut open: Vec<(usize, usize)> = Vec::new();
    // What an operator would repeat; none where an expression begins: `*` is no operator there and `^` an anchor.
    let mut atom: Option<Atom> = None;
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        // `(`, `{`, `|`, `+`, `?` and their partners are operators plain in one syntax, escaped in the other.
        let escaped = byte == b'\\' && !after.is_empty();
        let operator = match (escaped, after.first()) {
            (true, Some(next)) if basic && b"(){}|+?".contains(next) => *next,
            (false, _) if !basic && b"(){}|+?".contains(&byte) => byte,
            (false, _) if b"*^$[.".contains(&byte) => byte,
            _ => 0,
        };
        let before = atom.take();
        let start = out.len();
        let token_length = 1 + usize::from(escaped && basic && operator != 0);
        let tail = &rest[token_length..];
        rest = tail;
        match (operator, before) {
            (b'(', _) => {
                groups += 1;
                open.push((start, groups));
                out.push('(');
                continue;
            }
            (b')', _) if !open.is_empty() => {
                out.push(')');
                let start = open.pop().map_or(start, |(start, _)| start);
                atom = Some(Atom { start, repeated: None, wraps: 0 });
                continue;
            }
            (b')', _) if basic => return Err("Unmatched ) or \\)".into()),
            (b'|', _) => {
                out.push('|');
                continue;
            }
            (b'*' | b'+' | b'?', Some(before)) => {
                atom = Some(repeat(before, operator, &mut out));
                continue;
            }
            (b'{', Some(before)) if let Some((interval, used)) = interval(tail, basic)? => {
                atom = Some(repeat_interval(before, &interval, &mut out)?);
                rest = &tail[used..];
                continue;
            }
            (b'^', None) => {
                out.push('^');
                continue;
            }
            (b'^', _) if !basic => out.push('^'),
            (b'$', _)
                if !basic || tail.is_empty() || tail.starts_with(b"\\)") || tail.starts_with(b"\\|") =>
            {
                out.push('$')
            }
            (b'.', _) => out.push('.'),
            (b'[', _) => {
                let used = bracket(tail, &mut out)?;
                rest = &tail[used..];
            }
            (0, _) if escaped => {
                let next = after[0];
                rest = &after[1..];
                match next {
                    b'<' => out.push_str(word(r"(?-u:\b{start})", "(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))")),
                    b'>' => out.push_str(word(r"(?-u:\b{end})", "(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))")),
                    b'b' => out.push_str(word(r"(?-u:\b)", BOUNDARY)),
                    b'B' => out.push_str(word(r"(?-u:\B)", NO_BOUNDARY)),
                    b'w' => out.push_str("[0-9A-Za-z_]"),
                    b'W' => out.push_str("[^0-9A-Za-z_]"),
                    b's' => out.push_str(r"[\t-\r ]"),
                    b'S' => out.push_str(r"[^\t-\r ]"),
                    b'`' => out.push_str(r"\A"),
                    b'\'' => out.push_str(r"\z"),
                    b'1'..=b'9' => {
                        let number = usize::from(next - b'0');
                        if number > groups || open.iter().any(|(_, open)| *open == number) {
                            return Err("Invalid back reference".into());
                        }
                        if linear {
                            return Err(Refusal::BackReference);
                        }
                        let _ = write!(out, r"(?:\{})", groups_before + number); // a String takes everything
                    }
                    _ => rest = literal(after, engine, &mut out),
                }
            }
            (0, _) if byte == b'\\' => return Err("Trailing backslash".into()),
            (0, _) => rest = literal(&pattern[pattern.len() - tail.len() - 1..], engine, &mut out),
            (other, _) => push_literals(&[other], engine, &mut out),
        }
        atom = Some(Atom { start, repeated: None, wraps: 0 });
    }
    if open.is_empty() { Ok(Translated { text: out, groups }) } else { Err("Unmatched ( or \\(".into()) }
}

const BOUNDARY: &str = "(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))";
const NO_BOUNDARY: &str = "(?:(?<![0-9A-Za-z_])(?![0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_]))";

/// Repeats an atom. Two operators in a row would mean something else to the engine (`+?` is not greedy there), and
/// any two of these are one of them.
fn repeat(atom: Atom, operator: u8, out: &mut String) -> Atom {
    let operator = match atom.repeated {
        Some(b'{') => {
            wrap(atom.start, out);
            operator
        }
        Some(before) => {
            out.pop();
            if before == operator { operator } else { b'*' }
        }
        None => operator,
    };
    out.push(char::from(operator));
    Atom { repeated: Some(operator), ..atom }
}

/// Repeats an atom a number of times.
fn repeat_interval(atom: Atom, interval: &str, out: &mut String) -> Result<Atom, &'static str> {
    // Each one nests what is before it, and the engine bounds how deep that may go.
    const MOST: usize = 100;
    if atom.wraps == MOST {
        return Err("Regular expression too big");
    }
    if atom.repeated.is_some() {
        wrap(atom.start, out);
    }
    out.push_str(interval);
    Ok(Atom { repeated: Some(b'{'), wraps: atom.wraps + 1, ..atom })
}

fn wrap(start: usize, out: &mut String) {
    out.insert_str(start, "(?:");
    out.push(')');
}

/// Appends the first character of `text` as itself; the rest.
fn literal<'a>(text: &'a [u8], engine: Engine, out: &mut String) -> &'a [u8] {
    let length = match bstr::decode_utf8(text) {
        (Some(_), length) => length,
        (None, _) => 1,
    };
    push_literals(&text[..length], engine, out);
    &text[length..]
}

/// Appends text that stands for itself; bytes that are not UTF-8 too.
fn push_literals(text: &[u8], engine: Engine, out: &mut String) {
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push_char(char, out));
        for &byte in chunk.invalid() {
            match engine {
                Engine::Linear => {
                    let _ = write!(out, r"(?-u:\x{byte:02X})"); // a String takes everything
                }
                Engine::Backtracking => out.push(stand_in(byte)),
            }
        }
    }
}

/// What stands for a byte that is not UTF-8 where everything has to be: a character for private use.
pub fn stand_in(byte: u8) -> char {
    char::from_u32(0x10_FF00 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn push_char(char: char, out: &mut String) {
    if char.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(char);
}

/// Reads `m}`, `m,}`, `,n}` or `m,n}` (`\}` when basic) and how long it was. An extended `{` that begins
/// no interval is an ordinary character.
fn interval(text: &[u8], basic: bool) -> Result<Option<(String, usize)>, &'static str> {
    let close: &[u8] = if basic { b"\\}" } else { b"}" };
    let Some(end) = text.find(close) else {
        return if basic { Err("Unmatched { or \\{") } else { Ok(None) };
    };
    let inside = text[..end].to_str().unwrap_or("x");
    let (low, high) = inside.split_once(',').unwrap_or((inside, inside));
    let number = |digits: &str| digits.is_empty() || digits.bytes().all(|b| b.is_ascii_digit());
    if !number(low) || !number(high) || inside.is_empty() {
        return if basic { Err("Invalid content of \\{\\}") } else { Ok(None) };
    }
    let low = if low.is_empty() { "0" } else { low };
    let text = if inside.contains(',') { format!("{{{low},{high}}}") } else { format!("{{{low}}}") };
    Ok(Some((text, end + close.len())))
}

/// Translates a bracket expression whose `[` is before `text`; how much of `text` it took.
fn bracket(text: &[u8], out: &mut String) -> Result<usize, &'static str> {
    const UNMATCHED: &str = "Unmatched [, [^, [:, [., or [=";
    out.push('[');
    let mut at = 0;
    if text.starts_with(b"^") {
        out.push('^');
        at = 1;
    }
    let first = at;
    loop {
        match &text[at..] {
            [] => return Err(UNMATCHED),
            [b']', ..] if at > first => break,
            [b'[', b':', after @ ..] => {
                let end = after.find(b":]").ok_or(UNMATCHED)?;
                let name = after[..end].to_str().unwrap_or_default();
                let known = "alpha digit alnum upper lower space blank punct print graph cntrl xdigit";
                if !known.split(' ').any(|class| class == name) {
                    return Err("Invalid character class name");
                }
                let _ = write!(out, "[:{name}:]"); // a String takes everything
                at += end + 4;
            }
            _ => {
                let (low, used) = element(&text[at..]).ok_or(UNMATCHED)?;
                at += used;
                let high = match &text[at..] {
                    [b'-', next, ..] if *next != b']' => {
                        let (high, used) = element(&text[at + 1..]).ok_or(UNMATCHED)?;
                        at += 1 + used;
                        high
                    }
                    _ => low,
                };
                if high < low {
                    return Err("Invalid range end");
                }
                let _ = write!(out, r"\x{{{:X}}}-\x{{{:X}}}", u32::from(low), u32::from(high));
            }
        }
    }
    out.push(']');
    Ok(at + 1)
}

/// One character in a bracket expression, also as `[.x.]` or `[=x=]`, and its length.
fn element(text: &[u8]) -> Option<(char, usize)> {
    let (inside, around) = match text {
        [b'[', kind @ (b'.' | b'='), after @ ..] => {
            let end = after.find([*kind, b']'])?;
            (&after[..end], 4)
        }
        _ => (text, 0),
    };
    let (char, length) = bstr::decode_utf8(inside);
    (length > 0).then_some((char.unwrap_or('\u{fffd}'), length + around))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pattern: &[u8], syntax: Syntax) -> Result<String, Refusal> {
        translate(pattern, syntax, Engine::Linear, 0).map(|translated| translated.text)
    }

    #[test]
    fn basic_and_extended_become_one_syntax() {
        let table = [
            (Syntax::Basic, r"a\(b\)*", r"a(b)*"),
            (Syntax::Basic, "*a**(+", r"\*a*\(\+"),
            (Syntax::Basic, "a^b$c$", r"a\^b\$c$"),
            (Syntax::Basic, r"\(^a$\)\|b", "(^a$)|b"),
            (Syntax::Basic, r"a\{2,3\}", "a{2,3}"),
            (Syntax::Basic, r"x\+\?", "x*"),
            (Syntax::Extended, "a(b|c)+?", "a(b|c)*"),
            (Syntax::Extended, "a{2}{,3}", "(?:a{2}){0,3}"),
            (Syntax::Extended, "a{x", r"a\{x"),
            (Syntax::Extended, r"\(\.\é", r"\(\.é"),
            (Syntax::Extended, "[]a-]", r"[\x{5D}-\x{5D}\x{61}-\x{61}\x{2D}-\x{2D}]"),
            (Syntax::Extended, r"[^\]", r"[^\x{5C}-\x{5C}]"),
            (Syntax::Extended, "[[:digit:]a-f]", r"[[:digit:]\x{61}-\x{66}]"),
            (Syntax::Extended, "[[.-.]]", r"[\x{2D}-\x{2D}]"),
            (Syntax::Fixed, "a.b*", r"a\.b\*"),
        ];
        for (syntax, from, to) in table {
            assert_eq!(text(from.as_bytes(), syntax).as_deref(), Ok(to), "{from}");
        }
        assert_eq!(text(b"\xff", Syntax::Basic).unwrap(), r"(?-u:\xFF)");
    }

    #[test]
    fn back_references_are_for_the_other_engine() {
        assert_eq!(text(br"\(a\)\1", Syntax::Basic), Err(Refusal::BackReference));
        let translated = translate(br"\(a\)\1", Syntax::Basic, Engine::Backtracking, 2).unwrap();
        assert_eq!((translated.text.as_str(), translated.groups), (r"(a)(?:\3)", 1));
    }

    #[test]
    fn mistakes_are_named() {
        for pattern in [r"\(", r"a\", "[a", "[z-a]", "[[:nope:]]", r"a\{1", r"\(a\1\)", r"\1"] {
            assert!(matches!(text(pattern.as_bytes(), Syntax::Basic), Err(Refusal::Invalid(_))), "{pattern}");
        }
        assert!(text(b"(", Syntax::Extended).is_err());
        assert_eq!(text(b"a)", Syntax::Extended).as_deref(), Ok(r"a\)"));
    }
}
