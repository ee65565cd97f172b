//! The language: from bytes to a syntax tree. Nothing here runs, waits or knows a system.
//!
//! [`Parser`] is recursive descent over a lexer with spans. It takes time linear in its input, never
//! panics, and its recursion is bounded by [`MAX_DEPTH`], whatever the input.

pub mod arithmetic;
pub mod ast;
mod braces;
mod compound;
mod condition;
mod document;
mod error;
mod lexer;
mod parser;
pub mod pattern;
mod word;

pub(crate) use document::expandable;
pub use error::SyntaxError;
pub use parser::{MAX_DEPTH, Parser};
pub(crate) use word::is_name;
