//! `strings`: the texts in files of any kind. A very long text is printed in pieces.

use alloc::{format, string::String, vec::Vec};
use bstr::ByteSlice;

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "strings",
    "strings [-af] [-n LENGTH] [-t d|o|x] [FILE...]",
    "Prints what looks like text: at least 4 printable characters in a row, or LENGTH; -t where it is, -f in which file."
);

/// How long a text may become before it is printed.
const LONGEST: usize = 64 << 10;

struct Search {
    least: usize,
    radix: Option<u8>,
    name: Option<Vec<u8>>,
    text: Vec<u8>,
    /// Whether the beginning of the text has been printed.
    begun: bool,
    at: u64,
}

impl Search {
    fn feed(&mut self, mut bytes: &[u8], out: &mut Output<'_>) {
        let printable = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t');
        while !bytes.is_empty() {
            let run = bytes.iter().take_while(|byte| printable(byte)).count();
            self.text.extend_from_slice(&bytes[..run]);
            self.at += run as u64;
            bytes = &bytes[run..];
            if self.text.len() > LONGEST {
                self.print(out);
            }
            if bytes.is_empty() {
                return;
            }
            self.end(out);
            let gap = bytes.iter().take_while(|byte| !printable(byte)).count();
            self.at += gap as u64;
            bytes = &bytes[gap..];
        }
    }

    /// The text has ended.
    fn end(&mut self, out: &mut Output<'_>) {
        if self.begun || self.text.len() >= self.least {
            self.print(out);
            out.push(b"\n");
        }
        self.text.clear();
        self.begun = false;
    }

    fn print(&mut self, out: &mut Output<'_>) {
        if !self.begun {
            if let Some(name) = &self.name {
                out.push(name);
            }
            let at = self.at - self.text.len() as u64;
            let place: String = match self.radix {
                None => String::new(),
                Some(b'd') => format!("{at:7} "),
                Some(b'o') => format!("{at:7o} "),
                Some(_) => format!("{at:7x} "),
            };
            out.push(place.as_bytes());
        }
        out.push(&self.text);
        self.text.clear();
        self.begun = true;
    }
}

async fn run(p: Process) -> Outcome {
    let long = [("all", 'a'), ("bytes", 'n'), ("print-file-name", 'f'), ("radix", 't')];
    let options = io::options(&p, &COMMAND, "afon:t:", &long).await?;
    let least = match options.value('n').map(|text| numbers::parse(text)) {
        None => 4,
        Some(Some(least @ 1..=LONGEST)) => least,
        Some(_) => return Err(io::usage(&p, &COMMAND, "invalid length of texts").await),
    };
    let radix = match options.value('t').map(|text| text.as_bytes()) {
        None => options.has('o').then_some(b'o'),
        Some([radix @ (b'd' | b'o' | b'x')]) => Some(*radix),
        Some(_) => return Err(io::usage(&p, &COMMAND, "-t takes d, o or x").await),
    };
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    while let Some(mut lines) = files.next().await {
        let name = options.has('f').then(|| match files.name().as_bytes() {
            b"-" => b"{standard input}: ".to_vec(),
            name => [name, b": "].concat(),
        });
        let mut search = Search { least, radix, name, text: Vec::new(), begun: false, at: 0 };
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            search.feed(chunk, &mut out);
            out.settle().await?;
        }
        search.end(&mut out);
    }
    out.finish(files.status).await
}
