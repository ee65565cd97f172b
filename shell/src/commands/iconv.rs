//! `iconv`: text from one encoding to another.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::support::files::Files;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "iconv",
    "iconv [-cs] [-f FROM] [-t TO] [-o FILE] [FILE...] | iconv -l",
    "Writes text in another encoding: from FROM (UTF-8) to TO (UTF-8); -c leaves out what cannot be written, -s does not tell of it, -l lists the encodings."
);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Ascii,
    Latin1,
    Utf8,
    /// Numbers of so many bytes, the highest first if `big`; `None` is what a mark at the beginning says.
    Units { bytes: usize, big: Option<bool> },
}

/// All of them, with the names that others use after the first.
const ENCODINGS: &[(Encoding, &[&str])] = &[
    (Encoding::Ascii, &["ASCII", "US-ASCII", "ANSI_X3.4-1968", "646"]),
    (Encoding::Latin1, &["ISO-8859-1", "ISO8859-1", "ISO_8859-1", "LATIN1", "L1", "CP819"]),
    (Encoding::Utf8, &["UTF-8", "UTF8"]),
    (Encoding::Units { bytes: 2, big: None }, &["UTF-16", "UTF16"]),
    (Encoding::Units { bytes: 2, big: Some(true) }, &["UTF-16BE", "UTF16BE"]),
    (Encoding::Units { bytes: 2, big: Some(false) }, &["UTF-16LE", "UTF16LE"]),
    (Encoding::Units { bytes: 4, big: None }, &["UTF-32", "UTF32"]),
    (Encoding::Units { bytes: 4, big: Some(true) }, &["UTF-32BE", "UTF32BE"]),
    (Encoding::Units { bytes: 4, big: Some(false) }, &["UTF-32LE", "UTF32LE"]),
];

impl Encoding {
    /// The encoding of a name like `utf-8` or `ASCII//TRANSLIT`, what is behind the slashes left alone.
    fn of(name: &BStr) -> Option<Self> {
        let name = name.split_str(b"//").next()?;
        let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
        ENCODINGS.iter().find(|(_, names)| names.iter().any(is)).map(|(encoding, _)| *encoding)
    }

