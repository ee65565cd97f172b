//! `shuf`: lines in a random order. It holds all of them in memory, or with `-n` those that it prints.

use alloc::{format, string::ToString, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{files::Files, numbers};
use crate::{
    env::OpenFlags,
    io::{self, Ended, Opened, Options, Outcome, Output},
    process::Process,
};

command!(
    "shuf",
    "shuf [-n COUNT] [-r] [-z] [-o FILE] [--random-source=FILE] [-e WORD... | -i FIRST-LAST | FILE]",
    "Prints lines, the words of -e or the numbers of -i in a random order; -n only so many of them, -r any number of times each; -z: lines end with byte 0."
);

// An option that has a long name only.
const SOURCE: char = '\u{1}';

/// Random numbers from a file.
struct Random<'p> {
    p: &'p Process,
    name: &'p BStr,
    file: Opened,
    buf: Vec<u8>,
    at: usize,
}

impl<'p> Random<'p> {
    async fn open(p: &'p Process, name: &'p BStr) -> Result<Self, Ended> {
        let file = io::open_input(p, name).await.ok_or(Ended(1))?;
        Ok(Self { p, name, file, buf: Vec::new(), at: 0 })
    }

    async fn byte(&mut self) -> Result<u8, Ended> {
        if self.at == self.buf.len() {
            self.buf.resize(512, 0);
            match self.file.read(&mut self.buf).await {
                Ok(0) => {
                    io::complain(self.p, format!("{}: there are not enough random bytes", self.name)).await;
                    return Err(Ended(1));
                }
                Ok(n) => self.buf.truncate(n),
                Err(error) => {
                    io::complain_about(self.p, self.name, error).await;
                    return Err(Ended(1));
                }
            }
            self.at = 0;
        }
        self.at += 1;
        Ok(self.buf[self.at - 1])
    }

    /// A number below `bound`, each as likely as the others.
    async fn below(&mut self, bound: u64) -> Result<u64, Ended> {
        loop {
            let (mut value, mut range) = (0u64, 1u128);
            while range < u128::from(bound) {
                value = value << 8 | u64::from(self.byte().await?);
                range <<= 8;
            }
            // What is left over behind the last whole multiple would make small numbers more likely.
            let fair = range - range % u128::from(bound);
            if u128::from(value) < fair {
                return Ok(value % bound);
            }
        }
    }
}

/// What is shuffled.
enum Items {
    Lines(Vec<BString>),
    Numbers(u64, u64),
}

impl Items {
    fn len(&self) -> u64 {
        match self {
            Items::Lines(lines) => lines.len() as u64,
            Items::Numbers(first, last) => last - first + 1,
        }
    }

    fn get(&self, index: u64) -> BString {
        match self {
            Items::Lines(lines) => lines[index as usize].clone(),
            Items::Numbers(first, _) => (first + index).to_string().into(),
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("head-count", 'n'),
        ("repeat", 'r'),
        ("zero-terminated", 'z'),
        ("output", 'o'),
        ("echo", 'e'),
        ("input-range", 'i'),
        ("random-source", SOURCE),
    ];
    let options = io::options(&p, &COMMAND, "n:rzo:ei:\u{1}:", &long).await?;
    let count = match options.value('n').map(|text| numbers::parse(text)) {
        None => u64::MAX,
        Some(Some(count)) => count,
        Some(None) => return Err(io::usage(&p, &COMMAND, "invalid number of lines").await),
    };
    let source = options.value(SOURCE).unwrap_or(BStr::new("/dev/urandom"));
    let mut random = Random::open(&p, source).await?;
    let end = if options.has('z') { 0 } else { b'\n' };
    let items = items(&p, &options, end, count, &mut random).await?;
    let mut out = Output::new(&p);
    if let Some(name) = options.value('o') {
        // Opened only now: it may be what was read.
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        if let Err(error) = io::open(&p, name, flags).await.and_then(|file| p.fds.set(1, file.file()?)) {
            io::complain_about(&p, name, error).await;
            return Ok(1);
        }
    }
    let length = items.len();
    if options.has('r') {
        if length == 0 && count > 0 {
            io::complain(&p, "there are no lines to repeat".into()).await;
            return Ok(1);
        }
        for _ in 0..count {
            let item = items.get(random.below(length).await?);
            out.write_all(&[&item, &[end]]).await?;
        }
        return out.finish(0).await;
    }
    // Fisher and Yates: what was moved is kept, so that a few of many numbers take little memory.
    let mut moved = alloc::collections::BTreeMap::new();
    for at in 0..count.min(length) {
        let from = at + random.below(length - at).await?;
        let chosen = moved.get(&from).copied().unwrap_or(from);
        let displaced = moved.remove(&at).unwrap_or(at);
        if from != at {
            moved.insert(from, displaced);
        }
        out.write_all(&[&items.get(chosen), &[end]]).await?;
    }
    out.finish(0).await
}

async fn items(
    p: &Process,
    options: &Options<'_>,
    end: u8,
    count: u64,
    random: &mut Random<'_>,
) -> Result<Items, Ended> {
    if options.has('e') && options.has('i') {
        return Err(io::usage(p, &COMMAND, "-e and -i exclude each other").await);
    }
    if options.has('e') {
        return Ok(Items::Lines(options.operands.iter().map(|word| BString::from(*word)).collect()));
    }
    if let Some(range) = options.value('i') {
        let range = range.split_once_str(b"-").and_then(|(first, last)| {
            Some((numbers::parse::<u64>(first)?, numbers::parse::<u64>(last)?))
        });
        return match range.filter(|(first, last)| first <= last && last - first < u64::MAX) {
            Some((first, last)) if options.operands.is_empty() => Ok(Items::Numbers(first, last)),
            _ => Err(io::usage(p, &COMMAND, "-i takes a range like 1-10, and no operand").await),
        };
    }
    if let Some(extra) = options.operands.get(1) {
        return Err(io::usage(p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    // Without repeats no more lines are kept than are printed: each further one takes the place of another as often as
    // is fair.
    let most = if options.has('r') { u64::MAX } else { count };
    let (mut kept, mut seen): (Vec<BString>, u64) = (Vec::new(), 0);
    let mut files = Files::new(p, &options.operands);
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_until(end).await).await {
            let line = line.strip_suffix(&[end]).unwrap_or(line);
            seen += 1;
            if (kept.len() as u64) < most {
                if kept.try_reserve(1).is_err() {
                    io::complain(p, "the input does not fit into memory".into()).await;
                    return Err(Ended(1));
                }
                kept.push(line.into());
            } else if most > 0 {
                let line = BString::from(line);
                let place = random.below(seen).await?;
                if place < most {
                    kept[place as usize] = line;
                }
            }
        }
    }
    if files.status != 0 {
        return Err(Ended(files.status));
    }
    Ok(Items::Lines(kept))
}
