//! `wc`: counts lines, words, bytes and characters.

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;

use super::support::files;
use crate::{
    env::{self, FileType},
    fd::Fd,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "wc",
    "wc [-lwcmL] [--files0-from=LIST] [FILE...]",
    "Counts lines (-l), words (-w) and bytes (-c); -m counts characters, -L measures the longest line; --files0-from reads the names from LIST, each ended by byte 0."
);

// An option that has a long name only.
const FILES0: char = '\u{1}';

#[derive(Clone, Copy, Default)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
    chars: u64,
    longest: u64,
    /// Characters so far of the line being counted, and whether a word is.
    line_length: u64,
    in_word: bool,
}

impl Counts {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for &byte in bytes {
            let is_char = byte & 0xc0 != 0x80; // all but the later bytes of a UTF-8 character
            self.chars += u64::from(is_char);
            match byte {
                b'\n' => {
                    self.lines += 1;
                    self.end_line();
                }
                b'\r' | 12 => self.end_line(),
                b'\t' => self.line_length = (self.line_length / 8 + 1) * 8,
                _ => self.line_length += u64::from(is_char && byte >= b' ' && byte != 127),
            }
            let space = matches!(byte, b' ' | 9..=13);
            self.words += u64::from(!space && !self.in_word);
            self.in_word = !space;
        }
    }

    fn end_line(&mut self) {
        self.longest = self.longest.max(self.line_length);
        self.line_length = 0;
    }

    fn add(&mut self, other: &Counts) {
        self.lines += other.lines;
        self.words += other.words;
        self.bytes += other.bytes;
        self.chars += other.chars;
        self.longest = self.longest.max(other.longest);
    }

    fn columns(&self, which: &str, width: usize) -> String {
        let all = [('l', self.lines), ('w', self.words), ('m', self.chars), ('c', self.bytes), ('L', self.longest)];
        let shown = all.iter().filter(|(letter, _)| which.contains(*letter));
        shown.map(|(_, count)| format!("{count:width$}")).collect::<Vec<_>>().join(" ")
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm'), ("max-line-length", 'L'), ("files0-from", FILES0)];
    let options = io::options(&p, &COMMAND, "lwcmL\u{1}:", &long).await?;
    let mut which: String = "lwmcL".chars().filter(|letter| options.has(*letter)).collect();
    if which.is_empty() {
        which.push_str("lwc");
    }
    let listed = match options.value(FILES0) {
        None => Vec::new(),
        Some(_) if !options.operands.is_empty() => {
            return Err(io::usage(&p, &COMMAND, "--files0-from goes without operands").await);
        }
        Some(list) => files::names_in(&p, list).await?,
    };
    let names = match options.has(FILES0) {
        true => listed.iter().map(|name| name.as_bstr()).collect(),
        false => io::inputs(&options.operands),
    };
    let width = if which.len() == 1 && names.len() == 1 { 1 } else { column_width(&p, &names).await };
    let mut out = Output::new(&p);
    let mut chunk = Vec::new();
    let (mut total, mut status) = (Counts::default(), 0);
    for name in &names {
        let Some(file) = io::open_input(&p, name).await else {
            status = 1;
            continue;
        };
        let (counts, result) = count(&file, &which, &mut chunk).await;
        if let Err(error) = result {
            io::complain_about(&p, name, error).await;
            status = 1;
        }
        total.add(&counts);
        let label = if options.operands.is_empty() && listed.is_empty() { "".into() } else { format!(" {name}") };
        print(&mut out, &counts.columns(&which, width), &label).await?;
    }
    if names.len() > 1 {
        print(&mut out, &total.columns(&which, width), " total").await?;
    }
    out.finish(status).await
}

async fn print(out: &mut Output<'_>, columns: &str, label: &str) -> Result<(), Ended> {
    out.write_all(&[columns.as_bytes(), label.as_bytes(), b"\n"]).await
}

/// Wide enough for the sum of the sizes; 7 where a size is not known before reading.
async fn column_width(p: &Process, names: &[&bstr::BStr]) -> usize {
    let mut total = 0;
    for name in names {
        let metadata = match *name == "-" {
            true => p.stdin().file().and_then(|file| file.metadata()),
            false => p.sys.stat(p.absolute(name).as_bstr()).await,
        };
        match metadata {
            Ok(metadata) if metadata.kind == FileType::Regular => total += metadata.size,
            Ok(_) => return 7,
            Err(_) => {}
        }
    }
    format!("{total}").len()
}

/// Counts a file; what was counted before an error counts too.
async fn count(file: &Fd, which: &str, chunk: &mut Vec<u8>) -> (Counts, env::Result<()>) {
    let mut counts = Counts::default();
    loop {
        let read = file.read_pieces(usize::MAX, chunk, |piece| match which {
            "l" => counts.lines += piece.bytes.find_iter(b"\n").count() as u64,
            "c" => counts.bytes += piece.bytes.len() as u64,
            _ => counts.feed(piece.bytes),
        });
        match read.await {
            Ok(0) => {
                counts.end_line();
                return (counts, Ok(()));
            }
            Ok(_) => {}
            Err(error) => return (counts, Err(error)),
        }
    }
}
