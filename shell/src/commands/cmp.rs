//! `cmp`: where two files differ.

use alloc::{format, string::String};
use bstr::{BStr, ByteSlice};

use super::od::offset;
use crate::{
    env::FileType,
    fd::Fd,
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
};

command!(
    "cmp",
    "cmp [-l | -s] [-b] [-i SKIP[:SKIP2]] [-n COUNT] FILE1 [FILE2 [SKIP [SKIP2]]]",
    "Tells the first byte in which two files differ, or with -l all of them in octal; -s tells nothing, the status is 1. -b shows them also as characters, -i passes over the first bytes of both or each, -n compares only COUNT bytes."
);

/// One of the files, and what is left of the piece last read.
struct Side<'p> {
    name: &'p BStr,
    lines: Lines,
}

impl Side<'_> {
    /// Passes over the first bytes; what is left of the piece that they end in.
    async fn skip(&mut self, p: &Process, mut count: u64) -> Result<&[u8], Ended> {
        while count > 0 {
            let length = self.piece(p).await?.len() as u64;
            if length > count {
                return Ok(self.lines.last_of_chunk((length - count) as usize));
            }
            if length == 0 {
                break;
            }
            count -= length;
        }
        Ok(b"")
    }

    async fn piece(&mut self, p: &Process) -> Result<&[u8], Ended> {
        match self.lines.next_chunk().await {
            Ok(piece) => Ok(piece),
            Err(error) => {
                io::complain_about(p, self.name, error).await;
                Err(Ended(2))
            }
        }
    }
}

/// What the pieces were equal in so far.
struct Place {
    bytes: u64,
    newlines: u64,
    /// Whether a line has begun that has not ended.
    in_line: bool,
}

async fn run(p: Process) -> Outcome {
    let long = [("verbose", 'l'), ("quiet", 's'), ("silent", 's'), ("bytes", 'n'), ("print-bytes", 'b'), ("ignore-initial", 'i')];
    let options = io::options(&p, &COMMAND, "lsbi:n:", &long).await?;
    let (list, silent) = (options.has('l'), options.has('s'));
    if list && silent {
        return Err(io::usage(&p, &COMMAND, "-l and -s exclude each other").await);
    }
    let Some(mut left) = options.value('n').map_or(Some(u64::MAX), offset) else {
        return Err(io::usage(&p, &COMMAND, "invalid number of bytes").await);
    };
    let mut skips = match options.value('i').map(|text| text.split_once_str(b":").unwrap_or((text, text))) {
        None => [Some(0); 2],
        Some((first, second)) => [offset(first.as_bstr()), offset(second.as_bstr())],
    };
    let names = match *options.operands.as_slice() {
        [first] => [first, BStr::new("-")],
        [first, second] => [first, second],
        [first, second, skip] => {
            skips[0] = offset(skip);
            [first, second]
        }
        [first, second, skip, skip2] => {
            skips = [offset(skip), offset(skip2)];
            [first, second]
        }
        [] => return Err(io::usage(&p, &COMMAND, "missing operand").await),
        [_, _, _, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let files = [io::open_input(&p, names[0]).await, io::open_input(&p, names[1]).await];
    let [Some(first), Some(second)] = files else { return Err(Ended(2)) };
    let width = if list { width(&first, &second, left) } else { 1 };
    let mut out = Output::new(&p);
    let mut sides = [
        Side { name: names[0], lines: Lines::new(&first) },
        Side { name: names[1], lines: Lines::new(&second) },
    ];
    let [Some(skip), Some(skip2)] = skips else {
        return Err(io::usage(&p, &COMMAND, "invalid number of bytes to pass over").await);
    };
    let [a, b] = &mut sides;
    let (mut place, mut differ) = (Place { bytes: 0, newlines: 0, in_line: false }, false);
    let (mut piece_a, mut piece_b) = (a.skip(&p, skip).await?, b.skip(&p, skip2).await?);
    while left > 0 {
        if piece_a.is_empty() {
            piece_a = a.piece(&p).await?;
        }
        if piece_b.is_empty() {
            piece_b = b.piece(&p).await?;
        }
        let n = piece_a.len().min(piece_b.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
        if n == 0 {
            break;
        }
        let (part_a, part_b) = (&piece_a[..n], &piece_b[..n]);
        (piece_a, piece_b) = (&piece_a[n..], &piece_b[n..]);
        left -= n as u64;
        let pairs = part_a.iter().zip(part_b).enumerate();
        for (i, (x, y)) in pairs.filter(|(_, (x, y))| x != y) {
            differ = true;
            let at = place.bytes + i as u64 + 1;
            if list && options.has('b') {
                let line = format!("{at:width$} {x:3o} {:4} {y:3o} {}\n", visible(*x), visible(*y));
                out.write(line.as_bytes()).await?;
                continue;
            }
            if list {
                out.write(format!("{at:width$} {x:3o} {y:3o}\n").as_bytes()).await?;
                continue;
            }
            if !silent {
                let line = place.newlines + part_a[..i].find_iter(b"\n").count() as u64 + 1;
                let bytes = match options.has('b') {
                    true => format!(" is {x:3o} {} {y:3o} {}", visible(*x), visible(*y)),
                    false => String::new(),
                };
                let text = format!("{} {} differ: byte {at}, line {line}{bytes}\n", names[0], names[1]);
                out.write(text.as_bytes()).await?;
            }
            return out.finish(1).await;
        }
        place.bytes += n as u64;
        place.newlines += part_a.find_iter(b"\n").count() as u64;
        place.in_line = part_a.last() != Some(&b'\n');
    }
    if left > 0 && piece_a.len() != piece_b.len() {
        differ = true;
        if !silent {
            out.flush().await?;
            let shorter = if piece_a.is_empty() { names[0] } else { names[1] };
            io::complain(&p, end_of(shorter, &place, list)).await;
        }
    }
    out.finish(u8::from(differ)).await
}

/// A byte as `cat -v` shows it.
fn visible(byte: u8) -> String {
    let (meta, low) = if byte >= 128 { ("M-", byte - 128) } else { ("", byte) };
    match low {
        0..32 => format!("{meta}^{}", char::from(low + 64)),
        127 => format!("{meta}^?"),
        low => format!("{meta}{}", char::from(low)),
    }
}

fn end_of(name: &BStr, place: &Place, list: bool) -> String {
    let bytes = place.bytes;
    match (bytes, place.in_line) {
        (0, _) => format!("EOF on {name} which is empty"),
        _ if list => format!("EOF on {name} after byte {bytes}"),
        (_, true) => format!("EOF on {name} after byte {bytes}, in line {}", place.newlines + 1),
        (_, false) => format!("EOF on {name} after byte {bytes}, line {}", place.newlines),
    }
}

/// How wide the last offset that can be printed is; 1 where that is not known before reading.
fn width(first: &Fd, second: &Fd, limit: u64) -> usize {
    let size = |fd: &Fd| {
        let metadata = fd.file().and_then(|file| file.metadata()).ok()?;
        (metadata.kind == FileType::Regular).then_some(metadata.size)
    };
    let sizes = [size(first), size(second), (limit < u64::MAX).then_some(limit)];
    let least = sizes.into_iter().flatten().min();
    least.map_or(1, |size| format!("{size}").len())
}
