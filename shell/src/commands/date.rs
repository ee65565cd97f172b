//! `date`: the time of day, in UTC: there are no time zones.

use alloc::{format, string::String, vec::Vec};
use bstr::BStr;
use core::time::Duration;

use super::support::{
    civil::{Civil, DAYS, MONTHS},
    numbers,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "date",
    "date [-u] [-I] [-d @SECONDS] [+FORMAT]",
    "Prints date and time in UTC, or as FORMAT says: %Y-%m-%d %H:%M:%S, %s seconds since 1970, %N nanoseconds, %a %b names."
);

const DEFAULT: &[u8] = b"%a %b %e %H:%M:%S UTC %Y";

async fn run(p: Process) -> Outcome {
    let long = [("utc", 'u'), ("date", 'd'), ("iso-8601", 'I')];
    let options = io::options(&p, &COMMAND, "uId:", &long).await?;
    let when = match options.value('d') {
        None => p.sys.now(),
        Some(text) => match text.strip_prefix(b"@").and_then(numbers::parse) {
            Some(seconds) => Duration::from_secs(seconds),
            None if text == "now" => p.sys.now(),
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid date '{text}'; try @SECONDS")).await),
        },
    };
    let format = match options.operands.as_slice() {
        [] if options.has('I') => BStr::new("%F"),
        [] => BStr::new(DEFAULT),
        [format] if format.starts_with(b"+") => BStr::new(&format[1..]),
        [other, ..] => return Err(io::usage(&p, &COMMAND, &format!("unexpected operand '{other}'")).await),
    };
    if when.as_secs() > 250_000_000_000 {
        return Err(io::usage(&p, &COMMAND, "the year is too large").await);
    }
    let mut text = Vec::new();
    expand(format, &Civil::new(when), &mut text);
    text.push(b'\n');
    let mut out = Output::new(&p);
    out.push(&text);
    out.finish(0).await
}

/// Appends the moment as the format says; what is unknown is copied.
pub(crate) fn expand(format: &[u8], at: &Civil, out: &mut Vec<u8>) {
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' || after.is_empty() {
            out.push(byte);
            continue;
        }
        // `-`, `_` and `0` say how to pad.
        let pad = Some(after[0]).filter(|flag| b"-_0".contains(flag) && after.len() > 1);
        let letter = after[usize::from(pad.is_some())];
        rest = &after[1 + usize::from(pad.is_some())..];
        let number = |value: u64, width: usize, default: u8| match pad.unwrap_or(default) {
            b'-' => format!("{value}"),
            b'_' => format!("{value:width$}"),
            _ => format!("{value:0width$}"),
        };
        let twelve = (at.hour + 11) % 12 + 1;
        let half = if at.hour < 12 { "AM" } else { "PM" };
        let text: String = match letter {
            b'a' => at.weekday_short().into(),
            b'A' => DAYS[at.weekday as usize].into(),
            b'b' | b'h' => at.month_short().into(),
            b'B' => MONTHS[at.month as usize - 1].into(),
            b'C' => number(at.year / 100, 2, b'0'),
            b'd' => number(at.day, 2, b'0'),
            b'D' | b'x' => format!("{:02}/{:02}/{:02}", at.month, at.day, at.year % 100),
            b'e' => number(at.day, 2, b'_'),
            b'F' => at.date(),
            b'H' => number(at.hour, 2, b'0'),
            b'I' => number(twelve, 2, b'0'),
            b'j' => number(at.day_of_year, 3, b'0'),
            b'k' => number(at.hour, 2, b'_'),
            b'l' => number(twelve, 2, b'_'),
            b'm' => number(at.month, 2, b'0'),
            b'M' => number(at.minute, 2, b'0'),
            b'n' => "\n".into(),
            b'N' => format!("{:09}", at.nanos),
            b'p' => half.into(),
            b'r' => format!("{twelve:02}:{:02}:{:02} {half}", at.minute, at.second),
            b'R' => format!("{:02}:{:02}", at.hour, at.minute),
            b's' => number(at.seconds, 0, b'-'),
            b'S' => number(at.second, 2, b'0'),
            b't' => "\t".into(),
            b'T' | b'X' => at.time(),
            b'c' => {
                let (day, month) = (at.weekday_short(), at.month_short());
                format!("{day} {month} {:2} {} {}", at.day, at.time(), at.year)
            }
            b'u' => number((at.weekday + 6) % 7 + 1, 1, b'-'),
            b'w' => number(at.weekday, 1, b'-'),
            b'y' => number(at.year % 100, 2, b'0'),
            b'Y' => number(at.year, 4, b'0'),
            b'z' => "+0000".into(),
            b'Z' => "UTC".into(),
            b'%' => "%".into(),
            _ => {
                out.push(b'%');
                out.extend(pad);
                out.push(letter);
                continue;
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
}
