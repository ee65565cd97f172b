//! `xxd`: bytes in hexadecimal, and back.
//!
//! The way back writes zeros where offsets jump ahead; it does not go back in what is written.

use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Write;

use super::{hexdump::shown, od::offset, support::blocks::Blocks, support::files::Files};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "xxd",
    "xxd [-pru] [-c COLUMNS] [-g GROUP] [-l COUNT] [-s SKIP] [FILE]",
    "Prints bytes in hexadecimal, and the characters beside them; -p prints only the digits, -r turns such a text back into bytes, -u prints capital letters."
);

struct Plan {
    plain: bool,
    capitals: bool,
    columns: usize,
    group: usize,
}

impl Plan {
    fn byte(&self, byte: u8, out: &mut Output<'_>) -> core::fmt::Result {
        if self.capitals { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") }
    }

    fn print(&self, at: u64, bytes: &[u8], out: &mut Output<'_>) -> core::fmt::Result {
        if self.plain {
            bytes.iter().try_for_each(|byte| self.byte(*byte, out))?;
            return out.write_str("\n");
        }
        write!(out, "{at:08x}: ")?;
        for i in 0..self.columns {
            match bytes.get(i) {
                Some(byte) => self.byte(*byte, out)?,
                None => out.write_str("  ")?,
            }
            if (i + 1).is_multiple_of(self.group) {
                out.write_str(" ")?;
            }
        }
        // One blank follows every group, another one the last.
        out.write_str(if self.columns.is_multiple_of(self.group) { " " } else { "  " })?;
        bytes.iter().for_each(|byte| out.push(&[shown(*byte)]));
        out.write_str("\n")
    }
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "pruc:g:l:s:", &[("postscript", 'p'), ("plain", 'p')]).await?;
    let plain = options.has('p');
    let (mut columns, mut group, mut limit, mut skip) = (if plain { 30 } else { 16 }, 2, u64::MAX, 0);
    for (option, number) in [('c', &mut columns), ('g', &mut group), ('l', &mut limit), ('s', &mut skip)] {
        if let Some(text) = options.value(option) {
            match offset(text) {
                Some(value) => *number = value,
                None => return Err(io::usage(&p, &COMMAND, &format!("invalid number: '{text}'")).await),
            }
        }
    }
    if let Some(extra) = options.operands.get(1) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    if !(1..=256).contains(&columns) {
        return Err(io::usage(&p, &COMMAND, &format!("invalid number of columns: '{columns}'")).await);
    }
    let columns = columns as usize;
    // No groups are one of all.
    let group = if group == 0 { columns } else { usize::try_from(group).unwrap_or(columns).min(columns) };
    let mut out = Output::new(&p);
    if options.has('r') {
        let mut files = Files::new(&p, &options.operands);
        let result = match plain {
            true => digits_back(&mut files, &mut out).await?,
            false => lines_back(&mut files, &mut out).await?,
        };
        if let Err(message) = result {
            out.flush().await?;
            io::complain(&p, message).await;
            return Err(Ended(1));
        }
        return out.finish(files.status).await;
    }
    let plan = Plan { plain, capitals: options.has('u'), columns, group };
    let mut input = Blocks::new(&p, &options.operands, limit).await?;
    let mut at = input.skip(skip).await;
    let mut block = vec![0; columns];
    loop {
        match input.next(&mut block).await {
            0 => return out.finish(input.status()).await,
            filled => {
                let _ = plan.print(at, &block[..filled], &mut out); // gathering does not fail
                out.settle().await?;
                at += filled as u64;
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// What only consists of digits, with blanks anywhere.
async fn digits_back(files: &mut Files<'_>, out: &mut Output<'_>) -> Result<Result<(), String>, Ended> {
    let (mut high, mut bytes) = (None, Vec::new());
    while let Some(mut lines) = files.next().await {
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            bytes.clear();
            for byte in chunk.iter().filter(|byte| !byte.is_ascii_whitespace()) {
                let Some(digit) = digit(*byte) else {
                    out.write(&bytes).await?;
                    return Ok(Err(format!("not a hexadecimal digit: '{}'", byte.escape_ascii())));
                };
                high = match high {
                    None => Some(digit),
                    Some(high) => {
                        bytes.push(high << 4 | digit);
                        None
                    }
                };
            }
            out.write(&bytes).await?;
        }
    }
    Ok(Ok(()))
}

/// Lines of an offset, a colon, digits, and anything after two blanks.
async fn lines_back(files: &mut Files<'_>, out: &mut Output<'_>) -> Result<Result<(), String>, Ended> {
    let (mut written, mut bytes) = (0, Vec::new());
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            let Some((at, mut rest)) = split_offset(line) else { continue };
            if at < written {
                return Ok(Err(format!("cannot go back to offset {at:#x}")));
            }
            while written < at {
                let zeros = [0; 256];
                let n = (at - written).min(zeros.len() as u64);
                out.write(&zeros[..n as usize]).await?;
                written += n;
            }
            bytes.clear();
            loop {
                rest = rest.strip_prefix(b" ").unwrap_or(rest);
                let [high, low, after @ ..] = rest else { break };
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
                bytes.push(high << 4 | low);
                rest = after;
            }
            out.write(&bytes).await?;
            written += bytes.len() as u64;
        }
    }
    Ok(Ok(()))
}

fn split_offset(line: &[u8]) -> Option<(u64, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let digits = core::str::from_utf8(&line[..colon]).ok()?.trim_start();
    if digits.starts_with('+') {
        return None;
    }
    Some((u64::from_str_radix(digits, 16).ok()?, &line[colon + 1..]))
}
