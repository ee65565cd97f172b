//! The syntax tree.
//!
//! What may run in a task of its own sits behind an `Arc`, so that handing it over copies nothing.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::Range;

/// A piece of the source: what `jobs` and `ps` show of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The whole source.
    pub source: Arc<[u8]>,
    /// The piece of it.
    pub range: Range<usize>,
}

impl Text {
    /// The bytes of the piece.
    pub fn bytes(&self) -> &BStr {
        self.source[self.range.clone()].as_bstr()
    }
}

/// Commands one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// In order.
    pub items: Vec<Item>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What to run.
    pub and_or: Arc<AndOr>,
    /// Whether `&` follows it.
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`, which bind equally and to the left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndOr {
    /// Always runs.
    pub first: Pipeline,
    /// Each runs depending on the status so far.
    pub rest: Vec<(Connector, Pipeline)>,
    /// Its source.
    pub text: Text,
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`: run if the status is 0.
    And,
    /// `||`: run if it is not.
    Or,
}

/// Commands joined by `|`; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Whether `!` precedes it.
    pub negated: bool,
    /// Whether `time` does.
    pub timed: bool,
    /// The stages.
    pub commands: Vec<Arc<Command>>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
    /// Its source.
    pub text: Text,
}

impl Command {
    /// Whether it is a compound command other than a subshell.
    pub(crate) fn runs_in_the_shell(&self) -> bool {
        !matches!(self.kind, Kind::Simple(_) | Kind::Subshell(_))
    }
}

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Assignments and words.
    Simple(Simple),
    /// `( list )`
    Subshell(List),
    /// `{ list; }`
    Group(List),
    /// `if`, with a condition and what it decides about for each `if` and `elif`
    If {
        /// In order; the first one whose condition holds runs.
        branches: Vec<(List, List)>,
        /// After `else`.
        otherwise: Option<List>,
    },
    /// `while` and `until`
    Loop {
        /// Whether it goes on until the condition holds, rather than while it does.
        until: bool,
        /// Before `do`.
        condition: List,
        /// After it.
        body: List,
    },
    /// `for`
    For {
        /// The variable.
        name: BString,
        /// After `in`; without that, the positional parameters.
        words: Option<Vec<Word>>,
        /// After `do`.
        body: List,
    },
    /// `case`
    Case {
        /// What is compared.
        word: Word,
        /// In order.
        arms: Vec<Arm>,
    },
    /// `[[ ... ]]`
    Test(Condition),
    /// `NAME() command`
    Function {
        /// A valid name.
        name: BString,
        /// A compound command.
        body: Arc<Command>,
    },
}

/// A condition between `[[` and `]]`, as ksh and bash have it: words are not split, and their names not expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Joined by `||`.
    Any(Vec<Condition>),
    /// Joined by `&&`.
    All(Vec<Condition>),
    /// After `!`.
    Not(Box<Condition>),
    /// A word that is true unless it is empty.
    Word(Word),
    /// An operator of `test` before a word.
    Unary(BString, Word),
    /// One between two words. On the right of `=`, `==` and `!=` stands a pattern.
    Binary(Word, BString, Word),
}

/// One arm of a `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Joined by `|`; at least one.
    pub patterns: Vec<Word>,
    /// What runs when one matches.
    pub body: List,
    /// What comes after that.
    pub then: Then,
}

/// What comes after an arm that has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// `;;` or `esac`: the end.
    Stop,
    /// `;&`: the next arm runs too.
    FallThrough,
    /// `;;&`: the next ones are compared too.
    Test,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simple {
    /// `NAME=value` before the first word.
    pub assignments: Vec<Assignment>,
    /// The name and the arguments, before expansion.
    pub words: Vec<Word>,
}

/// `NAME=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// A valid name.
    pub name: BString,
    /// What follows the equals sign.
    pub value: Word,
    /// `NAME+=value`: behind what is there.
    pub append: bool,
}

/// One redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The number before the operator, or the operator's own.
    pub fd: usize,
    /// The operator.
    pub kind: RedirectKind,
    /// The word after it.
    pub target: Word,
    /// The here-document, which comes later in the source.
    pub document: Option<Document>,
}

/// The lines of a here-document, to be expanded. They are known once the line with the operator has been read.
#[derive(Clone, Debug, Default)]
pub struct Document(pub(super) Arc<spin::Once<Word>>);

impl Document {
    /// The lines.
    pub fn word(&self) -> Option<&Word> {
        self.0.get()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.word() == other.word()
    }
}

impl Eq for Document {}

/// The redirection operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>|`: also where `set -C` protects what is there
    Clobber,
    /// `>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `<&` and `>&`
    Duplicate,
    /// `&>`, and `>&` before a word that is no number: both standard output and standard error
    Both,
    /// `&>>`: the same, appended
    BothAppend,
    /// `<<` and `<<-`; the word is empty, and what is read is in [`Redirect::document`]
    Document,
    /// `<<<`: the word and a newline are what is read
    String,
}

/// A word before expansion: its parts in order. No parts: the empty value of `NAME=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself, except for the pattern characters in it.
    Plain(BString),
    /// Stands for itself entirely. It makes a field even when it is empty.
    Quoted(BString),
    /// `~` or `~NAME`, the name.
    Tilde(BString),
    /// `$NAME`, `${NAME...}`
    Parameter {
        /// Which one, and what is done with it.
        parameter: Box<Parameter>,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
    /// `$(...)` or backquotes.
    Command {
        /// What to run.
        list: Arc<List>,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
    /// `$((...))`
    Arithmetic {
        /// The expression, before its parameters and commands are expanded.
        expression: Box<Word>,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
}

/// A parameter expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// A name, a number, or one special character.
    pub name: BString,
    /// What is done with the value.
    pub operator: Operator,
}

/// What a parameter expansion does with the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `${NAME}`
    Plain,
    /// `${#NAME}`
    Length,
    /// `-`, `=`, `?`, `+`: what depends on whether there is a value.
    Choose {
        /// Which.
        choice: Choice,
        /// Whether a colon precedes it: an empty value counts as none.
        colon: bool,
        /// The word after it.
        word: Word,
    },
    /// `#`, `##`, `%`, `%%`: takes off what a pattern matches.
    Trim {
        /// From the end rather than the beginning.
        suffix: bool,
        /// As much as possible rather than as little.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
}

/// The operators that ask whether there is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `-`: use the word instead.
    Default,
    /// `=`: use the word instead and keep it.
    Assign,
    /// `?`: fail with the word as the message.
    Error,
    /// `+`: use the word if there is a value.
    Alternative,
}

impl Word {
    /// The text of a word that needs no expansion and has no quotes.
    pub fn plain(&self) -> Option<&BStr> {
        match self.parts.as_slice() {
            [Part::Plain(text)] => Some(text.as_bstr()),
            _ => None,
        }
    }
}
