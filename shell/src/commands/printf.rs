//! `printf`: formatted output (POSIX XCU `printf`).

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;

use super::support::{
    civil::Civil,
    escape::{self, Octal, unescape},
    float,
    spec::Spec,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
    run::assign::quoted_where_needed,
};

command!(
    "printf",
    "printf FORMAT [ARGUMENT...]",
    "Prints the arguments as FORMAT says: %s text, %d %i %u %o %x %X numbers, %e %f %g %a with fractions, %c, %b with escapes, %q quoted for the shell, %(%F)T a time; reused while arguments are left."
);

/// The arguments that are left, and what went wrong.
struct Arguments<'a> {
    left: core::slice::Iter<'a, BString>,
    used: bool,
    complaints: Vec<String>,
    now: Duration,
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
        if valid < digits.len() || valid == 0 {
            self.complaints.push(format!("'{word}': expected a number"));
        }
        let text = digits[..valid].to_str().unwrap_or_default();
        let size = match i128::from_str_radix(text, base) {
            Ok(size) => size,
            Err(_) if valid == 0 => 0,
            Err(_) => i128::MAX, // too many digits
        };
        if negative { -size } else { size }
    }

    /// The next argument as a number that `least` and `most` bound.
    fn bounded(&mut self, least: i128, most: i128) -> i128 {
        let text = self.left.as_slice().first();
        let value = self.number();
        if let Some(text) = text.filter(|_| !(least..=most).contains(&value)) {
            self.complaints.push(format!("'{text}': the number is out of range"));
        }
        value.clamp(least, most)
    }

    /// The next argument as a number with a fraction.
    fn float(&mut self) -> f64 {
        let Some(word) = self.next() else { return 0.0 };
        if let [b'\'' | b'"', ..] = word.as_bytes() {
            return bstr::decode_utf8(&word[1..]).0.map_or(0.0, |char| f64::from(u32::from(char)));
        }
        let text = word.as_bytes().trim_ascii_start();
        let (value, length) = float::prefix(text).unwrap_or((0.0, 0));
        if length == 0 || length < text.len() {
            self.complaints.push(format!("'{word}': expected a number"));
        }
        value
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
    let now = p.sys.now();
    let mut arguments = Arguments { left: arguments.iter(), used: false, complaints: Vec::new(), now };
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
            let Some(used) = escape::put(rest, Octal::Plain, out) else { return Ok(false) };
            rest = &rest[used..];
            continue;
        }
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (spec, used) = Spec::parse(rest, || arguments.number());
        let Some(&letter) = rest.get(used) else { return Err("%: missing conversion".into()) };
        match letter {
            b'%' => out.push(b'%'),
            b'd' | b'i' => spec.integer(letter, arguments.bounded(i64::MIN.into(), i64::MAX.into()), out),
            b'u' | b'o' | b'x' | b'X' => {
                spec.integer(letter, arguments.bounded(i64::MIN.into(), u64::MAX.into()), out);
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => {
                spec.float(letter, arguments.float(), out);
            }
            b'q' => {
                let word = arguments.next().unwrap_or_default();
                spec.pad(&quoted_where_needed(word), out);
            }
            b'(' => {
                let Some(end) = rest[used..].find(b")T") else {
                    return Err("%(: a time ends with )T".into());
                };
                let format = match &rest[used + 1..used + end] {
                    b"" => b"%H:%M:%S",
                    format => format,
                };
                // Without an argument, and for those below zero, it is now.
                let when = match arguments.left.len() {
                    0 => -1,
                    _ => arguments.bounded(i64::MIN.into(), 250_000_000_000),
                };
                let when = u64::try_from(when).map_or(arguments.now, Duration::from_secs);
                let mut text = Vec::new();
                super::format_time(format, &Civil::new(when), &mut text);
                spec.pad(&text, out);
                rest = &rest[used + end + 2..];
                continue;
            }
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
