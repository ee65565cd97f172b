//! `expand`: tabs become spaces.

use alloc::format;

use super::support::{files::Files, tabs::Tabs};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "expand",
    "expand [-i] [-t TABS] [FILE...]",
    "Turns tabs into spaces; -i only those that lines begin with, -t TABS sets where they go: a distance (8) or a list."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "it:", &[("initial", 'i'), ("tabs", 't')]).await?;
    let Some(tabs) = Tabs::parse(options.value('t')) else {
        return Err(io::usage(&p, &COMMAND, &format!("invalid tab stops {:?}", options.value('t'))).await);
    };
    let only_initial = options.has('i');
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    let (mut column, mut initial) = (0u64, true);
    while let Some(mut lines) = files.next().await {
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            for &byte in chunk {
                match byte {
                    b'\t' if initial || !only_initial => {
                        let to = tabs.after(column);
                        (column..to).for_each(|_| out.push(b" "));
                        column = to;
                    }
                    b'\n' => {
                        out.push(b"\n");
                        (column, initial) = (0, true);
                    }
                    8 => {
                        out.push(&[8]);
                        (column, initial) = (column.saturating_sub(1), false);
                    }
                    byte => {
                        out.push(&[byte]);
                        column += u64::from(byte & 0xc0 != 0x80); // a character's first byte
                        initial &= byte == b' ';
                    }
                }
            }
            out.settle().await?;
        }
    }
    out.finish(files.status).await
}
