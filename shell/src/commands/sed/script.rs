//! What a `sed` script is, once it is read.

use alloc::vec::Vec;
use bstr::BString;

use super::super::support::{regex::Regex, replacement::Piece};

/// Commands in order; jumps go to positions in here.
pub(super) struct Script {
    pub commands: Vec<Command>,
    /// Regular expressions that addresses and substitutions refer to.
    pub regexes: Vec<Regex>,
    /// Files that `w` writes to, each once.
    pub writes: Vec<BString>,
    /// The first line is `#n`.
    pub quiet: bool,
}

/// One command with its addresses.
pub(super) struct Command {
    pub first: Option<Address>,
    pub last: Option<Address>,
    /// `!`: lines that are not addressed.
    pub negated: bool,
    pub range: Range,
    pub action: Action,
}

/// Whether a line within the addresses of a command has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Before,
    /// Until this line, or until the last address matches.
    Within(Option<u64>),
    /// A range that began at a line number does not begin again.
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    /// 0: only before a regular expression, which may then match in the first line.
    Line(u64),
    /// `FIRST~STEP`.
    Step(u64, u64),
    /// `$`.
    Last,
    Regex(Pattern),
    /// `+N`, as the second one.
    Plus(u64),
    /// `~N`, as the second one: the next line whose number is a multiple.
    Multiple(u64),
}

/// A regular expression by its index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Own(usize),
    /// The empty one: whichever was used last.
    LastUsed,
}

pub(super) enum Action {
    /// `{`: where its `}` is.
    Block(usize),
    /// `}`, `:` and comments.
    Nothing,
    LineNumber,
    Append(BString),
    Insert(BString),
    Change(BString),
    /// Jumps; the end of the script is one past its last command.
    Branch(usize),
    BranchIfDone(usize),
    BranchUnlessDone(usize),
    Delete,
    DeleteFirstLine,
    PrintFileName,
    Get,
    GetAppend,
    Hold,
    HoldAppend,
    List(Option<usize>),
    Next,
    NextAppend,
    Print,
    PrintFirstLine,
    Quit { status: u8, print: bool },
    ReadFile(BString),
    ReadLine(BString),
    Substitute(Substitute),
    Write(usize),
    WriteFirstLine(usize),
    Exchange,
    Translate(Vec<(BString, BString)>),
    Zap,
}

pub(super) struct Substitute {
    pub pattern: Pattern,
    pub replacement: Vec<Piece>,
    pub global: bool,
    pub print: bool,
    /// Which match is the first to be replaced, from 1.
    pub number: u64,
    pub write: Option<usize>,
}
