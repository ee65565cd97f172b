//! `od`: bytes as numbers or characters, and the texts among them.

mod strings;

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::fmt::Write;

use super::{
    hexdump,
    support::{blocks::Blocks, float},
};
use crate::{
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "od",
    "od [-abcdDefFhHilLoOsxXv] [-A d|o|x|n] [-t TYPE[z]]... [-j SKIP] [-N COUNT] [-S LENGTH] [-w[BYTES]] [FILE...] | od FILE [+]OFFSET[.][b]",
    "Prints bytes as octal numbers; TYPE is a, c or one of d, o, u, x, f with a size like x1, and with z the text beside; -A sets the base of offsets, -S prints texts of at least LENGTH. Equal lines are a *, unless -v."
);

// An option that has a long name only.
const TRADITIONAL: char = '\u{1}';

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Char,
    Signed,
    Octal,
    Unsigned,
    Hex,
    Float,
}

/// How to print a number of `size` bytes.
#[derive(Clone, Copy)]
struct Format {
    kind: Kind,
    size: usize,
    /// Whether the bytes stand beside as text.
    text: bool,
}

impl Format {
    /// How wide the widest number is.
    fn width(self) -> usize {
        let by_size = match self.kind {
            Kind::Name | Kind::Char => [3; 4],
            Kind::Signed => [4, 6, 11, 20],
            Kind::Octal => [3, 6, 11, 22],
            Kind::Unsigned => [3, 5, 10, 20],
            Kind::Hex => [2, 4, 8, 16],
            Kind::Float => [0, 0, 15, 24],
        };
        by_size[self.size.ilog2() as usize]
    }

    fn text(self, bytes: &[u8]) -> String {
        let value = bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
        match self.kind {
            Kind::Name => name(bytes[0] & 0x7f),
            Kind::Char => character(bytes[0]),
            Kind::Signed => {
                let unused = 64 - 8 * self.size as u32;
                format!("{}", (value << unused).cast_signed() >> unused)
            }
            Kind::Octal => format!("{value:00$o}", self.width()),
            Kind::Unsigned => format!("{value}"),
            Kind::Hex => format!("{value:00$x}", self.width()),
            Kind::Float if self.size == 4 => {
                let value = f32::from_bits(value as u32);
                let digits = if value.is_subnormal() { 1 } else { f32::DIGITS };
                shortest(value.into(), digits, |text| text.parse().ok().map(|found: f32| found.into()))
            }
            Kind::Float => {
                let value = f64::from_bits(value);
                shortest(value, if value.is_subnormal() { 1 } else { f64::DIGITS }, |text| text.parse().ok())
            }
        }
    }
}

/// A number in as few digits as tell it from all others, at least `digits`.
fn shortest(value: f64, digits: u32, read: impl Fn(&str) -> Option<f64>) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let text = |digits: u32| format!("{sign}{}", float::format(value, b'g', Some(digits as usize), false));
    let texts = (digits..=17).map(text);
    let mut texts = texts.skip_while(|text| !value.is_nan() && read(text) != Some(value));
    texts.next().unwrap_or_default()
}

fn name(byte: u8) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si", "dle",
        "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp",
    ];
    match NAMES.get(usize::from(byte)) {
        Some(name) => (*name).into(),
        None if byte == 127 => "del".into(),
        None => char::from(byte).into(),
    }
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".into(),
        7 => "\\a".into(),
        8 => "\\b".into(),
        9 => "\\t".into(),
        10 => "\\n".into(),
        11 => "\\v".into(),
        12 => "\\f".into(),
        13 => "\\r".into(),
        b' '..=b'~' => char::from(byte).into(),
        _ => format!("{byte:03o}"),
    }
}

