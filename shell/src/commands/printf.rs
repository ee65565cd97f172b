//! `printf`: formatted output (POSIX XCU `printf`).

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    escape::{Escape, Octal, escape, unescape},
    numbers,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "printf",
    "printf FORMAT [ARGUMENT...]",
    "Prints the arguments as FORMAT says: %s text, %d %i %u %o %x %X numbers, %c, %b with escapes; reused while arguments are left."
);

/// The arguments that are left, and what went wrong.
struct Arguments<'a> {
    left: core::slice::Iter<'a, BString>,
    used: bool,
    complaints: Vec<String>,
}

impl<'a> Arguments<'a> {
    fn next(&mut self) -> Option<&'a BStr> {
        self.used = true;
        self.left.next().map(|word| word.as_bstr())
    }

    /// The next argument as a number: decimal, `0x`, `0`, or `'c` for a character.
    fn number(&mut self) -> i128 {
        let Some(word) = self.next() else { return 0 };
        if let [b'\'' | b'"', ..] = word.as_bytes() {
            return bstr::decode_utf8(&word[1..]).0.map_or(0, |char| u32::from(char).into());
        }
        let text = word.as_bytes().trim_ascii_start();
        let (negative, digits) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            _ => (false, text),
        };
        let (base, digits) = match digits {
            [b'0', b'x' | b'X', hex @ ..] => (16, hex),
            [b'0', octal @ ..] if !octal.is_empty() => (8, octal),
            _ => (10, digits),
        };
        let valid = digits.iter().take_while(|byte| char::from(**byte).is_digit(base)).count();
        let value = digits[..valid].to_str().ok().and_then(|text| i128::from_str_radix(text, base).ok());
        if valid < digits.len() || value.is_none() {
            self.complaints.push(format!("'{word}': expected a number"));
        }
        let value = value.unwrap_or(0);
        if negative { -value } else { value }
    }
}

/// Flags, width and precision of a conversion.
#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    /// Reads up to the conversion letter; how much it took.
    fn parse(text: &[u8], arguments: &mut Arguments<'_>) -> (Self, usize) {
        let mut spec = Self::default();
        let mut at = 0;
        while let Some(flag) = text.get(at) {
            match flag {
                b'-' => spec.left = true,
                b'0' => spec.zero = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                _ => break,
            }
            at += 1;
        }
        let mut number = |at: &mut usize| {
            if text.get(*at) == Some(&b'*') {
                *at += 1;
                return arguments.number();
            }
            let digits = text[*at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let value = numbers::parse(&text[*at..*at + digits]).unwrap_or(0);
            *at += digits;
            value
        };
        // More than this is a mistake, not a wish.
        let bounded = |value: i128| value.unsigned_abs().min(65_536) as usize;
        let width = number(&mut at);
        spec.left |= width < 0;
        spec.width = bounded(width);
        if text.get(at) == Some(&b'.') {
            at += 1;
            let precision = number(&mut at);
            spec.precision = (precision >= 0).then(|| bounded(precision));
        }
        (spec, at)
    }

    fn pad(&self, text: &[u8], out: &mut Vec<u8>) {
        let blanks = self.width.saturating_sub(text.len());
        let (before, after) = if self.left { (0, blanks) } else { (blanks, 0) };
        out.resize(out.len() + before, b' ');
        out.extend_from_slice(text);
        out.resize(out.len() + after, b' ');
    }

    fn integer(&self, letter: u8, value: i128, out: &mut Vec<u8>) {
        let signed = matches!(letter, b'd' | b'i');
        // The others show a negative number as the unsigned one with the same 64 bits.
        let size = if signed { value.unsigned_abs() } else { u128::from(value as u64) };
        let digits = match letter {
            b'o' => format!("{size:o}"),
            b'x' => format!("{size:x}"),
            b'X' => format!("{size:X}"),
            _ => format!("{size}"),
        };
        let sign = match (signed, value < 0) {
            (true, true) => "-",
            (true, false) if self.plus => "+",
            (true, false) if self.space => " ",
            _ => "",
        };
        let prefix = match letter {
            b'x' if self.alternate && size > 0 => "0x",
            b'X' if self.alternate && size > 0 => "0X",
            b'o' if self.alternate => "0",
            _ => "",
        };
        let used = sign.len() + prefix.len();
        let least = match self.precision {
            Some(precision) => precision,
            None if self.zero && !self.left => self.width.saturating_sub(used),
            None => 1,
        };
        self.pad(format!("{sign}{prefix}{digits:0>least$}").as_bytes(), out);
    }
}

async fn run(p: Process) -> Outcome {
    let words = match p.args.get(1) {
        Some(word) if word == "--help" => return Err(io::help(&p, &COMMAND).await),
        Some(word) if word == "--" => &p.args[2..],
        _ => p.args.get(1..).unwrap_or_default(),
    };
    let Some((format, arguments)) = words.split_first() else {
        return Err(io::usage(&p, &COMMAND, "missing format").await);
    };
    let mut arguments = Arguments { left: arguments.iter(), used: false, complaints: Vec::new() };
    let mut out = Output::new(&p);
    let mut text = Vec::new();
    loop {
        text.clear();
        arguments.used = false;
        let go_on = match expand(format, &mut arguments, &mut text) {
            Ok(go_on) => go_on,
            Err(message) => {
                out.write(&text).await?;
                out.flush().await?;
                io::complain(&p, message).await;
                return Ok(1);
            }
        };
        out.write(&text).await?;
        if !go_on || arguments.left.len() == 0 || !arguments.used {
            break;
        }
    }
    out.flush().await?;
    for complaint in &arguments.complaints {
        io::complain(&p, complaint.clone()).await;
    }
    Ok(u8::from(!arguments.complaints.is_empty()))
}

/// One pass over the format; false when `\c` ended all output.
fn expand(format: &[u8], arguments: &mut Arguments<'_>, out: &mut Vec<u8>) -> Result<bool, String> {
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'\\' {
            let (what, used) = escape(rest, Octal::Plain);
            match what {
                Escape::Byte(byte) => out.push(byte),
                Escape::Stop => return Ok(false),
                Escape::Unknown => out.push(b'\\'),
            }
            rest = &rest[used..];
            continue;
        }
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (spec, used) = Spec::parse(rest, arguments);
        let Some(&letter) = rest.get(used) else { return Err("%: missing conversion".into()) };
        match letter {
            b'%' => out.push(b'%'),
            b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => spec.integer(letter, arguments.number(), out),
            b'c' => {
                let word = arguments.next().unwrap_or_default();
                spec.pad(&word[..word.len().min(1)], out);
            }
            b's' => {
                let word = arguments.next().unwrap_or_default();
                spec.pad(&word[..spec.precision.unwrap_or(usize::MAX).min(word.len())], out);
            }
            b'b' => {
                let mut word = Vec::new();
                let go_on = unescape(arguments.next().unwrap_or_default(), Octal::Zero, &mut word);
                spec.pad(&word[..spec.precision.unwrap_or(usize::MAX).min(word.len())], out);
                if !go_on {
                    return Ok(false);
                }
            }
            other => return Err(format!("%{}: invalid conversion", [other].as_bstr())),
        }
        rest = &rest[used + 1..];
    }
    Ok(true)
}
