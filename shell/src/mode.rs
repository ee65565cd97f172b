//! Permissions as people write them: `755`, `u=rwx,go=rx`, `a+X` (POSIX.1-2024 XCU `chmod`).

const ALL: u16 = 0o777;
const SET_ID: u16 = 0o6000;
const STICKY: u16 = 0o1000;

/// The permissions that `text` makes of `mode`; `None` if it says nothing of that kind. Where it does not say for whom,
/// what `umask` has is left alone.
pub(crate) fn apply(text: &[u8], mode: u16, is_dir: bool, umask: u16) -> Option<u16> {
    if text.first()?.is_ascii_digit() {
        let octal = octal(text)?;
        // A directory keeps what groups its new files belong to, unless that is said in full (as GNU does).
        let kept = if is_dir && text.len() < 5 { mode & SET_ID } else { 0 };
        return Some(octal | kept);
    }
    text.split(|&byte| byte == b',').try_fold(mode, |mode, clause| apply_clause(clause, mode, is_dir, umask))
}

/// An octal number of permissions.
pub(crate) fn octal(text: &[u8]) -> Option<u16> {
    let digits = text.iter().all(|byte| (b'0'..=b'7').contains(byte)) && !text.is_empty();
    let text = core::str::from_utf8(text).ok().filter(|_| digits)?;
    u16::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777)
}

/// `WHO OPERATOR PERMISSIONS`, perhaps with more operators.
fn apply_clause(clause: &[u8], mut mode: u16, is_dir: bool, umask: u16) -> Option<u16> {
    let end = clause.iter().position(|byte| !b"ugoa".contains(byte))?;
    let said = clause[..end].iter().fold(0, |who, byte| {
        who | match byte {
            b'u' => 0o4700,
            b'g' => 0o2070,
            b'o' => 0o1007,
            _ => 0o7777,
        }
    });
    let who = if said == 0 { 0o7777 & !umask } else { said };
    let mut rest = &clause[end..];
    while let Some((operator, after)) = rest.split_first() {
        if !b"+-=".contains(operator) {
            return None;
        }
        let end = after.iter().position(|byte| b"+-=".contains(byte)).unwrap_or(after.len());
        let (letters, next) = after.split_at(end);
        rest = next;
        let bits = permissions(letters, mode, is_dir)?;
        mode = match operator {
            b'+' => mode | bits & who,
            b'-' => mode & !(bits & who),
            _ => {
                let kept = if is_dir && bits & SET_ID == 0 { SET_ID } else { 0 };
                let whom = if said == 0 { 0o7777 } else { said };
                mode & !(whom & !kept) | bits & who
            }
        };
    }
    Some(mode)
}

/// Letters for everyone, or those that one kind of user has.
fn permissions(letters: &[u8], mode: u16, is_dir: bool) -> Option<u16> {
    let copy = |bits: u16| (bits & 7) * 0o111;
    match letters {
        b"u" => return Some(copy(mode >> 6)),
        b"g" => return Some(copy(mode >> 3)),
        b"o" => return Some(copy(mode)),
        _ => {}
    }
    letters.iter().try_fold(0, |bits, letter| {
        Some(
            bits | match letter {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' => 0o111,
                b'X' if is_dir || mode & 0o111 != 0 => 0o111,
                b'X' => 0,
                b's' => SET_ID,
                b't' => STICKY,
                _ => return None,
            },
        )
    })
}

/// `u=rwx,g=rx,o=` for the permissions `mode`.
pub(crate) fn symbolic(mode: u16) -> alloc::string::String {
    let letters = |bits: u16| {
        [(4, 'r'), (2, 'w'), (1, 'x')]
            .into_iter()
            .filter(move |(bit, _)| bits & bit != 0)
            .map(|(_, letter)| letter)
    };
    let mut text = alloc::string::String::new();
    for (who, shift) in [("u=", 6), (",g=", 3), (",o=", 0)] {
        text.push_str(who);
        text.extend(letters((mode & ALL) >> shift & 7));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_chmod_does() {
        // (text, before, directory, umask, after), each tried with GNU chmod.
        let table: &[(&str, u16, bool, u16, Option<u16>)] = &[
            ("755", 0o644, false, 0o22, Some(0o755)),
            ("7", 0o644, false, 0o22, Some(0o7)),
            ("4755", 0o644, false, 0o22, Some(0o4755)),
            ("755", 0o2700, true, 0o22, Some(0o2755)),
            ("00755", 0o2700, true, 0o22, Some(0o755)),
            ("+x", 0o644, false, 0o22, Some(0o755)),
            ("+w", 0o444, false, 0o22, Some(0o644)),
            ("a+w", 0o444, false, 0o22, Some(0o666)),
            ("-x", 0o755, false, 0o22, Some(0o644)),
            ("=r", 0o777, false, 0o22, Some(0o444)),
            ("=rwx", 0o000, false, 0o22, Some(0o755)),
            ("u=rwx,go=rx", 0o000, false, 0o22, Some(0o755)),
            ("g=u", 0o740, false, 0o22, Some(0o770)),
            ("o=g-w", 0o070, false, 0o22, Some(0o075)),
            ("a+X", 0o644, false, 0o22, Some(0o644)),
            ("a+X", 0o744, false, 0o22, Some(0o755)),
            ("a+X", 0o644, true, 0o22, Some(0o755)),
            ("u+s,+t", 0o755, false, 0o22, Some(0o5755)),
            ("u=", 0o755, false, 0o22, Some(0o055)),
            ("u+", 0o755, false, 0o22, Some(0o755)),
            ("ug=rw+x", 0o000, false, 0o22, Some(0o770)),
            ("", 0, false, 0, None),
            ("8", 0, false, 0, None),
            ("77777", 0, false, 0, None),
            ("u", 0, false, 0, None),
            ("u+q", 0, false, 0, None),
            ("u+r,", 0, false, 0, None),
            ("z+r", 0, false, 0, None),
        ];
        for (text, before, is_dir, umask, after) in table {
            assert_eq!(apply(text.as_bytes(), *before, *is_dir, *umask), *after, "{text:?} of {before:o}");
        }
        assert_eq!(symbolic(0o750), "u=rwx,g=rx,o=");
    }
}