/// The formats that a `-t` names, one behind the other.
fn formats(text: &BStr, out: &mut Vec<Format>) -> Result<(), String> {
    let bad = || format!("invalid type: '{text}'");
    let mut rest = text.as_bytes();
    while let Some((letter, after)) = rest.split_first() {
        rest = after;
        let kind = match letter {
            b'a' => Kind::Name,
            b'c' => Kind::Char,
            b'd' => Kind::Signed,
            b'o' => Kind::Octal,
            b'u' => Kind::Unsigned,
            b'x' => Kind::Hex,
            b'f' => Kind::Float,
            _ => return Err(bad()),
        };
        let mut size = 1;
        if !matches!(kind, Kind::Name | Kind::Char) {
            let sized = match rest.first() {
                Some(b'F' | b'4') if kind == Kind::Float => Some(4),
                Some(b'D' | b'8') if kind == Kind::Float => Some(8),
                Some(b'0'..=b'9' | b'L') if kind == Kind::Float => return Err(bad()),
                _ if kind == Kind::Float => None,
                Some(b'1' | b'C') => Some(1),
                Some(b'2' | b'S') => Some(2),
                Some(b'4' | b'I') => Some(4),
                Some(b'8' | b'L') => Some(8),
                _ => None,
            };
            size = sized.unwrap_or(if kind == Kind::Float { 8 } else { 4 });
            rest = &rest[usize::from(sized.is_some())..];
            if rest.first().is_some_and(u8::is_ascii_digit) {
                return Err(bad());
            }
        }
        let text = rest.first() == Some(&b'z');
        rest = &rest[usize::from(text)..];
        out.push(Format { kind, size, text });
    }
    Ok(())
}

/// A count in decimal, in octal after a 0 or in hexadecimal after 0x; b, k and m stand for 512, 1024 and 1048576.
pub(super) fn offset(text: &BStr) -> Option<u64> {
    let (digits, base) = match text.as_bytes() {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if digits.first().is_some_and(u8::is_ascii_digit) => (digits, 8),
        digits => (digits, 10),
    };
    let (digits, factor) = match digits.split_last()? {
        (b'b', rest) if base != 16 => (rest, 512),
        (b'k' | b'K', rest) => (rest, 1 << 10),
        (b'm' | b'M', rest) => (rest, 1 << 20),
        _ => (digits, 1),
    };
    let sign = digits.first().is_some_and(|first| *first == b'+');
    u64::from_str_radix(digits.to_str().ok().filter(|_| !sign)?, base).ok()?.checked_mul(factor)
}

/// Where the old form begins: `[+]OFFSET[.][b]`, in octal unless there is a point; and whether it can be nothing else.
fn old_offset(text: &BStr) -> Option<(u64, bool)> {
    let (sure, rest) = text.strip_prefix(b"+").map_or((false, text.as_bytes()), |rest| (true, rest));
    let (rest, unit) = rest.strip_suffix(b"b").map_or((rest, 1), |rest| (rest, 512));
    let (rest, base) = rest.strip_suffix(b".").map_or((rest, 8), |rest| (rest, 10));
    let digits = rest.to_str().ok().filter(|digits| digits.starts_with(|digit: char| digit.is_ascii_digit()))?;
    Some((u64::from_str_radix(digits, base).ok()?.checked_mul(unit)?, sure))
}

struct Plan {
    address: Option<u8>,
    formats: Vec<Format>,
    /// Bytes in a line.
    width: usize,
    skip: u64,
    limit: u64,
    all: bool,
}

impl Plan {
    fn address(&self, at: u64) -> String {
        match self.address {
            None => String::new(),
            Some(b'd') => format!("{at:07}"),
            Some(b'x') => format!("{at:06x}"),
            Some(_) => format!("{at:07o}"),
        }
    }

    /// A line for each format; the later ones are set below the first. `block` is followed by zeros up to the
    /// line's width.
    fn print(&self, at: u64, block: &[u8], filled: usize, out: &mut Output<'_>) -> core::fmt::Result {
        let columns = |format: &Format| self.width / format.size * (format.width() + 1);
        let widest = self.formats.iter().map(columns).max().unwrap_or(0);
        let address = self.address(at);
        for (i, format) in self.formats.iter().enumerate() {
            match i {
                0 => out.write_str(&address)?,
                _ => write!(out, "{:1$}", "", address.len())?,
            }
            let fields = self.width / format.size;
            // What is left over is spread evenly in front of the numbers.
            let pad = widest - fields * format.width();
            for (i, bytes) in block.chunks(format.size).take(filled.div_ceil(format.size)).enumerate() {
                let before = pad * (fields - i) / fields - pad * (fields - i - 1) / fields;
                write!(out, "{:>1$}", format.text(bytes), before + format.width())?;
            }
            if format.text {
                let missing = (fields - filled.div_ceil(format.size)) * (widest / fields);
                let text = block[..filled].iter().map(|byte| char::from(hexdump::shown(*byte)));
                write!(out, "{:missing$}  >{}<", "", text.collect::<String>())?;
            }
            out.write_str("\n")?;
        }
        Ok(())
    }
}

