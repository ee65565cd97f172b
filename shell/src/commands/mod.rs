//! The commands: one file each, all found here by name.
//!
//! A command streams: its memory does not grow with its input. Excepted are `sort`, `tac` of a pipe, equal keys in
//! `join`, and a very long line. It waits in reads and writes; where it computes for long it calls
//! [`crate::env::System::yield_now`].

mod support;
pub(crate) use support::posix_regex;
#[cfg(test)]
mod tests;

use crate::process::Command;

/// Defines `COMMAND` of a command's file from its texts; its function is `run`.
macro_rules! command {
    ($name:literal, $synopsis:literal, $summary:literal) => {
        /// See the module's text.
        pub(super) const COMMAND: $crate::process::Command = $crate::process::Command {
            name: $name,
            synopsis: $synopsis,
            summary: $summary,
            run: |process| {
                alloc::boxed::Box::pin(async move {
                    run(process).await.unwrap_or_else(|$crate::io::Ended(status)| status)
                })
            },
        };
    };
}

/// Declares the commands' modules and [`COMMANDS`] from one list.
macro_rules! commands {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// All commands of this crate, sorted by name.
        pub static COMMANDS: &[Command] = &[$($module::COMMAND),*];
    };
}

commands! {
    bracket, base64, basename, cat, cksum, clear, cmp, comm, cp, cut, date, dd, dirname, dmesg, du, echo, env,
    r#false, find, fold, free, grep, head, hexdump, hostname, id, join, ls, lscpu, lspci, md5sum, mkdir, mktemp,
    mv, nl, od, paste, poweroff, printenv, printf, ps, pwd, realpath, reboot, rev, rm, rmdir, seq, sha256sum,
    sleep, sort, stat, stty, tac, tail, tee, test, timeout, touch, tr, tree, r#true, uname, uniq, uptime, wc, which,
    whoami, xargs, xxd, yes,
}

/// What `[[` asks, too.
pub(crate) const TEST: Command = test::COMMAND;

/// The command of that name.
pub fn find(name: &[u8]) -> Option<&'static Command> {
    let at = COMMANDS.binary_search_by(|command| command.name.as_bytes().cmp(name)).ok()?;
    Some(&COMMANDS[at])
}
