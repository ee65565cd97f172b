//! `date`: the time of day, in UTC: there are no time zones.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::time::Duration;

use super::support::{
    civil::{Civil, DAYS, MONTHS},
    files::Files,
    numbers,
    paths::stat,
    when,
};
use crate::{
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "date",
    "date [-uR] [-I[date|hours|minutes|seconds|ns]] [--rfc-3339=date|seconds|ns] [-d DATE | -f FILE | -r FILE] [+FORMAT]",
    "Prints date and time in UTC, or as FORMAT says: %Y-%m-%d %H:%M:%S, %s seconds since 1970, %N nanoseconds, %a %b names; of DATE ('2024-02-29 12:00', 'next friday', '3 days ago', @SECONDS), of each line of FILE (-f), or when FILE was changed (-r)."
);

// An option that has a long name only.
const RFC_3339: char = '\u{1}';

const DEFAULT: &str = "%a %b %e %H:%M:%S UTC %Y";
const RFC_5322: &str = "%a, %d %b %Y %H:%M:%S %z";

async fn run(p: Process) -> Outcome {
    let long = [
        ("utc", 'u'),
        ("universal", 'u'),
        ("date", 'd'),
        ("file", 'f'),
        ("reference", 'r'),
        ("iso-8601", 'I'),
        ("rfc-3339", RFC_3339),
        ("rfc-email", 'R'),
        ("rfc-2822", 'R'),
    ];
    let options = io::options(&p, &COMMAND, "uRI::d:f:r:\u{1}:", &long).await?;
    let format = match options.operands.as_slice() {
        [] => match named_format(&options) {
            Some(format) => BStr::new(format),
            None => return Err(io::usage(&p, &COMMAND, "try date, hours, minutes, seconds or ns").await),
        },
        [format] if format.starts_with(b"+") => BStr::new(&format[1..]),
        [other, ..] => return Err(io::usage(&p, &COMMAND, &format!("unexpected operand '{other}'")).await),
    };
    let (now, mut out) = (p.sys.now(), Output::new(&p));
    match options.given.iter().rev().find(|(option, _)| matches!(option, 'd' | 'f' | 'r')) {
        None => print(now, format, &mut out).await?,
        Some(('d', text)) => match when::parse(text, now).filter(|when| when.as_secs() <= LATEST) {
            Some(when) => print(when, format, &mut out).await?,
            None => {
                io::complain(&p, format!("invalid date '{text}'; {HINT}")).await;
                return Ok(1);
            }
        },
        Some(('r', name)) => match stat(&p, name).await {
            Ok(metadata) => print(metadata.modified, format, &mut out).await?,
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(1);
            }
        },
        Some((_, list)) => return of_lines(&p, list, format, out).await,
    }
    out.finish(0).await
}

/// The year 9999 and somewhat more.
const LATEST: u64 = 250_000_000_000;
const HINT: &str = "try '2024-02-29 12:00', 'next friday', '3 days ago' or @SECONDS, not before 1970";

/// A date in each line.
async fn of_lines(p: &Process, list: &BStr, format: &BStr, mut out: Output<'_>) -> Outcome {
    let names = [list];
    let mut files = Files::new(p, &names);
    let mut fine = true;
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            let text = line.trim_ascii().as_bstr();
            match when::parse(text, p.sys.now()).filter(|when| when.as_secs() <= LATEST) {
                Some(when) => print(when, format, &mut out).await?,
                None => {
                    out.flush().await?;
                    io::complain(p, format!("invalid date '{text}'; {HINT}")).await;
                    fine = false;
                }
            }
        }
    }
    out.finish(files.status.max(u8::from(!fine))).await
}

async fn print(when: Duration, format: &BStr, out: &mut Output<'_>) -> Result<(), Ended> {
    let mut text = Vec::new();
    expand(format, &Civil::new(when), &mut text);
    out.write_all(&[&text, b"\n"]).await
}

