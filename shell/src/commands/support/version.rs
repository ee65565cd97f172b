//! The order of names with numbers in them: `f2` before `f10`, `1.2~rc` before `1.2` (`sort -V`, `ls -v`).
//!
//! This is the order of versions of Debian packages, but that what looks like the ending of a file's name counts only
//! when all else is equal, as GNU has it.

use core::cmp::Ordering;

/// Compares two names.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| {
        let (a_stem, b_stem) = (&a[..stem(a)], &b[..stem(b)]);
        by_parts(a_stem, b_stem).then_with(|| by_parts(a, b))
    })
}

/// No name, `.`, `..`, other hidden names, all others.
fn rank(name: &[u8]) -> u8 {
    match name {
        b"" => 0,
        b"." => 1,
        b".." => 2,
        [b'.', ..] => 3,
        _ => 4,
    }
}

/// Where the endings of a file's name begin: each is a dot, a letter or `~`, and then also digits.
fn stem(name: &[u8]) -> usize {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'~';
    let (mut at, mut stem) = (0, 0);
    while at < name.len() {
        at += 1;
        stem = at;
        while at + 1 < name.len() && name[at] == b'.' && letter(name[at + 1]) {
            at += 2;
            at += name[at..].iter().take_while(|byte| letter(**byte) || byte.is_ascii_digit()).count();
        }
    }
    stem
}

/// Compares text and numbers in turn.
fn by_parts(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let is_text = |rest: &[u8]| rest.first().is_some_and(|byte| !byte.is_ascii_digit());
    while !(a.is_empty() && b.is_empty()) {
        while is_text(a) || is_text(b) {
            let order = weight(a).cmp(&weight(b));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[1..], &b[1..]);
        }
        let (a_number, b_number) = (number(&mut a), number(&mut b));
        let order = a_number.len().cmp(&b_number.len()).then_with(|| a_number.cmp(b_number));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// `~` is before the end, which is before letters, which are before all else. A digit is where a number begins.
fn weight(rest: &[u8]) -> i32 {
    match rest.first() {
        None => -1,
        Some(b'~') => -2,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

/// Takes the digits in front, without leading zeros.
fn number<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    &number[number.iter().take_while(|byte| **byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_order() {
        let names = [
            "",
            ".",
            "..",
            ".0",
            ".9",
            ".A",
            ".a~",
            ".a",
            "0",
            "9",
            "A",
            "a~",
            "a",
            "a.b~",
            "a.b",
            "a.bc~",
            "a.bc",
            "a1.txt",
            "a2.txt",
            "a10.txt",
            "b-1.2.9.tar.gz",
            "b-1.2.10.tar.gz",
            "c1.2~rc",
            "c1.2",
        ];
        for (i, a) in names.iter().enumerate() {
            for (j, b) in names.iter().enumerate() {
                assert_eq!(compare(a.as_bytes(), b.as_bytes()), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }
}
