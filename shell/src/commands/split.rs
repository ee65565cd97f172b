//! `split`: a file in pieces.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::numbers;
use crate::{
    env::{FileType, OpenFlags},
    io::{self, CHUNK, Ended, Lines, Opened, Options, Outcome},
    process::Process,
};

command!(
    "split",
    "split [-l LINES | -b BYTES | -C BYTES | -n PIECES] [-a LENGTH] [-d | -x] [--additional-suffix=TEXT] [-e] [--verbose] [FILE [PREFIX]]",
    "Writes FILE in pieces PREFIXaa (xaa), PREFIXab...: -l of so many lines (1000), -b bytes, -C bytes in whole lines, -n so many as large as each other; -a letters in a suffix (2), -d digits instead, -x hexadecimal ones."
);

// Options that have long names only.
const SUFFIX: char = '\u{1}';
const VERBOSE: char = '\u{2}';

/// How large a piece is.
#[derive(Clone, Copy)]
enum Size {
    Lines(u64),
    Bytes(u64),
    /// As many whole lines as fit.
    LineBytes(u64),
}

/// The pieces that are written, one after the other.
struct Pieces<'p> {
    p: &'p Process,
    prefix: &'p BStr,
    digits: &'static [u8],
    length: usize,
    /// Suffixes grow when there are more pieces than they can name.
    grows: bool,
    suffix: &'p BStr,
    verbose: bool,
    count: u64,
    current: Option<(BString, Opened)>,
    gathered: Vec<u8>,
}

