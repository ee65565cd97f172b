//! Times as people write them for commands: dates in UTC, or seconds since the epoch.

use bstr::ByteSlice;
use core::time::Duration;

use super::{civil::Civil, numbers};

/// `now`, `today`, `@SECONDS`, `YYYY-MM-DD`, and that with `T` or a blank and `HH:MM`, `HH:MM:SS` or `HH:MM:SS.FRACTION`,
/// and a `Z` or `UTC` at the end that changes nothing.
pub fn date(text: &[u8], now: Duration) -> Option<Duration> {
    let text = text.trim_ascii();
    if text == b"now" || text == b"today" {
        return Some(now);
    }
    if let Some(seconds) = text.strip_prefix(b"@") {
        let (whole, fraction) = seconds.split_once_str(b".").unwrap_or((seconds, b"0"));
        return Some(Duration::new(digits(whole)?, nanos(fraction)?));
    }
    let text = text.strip_suffix(b"Z").or_else(|| text.strip_suffix(b"UTC")).unwrap_or(text).trim_ascii();
    let (day, time) = text.split_at(text.find_byteset(b"T ").unwrap_or(text.len()));
    let mut parts = day.split_str(b"-").map(digits);
    let days = Civil::days(parts.next()??, parts.next()??, parts.next()??)?;
    if parts.next().is_some() {
        return None;
    }
    let of_day = match time.get(1..) {
        Some(time) => clock(time.trim_ascii())?,
        None => Duration::ZERO,
    };
    Some(Duration::from_secs(days * 86_400) + of_day)
}

/// `[[CC]YY]MMDDhhmm[.ss]`, as `touch -t` takes it.
pub fn stamp(text: &[u8], now: Duration) -> Option<Duration> {
    let (text, seconds) = text.split_once_str(b".").unwrap_or((text, b"00"));
    let (year, rest) = text.split_at(text.len().checked_sub(8)?);
    let year = match (year.len(), digits(year)) {
        (0, _) => Civil::new(now).year,
        (2, Some(year)) => year + if year < 69 { 2000 } else { 1900 },
        (4, Some(year)) => year,
        _ => return None,
    };
    let pair = |at: usize| digits(&rest[at..at + 2]);
    let (hour, minute) = (pair(4)?, pair(6)?);
    let second = digits(seconds).filter(|second| seconds.len() == 2 && *second < 60)?;
    if hour > 23 || minute > 59 {
        return None;
    }
    let days = Civil::days(year, pair(0)?, pair(2)?)?;
    Some(Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

/// `HH:MM[:SS[.FRACTION]]`.
fn clock(text: &[u8]) -> Option<Duration> {
    let (text, fraction) = text.split_once_str(b".").unwrap_or((text, b"0"));
    let mut parts = text.split_str(b":").map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if hour > 23 || minute > 59 || second > 59 || parts.next().is_some() {
        return None;
    }
    Some(Duration::new(hour * 3600 + minute * 60 + second, nanos(fraction)?))
}

fn digits(text: &[u8]) -> Option<u64> {
    numbers::parse(text).filter(|_| text.iter().all(u8::is_ascii_digit))
}

fn nanos(fraction: &[u8]) -> Option<u32> {
    digits(fraction)?;
    (0..9).try_fold(0, |nanos, at| {
        Some(nanos * 10 + fraction.get(at).map_or(0, |digit| u32::from(digit - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let now = Duration::from_secs(1_700_000_000); // 2023-11-14 22:13:20
        let seconds = |text: &str| date(text.as_bytes(), now).map(|time| time.as_secs());
        assert_eq!(seconds("2023-11-14 22:13:20"), Some(1_700_000_000));
        assert_eq!(seconds("2023-11-14T22:13Z"), Some(1_699_999_980));
        assert_eq!(seconds("2023-11-14"), Some(1_699_920_000));
        assert_eq!(seconds("@5"), Some(5));
        assert_eq!(seconds("now"), Some(1_700_000_000));
        assert_eq!(date(b"@5.25", now), Some(Duration::from_millis(5250)));
        assert_eq!(date(b"1970-01-01 00:00:01.5", now), Some(Duration::from_millis(1500)));
        for bad in [
            "",
            "tomorrow",
            "2023-02-29",
            "2023-1",
            "2023-11-14 24:00",
            "@",
            "@x",
            "1969-12-31",
            "2023-11-14-1",
        ] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
        let seconds = |text: &str| stamp(text.as_bytes(), now).map(|time| time.as_secs());
        assert_eq!(seconds("202311142213.20"), Some(1_700_000_000));
        assert_eq!(seconds("2311142213"), Some(1_699_999_980));
        assert_eq!(seconds("11142213"), Some(1_699_999_980));
        for bad in ["", "1114221", "13142213", "11142460", "1114221360", "11142213.60", "11142213.5"] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
    }
}
