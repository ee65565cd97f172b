//! POSIX basic and extended regular expressions (XBD 9), with GNU's `\< \> \b \w \s`, translated to the
//! syntax of `regex-automata`. Back-references do not exist there and are refused.

use alloc::{format, string::String};
use bstr::ByteSlice;
use core::fmt::Write;

/// Which of the POSIX syntaxes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// Basic: `\(`, `\{`, `\|` are special.
    Basic,
    /// Extended: `(`, `{`, `|`, `+`, `?` are special.
    Extended,
    /// No character is special.
    Fixed,
}

/// Translates a pattern; the error says what is wrong with it.
pub fn translate(pattern: &[u8], syntax: Syntax) -> Result<String, &'static str> {
    let mut out = String::new();
    if syntax == Syntax::Fixed {
        push_literals(pattern, &mut out);
        return Ok(out);
    }
    let basic = syntax == Syntax::Basic;
    let mut depth = 0usize;
    // Whether an expression begins here, so that `*` is no operator and `^` is an anchor.
    let mut at_start = true;
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
        let was_at_start = core::mem::replace(&mut at_start, false);
        let token_length = 1 + usize::from(escaped && basic && operator != 0);
        let tail = &rest[token_length..];
        rest = tail;
        match operator {
            b'(' => {
                depth += 1;
                at_start = true;
                out.push('(');
            }
            b')' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            b')' if basic => return Err("Unmatched ) or \\)"),
            b'|' => {
                at_start = true;
                out.push('|');
            }
            b'*' | b'+' | b'?' if !was_at_start => out.push(byte_of(operator)),
            b'{' if !was_at_start && let Some((interval, used)) = interval(tail, basic)? => {
                out.push_str(&interval);
                rest = &tail[used..];
            }
            b'^' if was_at_start || !basic => {
                at_start = true;
                out.push('^');
            }
            b'$' if !basic || tail.is_empty() || tail.starts_with(b"\\)") || tail.starts_with(b"\\|") => {
                out.push('$')
            }
            b'.' => out.push('.'),
            b'[' => {
                let used = bracket(tail, &mut out)?;
                rest = &tail[used..];
            }
            0 if escaped => {
                let next = after[0];
                rest = &after[1..];
                match next {
                    b'<' => out.push_str(r"(?-u:\b{start})"),
                    b'>' => out.push_str(r"(?-u:\b{end})"),
                    b'b' => out.push_str(r"(?-u:\b)"),
                    b'B' => out.push_str(r"(?-u:\B)"),
                    b'w' => out.push_str("[0-9A-Za-z_]"),
                    b'W' => out.push_str("[^0-9A-Za-z_]"),
                    b's' => out.push_str(r"[\t-\r ]"),
                    b'S' => out.push_str(r"[^\t-\r ]"),
                    b'1'..=b'9' => return Err("back-references are not supported"),
                    _ => rest = literal(after, &mut out),
                }
            }
            0 if byte == b'\\' => return Err("Trailing backslash"),
            0 => rest = literal(&pattern[pattern.len() - tail.len() - 1..], &mut out),
            other => push_literals(&[other], &mut out),
        }
    }
    if depth > 0 { Err("Unmatched ( or \\(") } else { Ok(out) }
}

fn byte_of(operator: u8) -> char {
    char::from(operator)
}

/// Appends the first character of `text` as itself; the rest.
fn literal<'a>(text: &'a [u8], out: &mut String) -> &'a [u8] {
    let length = match bstr::decode_utf8(text) {
        (Some(_), length) => length,
        (None, _) => 1,
    };
    push_literals(&text[..length], out);
    &text[length..]
}

/// Appends text that stands for itself; bytes that are not UTF-8 too.
fn push_literals(text: &[u8], out: &mut String) {
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push_char(char, out));
        for byte in chunk.invalid() {
            let _ = write!(out, r"(?-u:\x{byte:02X})"); // a String takes everything
        }
    }
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

    #[test]
    fn basic_and_extended_become_one_syntax() {
        let table = [
            (Syntax::Basic, r"a\(b\)*", r"a(b)*"),
            (Syntax::Basic, "*a(+", r"\*a\(\+"),
            (Syntax::Basic, "a^b$c$", r"a\^b\$c$"),
            (Syntax::Basic, r"\(^a$\)\|b", "(^a$)|b"),
            (Syntax::Basic, r"a\{2,3\}", "a{2,3}"),
            (Syntax::Basic, r"x\+\?", "x+?"),
            (Syntax::Extended, "a(b|c)+?", "a(b|c)+?"),
            (Syntax::Extended, "a{2}{,3}", "a{2}{0,3}"),
            (Syntax::Extended, "a{x", r"a\{x"),
            (Syntax::Extended, r"\(\.\é", r"\(\.é"),
            (Syntax::Extended, "[]a-]", r"[\x{5D}-\x{5D}\x{61}-\x{61}\x{2D}-\x{2D}]"),
            (Syntax::Extended, r"[^\]", r"[^\x{5C}-\x{5C}]"),
            (Syntax::Extended, "[[:digit:]a-f]", r"[[:digit:]\x{61}-\x{66}]"),
            (Syntax::Extended, "[[.-.]]", r"[\x{2D}-\x{2D}]"),
            (Syntax::Fixed, "a.b*", r"a\.b\*"),
        ];
        for (syntax, from, to) in table {
            assert_eq!(translate(from.as_bytes(), syntax).as_deref(), Ok(to), "{from}");
        }
        assert_eq!(translate(b"\xff", Syntax::Basic).unwrap(), r"(?-u:\xFF)");
    }

    #[test]
    fn mistakes_are_named() {
        for pattern in [r"\(", r"a\", "[a", "[z-a]", "[[:nope:]]", r"a\{1", r"\(a\)\1"] {
            assert!(translate(pattern.as_bytes(), Syntax::Basic).is_err(), "{pattern}");
        }
        assert!(translate(b"(", Syntax::Extended).is_err());
        assert_eq!(translate(b"a)", Syntax::Extended).as_deref(), Ok(r"a\)"));
    }
}
