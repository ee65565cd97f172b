//! The syntax tree.
//!
//! What a stage of its own runs sits behind an `Arc`, so that handing it over copies nothing; all else is owned by what
//! is around it, and knows its place in the source, but not the source. Words are mostly short and mostly one literal:
//! such a word takes no allocation. Lists that are mostly empty are a pointer, which is quick to move and to drop.

use alloc::{boxed::Box, sync::Arc};
use bstr::{BStr, ByteSlice};
use core::ops::Range;
use smallvec::SmallVec;
use thin_vec::ThinVec;

/// A few bytes of the source.
pub type Literal = SmallVec<[u8; 16]>;

/// The literal that begins `text` and has this length.
#[inline]
pub(super) fn literal(text: &[u8], length: usize) -> Literal {
    // A short one is copied with what follows it: a copy of a known length is two instructions, and most are short.
    match text.first_chunk::<16>() {
        Some(chunk) if length <= 16 => Literal::from_buf_and_len(*chunk, length),
        _ => Literal::from_slice(&text[..length]),
    }
}

/// The text that commands were read from. Whoever runs a command has it, and not the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// All of it.
    pub bytes: Arc<[u8]>,
    /// The number of the line that it begins in, less 1.
    pub lines_before: usize,
}

impl Source {
    /// What stands there: what `jobs` and `ps` show of a command.
    pub fn text(&self, range: &Range<usize>) -> &BStr {
        self.bytes[range.clone()].as_bstr()
    }

    /// The number of the line that a place is in. It is counted when somebody asks, which few do.
    pub fn line(&self, at: usize) -> usize {
        self.lines_before + 1 + self.bytes[..at].iter().filter(|&&byte| byte == b'\n').count()
    }
}

/// Commands with the text that they were read from, to be run by a copy of the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where they stand.
    pub source: Source,
    /// The commands.
    pub list: List,
}

/// Commands one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// In order.
    pub items: ThinVec<Item>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What to run.
    pub and_or: AndOr,
    /// Whether `&` follows it.
    pub background: bool,
}

/// Pipelines joined by `&&` and `||`, which bind equally and to the left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AndOr {
    /// Always runs.
    pub first: Pipeline,
    /// Each runs depending on the status so far.
    pub rest: ThinVec<(Connector, Pipeline)>,
    /// Where in the source it stands.
    pub range: Range<usize>,
}

impl AndOr {
    /// Makes a clone cheap: what runs in the background takes one with it.
    pub(super) fn share(&mut self) {
        self.rest.iter_mut().map(|(_, pipeline)| pipeline).chain([&mut self.first]).for_each(Pipeline::share);
    }
}

/// What joins two pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connector {
    /// `&&`: run if the status is 0.
    And,
    /// `||`: run if it is not.
    Or,
}

/// How `time` says what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Minutes and seconds, for people.
    Minutes,
    /// Seconds (`time -p`).
    Seconds,
}

/// Commands joined by `|`; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Whether `!` precedes it.
    pub negated: bool,
    /// Whether `time` does.
    pub timed: Option<Timing>,
    /// The stages.
    pub commands: Commands,
}

impl Pipeline {
    fn share(&mut self) {
        let commands = core::mem::replace(&mut self.commands, Commands::Shared(ThinVec::new()));
        self.commands = match commands {
            Commands::Alone(command) => Commands::Shared([Arc::new(command)].into()),
            shared => shared,
        };
    }
}

/// The commands of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commands {
    /// One that nothing is joined to: nearly all are.
    Alone(Command),
    /// Some that a stage of its own may run each; at least one.
    Shared(ThinVec<Arc<Command>>),
}

impl Commands {
    /// The only one, if there are no others.
    pub fn only(&self) -> Option<&Command> {
        match self {
            Commands::Alone(command) => Some(command),
            Commands::Shared(commands) => match commands.as_slice() {
                [command] => Some(command),
                _ => None,
            },
        }
    }

    /// The last one.
    pub(super) fn last(&self) -> Option<&Command> {
        match self {
            Commands::Alone(command) => Some(command),
            Commands::Shared(commands) => commands.last().map(|command| &**command),
        }
    }
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it is.
    pub kind: Kind,
    /// Its redirections, in order.
    pub redirects: ThinVec<Redirect>,
    /// Where in the source it stands.
    pub range: Range<usize>,
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
    Subshell(Arc<List>),
    /// `{ list; }`
    Group(List),
    /// `if`, with a condition and what it decides about for each `if` and `elif`
    If {
        /// In order; the first one whose condition holds runs.
        branches: ThinVec<(List, List)>,
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
    /// `for` and `select`
    For {
        /// Whether a person chooses, rather than the words coming in turn.
        select: bool,
        /// The variable.
        name: Literal,
        /// After `in`; without that, the positional parameters.
        words: Option<ThinVec<Word>>,
        /// After `do`.
        body: List,
    },
    /// `for ((first; condition; step))`; a part that is not there counts as true
    Count(Box<Count>),
    /// `((...))`
    Arithmetic(Word),
    /// `case`
    Case {
        /// What is compared.
        word: Word,
        /// In order.
        arms: ThinVec<Arm>,
    },
    /// `[[ ... ]]`
    Test(Box<Condition>),
    /// `NAME() command`
    Function {
        /// Not always a valid name for a variable.
        name: Literal,
        /// What it does.
        function: Arc<Function>,
    },
}

/// What a function does. It may be called when what defined it has long been run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Where the body stands.
    pub source: Source,
    /// A compound command.
    pub body: Command,
}

