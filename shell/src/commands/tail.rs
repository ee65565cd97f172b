//! `tail`: the end of files. Memory is that of the lines or bytes it prints.

use alloc::{collections::VecDeque, format, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::time::Duration;

use super::{
    head::{header, with_old_form},
    support::numbers,
};
use crate::{
    env,
    errno::Errno,
    io::{self, CHUNK, Ended, Lines, Opened, Outcome, Output},
    process::Process,
};

command!(
    "tail",
    "tail [-n LINES | -c BYTES] [-fqv] [FILE...]",
    "Prints the last 10 lines of files; -n LINES or -LINES so many, -c BYTES bytes; +N: from the Nth on; -f goes on as files grow."
);

/// What to print.
#[derive(Clone, Copy)]
enum Part {
    LastLines(usize),
    LastBytes(usize),
    FromLine(u64),
    FromByte(u64),
}

async fn run(p: Process) -> Outcome {
    let long = [("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("verbose", 'v'), ("follow", 'f')];
    let words = with_old_form(&p.args);
    let options = io::options_of(&p, &words, &COMMAND, "n:c:fqv", &long).await?;
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
        if let Err(error) = print(&file, part, &mut out).await? {
            io::complain_about(&p, name, error).await;
            status = 1;
        }
        followed.push((name, file));
    }
    // What came through a pipe has ended for good.
    followed.retain(|(name, _)| *name != "-");
    if options.has('f') && !followed.is_empty() {
        follow(&p, followed, headers, out).await
    } else {
        out.finish(status).await
    }
}

/// Never ends but by a write error or a signal.
async fn follow(p: &Process, files: Vec<(&BStr, Opened)>, headers: bool, mut out: Output<'_>) -> Outcome {
    let mut chunk = io::buffer_or_complain(p, CHUNK).await?;
    let mut last = files.len() - 1;
    loop {
        for (i, (name, file)) in files.iter().enumerate() {
            while let Ok(n @ 1..) = file.read(&mut chunk).await {
                if headers && i != last {
                    header(&mut out, name, false).await?;
                }
                last = i;
                out.write(&chunk[..n]).await?;
            }
        }
        out.flush().await?;
        p.sys.sleep(Duration::from_millis(500)).await;
    }
}

async fn print(file: &Opened, part: Part, out: &mut Output<'_>) -> Result<env::Result<()>, Ended> {
    let mut lines = Lines::new(file);
    match part {
        Part::LastLines(count) => {
            let mut kept: VecDeque<Vec<u8>> = VecDeque::new();
            loop {
                let line = match lines.next_line().await {
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
                match lines.next_line().await {
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
