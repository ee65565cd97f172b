//! `vi`: edits a text on the whole screen (XCU `vi`), and, as `ex`, by command lines (XCU `ex`).
//!
//! Beyond POSIX, as people know it from Vim: undo step by step and `^R`, `v` and `V`, text objects, `*`, `gg`, `gu`, `q`,
//! `"0`. Left out are `:map`, `:abbreviate`, tags, macros of nroff and the modes of Lisp, and `U`.

mod chars;
mod confirm;
mod draw;
mod editor;
mod ex;
mod files;
mod insert;
mod layout;
mod line;
mod macros;
mod motion;
mod names;
mod normal;
mod object;
mod operator;
mod options;
mod registers;
mod search;
mod session;
mod substitute;
mod visual;

use alloc::vec::Vec;
use bstr::BString;

use self::session::{Request, Session};
use crate::{
    io::{self, Outcome},
    process::{Command, Process},
};

command!(
    "vi",
    "vi [-R] [-c COMMAND] [+COMMAND] [FILE...]",
    "Edits a text on the whole screen: i inserts, Escape ends that, :w saves, :q leaves, :q! without saving. -R opens \
     files for reading only, -c and + begin with a command of ex, as in +12."
);

async fn run(p: Process) -> Outcome {
    let (words, commands) = words_of(&p);
    let request = request_of(&p, &COMMAND, &words, commands).await?;
    if request.quiet {
        return Session::new(&p, &request).lines(&request).await;
    }
    Session::new(&p, &request).visual(&request).await
}

/// `view`: the same, for reading.
pub(super) async fn run_view(p: &Process, command: &Command) -> Outcome {
    let (words, commands) = words_of(p);
    let request = Request { read_only: true, ..request_of(p, command, &words, commands).await? };
    Session::new(p, &request).visual(&request).await
}

/// `ex`: the same by command lines.
pub(super) async fn run_ex(p: &Process, command: &Command) -> Outcome {
    let (words, commands) = words_of(p);
    let options = io::options_of(p, &words, command, "Rsvec:", &[]).await?;
    let visual = options.has('v');
    let request = request_of(p, command, &words, commands).await?;
    let mut session = Session::new(p, &request);
    if visual { session.visual(&request).await } else { session.lines(&request).await }
}

async fn request_of(
    p: &Process,
    command: &Command,
    words: &[BString],
    mut commands: Vec<BString>,
) -> Result<Request, io::Ended> {
    let options = io::options_of(p, words, command, "Rsvec:", &[]).await?;
    commands.extend(options.given.iter().filter(|(option, _)| *option == 'c').map(|(_, value)| BString::from(*value)));
    Ok(Request {
        files: options.operands.iter().map(|name| BString::from(*name)).collect(),
        read_only: options.has('R'),
        quiet: options.has('s'),
        commands,
    })
}

/// The words of the command line, and the commands of `+` words.
fn words_of(p: &Process) -> (Vec<BString>, Vec<BString>) {
    let (mut words, mut commands) = (Vec::new(), Vec::new());
    let mut only_files = false;
    for word in p.args.iter().skip(1) {
        only_files |= word == "--";
        match word.strip_prefix(b"+").filter(|_| !only_files) {
            // Alone it is the last line.
            Some(b"") => commands.push("$".into()),
            Some(command) => commands.push(command.into()),
            None => words.push(word.clone()),
        }
    }
    (words, commands)
}
