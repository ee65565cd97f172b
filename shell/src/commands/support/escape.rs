//! Backslash escapes of `echo -e`, `printf` and `tr`.

use alloc::vec::Vec;

/// How octal escapes are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Octal {
    /// `\0NNN`, as in `echo -e` and `%b`.
    Zero,
    /// `\NNN`, as in a `printf` format and `tr`.
    Plain,
}

/// What one escape stands for.
pub enum Escape {
    /// A byte.
    Byte(u8),
    /// A character, after `\\u` or `\\U`.
    Char(char),
    /// `\c`: no more output.
    Stop,
    /// None that is known: the backslash stands for itself.
    Unknown,
}

/// Reads the escape whose backslash is before `text`, and how many bytes of `text` it takes.
pub fn escape(text: &[u8], octal: Octal) -> (Escape, usize) {
    let Some(&first) = text.first() else { return (Escape::Unknown, 0) };
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b'e' => 0x1b,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'\\' => b'\\',
        b'c' => return (Escape::Stop, 1),
        b'x' => {
            let (value, digits) = digits(&text[1..], 16, 2);
            return if digits == 0 { (Escape::Unknown, 0) } else { (Escape::Byte(value as u8), 1 + digits) };
        }
        b'u' | b'U' => {
            let (value, digits) = digits(&text[1..], 16, if first == b'u' { 4 } else { 8 });
            return match char::from_u32(value) {
                Some(char) if digits > 0 => (Escape::Char(char), 1 + digits),
                _ => (Escape::Unknown, 0),
            };
        }
        b'0' if octal == Octal::Zero => {
            let (value, digits) = digits(&text[1..], 8, 3);
            return (Escape::Byte(value as u8), 1 + digits);
        }
        b'0'..=b'7' => {
            let (value, digits) = digits(text, 8, 3);
            return (Escape::Byte(value as u8), digits);
        }
        _ => return (Escape::Unknown, 0),
    };
    (Escape::Byte(byte), 1)
}

/// The value of at most `most` digits, and how many there are.
fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let values = text.iter().take(most).map_while(|&b| char::from(b).to_digit(base));
    values.fold((0, 0), |(value, count), digit| (value * base + digit, count + 1))
}

/// Appends what the escape whose backslash is before `text` stands for. How many bytes of `text` it takes, or nothing
/// for `\c`.
pub fn put(text: &[u8], octal: Octal, out: &mut Vec<u8>) -> Option<usize> {
    let (what, used) = escape(text, octal);
    match what {
        Escape::Byte(byte) => out.push(byte),
        Escape::Char(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        Escape::Stop => return None,
        Escape::Unknown => out.push(b'\\'),
    }
    Some(used)
}

/// Appends `text` with its escapes replaced; false when `\c` cut it short.
pub fn unescape(text: &[u8], octal: Octal, out: &mut Vec<u8>) -> bool {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(used) = put(rest, octal, out) else { return false };
        rest = &rest[used..];
    }
    true
}