impl Pieces<'_> {
    /// The name of a piece. As they grow, names begin with one more of the last digit, so that their order is kept.
    fn name(&self, mut number: u64) -> Option<BString> {
        let base = self.digits.len() as u64;
        let (mut length, mut front) = (self.length, 0);
        if self.grows {
            // All but those that begin with the last digit.
            let fits = |length: usize| base.checked_pow(length as u32 - 1).map_or(u64::MAX, |n| n.saturating_mul(base - 1));
            while number >= fits(length) {
                number -= fits(length);
                (length, front) = (length + 1, front + 1);
            }
        }
        let mut suffix = Vec::new();
        for _ in 0..length {
            suffix.push(self.digits[(number % base) as usize]);
            number /= base;
        }
        suffix.extend(core::iter::repeat_n(self.digits[base as usize - 1], front));
        suffix.reverse();
        let name = [self.prefix.as_bytes(), &suffix, self.suffix].concat();
        (number == 0).then(|| name.into())
    }

    /// Begins the next piece.
    async fn begin(&mut self) -> Result<(), Ended> {
        self.end().await?;
        let Some(name) = self.name(self.count) else {
            io::complain(self.p, "there are no names left; -a gives longer ones".into()).await;
            return Err(Ended(1));
        };
        self.count += 1;
        if self.verbose {
            let _ = self.p.stdout().write_all(format!("creating file '{name}'\n").as_bytes()).await;
        }
        match io::open(self.p, name.as_bstr(), OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await {
            Ok(file) => self.current = Some((name, file)),
            Err(error) => {
                io::complain_about(self.p, &name, error).await;
                return Err(Ended(1));
            }
        }
        Ok(())
    }

    /// Adds to the current piece.
    async fn add(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let Some((name, file)) = &self.current else { return Ok(()) };
        let written = file.write_all(&self.gathered).await;
        self.gathered.clear();
        if let Err(error) = written {
            io::complain_about(self.p, name, error).await;
            return Err(Ended(1));
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Ended> {
        self.flush().await?;
        self.current = None;
        Ok(())
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("lines", 'l'),
        ("bytes", 'b'),
        ("line-bytes", 'C'),
        ("number", 'n'),
        ("suffix-length", 'a'),
        ("numeric-suffixes", 'd'),
        ("hex-suffixes", 'x'),
        ("additional-suffix", SUFFIX),
        ("elide-empty-files", 'e'),
        ("verbose", VERBOSE),
    ];
    let words = with_old_form(&p.args);
    let options = io::options_of(&p, &words, &COMMAND, "l:b:C:n:a:dxe\u{1}:\u{2}", &long).await?;
    let size = match size(&options) {
        Ok(size) => size,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let (input, prefix) = match *options.operands.as_slice() {
        [] => (BStr::new("-"), BStr::new("x")),
        [input] => (input, BStr::new("x")),
        [input, prefix] => (input, prefix),
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let length = match options.value('a').map(|text| numbers::parse(text)) {
        None => 2,
        Some(Some(length @ 1..=20)) => length,
        Some(_) => return Err(io::usage(&p, &COMMAND, "the length of suffixes is from 1 to 20").await),
    };
    let file = io::open_input(&p, input).await.ok_or(Ended(1))?;
    let mut pieces = Pieces {
        p: &p,
        prefix,
        digits: match options.last_of("dx") {
            Some('d') => b"0123456789",
            Some(_) => b"0123456789abcdef",
            None => b"abcdefghijklmnopqrstuvwxyz",
        },
        length,
        grows: !options.has('a'),
        suffix: options.value(SUFFIX).unwrap_or_default(),
        verbose: options.has(VERBOSE),
        count: 0,
        current: None,
        gathered: Vec::new(),
    };
    match size {
        Size::Bytes(0) => {
            let number = options.value('n').and_then(|text| numbers::parse(text)).unwrap_or(1);
            equal(&mut pieces, &file, input, number, options.has('e')).await?;
        }
        size => split(&mut pieces, &file, input, size).await?,
    }
    pieces.end().await?;
    Ok(0)
}

/// Rewrites the old form `-100` to `-l100`.
fn with_old_form(args: &[BString]) -> Vec<BString> {
    let mut words: Vec<BString> = args.get(1..).unwrap_or_default().to_vec();
    if let Some(first) = words.first_mut()
        && first.len() > 1
        && first[0] == b'-'
        && first[1..].iter().all(u8::is_ascii_digit)
    {
        first.insert(1, b'l');
    }
    words
}

/// How large pieces are; no bytes for `-n`.
fn size(options: &Options<'_>) -> Result<Size, String> {
    let mut given = options.given.iter().filter(|(option, _)| matches!(option, 'l' | 'b' | 'C' | 'n'));
    let (Some((option, text)), None) = (given.next(), given.next()) else {
        return match options.last_of("lbCn") {
            None => Ok(Size::Lines(1000)),
            Some(_) => Err("only one of -l, -b, -C and -n can be given".into()),
        };
    };
    let count = numbers::count(text).filter(|count| *count > 0).ok_or_else(|| format!("invalid number '{text}'"))?;
    Ok(match option {
        'l' => Size::Lines(count),
        'b' => Size::Bytes(count),
        'C' => Size::LineBytes(count),
        _ => Size::Bytes(0),
    })
}

async fn failed(p: &Process, name: &BStr, error: crate::errno::Errno) -> Ended {
    io::complain_about(p, name, error).await;
    Ended(1)
}

async fn split(pieces: &mut Pieces<'_>, file: &Opened, name: &BStr, size: Size) -> Result<(), Ended> {
    let p = pieces.p;
    let mut lines = Lines::new(file);
    // What still fits into the current piece.
    let mut left = 0u64;
    loop {
        if let Size::Bytes(size) = size {
            let mut chunk = match lines.next_chunk().await {
                Ok([]) => return Ok(()),
                Ok(chunk) => chunk,
                Err(error) => return Err(failed(p, name, error).await),
            };
            while !chunk.is_empty() {
                if left == 0 {
                    pieces.begin().await?;
                    left = size;
                }
                let n = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                pieces.add(&chunk[..n]).await?;
                (chunk, left) = (&chunk[n..], left - n as u64);
            }
            continue;
        }
        let mut line = match lines.next_line().await {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(()),
            Err(error) => return Err(failed(p, name, error).await),
        };
        match size {
            Size::LineBytes(size) => {
                if line.len() as u64 > left && left < size || left == 0 {
                    pieces.begin().await?;
                    left = size;
                }
                // A line that is longer than a piece is cut.
                while line.len() as u64 > left {
                    let (part, rest) = line.split_at(left as usize);
                    pieces.add(part).await?;
                    pieces.begin().await?;
                    (line, left) = (rest, size);
                }
                left -= line.len() as u64;
            }
            Size::Lines(size) => {
                if left == 0 {
                    pieces.begin().await?;
                    left = size;
                }
                left -= 1;
            }
            Size::Bytes(_) => {}
        }
        pieces.add(line).await?;
    }
}

/// So many pieces; the last has what is left over.
async fn equal(pieces: &mut Pieces<'_>, file: &Opened, name: &BStr, number: u64, elide: bool) -> Result<(), Ended> {
    let p = pieces.p;
    let total = match file.file().and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.kind == FileType::Regular => metadata.size,
        _ => {
            io::complain(p, format!("{name}: only of a regular file is known how large it is")).await;
            return Err(Ended(1));
        }
    };
    let mut chunk = io::buffer_or_complain(p, CHUNK).await?;
    for piece in 0..number {
        let mut left = match piece + 1 == number {
            true => total - total / number * piece,
            false => total / number,
        };
        if left == 0 && elide {
            continue;
        }
        pieces.begin().await?;
        while left > 0 {
            let most = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match file.read(&mut chunk[..most]).await {
                Ok(0) => break,
                Ok(n) => {
                    pieces.add(&chunk[..n]).await?;
                    left -= n as u64;
                }
                Err(error) => return Err(failed(p, name, error).await),
            }
        }
    }
    Ok(())
}