fn plan(options: &Options<'_>) -> Result<Plan, String> {
    let number = |option, default| match options.value(option) {
        None => Ok(default),
        Some(text) => offset(text).ok_or_else(|| format!("invalid number: '{text}'")),
    };
    let address = match options.value('A').map(|text| text.as_bytes()) {
        None => Some(b'o'),
        Some(b"n") => None,
        Some([base @ (b'd' | b'o' | b'x')]) => Some(*base),
        Some(other) => return Err(format!("invalid base of offsets: '{}'", other.as_bstr())),
    };
    let mut list = Vec::new();
    for (option, value) in &options.given {
        let types = match option {
            't' => value.as_bytes(),
            'a' => b"a",
            'b' => b"o1",
            'c' => b"c",
            'd' => b"u2",
            'D' => b"u4",
            'e' | 'F' => b"fD",
            'f' => b"fF",
            'h' | 'x' => b"x2",
            'H' | 'X' => b"x4",
            'i' => b"d4",
            'l' | 'L' | 'I' => b"d8",
            'o' | 'B' => b"o2",
            'O' => b"o4",
            's' => b"d2",
            _ => continue,
        };
        formats(types.as_bstr(), &mut list)?;
    }
    if list.is_empty() {
        formats("o2".into(), &mut list)?;
    }
    let largest = list.iter().map(|format| format.size).max().unwrap_or(1);
    let width = match options.value('w') {
        Some(empty) if empty.is_empty() => 32,
        _ => number('w', 16)?,
    };
    let width = match usize::try_from(width) {
        Ok(width @ 1..=4096) if width.is_multiple_of(largest) => width,
        _ => return Err(format!("invalid number of bytes in a line: '{width}'")),
    };
    let (skip, limit) = (number('j', 0)?, number('N', u64::MAX)?);
    Ok(Plan { address, formats: list, width, skip, limit, all: options.has('v') })
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("address-radix", 'A'),
        ("format", 't'),
        ("skip-bytes", 'j'),
        ("read-bytes", 'N'),
        ("output-duplicates", 'v'),
        ("width", 'w'),
        ("strings", 'S'),
        ("traditional", TRADITIONAL),
    ];
    let mut options = io::options(&p, &COMMAND, "abcdDefFhHilLIBoOsxXvA:t:j:N:S:w::\u{1}", &long).await?;
    let old = options.has(TRADITIONAL) || options.last_of("AjNtv").is_none();
    let old = options.operands.last().and_then(|last| old_offset(last)).filter(|(_, sure)| {
        old && (options.operands.len() == 2 || options.operands.len() == 1 && *sure)
    });
    if old.is_some() {
        options.operands.pop();
    }
    let mut plan = match plan(&options) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    if let Some((skip, _)) = old {
        plan.skip = skip;
    }
    let mut out = Output::new(&p);
    let mut input = Blocks::new(&p, &options.operands, plan.limit).await?;
    if input.skip(plan.skip).await < plan.skip {
        io::complain(&p, "cannot skip past the end of the input".into()).await;
        return Err(Ended(1));
    }
    if let Some(least) = options.value('S') {
        let Some(least) = offset(least).and_then(|least| usize::try_from(least).ok()).filter(|least| *least > 0) else {
            return Err(io::usage(&p, &COMMAND, &format!("invalid length '{least}'")).await);
        };
        return strings::print(&plan, least, &mut input, out).await;
    }
    let (mut block, mut previous) = (vec![0; plan.width], vec![0; plan.width]);
    let (mut at, mut first, mut starred) = (plan.skip, true, false);
    loop {
        let filled = input.next(&mut block).await;
        if filled == 0 {
            break;
        }
        block[filled..].fill(0);
        let repeats = !first && !plan.all && filled == plan.width && block == previous;
        if !repeats {
            let _ = plan.print(at, &block, filled, &mut out); // gathering does not fail
        } else if !starred {
            out.push(b"*\n");
        }
        out.settle().await?;
        (first, starred) = (false, repeats);
        at += filled as u64;
        core::mem::swap(&mut block, &mut previous);
    }
    if plan.address.is_some() {
        out.write_line(plan.address(at).as_bytes()).await?;
    }
    out.finish(input.status()).await
}
