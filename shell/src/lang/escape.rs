//! What a backslash stands for in `$'...'` (XCU 2.2.4).

use bstr::BString;

/// What a backslash and `byte` stand for in `$'...'`; `rest` is what follows.
pub(super) fn push(byte: u8, rest: &mut (impl Iterator<Item = u8> + Clone), text: &mut BString) {
    let mut digits = |radix: u32, most: usize, first: Option<u32>| {
        let mut value = first;
        for _ in 0..most {
            let Some(digit) = rest.clone().next().and_then(|byte| char::from(byte).to_digit(radix)) else {
                break;
            };
            rest.next();
            value = Some(value.unwrap_or(0) * radix + digit);
        }
        value
    };
    match byte {
        b'a' => text.push(7),
        b'b' => text.push(8),
        b'e' | b'E' => text.push(27),
        b'f' => text.push(12),
        b'n' => text.push(b'\n'),
        b'r' => text.push(b'\r'),
        b't' => text.push(b'\t'),
        b'v' => text.push(11),
        b'0'..=b'7' => text.push(digits(8, 2, Some(u32::from(byte - b'0'))).unwrap_or(0) as u8),
        b'x' => match digits(16, 2, None) {
            Some(value) => text.push(value as u8),
            None => text.extend_from_slice(b"\\x"),
        },
        b'u' | b'U' => {
            let most = if byte == b'u' { 4 } else { 8 };
            match digits(16, most, None).and_then(char::from_u32) {
                Some(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => text.extend_from_slice(&[b'\\', byte]),
            }
        }
        b'c' => match rest.next() {
            Some(byte) => text.push(byte & 0x1F),
            None => text.push(b'c'),
        },
        b'\\' | b'\'' | b'"' | b'?' => text.push(byte),
        _ => text.extend_from_slice(&[b'\\', byte]),
    }
}
