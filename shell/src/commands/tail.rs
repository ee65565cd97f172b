//! `tail`: the end of files. From a pipe it takes the memory of the lines or bytes that it prints.

mod follow;

use alloc::{collections::VecDeque, format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::{ops::Range, time::Duration};

use super::{
    head::{header, with_old_form},
    support::numbers,
};
use crate::{
    env::{self, FileType, SeekFrom},
    errno::Errno,
    io::{self, CHUNK, Ended, Lines, Opened, Outcome, Output},
    process::Process,
};

command!(
    "tail",
    "tail [-n LINES | -c BYTES] [-fFqvz] [-s SECONDS] [FILE...]",
    "Prints the last 10 lines of files; -n LINES or -LINES so many, -c BYTES bytes; +N: from the Nth on; -f goes on as files grow, -F also when they are replaced, looking every SECONDS (0.5); -z: lines end with byte 0."
);

// An option that has a long name only.
const FOLLOW: char = '\u{1}';

/// What to print.
#[derive(Clone, Copy)]
enum Part {
    LastLines(usize),
    LastBytes(usize),
    FromLine(u64),
    FromByte(u64),
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("lines", 'n'),
        ("bytes", 'c'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("verbose", 'v'),
        ("follow", FOLLOW),
        ("retry", 'F'),
        ("sleep-interval", 's'),
        ("zero-terminated", 'z'),
    ];
    let mut words = with_old_form(&p.args);
    if let Some(first) = words.first_mut()
        && let Some(from @ [b'0'..=b'9', ..]) = first.strip_prefix(b"+")
    {
        // The old form `+5`.
        let (what, from) = from.strip_suffix(b"c").map_or((b'n', from), |from| (b'c', from));
        *first = [b"-", &[what][..], b"+", from].concat().into();
    }
    let options = io::options_of(&p, &words, &COMMAND, "n:c:fFqvzs:\u{1}::", &long).await?;
    let every = match options.value('s').map(|text| numbers::duration(text)) {
        None => Duration::from_millis(500),
        Some(Some(every)) => every,
        Some(None) => return Err(io::usage(&p, &COMMAND, "invalid number of seconds").await),
    };
    let by_name = options.has('F') || options.value(FOLLOW).is_some_and(|how| how == "name");
    let follows = by_name || options.last_of("f\u{1}").is_some();
    let end = if options.has('z') { 0 } else { b'\n' };
    let part = match options.given.iter().rev().find(|(option, _)| matches!(option, 'n' | 'c')) {
        None => Part::LastLines(10),
        Some((option, text)) => {
            let (from, digits) = match text.strip_prefix(b"+") {
                Some(digits) => (true, digits.as_bstr()),
                None => (false, text.strip_prefix(b"-").map_or(*text, BStr::new)),
            };
            let what = if *option == 'n' { "lines" } else { "bytes" };
            let Some(count) = numbers::count(digits) else {
                return Err(io::usage(&p, &COMMAND, &format!("invalid number of {what}: '{text}'")).await);
            };
            let last = usize::try_from(count).unwrap_or(usize::MAX);
            match (option, from) {
                ('n', true) => Part::FromLine(count),
                (_, true) => Part::FromByte(count),
                ('n', false) => Part::LastLines(last),
                (_, false) => Part::LastBytes(last),
            }
        }
    };
    let names = io::inputs(&options.operands);
    let headers = match options.last_of("qv") {
        Some(option) => option == 'v',
        None => names.len() > 1,
    };
    let mut out = Output::new(&p);
    let (mut status, mut followed) = (0, Vec::new());
    for name in names {
        let Some(file) = io::open_input(&p, name).await else {
            status = 1;
            continue;
        };
        if headers {
            header(&mut out, name, followed.is_empty()).await?;
        }
        if let Err(error) = print(&p, &file, part, end, &mut out).await? {
            io::complain_about(&p, name, error).await;
            status = 1;
        }
        followed.push((name, file));
    }
    // What came through a pipe has ended for good.
    followed.retain(|(name, _)| *name != "-");
    if follows && !followed.is_empty() {
        follow::follow(&p, followed, headers, by_name, every, out).await
    } else {
        out.finish(status).await
    }
}

async fn print(
    p: &Process,
    file: &Opened,
    part: Part,
    end: u8,
    out: &mut Output<'_>,
) -> Result<env::Result<()>, Ended> {
    match seek(p, file, part, end).await {
        Ok(true) => {
            out.flush().await?;
            return io::copy(p, file, u64::MAX).await;
        }
        Ok(false) => {}
        Err(error) => return Ok(Err(error)),
    }
    let mut lines = Lines::new(file);
    match part {
        Part::LastLines(count) => {
            let mut kept: VecDeque<Vec<u8>> = VecDeque::new();
            loop {
                let line = match lines.next_until(end).await {
                    Ok(Some(line)) => line,
                    Ok(None) => break,
                    Err(error) => return Ok(Err(error)),
                };
                let full = kept.len() >= count;
                let mut slot = if full { kept.pop_front().unwrap_or_default() } else { Vec::new() };
                slot.clear();
                if slot.try_reserve(line.len()).is_err() || kept.try_reserve(1).is_err() {
                    return Ok(Err(Errno::ENOMEM));
                }
                slot.extend_from_slice(line);
                if count > 0 {
                    kept.push_back(slot);
                }
            }
            for line in kept {
                out.write(&line).await?;
            }
        }
        Part::LastBytes(count) => {
            let mut kept: VecDeque<u8> = VecDeque::new();
            loop {
                match lines.next_chunk().await {
                    Ok([]) => break,
                    Ok(chunk) if kept.try_reserve(chunk.len()).is_err() => return Ok(Err(Errno::ENOMEM)),
                    Ok(chunk) => kept.extend(chunk),
                    Err(error) => return Ok(Err(error)),
                }
                kept.drain(..kept.len().saturating_sub(count));
            }
            let (front, back) = kept.as_slices();
            out.write(front).await?;
            out.write(back).await?;
        }
        Part::FromLine(number) => {
            for _ in 1..number {
                match lines.next_until(end).await {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(error) => return Ok(Err(error)),
                }
            }
            return rest(&mut lines, 0, out).await;
        }
        Part::FromByte(number) => return rest(&mut lines, number.saturating_sub(1), out).await,
    }
    Ok(Ok(()))
}

/// Goes to where the wanted part begins, reading no more than that from the end backwards; false where that does not
/// work: in a pipe, or when lines are counted from the beginning.
async fn seek(p: &Process, file: &Opened, part: Part, end: u8) -> env::Result<bool> {
    let open = file.file()?;
    // Files of `/proc` and devices have no size that could be trusted.
    if !open.metadata().is_ok_and(|it| it.kind == FileType::Regular && it.size > 0) {
        return Ok(false);
    }
    let Ok(start) = open.seek(SeekFrom::Current(0)) else { return Ok(false) };
    let size = open.metadata()?.size.max(start);
    let at = match part {
        Part::FromLine(_) => return Ok(false),
        Part::FromByte(number) => start.saturating_add(number.saturating_sub(1)),
        Part::LastBytes(count) => size.saturating_sub(count as u64).max(start),
        Part::LastLines(0) => size,
        Part::LastLines(count) => last_lines(p, file, start..size, count, end).await?,
    };
    open.seek(SeekFrom::Start(at))?;
    Ok(true)
}

/// Where the last `count` lines of a part of a file begin.
async fn last_lines(p: &Process, file: &Opened, part: Range<u64>, count: usize, end: u8) -> env::Result<u64> {
    let mut chunk = io::buffer(CHUNK)?;
    let (mut at, mut left) = (part.end, count);
    while at > part.start {
        let size = (at - part.start).min(CHUNK as u64);
        at -= size;
        file.file()?.seek(SeekFrom::Start(at))?;
        let mut filled = 0;
        while filled < size as usize {
            match file.read(&mut chunk[filled..size as usize]).await? {
                0 => break,
                n => filled += n,
            }
        }
        // What ends the last line begins no other.
        let last = at + filled as u64 >= part.end && filled > 0;
        let looked_at = &chunk[..filled - usize::from(last)];
        for found in backwards(looked_at, end) {
            left -= 1;
            if left == 0 {
                return Ok(at + found as u64 + 1);
            }
        }
        p.sys.yield_now().await;
    }
    Ok(part.start)
}

/// Where a byte is in a text, from the end on.
fn backwards(text: &[u8], byte: u8) -> impl Iterator<Item = usize> {
    let mut end = text.len();
    core::iter::from_fn(move || {
        end = text[..end].rfind_byte(byte)?;
        Some(end)
    })
}

/// Copies all that is left after skipping some bytes.
async fn rest(lines: &mut Lines, mut skip: u64, out: &mut Output<'_>) -> Result<env::Result<()>, Ended> {
    loop {
        match lines.next_chunk().await {
            Ok([]) => return Ok(Ok(())),
            Ok(chunk) => {
                let skipped = skip.min(chunk.len() as u64);
                skip -= skipped;
                out.write(&chunk[skipped as usize..]).await?;
            }
            Err(error) => return Ok(Err(error)),
        }
    }
}
