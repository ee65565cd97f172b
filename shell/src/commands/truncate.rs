//! `truncate`: gives files a size.

use alloc::format;
use bstr::{BStr, ByteSlice};

use super::support::{numbers, paths::stat};
use crate::{
    env::{FileType, OpenFlags, Result},
    errno::Errno,
    io::{self, Outcome},
    process::Process,
};

command!(
    "truncate",
    "truncate [-c] -s [+-<>/%]SIZE | -r FILE FILE...",
    "Cuts files to SIZE, or extends them by holes; + and - change by SIZE, < and > are the most and the least, / and % round down and up to a multiple; -r takes the size of a file, -c makes no files."
);

/// How the number stands to the size that the file has.
fn sized(how: u8, number: u64, old: u64) -> Option<u64> {
    match how {
        b'+' => old.checked_add(number),
        b'-' => Some(old.saturating_sub(number)),
        b'<' => Some(old.min(number)),
        b'>' => Some(old.max(number)),
        b'/' => Some(old - old.checked_rem(number)?),
        b'%' => old.checked_next_multiple_of(number).filter(|_| number > 0),
        _ => Some(number),
    }
}

fn parse(text: &BStr) -> Option<(u8, u64)> {
    let text = text.trim_ascii();
    let (how, number) = match text.split_first()? {
        (how, rest) if b"+-<>/%".contains(how) => (*how, rest),
        _ => (b'=', text),
    };
    let number = numbers::count(number.as_bstr())?;
    (!b"/%".contains(&how) || number > 0).then_some((how, number))
}

async fn run(p: Process) -> Outcome {
    let long = [("size", 's'), ("reference", 'r'), ("no-create", 'c')];
    let options = io::options(&p, &COMMAND, "cs:r:", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let size = match options.value('s').map(|text| (text, parse(text))) {
        None => None,
        Some((_, Some(size))) => Some(size),
        Some((text, None)) => {
            let message = format!("invalid size '{text}'; try a number with K, M or G, and one of + - < > / % before");
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    let reference = match options.value('r') {
        None => None,
        Some(name) => match stat(&p, name).await {
            Ok(there) => Some(there.size),
            Err(error) => {
                io::complain(&p, format!("cannot stat '{name}': {error}")).await;
                return Ok(1);
            }
        },
    };
    if size.is_none() && reference.is_none() {
        return Err(io::usage(&p, &COMMAND, "either -s or -r is needed").await);
    }
    let mut status = 0;
    for name in &options.operands {
        let cut = cut(&p, name, !options.has('c'), |old| match (size, reference) {
            (Some((how, number)), reference) => sized(how, number, reference.unwrap_or(old)),
            (None, reference) => reference,
        });
        if let Err(error) = cut.await {
            io::complain(&p, format!("cannot give '{name}' that size: {error}")).await;
            status = 1;
        }
    }
    Ok(status)
}

async fn cut(p: &Process, name: &BStr, create: bool, size: impl Fn(u64) -> Option<u64>) -> Result<()> {
    if stat(p, name).await.is_ok_and(|there| there.kind == FileType::Pipe) {
        return Err(Errno::EINVAL); // and opening it might wait
    }
    let mut flags = OpenFlags::WRITE;
    flags.set(OpenFlags::CREATE, create);
    let file = match io::open(p, name, flags).await {
        Err(Errno::ENOENT) if !create => return Ok(()),
        opened => opened?,
    };
    let file = file.file()?;
    file.set_len(size(file.metadata()?.size).ok_or(Errno::EFBIG)?)
}
