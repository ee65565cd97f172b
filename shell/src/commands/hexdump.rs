//! `hexdump`: bytes in hexadecimal. Of its formats there are the plain one and `-C`.

use alloc::format;
use core::fmt::Write;

use super::{od::offset, support::blocks::Blocks};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "hexdump",
    "hexdump [-Cv] [-n COUNT] [-s SKIP] [FILE...]",
    "Prints bytes as pairs in hexadecimal; -C prints single ones, and the characters beside them. Equal lines are a *, unless -v."
);

const WIDTH: usize = 16;

async fn run(p: Process) -> Outcome {
    let long = [("canonical", 'C'), ("no-squeezing", 'v'), ("length", 'n'), ("skip", 's')];
    let options = io::options(&p, &COMMAND, "Cvn:s:", &long).await?;
    let (mut limit, mut skip) = (u64::MAX, 0);
    for (option, number) in [('n', &mut limit), ('s', &mut skip)] {
        if let Some(text) = options.value(option) {
            match offset(text) {
                Some(value) => *number = value,
                None => return Err(io::usage(&p, &COMMAND, &format!("invalid number: '{text}'")).await),
            }
        }
    }
    let (canonical, all) = (options.has('C'), options.has('v'));
    let mut out = Output::new(&p);
    let mut input = Blocks::new(&p, &options.operands, limit).await?;
    let mut at = input.skip(skip).await;
    let (mut block, mut previous) = ([0; WIDTH], [0; WIDTH]);
    let (mut first, mut starred) = (true, false);
    loop {
        let filled = input.next(&mut block).await;
        if filled == 0 {
            break;
        }
        let repeats = !first && !all && filled == WIDTH && block == previous;
        if repeats && !starred {
            out.push(b"*\n");
        } else if !repeats {
            // Gathering does not fail.
            let _ = match canonical {
                true => line_canonical(at, &block[..filled], &mut out),
                false => line_of_pairs(at, &block[..filled], &mut out),
            };
        }
        out.settle().await?;
        (first, starred) = (false, repeats);
        at += filled as u64;
        previous = block;
    }
    if !first {
        let end = if canonical { format!("{at:08x}\n") } else { format!("{at:07x}\n") };
        out.write(end.as_bytes()).await?;
    }
    out.finish(input.status()).await
}

fn line_canonical(at: u64, bytes: &[u8], out: &mut Output<'_>) -> core::fmt::Result {
    write!(out, "{at:08x}")?;
    for i in 0..WIDTH {
        let gap = if i % 8 == 0 { "  " } else { " " };
        match bytes.get(i) {
            Some(byte) => write!(out, "{gap}{byte:02x}")?,
            None => write!(out, "{gap}  ")?,
        }
    }
    out.write_str("  |")?;
    bytes.iter().for_each(|byte| out.push(&[shown(*byte)]));
    out.write_str("|\n")
}

/// Two bytes are a number, the second the higher one.
fn line_of_pairs(at: u64, bytes: &[u8], out: &mut Output<'_>) -> core::fmt::Result {
    write!(out, "{at:07x}")?;
    for i in (0..WIDTH).step_by(2) {
        match bytes.get(i) {
            Some(low) => write!(out, " {:02x}{low:02x}", bytes.get(i + 1).unwrap_or(&0))?,
            None => out.write_str("     ")?,
        }
    }
    out.write_str("\n")
}

/// The byte, or a dot if it has no shape.
pub(super) fn shown(byte: u8) -> u8 {
    if matches!(byte, b' '..=b'~') { byte } else { b'.' }
}
