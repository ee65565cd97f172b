//! Moments as people write them: dates and times of day in many forms, and what is relative to now.

use alloc::vec::Vec;
use bstr::ByteSlice;
use core::time::Duration;

use super::{
    civil::{Civil, DAYS, MONTHS},
    numbers,
    times::{clock, nanos},
};

const DAY: i64 = 86_400;

/// The moment that a text says, in UTC unless a zone like `+0200` stands behind the time of day:
/// `2024-02-29 12:00`, `29 Feb 2024`, `02/29/2024 1:30pm`, `@1709208000.5`, `tomorrow`, `next friday`, `3 days ago`,
/// `yesterday 10:00`, `2024-01-31 +1 month`. What is left out is that of `now`; the time of day is midnight when only a
/// day is given. `None` for all else, and for what was before 1970.
pub fn parse(text: &[u8], now: Duration) -> Option<Duration> {
    let text = text.trim_ascii();
    if let Some(seconds) = text.strip_prefix(b"@") {
        let (whole, fraction) = seconds.split_once_str(b".").unwrap_or((seconds, b"0"));
        return Some(Duration::new(numbers::parse(whole).filter(|_| is_number(whole))?, nanos(fraction)?));
    }
    let lower = text.to_ascii_lowercase();
    let mut words: &[&[u8]] = &words(&lower);
    if words.is_empty() {
        return None;
    }
    let mut found = Found::default();
    while !words.is_empty() {
        let taken = found.take(words)?;
        words = &words[taken..];
    }
    found.moment(now)
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// Words, and numbers with their signs; a `t` between a date and a time of day only separates.
fn words(text: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    for word in text.split(|byte| byte.is_ascii_whitespace() || *byte == b',').filter(|word| !word.is_empty())
    {
        let mut rest = word;
        while !rest.is_empty() {
            let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let sign = usize::from(matches!(rest[0], b'+' | b'-'));
            // A date in numbers or with the name of a month keeps its dashes; elsewhere a sign begins a word.
            let mut end = sign;
            while let Some(byte) = rest.get(end)
                && (byte.is_ascii_digit()
                    || matches!(byte, b':' | b'.' | b'/')
                    || *byte == b'-' && sign == 0 && !rest[..end].contains(&b':'))
            {
                end += 1;
            }
            let dashed = rest[..end].ends_with(b"-") && end > sign;
            let end = match letters {
                0 if dashed => rest.len(), // 29-feb-2024
                0 => end.max(1),
                letters => letters,
            };
            if &rest[..end] != b"t" || words.is_empty() {
                words.push(&rest[..end]);
            }
            rest = &rest[end..];
        }
    }
    words
}

/// Year, if it was named, month and day.
type Date = (Option<u64>, u64, u64);

/// What the words have said so far.
#[derive(Default)]
struct Found {
    date: Option<Date>,
    of_day: Option<Duration>,
    /// East of Greenwich.
    zone: Option<i64>,
    /// The weekday from 0, Sunday, and which one from today on.
    weekday: Option<(i64, i64)>,
    months: i64,
    days: i64,
    seconds: i64,
}

impl Found {
    /// Takes the meaning of the first words; how many they are.
    fn take(&mut self, words: &[&[u8]]) -> Option<usize> {
        let (&word, rest) = words.split_first()?;
        let next = rest.first().copied().unwrap_or_default();
        match word {
            b"now" | b"today" => return Some(1),
            b"tomorrow" | b"yesterday" => {
                self.days += if word == b"tomorrow" { 1 } else { -1 };
                return Some(1);
            }
            b"z" | b"utc" | b"gmt" | b"ut" => return self.zone(0).map(|()| 1),
            b"noon" | b"midnight" => {
                return self.clock(Duration::from_secs(if word == b"noon" { 43_200 } else { 0 })).map(|()| 1);
            }
            b"next" | b"last" | b"this" => {
                let count = [b"last".as_slice(), b"this", b"next"].iter().position(|known| *known == word)?
                    as i64
                    - 1;
                return match name(next, &DAYS) {
                    Some(day) => self.weekday(day, count).map(|()| 2),
                    None => self.add(next, count).map(|()| 2),
                };
            }
            _ => {}
        }
        if let Some(month) = name(word, &MONTHS) {
            let day = numbers::parse(next).filter(|_| is_number(next))?;
            let year = rest.get(1).and_then(|word| year(word));
            return self.date(year, month as u64 + 1, day).map(|()| if year.is_some() { 3 } else { 2 });
        }
        if let Some(day) = name(word, &DAYS) {
            return self.weekday(day, 0).map(|()| 1);
        }
        if word.contains(&b':') && word[0].is_ascii_digit() {
            let afternoon = matches!(next, b"am" | b"pm");
            self.clock(half(clock(word)?, next)?)?;
            let zone = rest.get(usize::from(afternoon)).and_then(|word| zone(word));
            if let Some(east) = zone {
                self.zone(east)?;
            }
            return Some(1 + usize::from(afternoon) + usize::from(zone.is_some()));
        }
        if let Some((year, month, day)) = numeric_date(word) {
            return self.date(year, month, day).map(|()| 1);
        }
        if is_number(word) {
            if matches!(next, b"am" | b"pm") {
                let hour: u64 = numbers::parse(word).filter(|hour| (1..=12).contains(hour))?;
                return self.clock(half(Duration::from_secs(hour * 3600), next)?).map(|()| 2);
            }
            if let Some(month) = name(next, &MONTHS) {
                let year = rest.get(1).and_then(|word| year(word));
                let day = numbers::parse(word)?;
                return self.date(year, month as u64 + 1, day).map(|()| if year.is_some() { 3 } else { 2 });
            }
            if let (4, Some((None, month, day))) = (word.len(), self.date) {
                self.date = Some((year(word), month, day));
                return Some(1);
            }
        }
        // A unit alone is one of them.
        let (count, unit, used) = match word[0].is_ascii_alphabetic() {
            true => (1, word, 1),
            false => {
                let digits = word.strip_prefix(b"+").or_else(|| word.strip_prefix(b"-")).unwrap_or(word);
                let count: i64 = numbers::parse(digits).filter(|_| is_number(digits))?;
                (if word[0] == b'-' { -count } else { count }, next, 2)
            }
        };
        let ago = words.get(used) == Some(&b"ago".as_slice());
        self.add(unit, if ago { -count } else { count })?;
        Some(used + usize::from(ago))
    }

    fn date(&mut self, year: Option<u64>, month: u64, day: u64) -> Option<()> {
        self.date.replace((year, month, day)).is_none().then_some(())
    }

    fn clock(&mut self, of_day: Duration) -> Option<()> {
        self.of_day.replace(of_day).is_none().then_some(())
    }

    fn zone(&mut self, east: i64) -> Option<()> {
        self.zone.replace(east).is_none().then_some(())
    }

    fn weekday(&mut self, day: usize, which: i64) -> Option<()> {
        self.weekday.replace((day as i64, which)).is_none().then_some(())
    }

    /// Adds a number of units.
    fn add(&mut self, unit: &[u8], count: i64) -> Option<()> {
        let unit = unit.strip_suffix(b"s").filter(|unit| unit.len() > 1).unwrap_or(unit);
        let (sum, factor) = match unit {
            b"year" => (&mut self.months, 12),
            b"month" => (&mut self.months, 1),
            b"fortnight" => (&mut self.days, 14),
            b"week" => (&mut self.days, 7),
            b"day" => (&mut self.days, 1),
            b"hour" => (&mut self.seconds, 3600),
            b"minute" | b"min" => (&mut self.seconds, 60),
            b"second" | b"sec" => (&mut self.seconds, 1),
            _ => return None,
        };
        *sum = sum.checked_add(count.checked_mul(factor)?)?;
        Some(())
    }

    fn moment(&self, now: Duration) -> Option<Duration> {
        let today = Civil::new(now);
        let (year, month, day) = match self.date {
            Some((year, month, day)) => (year.unwrap_or(today.year), month, day),
            None => (today.year, today.month, today.day),
        };
        Civil::days(year, month, day)?;
        let midnight = self.date.is_some() || self.weekday.is_some();
        let of_day = match self.of_day {
            Some(of_day) => of_day,
            None if midnight => Duration::ZERO,
            None => Duration::new(now.as_secs() % DAY as u64, now.subsec_nanos()),
        };
        // A day that the month does not have is one of the next.
        let months = (year * 12 + month - 1) as i64;
        let months = u64::try_from(months.checked_add(self.months)?).ok()?;
        let mut days = Civil::days(months / 12, months % 12 + 1, 1)? as i64 + day as i64 - 1;
        if let (Some((weekday, which)), None) = (self.weekday, self.date) {
            let away = (weekday - (days + 4) % 7 + 7) % 7;
            days += away + 7 * (which - i64::from(which > 0 && away > 0));
        }
        let days = days.checked_add(self.days)?;
        let seconds = days.checked_mul(DAY)?.checked_add(of_day.as_secs() as i64)?;
        let seconds = seconds.checked_sub(self.zone.unwrap_or(0))?.checked_add(self.seconds)?;
        Some(Duration::new(u64::try_from(seconds).ok()?, of_day.subsec_nanos()))
    }
}

/// Which of the names a word is, or the beginning of: at least three letters of it.
fn name(word: &[u8], names: &[&str]) -> Option<usize> {
    let is = |name: &&str| {
        let name = name.as_bytes();
        word.len() >= 3 && word.len() <= name.len() && name[..word.len()].eq_ignore_ascii_case(word)
    };
    names.iter().position(is)
}

fn year(word: &[u8]) -> Option<u64> {
    numbers::parse(word).filter(|_| word.len() == 4 && is_number(word))
}

/// `YYYY-MM-DD`, `MM/DD`, `MM/DD/YYYY`, `YYYY/MM/DD`, `DD-MON-YYYY` or `YYYYMMDD`.
fn numeric_date(word: &[u8]) -> Option<Date> {
    if word.len() == 8 && is_number(word) {
        let part = |from: usize, to: usize| numbers::parse(&word[from..to]);
        return Some((part(0, 4), part(4, 6)?, part(6, 8)?));
    }
    let mark = if word.contains(&b'/') { b"/" } else { b"-" };
    let parts: Vec<&[u8]> = word.split_str(mark).collect();
    let number = |part: &[u8]| numbers::parse::<u64>(part).filter(|_| is_number(part));
    Some(match *parts.as_slice() {
        [day, month, written] if name(month, &MONTHS).is_some() => {
            (Some(year(written)?), name(month, &MONTHS)? as u64 + 1, number(day)?)
        }
        [first, second, third] if first.len() == 4 => (Some(number(first)?), number(second)?, number(third)?),
        [month, day, written] if mark == b"/" => {
            let full = match (written.len(), number(written)?) {
                (2, short) => short + if short < 69 { 2000 } else { 1900 },
                (_, full) => full,
            };
            (Some(full), number(month)?, number(day)?)
        }
        [month, day] if mark == b"/" => (None, number(month)?, number(day)?),
        _ => return None,
    })
}

/// The time of day with `am` or `pm` behind it.
fn half(of_day: Duration, word: &[u8]) -> Option<Duration> {
    let (hours, half) = (of_day.as_secs() / 3600, Duration::from_secs(43_200));
    match (word, hours) {
        (b"am" | b"pm", 0 | 13..) => None,
        (b"am", 12) => Some(of_day - half),
        (b"pm", 1..=11) => Some(of_day + half),
        _ => Some(of_day),
    }
}

/// `+0200`, `+02:00` or `-5` as seconds.
fn zone(word: &[u8]) -> Option<i64> {
    let (sign, rest) = match word.split_first()? {
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let number = |text: &[u8]| numbers::parse::<i64>(text).filter(|_| is_number(text));
    let (hours, minutes) = match rest.split_once_str(b":") {
        Some((hours, minutes)) => (number(hours)?, number(minutes)?),
        None if rest.len() > 2 => (number(&rest[..rest.len() - 2])?, number(&rest[rest.len() - 2..])?),
        None => (number(rest)?, 0),
    };
    (hours < 25 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let now = Duration::from_secs(1_700_000_000); // Tuesday, 2023-11-14 22:13:20
        let text = |text: &str| {
            let at = Civil::new(parse(text.as_bytes(), now)?);
            Some(alloc::format!("{} {}", at.date(), at.time()))
        };
        for (written, expected) in [
            ("now", "2023-11-14 22:13:20"),
            ("2023-11-14 22:13:20", "2023-11-14 22:13:20"),
            ("2023-11-14T22:13Z", "2023-11-14 22:13:00"),
            ("2023-11-14", "2023-11-14 00:00:00"),
            ("20231114", "2023-11-14 00:00:00"),
            ("2024-02-29 12:00 +0130", "2024-02-29 10:30:00"),
            ("2024-02-29T12:00:00-05:00", "2024-02-29 17:00:00"),
            ("12:30", "2023-11-14 12:30:00"),
            ("1 Jan 2024", "2024-01-01 00:00:00"),
            ("Jan 1, 2024 10:00", "2024-01-01 10:00:00"),
            ("Fri Jan  2 00:00:01 UTC 1970", "1970-01-02 00:00:01"),
            ("Thu, 01 Jan 1970 00:00:05 +0000", "1970-01-01 00:00:05"),
            ("02/29/2024", "2024-02-29 00:00:00"),
            ("3/1", "2023-03-01 00:00:00"),
            ("29-feb-2024", "2024-02-29 00:00:00"),
            ("10am", "2023-11-14 10:00:00"),
            ("12 am", "2023-11-14 00:00:00"),
            ("1:30 pm", "2023-11-14 13:30:00"),
            ("noon", "2023-11-14 12:00:00"),
            ("tomorrow", "2023-11-15 22:13:20"),
            ("yesterday 12:00", "2023-11-13 12:00:00"),
            ("1 day ago", "2023-11-13 22:13:20"),
            ("+2 weeks", "2023-11-28 22:13:20"),
            ("-1 hour", "2023-11-14 21:13:20"),
            ("next month", "2023-12-14 22:13:20"),
            ("last year", "2022-11-14 22:13:20"),
            ("2024-01-31 +1 month", "2024-03-02 00:00:00"),
            ("2024-01-31 +1 day", "2024-02-01 00:00:00"),
            ("tuesday", "2023-11-14 00:00:00"),
            ("next tuesday", "2023-11-21 00:00:00"),
            ("friday", "2023-11-17 00:00:00"),
            ("last fri 10:00", "2023-11-10 10:00:00"),
            ("90 minutes ago", "2023-11-14 20:43:20"),
        ] {
            assert_eq!(text(written).as_deref(), Some(expected), "{written}");
        }
        assert_eq!(parse(b"@5.25", now), Some(Duration::from_millis(5250)));
        assert_eq!(parse(b"1970-01-01 00:00:01.5", now), Some(Duration::from_millis(1500)));
        for bad in [
            "",
            "foo",
            "2023-02-29",
            "2023-1",
            "2023-11-14 24:00",
            "@",
            "@x",
            "@-1",
            "1969-12-31",
            "2023-11-14-1",
            "13:00 pm",
            "10:00 11:00",
            "1",
            "3 parsecs",
            "2024-01-01 2024-01-02",
            "1970-01-01 +0100 ago",
            "+",
            "-",
            "t",
        ] {
            assert_eq!(text(bad), None, "{bad:?}");
        }
    }
}
