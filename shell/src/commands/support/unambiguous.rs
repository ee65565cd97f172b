//! The `l` of `sed`, `ed` and `ex`: a line so that each byte can be told.

use alloc::{format, vec::Vec};

/// The line with escapes, folded at `width` columns (0 and 1: not at all), and a `$` at its end; with `dollar`, a `$` in
/// it is escaped, too.
pub fn unambiguous(line: &[u8], width: usize, dollar: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut column = 0;
    for &byte in line {
        let octal;
        let plain = [byte];
        let shown: &[u8] = match byte {
            b'\\' => b"\\\\",
            b'$' if dollar => b"\\$",
            7 => b"\\a",
            8 => b"\\b",
            12 => b"\\f",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            11 => b"\\v",
            b' '..=b'~' => &plain,
            other => {
                octal = format!("\\{other:03o}");
                octal.as_bytes()
            }
        };
        if width > 1 && column + shown.len() > width - 1 {
            out.extend_from_slice(b"\\\n");
            column = 0;
        }
        out.extend_from_slice(shown);
        column += shown.len();
    }
    out.extend_from_slice(b"$\n");
    out
}
