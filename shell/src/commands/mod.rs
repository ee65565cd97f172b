//! The commands: one file each, all found here by name.
//!
//! A command streams: its memory does not grow with its input. Excepted are `sort`, `shuf`, `diff`, `patch`, `tac` of a pipe, equal keys in
//! `join`, and a very long line. It waits in reads and writes; where it computes for long it calls
//! [`crate::env::System::yield_now`].

mod support;
pub(crate) use support::{posix_regex, regex};
#[cfg(test)]
mod tests;

use crate::{env::System, process::Command};

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
    bracket, b2sum, base64, basename, bc, cal, cat, chgrp, chmod, chown, cksum, clear, cmp, comm, cp, csplit, cut, date, dd, df, diff, dirname, dmesg, du, echo, ed, env, ex, expand, expr, factor, r#false, file, find, fold, free, getconf, grep, gunzip, gzip, head, hexdump, hostname, iconv, id, join, less, link, ln, logger, logname, ls, lscpu, lspci, man, md5sum, mkdir, mkfifo, mktemp, more, mount, mv, nice, nl, nohup, nproc, od, paste, patch, pathchk, pax, pgrep, pidof, pkill, poweroff, pr, printenv, printf, ps, pwd, readlink, realpath, reboot, reset,
    resize, rev, rm, rmdir, script, sed, seq, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum, shuf,
    sleep, sort, split, stat, strings, stty, sum, sync, tabs, tac, tail, tar, tee, test, timeout, top,
    touch, tput, tr, tree, r#true, truncate, tsort, tty, umount, uname, unexpand, uniq, unlink, uptime,
    uudecode, uuencode, vi, view, vmstat, watch, wc, which, whoami, xargs, xxd, yes, zcat,
}

pub(crate) use date::expand as format_time;
pub use support::child::Child;
pub(crate) use support::civil::Civil;

/// What `[[` asks, too.
pub(crate) const TEST: Command = test::COMMAND;

/// The command of that name: one of these, or of the system's own.
pub fn find(sys: &dyn System, name: &[u8]) -> Option<&'static Command> {
    [COMMANDS, sys.commands()]
        .into_iter()
        .find_map(|commands| by_name(commands, |command| command.name, name))
}

/// What has that name in a table that is sorted by name. Names differ early: less is done byte by byte than it takes to call
/// `memcmp`.
pub(crate) fn by_name<'a, T>(table: &'a [T], name_of: fn(&T) -> &str, name: &[u8]) -> Option<&'a T> {
    let at = table.binary_search_by(|entry| name_of(entry).bytes().cmp(name.iter().copied())).ok()?;
    Some(&table[at])
}

/// All commands, in no order.
pub fn all(sys: &dyn System) -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().chain(sys.commands())
}