    /// The first character and how many bytes it has: no character where they are none. `None` when more are needed.
    fn decode(&mut self, bytes: &[u8], at_end: bool) -> Option<(Option<char>, usize)> {
        let first = *bytes.first()?;
        match *self {
            Encoding::Ascii => Some((first.is_ascii().then(|| first.into()), 1)),
            Encoding::Latin1 => Some((Some(first.into()), 1)),
            Encoding::Utf8 => match bstr::decode_utf8(bytes) {
                (Some(char), length) => Some((Some(char), length)),
                // The rest of a character may be still to come.
                (None, length) if length == bytes.len() && length < 4 && !at_end => None,
                (None, length) => Some((None, length)),
            },
            Encoding::Units { bytes: size, big } => {
                let unit = |bytes: &[u8], big: bool| {
                    let bytes = bytes.get(..size)?.iter();
                    let join = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
                    Some(if big { bytes.fold(0, join) } else { bytes.rev().fold(0, join) })
                };
                let Some(value) = unit(bytes, big.unwrap_or(false)) else {
                    return at_end.then_some((None, bytes.len()));
                };
                let Some(big) = big else {
                    // The mark U+FEFF says the order; without one it is that of this machine.
                    let mark = unit(bytes, true) == Some(0xfeff) || value == 0xfeff;
                    *self = Encoding::Units { bytes: size, big: Some(mark && value != 0xfeff) };
                    let skipped = if mark { size } else { 0 };
                    let (char, length) = self.decode(&bytes[skipped..], at_end)?;
                    return Some((char, length + skipped));
                };
                if size == 4 || !(0xd800..0xdc00).contains(&value) {
                    return Some((char::from_u32(value), size));
                }
                match unit(&bytes[size..], big) {
                    None if at_end => Some((None, bytes.len())),
                    None => None,
                    Some(low @ 0xdc00..0xe000) => {
                        Some((char::from_u32(0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00)), 2 * size))
                    }
                    Some(_) => Some((None, size)),
                }
            }
        }
    }

    /// Appends a character; false if the encoding has none such.
    fn encode(self, char: char, out: &mut Vec<u8>) -> bool {
        match self {
            Encoding::Ascii if !char.is_ascii() => return false,
            Encoding::Latin1 if u32::from(char) > 0xff => return false,
            Encoding::Ascii | Encoding::Latin1 => out.push(u32::from(char) as u8),
            Encoding::Utf8 => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Encoding::Units { bytes, big } => {
                let mut put = |value: u32| match big {
                    Some(true) => out.extend_from_slice(&value.to_be_bytes()[4 - bytes..]),
                    _ => out.extend_from_slice(&value.to_le_bytes()[..bytes]),
                };
                match bytes {
                    2 => char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| put((*unit).into())),
                    _ => put(char.into()),
                }
            }
        }
        true
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("from-code", 'f'), ("to-code", 't'), ("list", 'l'), ("output", 'o'), ("silent", 's')];
    let options = io::options(&p, &COMMAND, "cslf:t:o:", &long).await?;
    let mut out = Output::new(&p);
    if options.has('l') {
        for (_, names) in ENCODINGS {
            out.write_line(names.join(" ").as_bytes()).await?;
        }
        return out.finish(0).await;
    }
    let mut codes = [Encoding::Utf8; 2];
    for (code, option) in codes.iter_mut().zip(['f', 't']) {
        if let Some(name) = options.value(option) {
            match Encoding::of(name) {
                Some(known) => *code = known,
                None => {
                    let message = format!("unknown encoding '{name}'; -l lists those known");
                    return Err(io::usage(&p, &COMMAND, &message).await);
                }
            }
        }
    }
    let [from, to] = codes;
    let omits = options.has('c') || options.value('t').is_some_and(|name| name.contains_str("//IGNORE"));
    if let Some(name) = options.value('o') {
        use crate::env::OpenFlags;
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        if let Err(error) = io::open(&p, name, flags).await.and_then(|file| p.fds.set(1, file.file()?)) {
            io::complain_about(&p, name, error).await;
            return Ok(1);
        }
    }
    if matches!(to, Encoding::Units { big: None, .. }) {
        let mut mark = Vec::new();
        to.encode('\u{feff}', &mut mark);
        out.push(&mark);
    }
    let mut files = Files::new(&p, &options.operands);
    let mut fine = true;
    while let Some(mut lines) = files.next().await {
        let (mut rest, mut at, mut from, mut text) = (Vec::new(), 0u64, from, Vec::new());
        loop {
            let chunk = files.chunk(lines.next_chunk().await).await;
            let at_end = chunk.is_none();
            rest.extend_from_slice(chunk.unwrap_or_default());
            let mut used = 0;
            text.clear();
            let mut failed: Option<String> = None;
            while let Some((char, length)) = from.decode(&rest[used..], at_end) {
                if !char.is_some_and(|char| to.encode(char, &mut text)) {
                    let place = at + used as u64;
                    let why = match char {
                        Some(char) => format!("cannot write '{char}' at byte {place}; -c leaves it out"),
                        None => format!("what stands at byte {place} is no character; -c leaves it out"),
                    };
                    fine = false;
                    if !omits {
                        failed = Some(why);
                        break;
                    }
                }
                used += length;
            }
            out.write(&text).await?;
            if let Some(why) = failed {
                out.flush().await?;
                if !options.has('s') {
                    io::complain(&p, format!("{}: {why}", files.name())).await;
                }
                return Ok(1);
            }
            rest.drain(..used);
            at += used as u64;
            if at_end {
                break;
            }
        }
    }
    out.finish(files.status.max(u8::from(!fine))).await
}
