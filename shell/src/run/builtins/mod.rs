//! The commands that have to be part of the shell, because they change it or look inside it.

mod alias;
mod control;
mod directory;
mod history;
mod info;
mod jobs;
mod limits;
mod read;
mod signals;
mod umask;
mod variables;

use alloc::{boxed::Box, vec::Vec};
use bstr::BString;
use core::ops::ControlFlow::{Break, Continue};

pub(crate) use info::everything;
pub(crate) use read::read_line;

use super::{Flow, Leave};
use crate::{
    commands::by_name,
    env::{Action, BoxFuture, Result, Signal},
    errno::Errno,
    fd::Fd,
    io::BROKEN_PIPE,
    shell::Shell,
};

/// A command of the shell itself.
pub(crate) struct Builtin {
    pub name: &'static str,
    /// What one types.
    pub synopsis: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Special in the sense of POSIX: assignments before it stay (XCU 2.15).
    pub special: bool,
    pub run: for<'a> fn(&'a mut Shell, Vec<BString>) -> BoxFuture<'a, Flow<u8>>,
}

macro_rules! builtins {
    ($($kind:ident $name:literal $function:path, $synopsis:literal, $summary:literal;)*) => {
        /// All of them, sorted by name.
        pub(crate) static BUILTINS: &[Builtin] = &[$(Builtin {
            name: $name,
            synopsis: $synopsis,
            summary: $summary,
            special: builtins!(@ $kind),
            run: |shell, args| Box::pin(async move { $function(shell, &args).await }),
        }),*];
    };
    (@ special) => { true };
    (@ regular) => { false };
}

builtins! {
    special "." control::source, ". FILE [ARG...]", "Runs the commands of a file in this shell.";
    special ":" control::colon, ": [ARG...]", "Does nothing, successfully.";
    regular "alias" alias::alias, "alias [NAME[=VALUE]...]", "Lets a name stand for the beginning of a command, or shows what names stand for.";
    regular "bg" jobs::bg, "bg [JOB...]", "Lets stopped jobs go on in the background.";
    special "break" control::break_, "break [N]", "Leaves a loop, or N of them.";
    regular "cd" directory::cd, "cd [DIR | -]", "Changes the working directory: to HOME without DIR, back with -.";
    regular "command" info::command, "command [-v | -V] NAME [ARG...]", "Runs a command, or says what a name means.";
    special "continue" control::continue_, "continue [N]", "Goes on with the next turn of a loop, or of the Nth around.";
    regular "declare" variables::declare, "declare [-agprx] [NAME[=VALUE]...]", "Makes variables (in a function, its own): -a arrays, -r that cannot be changed, -x exported.";
    regular "disown" jobs::disown, "disown [-ar] [PID | %JOB...]", "Forgets background jobs: they outlive the shell; -a all, -r those that run.";
    special "eval" control::eval, "eval [ARG...]", "Runs its arguments as commands.";
    special "exec" control::exec, "exec [COMMAND [ARG...]]", "Runs a command in the place of the shell; without one, keeps the redirections.";
    special "exit" control::exit, "exit [STATUS]", "Leaves the shell.";
    special "export" variables::export, "export [-p] [NAME[=VALUE]...]", "Makes variables part of the environment of commands.";
    regular "fc" history::fc, "fc [-r] [-e EDITOR] [FIRST [LAST]], fc -l [-nr] [FIRST [LAST]], fc -s [OLD=NEW] [FIRST]", "Lists lines typed before, or runs them again, changed by an editor or by OLD=NEW.";
    regular "fg" jobs::fg, "fg [JOB]", "Brings a background job to the foreground.";
    regular "getopts" read::getopts, "getopts OPTIONS NAME [ARG...]", "Takes the next option of the positional parameters, or of ARG.";
    regular "hash" limits::hash, "hash [-r] [NAME...]", "Says whether names are commands. Nothing is remembered: all are found at once.";
    regular "help" info::help, "help [NAME...]", "Lists the commands, or explains one.";
    regular "history" history::history, "history [COUNT | -c | -d NUMBER]", "Shows the lines typed so far, or the last COUNT; -c forgets them, -d one of them.";
    regular "jobs" jobs::jobs, "jobs [-lprs] [JOB...]", "Lists the jobs: -l with numbers, -p only these, -r those that run, -s those that are stopped.";
    regular "kill" signals::kill, "kill [-SIGNAL | -s SIGNAL | -n NUMBER] PID | -PID | %JOB..., kill -l [NUMBER...]", "Sends a signal, TERM unless another is named, to a task, to the job of one, or to a job.";
    regular "let" limits::let_, "let EXPRESSION...", "Computes; the status is 1 if the last value is 0.";
    regular "local" variables::local, "local [-arx] NAME[=VALUE]...", "Makes variables that the function which is called has for itself.";
    regular "pwd" directory::pwd, "pwd", "Writes the working directory.";
    regular "read" read::read, "read [-r] [-p PROMPT] [-d DELIM] [-a ARRAY | NAME...]", "Reads a line and splits it into variables.";
    special "readonly" variables::readonly, "readonly [-p] [NAME[=VALUE]...]", "Makes variables that cannot be changed.";
    special "return" control::return_, "return [STATUS]", "Leaves a function or a file that was sourced.";
    special "set" control::set, "set [-aCefnuvx] [-o OPTION] [--] [ARG...]", "Sets options and positional parameters, or lists the variables.";
    special "shift" control::shift, "shift [N]", "Takes the first N positional parameters away.";
    regular "source" control::source, "source FILE [ARG...]", "Runs the commands of a file in this shell.";
    special "times" limits::times, "times", "Writes how long the shell has been at work.";
    special "trap" signals::trap, "trap [-lp] [COMMANDS | - | ''] [EXIT | ERR | SIGNAL]...", "Runs commands when the shell ends, when one fails, or when a signal comes; '' ignores it, - forgets; without arguments, shows them.";
    regular "type" info::type_, "type NAME...", "Says what a name means as a command.";
    regular "typeset" variables::declare, "typeset [-agprx] [NAME[=VALUE]...]", "Does what declare does.";
    regular "ulimit" limits::ulimit, "ulimit [-HS] [-a | -cdfmnstuv] [LIMIT]", "Shows the limits of what the shell runs, and sets the number of files that it may have open (-n); the others are the machine's.";
    regular "umask" umask::umask, "umask [-S | -p] [MASK]", "Shows the permissions that new files do not get, or sets them: 027, or with letters what they get: u=rwx,g=rx,o=.";
    regular "unalias" alias::unalias, "unalias -a | NAME...", "Forgets aliases.";
    special "unset" variables::unset, "unset [-f | -v] NAME...", "Forgets variables and elements of arrays, or functions.";
    regular "wait" jobs::wait, "wait [PID | %JOB...]", "Waits for background jobs.";
}

