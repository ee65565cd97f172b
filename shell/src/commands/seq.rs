//! `seq`: prints numbers. Decimals are exact: they are whole numbers of the smallest place given.

use alloc::{format, string::String};
use bstr::{BStr, ByteSlice};

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "seq",
    "seq [-w] [-s SEPARATOR] [FIRST [STEP]] LAST",
    "Prints the numbers from FIRST (1) to LAST in steps of STEP (1); -w makes them equally wide."
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
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || all.len() > 30 || !all.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mantissa: i128 = all.parse().ok()?;
        Some(Self { mantissa: if negative { -mantissa } else { mantissa }, places: fraction.len() as u32 })
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
    let long = [("equal-width", 'w'), ("separator", 's')];
    let options = io::options(&p, &COMMAND, "+#ws:", &long).await?;
    let mut numbers = [Decimal { mantissa: 1, places: 0 }; 3];
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    if let Some(extra) = options.operands.get(3) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    let slots: &[usize] = [&[2][..], &[0, 2], &[0, 1, 2]][options.operands.len() - 1];
    for (slot, text) in slots.iter().zip(&options.operands) {
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
    let scaled = (first.scaled(places), step.scaled(places), last.scaled(places));
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
