//! What is searched for, and searching for it from line to line.

use alloc::{format, string::String};
use bstr::BString;

use super::{
    super::{
        posix_regex::Syntax,
        regex::{Extent, Regex, Style},
    },
    buffer::Buffer,
};

/// The last pattern, which the empty one stands for.
pub struct Finder {
    syntax: Syntax,
    last: Option<(BString, bool, Regex)>,
}

impl Finder {
    pub fn new(syntax: Syntax) -> Self {
        Self { syntax, last: None }
    }

    /// Compiles a pattern; an empty one is the last one.
    pub fn set(&mut self, pattern: &[u8], ignore_case: bool) -> Result<(), String> {
        match &self.last {
            None if pattern.is_empty() => return Err("No previous pattern".into()),
            Some(_) if pattern.is_empty() => return Ok(()),
            Some((last, case, _)) if last == pattern && *case == ignore_case => return Ok(()),
            _ => {}
        }
        let style = Style { syntax: self.syntax, ignore_case, multi_line: false, extent: Extent::Part };
        let regex = Regex::new(&[pattern], style)?;
        self.last = Some((pattern.into(), ignore_case, regex));
        Ok(())
    }

    /// The last pattern as it was written.
    pub fn pattern(&self) -> Option<&BString> {
        self.last.as_ref().map(|(pattern, ..)| pattern)
    }

    pub fn regex(&mut self) -> Result<&mut Regex, String> {
        self.last.as_mut().map(|(.., regex)| regex).ok_or_else(|| "No previous pattern".into())
    }

    /// The next line with the pattern, after or before line `from`, and around the end of the text.
    pub fn line(&mut self, buffer: &Buffer, from: usize, forward: bool) -> Result<usize, String> {
        let len = buffer.len();
        let regex = self.regex()?;
        let mut number = from;
        for _ in 0..len {
            number = match forward {
                true if number >= len => 1,
                true => number + 1,
                false if number <= 1 => len,
                false => number - 1,
            };
            if regex.is_match(buffer.line(number))? {
                return Ok(number);
            }
        }
        Err(String::from("No match"))
    }

    /// `PATTERN not found`, or so.
    pub fn not_found(&self) -> String {
        self.pattern().map_or_else(String::new, |pattern| format!("Pattern not found: {pattern}"))
    }
}
