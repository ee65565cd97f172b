//! `head`: the beginning of files. All but the last N needs memory for those N.

use alloc::{collections::VecDeque, format, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::numbers;
use crate::{
    env,
    fd::Fd,
    io::{self, Ended, Lines, Outcome, Output},
    process::Process,
};

command!(
    "head",
    "head [-n LINES | -c BYTES] [-qvz] [FILE...]",
    "Prints the first 10 lines of files; -n LINES or -LINES so many, -c BYTES bytes; a minus in front: all but the last; -z: lines end with byte 0."
);

/// What to print.
#[derive(Clone, Copy)]
enum Part {
    Lines(u64),
    Bytes(u64),
    AllButLines(u64),
    AllButBytes(u64),
}

/// Rewrites the old forms `-5`, `-5c`, `-2k` and the like to options, so that one parser does.
pub(super) fn with_old_form(args: &[BString]) -> Vec<BString> {
    let mut words: Vec<BString> = args.get(1..).unwrap_or_default().to_vec();
    // Only before the first operand: afterwards it may be a file's name or an option's value.
    let Some(rest) = words.first().and_then(|word| word.strip_prefix(b"-")) else { return words };
    let (count, letters) = rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    if count.is_empty() || !letters.iter().all(|letter| b"bkmclqvzf".contains(letter)) {
        return words;
    }
    let (mut what, mut unit, mut others) = (b'n', b"".as_slice(), Vec::from(b"-"));
    for letter in letters {
        match letter {
            b'c' => what = b'c',
            b'l' => (what, unit) = (b'n', b""),
            b'b' => (what, unit) = (b'c', b"b"),
            b'k' => (what, unit) = (b'c', b"K"),
            b'm' => (what, unit) = (b'c', b"M"),
            other => others.push(*other),
        }
    }
    let mut new = Vec::from([BString::from([b"-", &[what][..], count, unit].concat())]);
    if others.len() > 1 {
        new.push(others.into());
    }
    words.splice(..1, new);
    words
}

async fn run(p: Process) -> Outcome {
    let long = [("lines", 'n'), ("bytes", 'c'), ("quiet", 'q'), ("silent", 'q'), ("verbose", 'v'), ("zero-terminated", 'z')];
    let words = with_old_form(&p.args);
    let options = io::options_of(&p, &words, &COMMAND, "n:c:qvz", &long).await?;
    let part = match options.given.iter().rev().find(|(option, _)| matches!(option, 'n' | 'c')) {
        None => Part::Lines(10),
        Some((option, text)) => {
            let (all_but, digits) = match text.strip_prefix(b"-") {
                Some(digits) => (true, digits.as_bstr()),
                None => (false, text.strip_prefix(b"+").map_or(*text, BStr::new)),
            };
            let what = if *option == 'n' { "lines" } else { "bytes" };
            let Some(count) = numbers::count(digits) else {
                return Err(io::usage(&p, &COMMAND, &format!("invalid number of {what}: '{text}'")).await);
            };
            match (option, all_but) {
                ('n', false) => Part::Lines(count),
                ('n', true) => Part::AllButLines(count),
                (_, false) => Part::Bytes(count),
                (_, true) => Part::AllButBytes(count),
            }
        }
    };

    let end = if options.has('z') { 0 } else { b'\n' };
    let names = io::inputs(&options.operands);
    let headers = match options.last_of("qv") {
        Some(option) => option == 'v',
        None => names.len() > 1,
    };
    let mut out = Output::new(&p);
    let (mut status, mut first) = (0, true);
    for name in names {
        let Some(file) = io::open_input(&p, name).await else {
            status = 1;
            continue;
        };
        if headers {
            header(&mut out, name, first).await?;
        }
        first = false;
        if let Err(error) = print(&p, &file, part, end, &mut out).await? {
            io::complain_about(&p, name, error).await;
            status = 1;
        }
    }
    out.finish(status).await
}

/// The line above each of several files.
pub(super) async fn header(out: &mut Output<'_>, name: &BStr, first: bool) -> Result<(), Ended> {
    let name = if name == "-" { BStr::new("standard input") } else { name };
    out.write_all(&[if first { b"" } else { b"\n" }, b"==> ", name, b" <==\n"]).await
}

async fn print(
    p: &Process,
    file: &Fd,
    part: Part,
    end: u8,
    out: &mut Output<'_>,
) -> Result<env::Result<()>, Ended> {
    let mut lines = Lines::new(file);
    match part {
        Part::Lines(count) => {
            for _ in 0..count {
                match lines.next_until(end).await {
                    Ok(Some(line)) => out.write(line).await?,
                    Ok(None) => break,
                    Err(error) => return Ok(Err(error)),
                }
            }
        }
        Part::Bytes(count) => {
            out.flush().await?;
            return io::copy(p, file, count).await;
        }
        Part::AllButLines(count) => {
            let mut kept: VecDeque<Vec<u8>> = VecDeque::new();
            loop {
                match lines.next_until(end).await {
                    Ok(Some(line)) => kept.push_back(line.to_vec()),
                    Ok(None) => break,
                    Err(error) => return Ok(Err(error)),
                }
                if kept.len() as u64 > count
                    && let Some(line) = kept.pop_front()
                {
                    out.write(&line).await?;
                }
            }
        }
        Part::AllButBytes(count) => {
            let mut kept: VecDeque<u8> = VecDeque::new();
            loop {
                match lines.next_chunk().await {
                    Ok([]) => break,
                    Ok(chunk) => kept.extend(chunk),
                    Err(error) => return Ok(Err(error)),
                }
                let free = (kept.len() as u64).saturating_sub(count) as usize;
                let bytes: Vec<u8> = kept.drain(..free).collect();
                out.write(&bytes).await?;
            }
        }
    }
    Ok(Ok(()))
}
