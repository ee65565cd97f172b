//! `cat`: copies files to standard output.

use alloc::vec::Vec;
use bstr::BStr;

use crate::{
    env::{FileType, SeekFrom},
    fd::Fd,
    io::{self, CHUNK, Ended, Opened, Outcome, Output},
    process::Process,
};

command!(
    "cat",
    "cat [-AbEnsTv] [FILE...]",
    "Copies files to standard output; -n numbers lines, -b those with text, -s squeezes empty ones, -A shows everything."
);

/// What to do to the text on its way, and where in it we are.
#[derive(Default)]
struct Filter {
    number: bool,
    number_text_only: bool,
    squeeze: bool,
    show_control: bool,
    show_ends: bool,
    show_tabs: bool,
    line: u64,
    /// Newlines in a row just before here; the text begins as if after one.
    newlines: u32,
}

impl Filter {
    fn is_plain(&self) -> bool {
        let marks = self.show_control || self.show_ends || self.show_tabs;
        !(marks || self.number || self.number_text_only || self.squeeze)
    }

    fn apply(&mut self, byte: u8, out: &mut Vec<u8>) {
        let at_start = self.newlines > 0;
        if byte == b'\n' {
            if self.squeeze && self.newlines >= 2 {
                return;
            }
            self.newlines += 1;
        } else {
            self.newlines = 0;
        }
        let numbered = if self.number_text_only { byte != b'\n' } else { self.number };
        if at_start && numbered {
            self.line += 1;
            out.extend_from_slice(alloc::format!("{:6}\t", self.line).as_bytes());
        }
        match byte {
            b'\n' if self.show_ends => out.extend_from_slice(b"$\n"),
            b'\t' if self.show_tabs => out.extend_from_slice(b"^I"),
            b'\n' | b'\t' => out.push(byte),
            _ if !self.show_control => out.push(byte),
            _ => {
                if byte >= 128 {
                    out.extend_from_slice(b"M-");
                }
                match byte & 127 {
                    low @ 0..32 => out.extend_from_slice(&[b'^', low + 64]),
                    127 => out.extend_from_slice(b"^?"),
                    low => out.push(low),
                }
            }
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("number", 'n'), ("number-nonblank", 'b'), ("squeeze-blank", 's'), ("show-all", 'A')];
    let options = io::options(&p, &COMMAND, "AbeEnstTuv", &long).await?;
    let any = |letters: &str| options.last_of(letters).is_some();
    let mut filter = Filter {
        number: any("n"),
        number_text_only: any("b"),
        squeeze: any("s"),
        show_control: any("Aetv"),
        show_ends: any("AeE"),
        show_tabs: any("AtT"),
        line: 0,
        newlines: 1,
    };
    if filter.is_plain() {
        return copy(&p, &options.operands).await;
    }
    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    let mut status = 0;
    for name in io::inputs(&options.operands) {
        let Some(file) = open(&p, name).await else {
            status = 1;
            continue;
        };
        loop {
            match file.read(&mut chunk).await {
                Ok(0) => break,
                Ok(n) => show(&mut filter, &chunk[..n], &mut out).await?,
                Err(error) => {
                    io::complain_about(&p, name, error).await;
                    status = 1;
                    break;
                }
            }
        }
    }
    out.finish(status).await
}

/// Opens an operand, unless reading it would never end.
async fn open(p: &Process, name: &BStr) -> Option<Opened> {
    let file = io::open_input(p, name).await?;
    if is_output(&file, p) {
        io::complain(p, alloc::format!("{name}: input file is output file")).await;
        return None;
    }
    Some(file)
}

/// Whether reading would never end, because what is written is there to be read.
fn is_output(input: &Fd, p: &Process) -> bool {
    let Ok(file) = input.file() else { return false };
    let Some(read) = file.metadata().ok().filter(|read| read.kind == FileType::Regular) else { return false };
    let Ok(written) = p.stdout().file().and_then(|output| output.metadata()) else { return false };
    read.is_same_file(&written) && file.seek(SeekFrom::Current(0)).is_ok_and(|from| from < written.size)
}

/// Passes everything on as it is, without looking at it.
async fn copy(p: &Process, operands: &[&BStr]) -> Outcome {
    let mut status = 0;
    for name in io::inputs(operands) {
        let Some(file) = open(p, name).await else {
            status = 1;
            continue;
        };
        if let Err(error) = io::copy(p, &file, u64::MAX).await? {
            io::complain_about(p, name, error).await;
            status = 1;
        }
    }
    Ok(status)
}

/// What was read is passed on at once: who types at `cat` wants to see it.
async fn show(filter: &mut Filter, bytes: &[u8], out: &mut Output<'_>) -> Result<(), Ended> {
    let mut text = Vec::new();
    for piece in bytes.chunks(1024) {
        text.clear();
        piece.iter().for_each(|byte| filter.apply(*byte, &mut text));
        out.write(&text).await?;
    }
    out.flush().await
}
