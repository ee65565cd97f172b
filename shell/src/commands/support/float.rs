//! Floating point numbers as C reads and prints them (`strtod` and the conversions of `printf`).

use alloc::{format, string::String};

/// The number that a text begins with, and how long it is: decimal, hexadecimal after `0x`, `inf` or `nan`.
pub fn prefix(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let negative = text.first() == Some(&b'-');
    let rest = &text[sign..];
    let (size, length) = match rest {
        [b'0', b'x' | b'X', hex @ ..] => match hexadecimal(hex) {
            Some((size, length)) => (size, length + 2),
            None => (0.0, 1),
        },
        _ => named(rest).or_else(|| decimal(rest))?,
    };
    Some((if negative { -size } else { size }, sign + length))
}

fn named(text: &[u8]) -> Option<(f64, usize)> {
    let names = [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)];
    let is =
        |name: &str| text.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name.as_bytes()));
    names.into_iter().find(|(name, _)| is(name)).map(|(name, value)| (value, name.len()))
}

fn digits(text: &[u8], base: u32) -> usize {
    text.iter().take_while(|byte| char::from(**byte).is_digit(base)).count()
}

/// How long an exponent is that begins with `letter`; 0 if there is none.
fn exponent(text: &[u8], letter: u8) -> usize {
    let Some((first, rest)) = text.split_first() else { return 0 };
    if first.to_ascii_lowercase() != letter {
        return 0;
    }
    let sign = usize::from(matches!(rest.first(), Some(b'-' | b'+')));
    match digits(&rest[sign..], 10) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// How long digits with a point are; `None` without digits.
fn mantissa(text: &[u8], base: u32) -> Option<(usize, usize)> {
    let whole = digits(text, base);
    let fraction = match text.get(whole) {
        Some(b'.') => digits(&text[whole + 1..], base),
        _ => 0,
    };
    (whole + fraction > 0).then_some((whole, fraction))
}

fn decimal(text: &[u8]) -> Option<(f64, usize)> {
    let (whole, fraction) = mantissa(text, 10)?;
    let point = usize::from(text.get(whole) == Some(&b'.'));
    let length = whole + point + fraction;
    let length = length + exponent(&text[length..], b'e');
    Some((core::str::from_utf8(&text[..length]).ok()?.parse().ok()?, length))
}

fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let (whole, fraction) = mantissa(text, 16)?;
    let point = usize::from(text.get(whole) == Some(&b'.'));
    let length = whole + point + fraction;
    let mut value = 0.0;
    for byte in text[..length].iter().filter(|byte| **byte != b'.') {
        value = value * 16.0 + f64::from(char::from(*byte).to_digit(16)?);
    }
    let power = exponent(&text[length..], b'p');
    let written = core::str::from_utf8(text.get(length + 1..length + power).unwrap_or_default()).ok()?;
    let written: i64 = if power == 0 { 0 } else { written.parse().unwrap_or(i64::from(i32::MAX)) };
    let shift = (written - 4 * fraction as i64).clamp(-4000, 4000);
    for _ in 0..shift.unsigned_abs() {
        value *= if shift < 0 { 0.5 } else { 2.0 };
    }
    Some((value, length + power))
}

/// The absolute value as the conversions `e`, `f`, `g` and `a` print it, in capitals for `E`, `F`, `G` and `A`.
/// `alternate` is what `#` asks for: a point always, and no zero taken away.
pub fn format(value: f64, conversion: u8, precision: Option<usize>, alternate: bool) -> String {
    let size = value.abs();
    let text = match conversion.to_ascii_lowercase() {
        _ if size.is_nan() => "nan".into(),
        _ if size.is_infinite() => "inf".into(),
        b'e' => exponential(size, precision.unwrap_or(6), alternate),
        b'f' => fixed(size, precision.unwrap_or(6), alternate),
        b'a' => hexadecimal_text(size, precision, alternate),
        _ => general(size, precision.unwrap_or(6), alternate),
    };
    if conversion.is_ascii_uppercase() { text.to_ascii_uppercase() } else { text }
}

fn fixed(size: f64, precision: usize, alternate: bool) -> String {
    let point = if alternate && precision == 0 { "." } else { "" };
    format!("{size:.precision$}{point}")
}

fn exponential(size: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{size:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if alternate && precision == 0 { "." } else { "" };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}{point}e{sign}{power:0>2}")
}

