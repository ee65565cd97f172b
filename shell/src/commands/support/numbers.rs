//! Numbers as people write them for commands.

use alloc::{format, string::String};
use bstr::{BStr, ByteSlice};
use core::time::Duration;

/// A whole number, nothing around it.
pub fn parse<T: core::str::FromStr>(text: &[u8]) -> Option<T> {
    text.to_str().ok()?.parse().ok()
}

/// A count with an optional suffix: `b` is 512, `K`, `M` and `G` are powers of 1024.
pub fn count(text: &BStr) -> Option<u64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let number: u64 = parse(&text[..digits])?;
    let factor = match text[digits..].as_bytes() {
        b"" => 1,
        b"b" => 512,
        b"k" | b"K" => 1 << 10,
        b"M" => 1 << 20,
        b"G" => 1 << 30,
        _ => return None,
    };
    Some(number.saturating_mul(factor))
}

/// A time such as `2`, `0.25`, `1.5m`, `3h`, or `infinity`.
pub fn duration(text: &[u8]) -> Option<Duration> {
    const CENTURY: u64 = 100 * 366 * 86_400;
    if text == b"infinity" || text == b"inf" {
        return Some(Duration::from_secs(CENTURY));
    }
    let (number, seconds) = match text.split_last()? {
        (b's', rest) => (rest, 1),
        (b'm', rest) => (rest, 60),
        (b'h', rest) => (rest, 3600),
        (b'd', rest) => (rest, 86_400),
        _ => (text, 1),
    };
    let (whole, fraction) = number.split_once_str(b".").unwrap_or((number, b""));
    let digits_only = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if !digits_only || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { parse(whole).unwrap_or(CENTURY) };
    let mut nanos = 0;
    for place in 0..9 {
        nanos = nanos * 10 + u64::from(fraction.get(place).map_or(0, |digit| digit - b'0'));
    }
    let total = u128::from(whole.min(CENTURY)) * 1_000_000_000 + u128::from(nanos);
    let total = (total * seconds).min(u128::from(CENTURY) * 1_000_000_000);
    Some(Duration::new((total / 1_000_000_000) as u64, (total % 1_000_000_000) as u32))
}

/// Bytes in at most four characters, rounded up: `987`, `1.2K`, `34M`.
pub fn human(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes}");
    }
    let mut unit = 1u64 << 10;
    for name in ["K", "M", "G", "T", "P"] {
        let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
        if tenths < 100 {
            return format!("{}.{}{name}", tenths / 10, tenths % 10);
        }
        let whole = bytes.div_ceil(unit);
        if whole < 1024 || name == "P" {
            return format!("{whole}{name}");
        }
        unit <<= 10;
    }
    unreachable!("the last unit always returns")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_times() {
        assert_eq!(count("12".into()), Some(12));
        assert_eq!(count("2K".into()), Some(2048));
        assert_eq!(count("2x".into()), None);
        assert_eq!(count("".into()), None);
        assert_eq!(duration(b"1.5m"), Some(Duration::from_secs(90)));
        assert_eq!(duration(b".25"), Some(Duration::from_millis(250)));
        assert_eq!(duration(b"0.0000000019"), Some(Duration::from_nanos(1)));
        for bad in ["", ".", "s", "1x", "-1", "1.2.3"] {
            assert_eq!(duration(bad.as_bytes()), None, "{bad:?}");
        }
        assert!(duration(b"99999999999999999999999h").is_some());
    }

    #[test]
    fn human_sizes() {
        for (bytes, text) in [(0, "0"), (1023, "1023"), (1024, "1.0K"), (1025, "1.1K"), (10 << 10, "10K")] {
            assert_eq!(human(bytes), text);
        }
        assert_eq!(human(1 << 20), "1.0M");
        assert_eq!(human((1 << 20) - 1), "1.0M");
        assert_eq!(human(u64::MAX), "16384P");
    }
}
