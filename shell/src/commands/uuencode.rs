//! `uuencode`: bytes as text that can be mailed (POSIX XCU `uuencode`).

use alloc::{format, vec, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::{
    base64,
    support::{blocks::Blocks, files::Files},
};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "uuencode",
    "uuencode [-m] [FILE] NAME",
    "Writes FILE, or standard input, as text from which uudecode makes the file NAME; -m as base64."
);

/// How many bytes a line has.
const LINE: usize = 45;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "m", &[("base64", 'm')]).await?;
    let (input, name) = match *options.operands.as_slice() {
        [name] => (BStr::new("-"), name),
        [input, name] => (input, name),
        [] => return Err(io::usage(&p, &COMMAND, "the name of the file to be is missing").await),
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let file = match input.as_bytes() {
        b"-" => p.stdin().file(),
        _ => match io::open_input(&p, input).await {
            Some(file) => file.file(),
            None => return Err(Ended(1)),
        },
    };
    let mode = match file.and_then(|file| file.metadata()) {
        Ok(metadata) if input != "-" => metadata.mode & 0o777,
        _ => 0o666 & !p.umask,
    };
    let mut out = Output::new(&p);
    if options.has('m') {
        out.write_line(format!("begin-base64 {mode:o} {name}").as_bytes()).await?;
        let mut files = Files::new(&p, &[input]);
        base64::encode(&mut files, 60, &mut out).await?;
        out.write(b"====\n").await?;
        return out.finish(files.status).await;
    }
    out.write_line(format!("begin {mode:o} {name}").as_bytes()).await?;
    let mut blocks = Blocks::new(&p, &[input], u64::MAX).await?;
    let (mut block, mut text) = (vec![0; LINE], Vec::new());
    loop {
        let filled = blocks.next(&mut block).await;
        block[filled..].fill(0);
        text.clear();
        text.push(character(filled as u8));
        for group in block[..filled.next_multiple_of(3)].chunks(3) {
            let value = group.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
            text.extend([18, 12, 6, 0].map(|shift| character((value >> shift & 63) as u8)));
        }
        out.write_line(&text).await?;
        if filled == 0 {
            break;
        }
    }
    out.write(b"end\n").await?;
    out.finish(blocks.status()).await
}

/// The character for six bits; the blank would get lost, so zero is another.
fn character(bits: u8) -> u8 {
    if bits == 0 { b'`' } else { bits + b' ' }
}
