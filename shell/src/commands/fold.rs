//! `fold`: breaks lines that are too long. Memory is that of one line of output.
//!
//! A character takes one column, also a wide or a combining one.

use alloc::{format, vec::Vec};

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "fold",
    "fold [-bs] [-w WIDTH] [FILE...]",
    "Breaks lines longer than 80 columns, or WIDTH; -b counts bytes, -s breaks after a blank where there is one."
);

/// The line being filled.
struct Fold {
    width: usize,
    bytes: bool,
    at_blanks: bool,
    line: Vec<u8>,
    column: usize,
}

impl Fold {
    /// The column after one more byte.
    fn after(&self, column: usize, byte: u8) -> usize {
        match byte {
            _ if self.bytes => column + 1,
            8 => column.saturating_sub(1),
            b'\r' => 0,
            b'\t' => (column / 8 + 1) * 8,
            _ => column + usize::from(byte & 0xc0 != 0x80), // a character counts with its first byte
        }
    }

    async fn feed(&mut self, byte: u8, out: &mut Output<'_>) -> Result<(), Ended> {
        if byte == b'\n' {
            self.line.push(byte);
            return self.end(out).await;
        }
        loop {
            let column = self.after(self.column, byte);
            if column <= self.width || self.line.is_empty() {
                self.column = column;
                self.line.push(byte);
                return Ok(());
            }
            let blank = self.line.iter().rposition(|byte| matches!(byte, b' ' | b'\t'));
            let rest = match blank.filter(|_| self.at_blanks) {
                Some(at) => self.line.split_off(at + 1),
                None => Vec::new(),
            };
            self.line.push(b'\n');
            self.end(out).await?;
            self.column = rest.iter().fold(0, |column, byte| self.after(column, *byte));
            self.line = rest;
        }
    }

    async fn end(&mut self, out: &mut Output<'_>) -> Result<(), Ended> {
        out.write(&self.line).await?;
        self.line.clear();
        self.column = 0;
        Ok(())
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("bytes", 'b'), ("spaces", 's'), ("width", 'w')];
    let options = io::options(&p, &COMMAND, "bsw:", &long).await?;
    let width = match options.value('w') {
        None => 80,
        Some(text) => match numbers::parse(text) {
            Some(width @ 1..) => width,
            _ => return Err(io::usage(&p, &COMMAND, &format!("invalid number of columns: '{text}'")).await),
        },
    };
    let (bytes, at_blanks) = (options.has('b'), options.has('s'));
    let mut fold = Fold { width, bytes, at_blanks, line: Vec::new(), column: 0 };
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    while let Some(mut lines) = files.next().await {
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            for byte in chunk {
                fold.feed(*byte, &mut out).await?;
            }
        }
        fold.end(&mut out).await?;
    }
    out.finish(files.status).await
}
