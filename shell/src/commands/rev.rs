//! `rev`: the characters of each line, backwards. Memory is that of one line.

use alloc::vec::Vec;
use bstr::ByteSlice;

use super::support::files::Files;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("rev", "rev [FILE...]", "Prints each line with its characters in backward order.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    let mut reversed = Vec::new();
    while let Some(mut lines) = files.next().await {
        while let Some(line) = files.line(lines.next_line().await).await {
            let (text, end) = match line.strip_suffix(b"\n") {
                Some(text) => (text, &b"\n"[..]),
                None => (line, &b""[..]),
            };
            reversed.clear();
            // Bytes that are no UTF-8 are kept together where they could begin a character.
            for (start, stop, _) in text.char_indices().rev() {
                reversed.extend_from_slice(&text[start..stop]);
            }
            reversed.extend_from_slice(end);
            out.write(&reversed).await?;
        }
    }
    out.finish(files.status).await
}