/// The shorter of both forms with so many significant digits.
fn general(size: f64, precision: usize, alternate: bool) -> String {
    let precision = precision.max(1);
    let rounded = format!("{size:.*e}", precision - 1);
    let power: i32 = rounded.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let is_fixed = power >= -4 && i64::from(power) < precision as i64;
    let text = match is_fixed {
        true => fixed(size, (precision as i64 - 1 - i64::from(power)) as usize, alternate),
        false => exponential(size, precision - 1, alternate),
    };
    if alternate || !text.contains('.') {
        return text;
    }
    let (mantissa, power) = text.split_at(text.find('e').unwrap_or(text.len()));
    format!("{}{power}", mantissa.trim_end_matches('0').trim_end_matches('.'))
}

/// `0x1.8p+1`: the fraction in hexadecimal.
fn hexadecimal_text(size: f64, precision: Option<usize>, alternate: bool) -> String {
    const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = size.to_bits();
    let (mut power, mut mantissa) = ((bits >> FRACTION) as i32, bits & ((1 << FRACTION) - 1));
    match power {
        0 if mantissa == 0 => {}
        0 => power = -1022, // subnormal: nothing in front of the point
        _ => {
            power -= 1023;
            mantissa |= 1 << FRACTION;
        }
    }
    const DIGITS: usize = FRACTION as usize / 4;
    let digits = precision.unwrap_or(DIGITS);
    if digits < DIGITS {
        // To the nearest, and of two as near to the even one.
        let dropped = 4 * (DIGITS - digits) as u32;
        let (rest, half) = (mantissa & ((1 << dropped) - 1), 1 << (dropped - 1));
        mantissa >>= dropped;
        mantissa += u64::from(rest > half || rest == half && mantissa & 1 == 1);
        mantissa <<= dropped;
    }
    let whole = mantissa >> FRACTION;
    let mut fraction = format!("{:0DIGITS$x}", mantissa & ((1 << FRACTION) - 1));
    match precision {
        None => fraction.truncate(fraction.trim_end_matches('0').len()),
        Some(digits) if digits < DIGITS => fraction.truncate(digits),
        Some(digits) => fraction.extend(core::iter::repeat_n('0', digits - DIGITS)),
    }
    let point = if fraction.is_empty() && !alternate { "" } else { "." };
    format!("0x{whole:x}{point}{fraction}p{power:+}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read() {
        for (text, value, length) in [
            ("12", 12.0, 2),
            ("-1.5e2x", -150.0, 6),
            ("1e", 1.0, 1),
            (".5.", 0.5, 2),
            ("5.", 5.0, 2),
            ("0x1.8p1", 3.0, 7),
            ("0xg", 0.0, 1),
            ("0x10", 16.0, 4),
            ("+INFinity", f64::INFINITY, 9),
            ("1e999", f64::INFINITY, 5),
        ] {
            assert_eq!(prefix(text.as_bytes()), Some((value, length)), "{text}");
        }
        assert!(prefix(b"nan").is_some_and(|(value, length)| value.is_nan() && length == 3));
        for text in ["", "-", ".", "x", "e5"] {
            assert_eq!(prefix(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_printed_as_in_c() {
        for (value, conversion, precision, expected) in [
            (1234.5, b'e', None, "1.234500e+03"),
            (0.0, b'e', Some(0), "0e+00"),
            (1e-300, b'E', Some(2), "1.00E-300"),
            (2.5, b'f', Some(0), "2"),
            (1.5, b'f', None, "1.500000"),
            (100_000.0, b'g', None, "100000"),
            (1_000_000.0, b'g', None, "1e+06"),
            (1e-5, b'g', None, "1e-05"),
            (0.0001, b'G', None, "0.0001"),
            (123_456_789.0, b'g', None, "1.23457e+08"),
            (999_999.9, b'g', None, "1e+06"),
            (f64::NAN, b'G', None, "NAN"),
            (-f64::INFINITY, b'f', None, "inf"),
            (1.0, b'a', None, "0x1p+0"),
            (3.0, b'A', None, "0X1.8P+1"),
            (1.999, b'a', Some(1), "0x2.0p+0"),
            (0.0, b'a', None, "0x0p+0"),
            (0.5, b'a', Some(15), "0x1.000000000000000p-1"),
        ] {
            assert_eq!(
                format(value, conversion, precision, false),
                expected,
                "{value} {}",
                conversion as char
            );
        }
        assert_eq!(format(1.0, b'g', None, true), "1.00000");
        assert_eq!(format(1.0, b'f', Some(0), true), "1.");
    }
}