/// The builtin of that name.
pub(crate) fn find(name: &[u8]) -> Option<&'static Builtin> {
    by_name(BUILTINS, |builtin| builtin.name, name)
}

impl Shell {
    /// Writes a builtin's output; the status that follows from how that went.
    async fn print(&mut self, text: impl AsRef<[u8]>) -> Flow<u8> {
        let result: Result<()> = Fd::new(&self.fds, 1).write_all(text.as_ref()).await;
        match result {
            Ok(()) => Continue(0),
            Err(Errno::EPIPE) => {
                self.status = BROKEN_PIPE;
                self.broken_pipe().map_continue(|()| BROKEN_PIPE)
            }
            Err(error) => {
                self.complain(alloc::format!("write error: {error}")).await;
                Continue(1)
            }
        }
    }

    /// The same, with the status that the builtin has besides: it is that one if all was written.
    async fn print_with(&mut self, text: impl AsRef<[u8]>, status: u8) -> Flow<u8> {
        self.print(text).await.map_continue(|written| if written == 0 { status } else { written })
    }

    /// The shell has written where nobody reads any more, and `$?` says so: what `PIPE` does to it. Without a trap it ends,
    /// and nobody wants to hear of it. A person's shell stays.
    pub(in crate::run) fn broken_pipe(&mut self) -> Flow {
        match self.signals.deliver(Signal::Pipe) {
            Action::End if !self.is_interactive() => Break(Leave::Exit),
            _ => Continue(()),
        }
    }

    /// `--help` of a builtin.
    pub(in crate::run) async fn explain(&mut self, builtin: &Builtin) -> Flow<u8> {
        self.print(alloc::format!("Usage: {}\n{}\n", builtin.synopsis, builtin.summary)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_to_be_searched_and_shown() {
        assert!(BUILTINS.is_sorted_by_key(|builtin| builtin.name));
    }
}
