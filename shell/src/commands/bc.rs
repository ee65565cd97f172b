//! `bc`: computes with numbers of any length, in a small language. A program is run line by line as it comes, and
//! gives way to others while it computes.

mod lexer;
mod library;
mod machine;
mod number;
mod parser;
mod program;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use self::{
    lexer::Wrong,
    machine::{Machine, Stop},
    parser::{Item, Parser},
    program::Names,
};
use crate::{
    io::{self, Ended, Lines, Outcome},
    process::Process,
};

command!(
    "bc",
    "bc [-lq] [FILE...]",
    "Computes with numbers of any length what FILEs and then standard input say: + - * / % ^, sqrt, length, variables, arrays, functions, if, while and for; scale is the number of digits behind the point, ibase and obase are the bases. -l begins with scale=20 and the functions s, c, a, l, e and j."
);

/// The longest function or line.
const LONGEST: usize = 64 * 1024;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "lq", &[("mathlib", 'l'), ("quiet", 'q')]).await?;
    let library = options.has('l');
    let mut session = Session {
        p: &p,
        machine: Machine::new(&p, if library { 20 } else { 0 }),
        names: Names::new(),
        library,
        status: 0,
    };
    for name in &options.operands {
        let Some(file) = io::open_input(&p, name).await else { return Ok(1) };
        let mut lines = Lines::new(&file);
        if session.source(name, Some(&mut lines)).await? {
            return session.machine.out.finish(session.status).await;
        }
    }
    session.source(BStr::new("standard input"), None).await?;
    session.machine.out.finish(session.status).await
}

struct Session<'p> {
    p: &'p Process,
    machine: Machine<'p>,
    names: Names,
    library: bool,
    status: u8,
}

impl Session<'_> {
    /// Runs what a file says, or standard input; whether that was the end of it all.
    async fn source(&mut self, name: &BStr, mut lines: Option<&mut Lines>) -> Result<bool, Ended> {
        let (mut text, mut line, mut ended) = (Vec::new(), 1, false);
        while !ended {
            if lines.is_none() {
                self.machine.out.flush().await?;
            }
            let read = match &mut lines {
                Some(lines) => lines.next_line().await,
                None => self.machine.stdin.next_line().await,
            };
            match read {
                Ok(Some(more)) if text.len() + more.len() <= LONGEST => text.extend_from_slice(more),
                Ok(Some(_)) => {
                    self.complain(format!("{name}:{line}: a function or a line is longer than {LONGEST} bytes")).await?;
                    return Ok(true);
                }
                Ok(None) => ended = true,
                Err(error) => {
                    self.complain(format!("{name}: {error}")).await?;
                    return Ok(true);
                }
            }
            if ended && !text.is_empty() && !text.ends_with(b"\n") {
                text.push(b'\n');
            }
            if self.text(name, &mut text, &mut line, ended).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs as much of a text as is complete, and takes it away.
    async fn text(&mut self, name: &BStr, text: &mut Vec<u8>, line: &mut usize, ended: bool) -> Result<bool, Ended> {
        loop {
            let parsed = Parser::new(text, *line, &mut self.names, self.library).and_then(Parser::item);
            let item = match parsed {
                Ok((Item::End, ..)) => {
                    *line += text.find_iter(b"\n").count();
                    text.clear();
                    return Ok(false);
                }
                Ok((item, taken, next)) => {
                    drop(text.drain(..taken));
                    *line = next;
                    item
                }
                Err(Wrong::Incomplete) if !ended => return Ok(false),
                Err(wrong) => {
                    let message = match wrong {
                        Wrong::At(at, what) => format!("{name}:{}:{}: {what}", at.line, at.column),
                        Wrong::Incomplete => {
                            let last = *line + text.find_iter(b"\n").count();
                            format!("{name}:{last}:1: the text ends in the middle of a statement")
                        }
                    };
                    *line += text.find_iter(b"\n").count();
                    text.clear();
                    self.complain(message).await?;
                    return Ok(false);
                }
            };
            let (steps, quits) = match item {
                Item::Define(id, defined) => {
                    self.machine.define(id, defined);
                    continue;
                }
                Item::Steps(steps) => (steps, false),
                Item::Quit(steps) => (steps, true),
                Item::End => continue,
            };
            match self.machine.run(steps, &self.names).await {
                Ok(()) => {}
                Err(Stop::Halt) => return Ok(true),
                Err(Stop::Ended(ended)) => return Err(ended),
                Err(Stop::Error(line, message)) => self.complain(format!("{name}:{line}: {message}")).await?,
            }
            if quits {
                return Ok(true);
            }
        }
    }

    async fn complain(&mut self, message: String) -> Result<(), Ended> {
        self.machine.out.flush().await?;
        io::complain(self.p, message).await;
        self.status = 1;
        Ok(())
    }
}
