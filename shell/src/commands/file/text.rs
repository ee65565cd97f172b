//! Text: which encoding, how its lines end, and what it is a text of.

use alloc::{format, string::String};
use bstr::ByteSlice;

use super::Kind;

/// Longer lines are said to be very long.
const LONG: usize = 300;

/// An encoding in words, and as MIME names it.
struct Encoding {
    what: &'static str,
    mime: &'static str,
}

/// What a text is, if it is one; `whole`: nothing comes after these bytes.
pub(super) fn of(bytes: &[u8], whole: bool) -> Option<Kind> {
    let encoding = encoding(bytes, whole)?;
    let mut what = String::new();
    let (name, mime) = match meaning(bytes) {
        Some((name, mime)) => (name, mime),
        None => (String::new(), "text/plain"),
    };
    if !name.is_empty() {
        what += &format!("{name}, ");
    }
    what += encoding.what;
    if bytes.starts_with(b"#!") {
        what += " executable";
    }
    if !encoding.what.contains("UTF-16") {
        what += &lines(bytes);
    }
    Some(Kind::new(what, format!("{mime}; charset={}", encoding.mime)))
}

fn encoding(bytes: &[u8], whole: bool) -> Option<Encoding> {
    let found = |what, mime| Some(Encoding { what, mime });
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return is_utf16(rest, u16::from_le_bytes).then_some(Encoding {
            what: "Unicode text, UTF-16, little-endian text",
            mime: "utf-16le",
        });
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return is_utf16(rest, u16::from_be_bytes).then_some(Encoding {
            what: "Unicode text, UTF-16, big-endian text",
            mime: "utf-16be",
        });
    }
    if bytes.iter().any(|&byte| is_control(byte)) {
        return None;
    }
    if bytes.is_ascii() {
        return found("ASCII text", "us-ascii");
    }
    let is_utf8 = match core::str::from_utf8(bytes) {
        Ok(_) => true,
        // The last character may have been cut off.
        Err(error) => !whole && error.error_len().is_none(),
    };
    if is_utf8 {
        return match bytes.starts_with(b"\xef\xbb\xbf") {
            true => found("Unicode text, UTF-8 (with BOM) text", "utf-8"),
            false => found("Unicode text, UTF-8 text", "utf-8"),
        };
    }
    match bytes.iter().any(|byte| (0x80..0xa0).contains(byte) && *byte != 0x85) {
        true => found("Non-ISO extended-ASCII text", "unknown-8bit"),
        false => found("ISO-8859 text", "iso-8859-1"),
    }
}

/// Whether a byte stands in no text of any encoding that is known here.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=6 | 14..=26 | 28..=31 | 127)
}

fn is_utf16(bytes: &[u8], number: fn([u8; 2]) -> u16) -> bool {
    let units = bytes.chunks_exact(2).map(|pair| number([pair[0], pair[1]]));
    char::decode_utf16(units).all(|char| char.is_ok_and(|char| !(char.is_ascii() && is_control(char as u8))))
}

/// How long lines are and how they end.
fn lines(bytes: &[u8]) -> String {
    let (mut crlf, mut cr, mut lf, mut nel) = (false, false, false, false);
    let (mut longest, mut length) = (0, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        let ends = match byte {
            b'\n' if at > 0 && bytes[at - 1] == b'\r' => {
                crlf = true;
                true
            }
            b'\n' => {
                lf = true;
                true
            }
            b'\r' if bytes.get(at + 1) != Some(&b'\n') => {
                cr = true;
                true
            }
            0x85 if !bytes.is_ascii() && core::str::from_utf8(bytes).is_err() => {
                nel = true;
                true
            }
            _ => false,
        };
        if ends {
            longest = longest.max(length);
            length = 0;
        } else {
            length += 1;
        }
    }
    longest = longest.max(length);
    let mut text = String::new();
    if longest > LONG {
        text += &format!(", with very long lines ({longest})");
    }
    let ends = [(crlf, "CRLF"), (cr, "CR"), (lf, "LF"), (nel, "NEL")];
    let ends: alloc::vec::Vec<&str> = ends.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
    match ends.as_slice() {
        ["LF"] => {}
        [] => text += ", with no line terminators",
        ends => text += &format!(", with {} line terminators", ends.join(", ")),
    }
    if bytes.contains(&0x1b) {
        text += ", with escape sequences";
    }
    if bytes.contains(&8) {
        text += ", with overstriking";
    }
    text
}

