//! Times of day, and times in digits alone. [`super::when`] reads the other forms.

use bstr::ByteSlice;
use core::time::Duration;

use super::{civil::Civil, numbers};

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
pub(super) fn clock(text: &[u8]) -> Option<Duration> {
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

pub(super) fn nanos(fraction: &[u8]) -> Option<u32> {
    digits(fraction)?;
    (0..9).try_fold(0, |nanos, at| {
        Some(nanos * 10 + fraction.get(at).map_or(0, |digit| u32::from(digit - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps() {
        let now = Duration::from_secs(1_700_000_000); // 2023-11-14 22:13:20
        let seconds = |text: &str| stamp(text.as_bytes(), now).map(|time| time.as_secs());
        assert_eq!(seconds("202311142213.20"), Some(1_700_000_000));
        assert_eq!(seconds("2311142213"), Some(1_699_999_980));
        assert_eq!(seconds("11142213"), Some(1_699_999_980));
        for bad in ["", "1114221", "13142213", "11142460", "1114221360", "11142213.60", "11142213.5"] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
    }
}
