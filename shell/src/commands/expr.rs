//! `expr`: one expression (POSIX XCU `expr`). Numbers have 128 bits.

use alloc::{format, string::String, string::ToString, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    posix_regex::Syntax,
    regex::{Extent, Regex, Style},
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "expr",
    "expr EXPRESSION",
    "Prints what an expression comes to: A '|' B, A '&' B, comparisons (= != < <= > >=), + - '*' / %, TEXT : PATTERN, match, substr TEXT FROM LENGTH, index TEXT CHARS, length TEXT, '(' ')'; the status is 1 when that is empty or 0."
);

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 100;

/// The operators of each level, those that bind loosest first.
const LEVELS: [&[&str]; 6] =
    [&["|"], &["&"], &["=", "==", "!=", "<", "<=", ">", ">="], &["+", "-"], &["*", "/", "%"], &[":"]];

/// What went wrong, and the status that says so.
struct Mistake(u8, String);

type Value = Result<BString, Mistake>;

struct Parser<'a> {
    words: core::iter::Peekable<core::slice::Iter<'a, BString>>,
    depth: usize,
}

async fn run(p: Process) -> Outcome {
    let words = match p.args.get(1..).unwrap_or_default() {
        [word] if word == "--help" => return Err(io::help(&p, &COMMAND).await),
        [word, rest @ ..] if word == "--" => rest,
        words => words,
    };
    if words.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut parser = Parser { words: words.iter().peekable(), depth: 0 };
    let value = parser.level(0).and_then(|value| match parser.words.next() {
        Some(word) => Err(Mistake(2, format!("syntax error: unexpected '{word}'"))),
        None => Ok(value),
    });
    match value {
        Ok(value) => {
            let mut out = Output::new(&p);
            out.write_all(&[&value, b"\n"]).await?;
            out.finish(u8::from(is_null(value.as_bstr()))).await
        }
        Err(Mistake(status, message)) => {
            io::complain(&p, message).await;
            Ok(status)
        }
    }
}

impl Parser<'_> {
    /// Operators of this level and those that bind tighter, from left to right. It goes deeper only by the number of
    /// levels, and by parentheses, which are bounded.
    fn level(&mut self, level: usize) -> Value {
        let Some(operators) = LEVELS.get(level) else { return self.primary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self.words.next_if(|word| operators.iter().any(|known| word == known)) {
            let right = self.level(level + 1)?;
            left = apply(operator, left, right)?;
        }
        Ok(left)
    }

    fn next(&mut self) -> Value {
        let word = self.words.next().ok_or_else(|| Mistake(2, "syntax error: missing operand".into()))?;
        Ok(word.clone())
    }

    fn primary(&mut self) -> Value {
        let word = self.next()?;
        let more = self.words.peek().is_some();
        match word.as_slice() {
            b"(" => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Mistake(2, "the parentheses are nested too deep".into()));
                }
                let value = self.level(0)?;
                self.depth -= 1;
                match self.words.next() {
                    Some(word) if word == ")" => Ok(value),
                    _ => Err(Mistake(2, "syntax error: a ')' is missing".into())),
                }
            }
            b")" => Err(Mistake(2, "syntax error: unexpected ')'".into())),
            b"+" if more => self.next(),
            b"match" if more => {
                let (text, pattern) = (self.operand()?, self.operand()?);
                matched(&text, &pattern)
            }
            b"length" if more => Ok(count(self.operand()?.chars())),
            b"index" if more => {
                let (text, chars) = (self.operand()?, self.operand()?);
                let at = text.chars().position(|char| chars.chars().any(|wanted| wanted == char));
                Ok(number_text(at.map_or(0, |at| at as i128 + 1)))
            }
            b"substr" if more => {
                let (text, from, length) = (self.operand()?, self.operand()?, self.operand()?);
                let (Some(from @ 1..), Some(length @ 1..)) = (number(&from), number(&length)) else {
                    return Ok(BString::default());
                };
                let [from, length] = [from - 1, length].map(|number| usize::try_from(number).unwrap_or(usize::MAX));
                let part = text.char_indices().skip(from).take(length);
                Ok(part.flat_map(|(start, end, _)| text[start..end].iter().copied()).collect::<Vec<u8>>().into())
            }
            _ => Ok(word),
        }
    }

    /// An operand of a function: a word, or an expression in parentheses.
    fn operand(&mut self) -> Value {
        match self.words.peek() {
            Some(word) if **word == "(" => self.primary(),
            Some(word) if **word == "+" => self.primary(),
            _ => self.next(),
        }
    }
}

fn apply(operator: &BString, left: BString, right: BString) -> Value {
    let truth = |truth: bool| Ok(number_text(truth.into()));
    match operator.as_slice() {
        b"|" if !is_null(left.as_bstr()) => Ok(left),
        b"|" if !right.is_empty() => Ok(right),
        b"|" => Ok("0".into()),
        b"&" if is_null(left.as_bstr()) || is_null(right.as_bstr()) => Ok("0".into()),
        b"&" => Ok(left),
        b":" => matched(&left, &right),
        b"+" | b"-" | b"*" | b"/" | b"%" => arithmetic(operator[0], &left, &right),
        _ => {
            let order = match (number(&left), number(&right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => left.cmp(&right),
            };
            match operator.as_slice() {
                b"=" | b"==" => truth(order.is_eq()),
                b"!=" => truth(order.is_ne()),
                b"<" => truth(order.is_lt()),
                b"<=" => truth(order.is_le()),
                b">" => truth(order.is_gt()),
                _ => truth(order.is_ge()),
            }
        }
    }
}

fn arithmetic(operator: u8, left: &BString, right: &BString) -> Value {
    let operand = |text: &BString| number(text).ok_or_else(|| Mistake(2, format!("not a number: '{text}'")));
    let (a, b) = (operand(left)?, operand(right)?);
    let result = match operator {
        b'+' => a.checked_add(b),
        b'-' => a.checked_sub(b),
        b'*' => a.checked_mul(b),
        _ if b == 0 => return Err(Mistake(2, "division by zero".into())),
        b'/' => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    match result {
        Some(result) => Ok(number_text(result)),
        None => Err(Mistake(3, format!("the result is too large: {left} {} {right}", char::from(operator)))),
    }
}

/// What the first group of a pattern matches at the beginning of a text; without groups, how many characters match.
fn matched(text: &[u8], pattern: &[u8]) -> Value {
    let style = Style { syntax: Syntax::Basic, ignore_case: false, multi_line: false, extent: Extent::Part };
    let mut regex = Regex::new(&[pattern], style).map_err(|message| Mistake(2, message))?;
    let mut groups = Vec::new();
    let found = regex.captures(text, 0, &mut groups).map_err(|message| Mistake(3, message.into()))?;
    // Of all matches that with the least beginning is found: if that is not the first character, none begins there.
    let whole = groups.first().cloned().flatten().filter(|whole| found && whole.start == 0);
    Ok(match (whole, regex.groups()) {
        (None, 0) => "0".into(),
        (None, _) => BString::default(),
        (Some(whole), 0) => count(text[whole].chars()),
        (Some(_), _) => groups[1].clone().map_or_else(BString::default, |group| text[group].into()),
    })
}

fn count(chars: impl Iterator<Item = char>) -> BString {
    number_text(chars.count() as i128)
}

fn number_text(number: i128) -> BString {
    number.to_string().into()
}

/// A whole number with nothing around it but a minus.
fn number(text: &[u8]) -> Option<i128> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    text.to_str().ok().filter(|_| is_number)?.parse().ok()
}

fn is_null(value: &BStr) -> bool {
    value.is_empty() || number(value) == Some(0)
}