/// `for ((first; condition; step))`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Before all.
    pub first: Option<Word>,
    /// Before each turn.
    pub condition: Option<Word>,
    /// After it.
    pub step: Option<Word>,
    /// After `do`.
    pub body: List,
}

/// A condition between `[[` and `]]`, as ksh and bash have it: words are not split, and their names not expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Joined by `||`.
    Any(ThinVec<Condition>),
    /// Joined by `&&`.
    All(ThinVec<Condition>),
    /// After `!`.
    Not(Box<Condition>),
    /// A word that is true unless it is empty.
    Word(Word),
    /// An operator of `test` before a word.
    Unary(Literal, Word),
    /// One between two words. On the right of `=`, `==` and `!=` stands a pattern, of `=~` a regular expression.
    Binary(Word, Literal, Word),
}

/// One arm of a `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Joined by `|`; at least one.
    pub patterns: ThinVec<Word>,
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
    pub assignments: ThinVec<Assignment>,
    /// The name and the arguments, before expansion.
    pub words: ThinVec<Word>,
}

/// `NAME=value`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// A valid name.
    pub name: Literal,
    /// `NAME[index]=value`: an arithmetic expression.
    pub index: Option<Word>,
    /// What follows the equals sign.
    pub value: Value,
    /// `NAME+=value`: behind what is there.
    pub append: bool,
}

/// What is assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word.
    Word(Word),
    /// `(...)`: an array.
    Array(ThinVec<Element>),
}

/// One entry in the parentheses of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// `[index]=` before it.
    pub index: Option<Word>,
    /// Without an index, it may become several.
    pub value: Word,
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
    pub parts: SmallVec<[Part; 1]>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands for itself, except for the pattern characters in it.
    Plain(Literal),
    /// Stands for itself entirely. It makes a field even when it is empty.
    Quoted(Literal),
    /// `~` or `~NAME`, the name.
    Tilde(Literal),
    /// `$NAME` and `${NAME}`: what most expansions are, and small.
    Variable {
        /// As in [`Parameter::name`].
        name: Literal,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
    /// `${NAME...}`
    Parameter {
        /// Which one, and what is done with it.
        parameter: Box<Parameter>,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
    /// `$(...)` or backquotes.
    Command {
        /// What to run.
        program: Arc<Program>,
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
    /// `<(...)` or `>(...)`: the name of a pipe's end.
    Process {
        /// What runs at its other end.
        program: Arc<Program>,
        /// `>(...)`: it reads what is written to the name.
        reads: bool,
    },
    /// `NAME=value` as an argument of `export` and the like, where it is expanded as an assignment is.
    Assignment(Box<Assignment>),
}

/// A parameter expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// A name, a number, or one special character.
    pub name: Literal,
    /// `${NAME[...]}`
    pub subscript: Option<Subscript>,
    /// `${!NAME}`: the value is the name of the parameter that is meant.
    pub indirect: bool,
    /// What is done with the value.
    pub operator: Operator,
}

/// Which elements of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscript {
    /// `[@]` and `[*]`: all, as `$@` and `$*` are all parameters.
    All {
        /// `[*]`
        joined: bool,
    },
    /// `[index]`: an arithmetic expression.
    At(Word),
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
    /// `${!NAME[@]}`: the indices.
    Indices,
    /// `${NAME:from}` and `${NAME:from:length}`
    Slice {
        /// An arithmetic expression; from the end where it is negative.
        from: Word,
        /// The same.
        length: Option<Word>,
    },
    /// `${NAME/pattern/with}`
    Replace {
        /// What is replaced.
        pattern: Word,
        /// By what.
        with: Word,
        /// Which matches.
        which: Which,
    },
    /// `^`, `^^`, `,`, `,,`
    Case {
        /// To capitals.
        upper: bool,
        /// All characters rather than the first.
        all: bool,
        /// Which characters; empty: any.
        pattern: Word,
    },
}

/// Which matches of a pattern are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `/`
    First,
    /// `//`
    All,
    /// `/#`: one at the beginning.
    Prefix,
    /// `/%`: one at the end.
    Suffix,
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

    /// Whether it is worth to look closer if it is an assignment.
    #[inline]
    pub(super) fn may_be_assignment(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Plain(text)) if text[0] != b'[' && text.iter().any(|byte| matches!(byte, b'=' | b'[')))
    }

    /// Whether there is anything for brace expansion to do.
    #[inline]
    pub(super) fn has_braces(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Plain(text) if text.contains(&b'{')))
    }

    /// Whether it is nothing but blanks.
    pub(super) fn is_blank(&self) -> bool {
        self.parts.iter().all(
            |part| matches!(part, Part::Plain(text) | Part::Quoted(text) if text.trim_ascii().is_empty()),
        )
    }
}
