//! What `less` and `pgrep` search for: a POSIX extended regular expression.

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;
use regex_automata::{
    meta::{Config, Regex},
    util::syntax,
};

use super::posix_regex::{Engine, Syntax, translate};

/// Whether letters match in both cases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Exact,
    /// Unless the pattern has a capital letter (`-i`).
    Smart,
    /// Always (`-I`).
    Ignore,
}

/// A compiled pattern.
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles it; the error is a sentence.
    pub fn new(pattern: &[u8], case: Case) -> Result<Pattern, String> {
        let ignore = match case {
            Case::Exact => false,
            Case::Smart => !pattern.iter().any(u8::is_ascii_uppercase),
            Case::Ignore => true,
        };
        let translated = translate(pattern, Syntax::Extended, Engine::Linear, 0)?.text;
        let syntax = syntax::Config::new().utf8(false).case_insensitive(ignore);
        let config = Config::new().utf8_empty(false).nfa_size_limit(Some(4 << 20));
        let regex = Regex::builder().configure(config).syntax(syntax).build(&translated);
        regex.map(Pattern).map_err(|error| match error.size_limit() {
            Some(_) => "the pattern is too big".into(),
            None => format!("{error}"),
        })
    }

    /// Whether it is somewhere in a line.
    pub fn is_in(&self, line: &[u8]) -> bool {
        self.0.is_match(line)
    }

    /// Where it is in a line; empty matches do not count.
    pub fn places(&self, line: &[u8]) -> Vec<Range<usize>> {
        self.0.find_iter(line).map(|found| found.range()).filter(|range| !range.is_empty()).collect()
    }
}
