//! What the compiler makes: steps for a machine with a stack.

use alloc::{string::String, sync::Arc, vec::Vec};

use super::library::Function;

/// A variable, an array or a function, by its number.
pub(super) type Id = usize;

/// Variables that mean something.
pub(super) const SCALE: Id = 0;
pub(super) const IBASE: Id = 1;
pub(super) const OBASE: Id = 2;
pub(super) const LAST: Id = 3;

/// What can be assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Variable(Id),
    /// Of this array; its index is on the stack.
    Element(Id),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How an argument is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// It is on the stack.
    Value,
    /// A copy of an array.
    Array(Id),
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Number(Arc<str>),
    Load(Target),
    /// Loads, and leaves the index.
    Peek(Target),
    /// Leaves the value on the stack.
    Store(Target),
    /// Adds 1 or -1; leaves what it was before (`true`) or what it is.
    Increment(Target, i8, bool),
    Binary(Binary),
    Negate,
    Not,
    Length,
    Scale,
    Root,
    Read,
    Library(Function),
    Call(Id, Arc<[Argument]>),
    /// Prints a value: with a newline, as `last`.
    Print,
    /// Prints a value and no newline.
    PrintPlain,
    Text(Arc<[u8]>),
    /// A text of `print`, with its escapes.
    Escaped(Arc<[u8]>),
    Drop,
    Jump(usize),
    JumpIfZero(usize),
    /// Ends the function with the value on the stack.
    Return,
    Halt,
    /// From here on it is about this line.
    Line(usize),
}

/// A parameter, or a variable of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Local {
    Variable(Id),
    Array(Id),
}

#[derive(Clone, Debug)]
pub(super) struct Defined {
    pub parameters: Vec<Local>,
    pub own: Vec<Local>,
    pub steps: Arc<[Step]>,
}

/// The names that are known: each kind by itself.
#[derive(Default)]
pub(super) struct Names {
    pub variables: Vec<String>,
    pub arrays: Vec<String>,
    pub functions: Vec<String>,
}

impl Names {
    pub fn new() -> Self {
        let variables = ["scale", "ibase", "obase", "last"].map(String::from).to_vec();
        Self { variables, ..Self::default() }
    }

    pub fn id(names: &mut Vec<String>, name: &str) -> Id {
        names.iter().position(|known| known == name).unwrap_or_else(|| {
            names.push(name.into());
            names.len() - 1
        })
    }
}