/// What a text is written in, and its MIME type.
fn meaning(bytes: &[u8]) -> Option<(String, &'static str)> {
    if let Some(rest) = bytes.strip_prefix(b"#!") {
        return Some(script(rest.lines().next().unwrap_or_default()));
    }
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let lower = start[..start.len().min(16)].to_ascii_lowercase();
    let known: &[(&[u8], &str, &str)] = &[
        (b"<!doctype html", "HTML document", "text/html"),
        (b"<html", "HTML document", "text/html"),
        (b"<?xml", "XML 1.0 document", "text/xml"),
        (b"{\\rtf", "Rich Text Format data", "text/rtf"),
        (b"-----begin cert", "PEM certificate", "text/plain"),
        (b"-----begin open", "OpenSSH private key", "text/plain"),
        (b"-----begin rsa", "PEM RSA private key", "text/plain"),
        (b"-----begin pgp", "PGP message", "text/PGP"),
        (b"ssh-rsa ", "OpenSSH RSA public key", "text/plain"),
        (b"ssh-ed25519 ", "OpenSSH ED25519 public key", "text/plain"),
        (b"begin:vcard", "vCard visiting card", "text/vcard"),
        (b"begin:vcalendar", "vCalendar calendar file", "text/calendar"),
    ];
    if let Some((_, name, mime)) = known.iter().find(|(magic, ..)| lower.starts_with(magic)) {
        return Some(((*name).into(), mime));
    }
    if start.starts_with(b"diff ") || start.starts_with(b"Only in ") {
        return Some(("diff output".into(), "text/x-diff"));
    }
    if start.starts_with(b"--- ") && start.lines().nth(1).is_some_and(|line| line.starts_with(b"+++ ")) {
        return Some(("unified diff output".into(), "text/x-diff"));
    }
    if start.starts_with(b"begin ") && start.get(6..9).is_some_and(|mode| mode.iter().all(u8::is_ascii_digit)) {
        return Some(("uuencoded text".into(), "text/x-uuencode"));
    }
    None
}

/// A script, by the first line without its `#!`.
fn script(line: &[u8]) -> (String, &'static str) {
    let line = line.trim_ascii();
    let mut words = line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
    let name = |word: &[u8]| word.rsplit_str("/").next().unwrap_or_default().to_vec();
    let mut program = words.next().map(name).unwrap_or_default();
    if program == b"env" {
        program = words.find(|word| !word.starts_with(b"-")).map(name).unwrap_or_default();
    }
    let plain = program.trim_end_with(|c| c.is_ascii_digit() || c == '.');
    let known: &[(&[u8], &str, &str)] = &[
        (b"sh", "POSIX shell script", "text/x-shellscript"),
        (b"dash", "POSIX shell script", "text/x-shellscript"),
        (b"bash", "Bourne-Again shell script", "text/x-shellscript"),
        (b"ksh", "Korn shell script", "text/x-shellscript"),
        (b"zsh", "Paul Falstad's zsh script", "text/x-shellscript"),
        (b"csh", "C shell script", "text/x-shellscript"),
        (b"tcsh", "Tenex C shell script", "text/x-shellscript"),
        (b"awk", "awk script", "text/x-awk"),
        (b"gawk", "GNU awk script", "text/x-gawk"),
        (b"perl", "Perl script", "text/x-perl"),
        (b"python", "Python script", "text/x-script.python"),
        (b"ruby", "Ruby script", "text/x-ruby"),
        (b"node", "Node.js script", "application/javascript"),
        (b"lua", "Lua script", "text/x-lua"),
        (b"php", "PHP script", "text/x-php"),
        (b"make", "makefile script", "text/x-makefile"),
    ];
    match known.iter().find(|(known, ..)| *known == plain) {
        Some((_, name, mime)) => ((*name).into(), mime),
        None => (format!("a {} script", line.as_bstr()), "text/plain"),
    }
}