/// The format of the option that was given last; `None` if its value is none.
fn named_format(options: &Options<'_>) -> Option<&'static str> {
    let precision = |value: &BStr| ["", "date", "hours", "minutes", "seconds", "ns"].iter().position(|known| value == *known);
    let option = options.last_of("IR\u{1}");
    let precision = option.and_then(|option| precision(options.value(option)?));
    match (option, precision) {
        (None, _) => Some(DEFAULT),
        (Some('R'), _) => Some(RFC_5322),
        (Some('I'), Some(precision)) => Some(match precision {
            0 | 1 => "%F",
            2 => "%FT%H%:z",
            3 => "%FT%H:%M%:z",
            4 => "%FT%T%:z",
            _ => "%FT%T,%N%:z",
        }),
        (Some(RFC_3339), Some(1)) => Some("%F"),
        (Some(RFC_3339), Some(4)) => Some("%F %T%:z"),
        (Some(RFC_3339), Some(5)) => Some("%F %T.%N%:z"),
        _ => None,
    }
}

/// How a field is printed.
struct Shape {
    /// `-`, `_` or `0`.
    pad: Option<u8>,
    /// `^`, or `#`, which turns the case around.
    case: Option<u8>,
    width: Option<usize>,
}

impl Shape {
    /// Reads flags, a width and modifiers without a meaning here; how many bytes they are.
    fn parse(text: &[u8]) -> (Self, usize) {
        let flags = text.iter().take_while(|byte| b"-_0^#+".contains(byte)).count();
        let digits = text[flags..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let last = |known: &[u8]| text[..flags].iter().rev().copied().find(|flag| known.contains(flag));
        let width = numbers::parse(&text[flags..flags + digits]).map(|width: usize| width.min(1000));
        let modifier = matches!(text.get(flags + digits), Some(b'E' | b'O'));
        (Self { pad: last(b"-_0"), case: last(b"^#"), width }, flags + digits + usize::from(modifier))
    }

    fn number(&self, value: u64, width: usize, pad: u8) -> String {
        let width = self.width.unwrap_or(width);
        match self.pad.unwrap_or(pad) {
            b'-' => format!("{value}"),
            b'_' => format!("{value:width$}"),
            _ => format!("{value:0width$}"),
        }
    }

    fn text(&self, text: &str, opposite: fn(&str) -> String) -> String {
        let text = match self.case {
            Some(b'^') => text.to_uppercase(),
            Some(_) => opposite(text),
            None => text.into(),
        };
        let width = self.width.unwrap_or(0);
        match self.pad {
            Some(b'0') => format!("{text:0>width$}"),
            Some(b'-') => text,
            _ => format!("{text:>width$}"),
        }
    }
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
        let (shape, taken) = Shape::parse(after);
        let colons = after[taken..].iter().take_while(|byte| **byte == b':').count();
        let text = after.get(taken + colons).and_then(|letter| field(*letter, colons, &shape, at));
        match text {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                rest = &after[taken + colons + 1..];
            }
            None => out.push(b'%'),
        }
    }
}

fn field(letter: u8, colons: usize, shape: &Shape, at: &Civil) -> Option<String> {
    let number = |value: u64, width: usize, pad: u8| shape.number(value, width, pad);
    let upper = |text: &str| shape.text(text, |text| text.to_uppercase());
    let lower = |text: &str| shape.text(text, |text| text.to_lowercase());
    let twelve = (at.hour + 11) % 12 + 1;
    let half = if at.hour < 12 { "AM" } else { "PM" };
    // Days that passed since the first Sunday or Monday, in weeks.
    let week = |first: u64| (at.day_of_year + 6 - (at.weekday + 7 - first) % 7) / 7;
    Some(match letter {
        b'z' => {
            let zone = ["+0000", "+00:00", "+00:00:00", "+00"].get(colons)?;
            shape.text(zone, |text| text.into())
        }
        _ if colons > 0 => return None,
        b'a' => upper(at.weekday_short()),
        b'A' => upper(DAYS[at.weekday as usize]),
        b'b' | b'h' => upper(at.month_short()),
        b'B' => upper(MONTHS[at.month as usize - 1]),
        b'C' => number(at.year / 100, 2, b'0'),
        b'd' => number(at.day, 2, b'0'),
        b'D' | b'x' => upper(&format!("{:02}/{:02}/{:02}", at.month, at.day, at.year % 100)),
        b'e' => number(at.day, 2, b'_'),
        b'F' => upper(&at.date()),
        b'g' => number(at.week().0 % 100, 2, b'0'),
        b'G' => number(at.week().0, 4, b'0'),
        b'H' => number(at.hour, 2, b'0'),
        b'I' => number(twelve, 2, b'0'),
        b'j' => number(at.day_of_year, 3, b'0'),
        b'k' => number(at.hour, 2, b'_'),
        b'l' => number(twelve, 2, b'_'),
        b'm' => number(at.month, 2, b'0'),
        b'M' => number(at.minute, 2, b'0'),
        b'n' => "\n".into(),
        b'N' => {
            // The width says how many digits of the fraction are wanted.
            let digits = shape.width.unwrap_or(9);
            let mut text = format!("{:09}", at.nanos);
            text.extend(core::iter::repeat_n('0', digits.saturating_sub(9)));
            text.truncate(digits);
            text
        }
        b'p' => lower(half),
        b'P' => upper(&half.to_lowercase()),
        b'q' => number((at.month - 1) / 3 + 1, 1, b'0'),
        b'r' => upper(&format!("{twelve:02}:{:02}:{:02} {half}", at.minute, at.second)),
        b'R' => upper(&format!("{:02}:{:02}", at.hour, at.minute)),
        b's' => number(at.seconds, 0, b'0'),
        b'S' => number(at.second, 2, b'0'),
        b't' => "\t".into(),
        b'T' | b'X' => upper(&at.time()),
        b'c' => {
            let (day, month) = (at.weekday_short(), at.month_short());
            upper(&format!("{day} {month} {:2} {} {}", at.day, at.time(), at.year))
        }
        b'u' => number((at.weekday + 6) % 7 + 1, 1, b'0'),
        b'U' => number(week(0), 2, b'0'),
        b'V' => number(at.week().1, 2, b'0'),
        b'w' => number(at.weekday, 1, b'0'),
        b'W' => number(week(1), 2, b'0'),
        b'y' => number(at.year % 100, 2, b'0'),
        b'Y' => number(at.year, 4, b'0'),
        b'Z' => lower("UTC"),
        b'%' => "%".into(),
        _ => return None,
    })
}
