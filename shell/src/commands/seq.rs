//! `seq`: prints numbers. Decimals are exact: they are whole numbers of the smallest place given.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::support::spec::Spec;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "seq",
    "seq [-w | -f FORMAT] [-s SEPARATOR] [FIRST [STEP]] LAST",
    "Prints the numbers from FIRST (1) to LAST in steps of STEP (1); -w makes them equally wide, -f prints them as FORMAT says, like %05.2f."
);

/// `mantissa / 10^places`.
#[derive(Clone, Copy)]
struct Decimal {
    mantissa: i128,
    places: u32,
}

impl Decimal {
    fn parse(text: &BStr) -> Option<Self> {
        let text = text.to_str().ok()?;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            let mantissa = i128::from(u64::from_str_radix(hex, 16).ok()?);
            return Some(Self { mantissa: if negative { -mantissa } else { mantissa }, places: 0 });
        }
        let (digits, power) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
        let power: i32 = power.parse().ok().filter(|power| (-30..=30).contains(power))?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mantissa: i128 = all.parse().ok()?;
        let places = fraction.len() as i32 - power;
        let mantissa = mantissa.checked_mul(10i128.checked_pow((-places).max(0).unsigned_abs())?)?;
        let places = places.max(0).unsigned_abs();
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, places })
    }

    /// The mantissa when written with `places` places, rounded towards zero.
    fn scaled(self, places: u32) -> Option<i128> {
        match places.checked_sub(self.places) {
            Some(more) => self.mantissa.checked_mul(10i128.checked_pow(more)?),
            None => Some(self.mantissa.div_euclid(10i128.pow(self.places - places))),
        }
    }
}

/// `mantissa` with a point before the last `places` digits.
fn format(mantissa: i128, places: usize, width: usize) -> String {
    let (sign, size) = if mantissa < 0 { ("-", -mantissa) } else { ("", mantissa) };
    let digits = format!("{size:0>at_least$}", at_least = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let point = if places > 0 { "." } else { "" };
    let zeros = width.saturating_sub(sign.len() + digits.len() + point.len());
    format!("{sign}{:0>zeros$}{whole}{point}{fraction}", "")
}

async fn run(p: Process) -> Outcome {
    let long = [("equal-width", 'w'), ("separator", 's'), ("format", 'f')];
    let options = io::options(&p, &COMMAND, "+#ws:f:", &long).await?;
    let picture = match options.value('f').map(Picture::parse).transpose() {
        Ok(Some(_)) if options.has('w') => {
            return Err(io::usage(&p, &COMMAND, "-w and -f exclude each other").await);
        }
        Ok(picture) => picture,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let mut numbers = [Decimal { mantissa: 1, places: 0 }; 3];
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    if let Some(extra) = options.operands.get(3) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    let slots: &[usize] = [&[2][..], &[0, 2], &[0, 1, 2]][options.operands.len() - 1];
    // Without an end it goes on as far as numbers do.
    let endless = options.operands.last().is_some_and(|last| **last == "inf" || **last == "infinity");
    let given = options.operands.len() - usize::from(endless);
    for (slot, text) in slots.iter().zip(&options.operands[..given]) {
        match Decimal::parse(text) {
            Some(number) => numbers[*slot] = number,
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid number: '{text}'")).await),
        }
    }
    let [first, step, last] = numbers;
    if step.mantissa == 0 {
        return Err(io::usage(&p, &COMMAND, "the step must not be zero").await);
    }
    let places = first.places.max(step.places);
    let last = if endless { Some(i128::MAX) } else { last.scaled(places) };
    let scaled = (first.scaled(places), step.scaled(places), last);
    let (Some(first), Some(step), Some(last)) = scaled else {
        return Err(io::usage(&p, &COMMAND, "numbers too large").await);
    };
    let separator = options.value('s').unwrap_or(BStr::new("\n"));
    let places = places as usize;
    let width = if options.has('w') {
        format(first, places, 0).len().max(format(last, places, 0).len())
    } else {
        0
    };

    let mut out = Output::new(&p);
    let mut at = first;
    let within = |at: i128| if step > 0 { at <= last } else { at >= last };
    while within(at) {
        if at != first {
            out.push(separator);
        }
        match i64::try_from(at) {
            _ if picture.is_some() => {
                // Reading it again gives the number nearest to the decimal one.
                let value = format(at, places, 0).parse().unwrap_or(0.0);
                picture.iter().for_each(|picture| picture.push(value, &mut out));
            }
            Ok(small) if places == 0 && width == 0 => push_whole(&mut out, small),
            _ => out.push(format(at, places, width).as_bytes()),
        }
        out.settle().await?;
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    if within(first) {
        out.push(b"\n");
    }
    out.finish(0).await
}

/// The common case, without an allocation.
fn push_whole(out: &mut Output<'_>, number: i64) {
    use core::fmt::Write;
    let _ = write!(out, "{number}"); // gathering cannot fail
}

/// What `-f` says: one conversion and what is around it.
struct Picture {
    before: Vec<u8>,
    spec: Spec,
    letter: u8,
    after: Vec<u8>,
}

impl Picture {
    fn parse(text: &BStr) -> Result<Self, String> {
        let (before, used) = literal(text);
        if used == text.len() {
            return Err(format!("there is no conversion like %g in '{text}'"));
        }
        let (spec, length) = Spec::parse(&text[used + 1..], || 0);
        let rest = &text[used + 1 + length..];
        let Some(letter) = rest.first().filter(|letter| b"eEfFgGaA".contains(letter)) else {
            return Err(format!("invalid conversion in '{text}'; try %g, %f or %e"));
        };
        let (after, used) = literal(&rest[1..]);
        if used < rest.len() - 1 {
            return Err(format!("there is more than one conversion in '{text}'"));
        }
        Ok(Self { before, spec, letter: *letter, after })
    }

    fn push(&self, value: f64, out: &mut Output<'_>) {
        let mut text = self.before.clone();
        self.spec.float(self.letter, value, &mut text);
        text.extend_from_slice(&self.after);
        out.push(&text);
    }
}

/// The text up to a conversion, `%%` made one, and where that is.
fn literal(text: &[u8]) -> (Vec<u8>, usize) {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match &text[at..] {
            [b'%', b'%', ..] => at += 1,
            [b'%', ..] => break,
            _ => {}
        }
        found.push(text[at]);
        at += 1;
    }
    (found, at)
}
