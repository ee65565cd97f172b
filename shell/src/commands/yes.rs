//! `yes`: prints a line until nobody listens.

use alloc::vec::Vec;

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("yes", "yes [WORD...]", "Prints the words, or y, again and again.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+", &[]).await?;
    let mut line: Vec<u8> = bstr::join(" ", &options.operands);
    if options.operands.is_empty() {
        line.push(b'y');
    }
    line.push(b'\n');
    let mut many = Vec::new();
    while many.len() < 16 * 1024 {
        many.extend_from_slice(&line);
    }
    let mut out = Output::new(&p);
    loop {
        out.write(&many).await?;
    }
}
