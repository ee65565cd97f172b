//! Running what the language describes: expansion, redirection, pipelines, jobs, builtins.
//!
//! A pipeline is one [`crate::env::Job`]; each stage is a future in it with descriptors of its own and, unless it is
//! a command without anything to expand, a copy of the shell. Lists, compound commands and functions run in the shell
//! itself, which is the only recursion there is, and [`crate::shell::Shell::enter`] bounds it.

pub(crate) mod assign;
pub(crate) mod builtins;
mod compound;
mod document;
mod expand;
mod fields;
mod glob;
pub(crate) mod jobs;
mod list;
mod matching;
mod parameter;
mod pipeline;
mod print_into;
pub(crate) mod process;
mod redirect;
mod select;
pub(crate) mod simple;
mod substitute;
mod trace;
pub(crate) mod trap;
mod trim;
pub(crate) mod vars;

use core::ops::ControlFlow;

/// Why the shell stops what it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// `exit`.
    Exit,
    /// `^C`: back to the prompt.
    Interrupt,
    /// `break` out of so many loops.
    Break(usize),
    /// `continue` with the so-manieth loop, counted from the innermost.
    Continue(usize),
    /// `return`.
    Return,
    /// Out of a `[[ ]]` that cannot be decided. It has been reported.
    Undecided,
    /// An error that POSIX lets end a shell that is not interactive (XCU 2.8.1). It has been reported.
    Error,
}

/// Whether to go on.
pub(crate) type Flow<T = ()> = ControlFlow<Leave, T>;
