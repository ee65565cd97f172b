//! `ed`: edits a text line by line (XCU `ed`), with the messages of GNU's.
//!
//! Beyond POSIX: `wq`, `W`, `z`, `#`, the flags `I` and `l n p` of `s`, the escapes and conversions of `sed` in
//! replacements, and `-E`.

mod commands;
mod files;
mod global;
mod input;
mod session;
mod substitute;

use bstr::BString;

use self::session::Session;
use super::support::posix_regex::Syntax;
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!(
    "ed",
    "ed [-Es] [-p PROMPT] [FILE]",
    "Edits a text by commands, line by line: -p asks for them with PROMPT, -s says no numbers of bytes, -E extended \
     regular expressions. H explains what is wrong, q leaves."
);

const LONG: &[(&str, char)] =
    &[("extended-regexp", 'E'), ("prompt", 'p'), ("quiet", 's'), ("script", 's'), ("silent", 's')];

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "Esp:", LONG).await?;
    let mut names = options.operands.as_slice();
    // What `-s` was once.
    let old = names.first().is_some_and(|name| *name == "-");
    names = &names[usize::from(old)..];
    if names.len() > 1 {
        return Err(io::usage(&p, &COMMAND, "one file at a time").await);
    }
    let syntax = if options.has('E') { Syntax::Extended } else { Syntax::Basic };
    let prompt = options.value('p').map(BString::from);
    let mut session = Session::new(&p, syntax, options.has('s') || old, prompt);
    session.run(names.first().copied()).await
}
