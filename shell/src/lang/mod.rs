//! The language: from bytes to a syntax tree. Nothing here runs, waits or knows a system.
//!
//! [`Parser`] is recursive descent over a lexer with spans. It takes time linear in its input, never
//! panics, and its recursion is bounded by [`MAX_DEPTH`], whatever the input.

mod alias;
pub mod arithmetic;
mod assignment;
pub mod ast;
mod braces;
mod compound;
mod condition;
mod document;
mod error;
mod escape;
mod lexer;
mod parameter;
mod parser;
pub mod pattern;
mod place;
mod reserved;
#[cfg(test)]
mod tests;
mod tilde;
mod word;

pub use alias::Aliases;
pub(crate) use document::expandable;
pub use error::{Parsed, SyntaxError};
pub use parser::{MAX_DEPTH, Parser};
pub(crate) use word::is_name;

/// Whether a word is one of the grammar.
pub(crate) fn is_reserved(word: &[u8]) -> bool {
    reserved::Reserved::of(word) != reserved::Reserved::None
}
