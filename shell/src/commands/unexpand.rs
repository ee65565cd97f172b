//! `unexpand`: spaces become tabs where they reach a tab stop.

use alloc::format;

use super::support::{files::Files, tabs::Tabs};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "unexpand",
    "unexpand [-a] [-t TABS] [FILE...]",
    "Turns spaces that lines begin with into tabs; -a and -t all that reach a tab stop, two or more at a time."
);

async fn run(p: Process) -> Outcome {
    let long = [("all", 'a'), ("first-only", 'f'), ("tabs", 't')];
    let options = io::options(&p, &COMMAND, "aft:", &long).await?;
    let Some(tabs) = Tabs::parse(options.value('t')) else {
        return Err(io::usage(&p, &COMMAND, &format!("invalid tab stops {:?}", options.value('t'))).await);
    };
    let all = !options.has('f') && options.last_of("at").is_some();
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    // Blanks since `start` are held back: spaces may become a tab.
    let (mut column, mut start, mut initial) = (0u64, 0u64, true);
    // What stands for the blanks held back so far: tabs, then spaces.
    let mut held = Held::default();
    while let Some(mut lines) = files.next().await {
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            for &byte in chunk {
                // Behind the last tab stop everything stays as it is.
                let stop = if initial || all { tabs.stop(column) } else { None };
                if let Some(stop) = stop
                    && matches!(byte, b' ' | b'\t')
                {
                    if held.is_empty() {
                        start = column;
                    }
                    if core::mem::take(&mut held.single) {
                        held.reach(); // it was not alone
                    }
                    if byte == b'\t' {
                        column = stop;
                        held.reach();
                        continue;
                    }
                    column += 1;
                    held.space();
                    // One space that happens to end at a stop stays one, unless more blanks follow.
                    match column - start {
                        _ if column < stop => {}
                        1 => held.single = true,
                        _ => held.reach(),
                    }
                    continue;
                }
                held.write(&mut out);
                out.push(&[byte]);
                match byte {
                    b'\n' => (column, initial) = (0, true),
                    8 => (column, initial) = (column.saturating_sub(1), false),
                    _ => (column, initial) = (column + u64::from(byte & 0xc0 != 0x80), false),
                }
            }
            out.settle().await?;
        }
    }
    held.write(&mut out);
    out.finish(files.status).await
}

/// Blanks that are not written yet.
#[derive(Default)]
struct Held {
    tabs: u64,
    spaces: u64,
    /// It is one space, and it ends at a tab stop.
    single: bool,
}

impl Held {
    fn is_empty(&self) -> bool {
        self.tabs == 0 && self.spaces == 0
    }

    fn space(&mut self) {
        self.spaces += 1;
    }

    /// A tab stop is reached: the spaces before it are a tab.
    fn reach(&mut self) {
        self.tabs += 1;
        self.spaces = 0;
    }

    fn write(&mut self, out: &mut Output<'_>) {
        (0..self.tabs).for_each(|_| out.push(b"\t"));
        (0..self.spaces).for_each(|_| out.push(b" "));
        *self = Self::default();
    }
}
