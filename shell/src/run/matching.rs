//! `=~` in `[[ ]]`: POSIX extended regular expressions, and what they matched in `BASH_REMATCH`.

use alloc::vec::Vec;
use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{Flow, Leave, vars::Array};
use crate::{
    commands::{
        posix_regex::Syntax,
        regex::{Extent, Regex, Style},
    },
    shell::Shell,
};

impl Shell {
    /// Whether the expression matches somewhere in the text. One that is wrong is told of, with status 2.
    pub(super) async fn matches_regex(&mut self, text: &[u8], pattern: &[u8]) -> Flow<bool> {
        let style =
            Style { syntax: Syntax::Extended, ignore_case: false, multi_line: false, extent: Extent::Part };
        let mut groups = Vec::new();
        let found = Regex::new(&[pattern], style)
            .and_then(|mut regex| regex.captures(text, 0, &mut groups).map_err(Into::into));
        let found = match found {
            Ok(found) => found,
            Err(problem) => {
                self.complain(alloc::format!("[[: {}: {problem}", pattern.as_bstr())).await;
                return Break(Leave::Undecided);
            }
        };
        let mut matched = Array::new();
        if found {
            let text = |span: Option<core::ops::Range<usize>>| {
                span.map_or(BString::default(), |span| text[span].into())
            };
            matched = groups.into_iter().map(text).enumerate().collect();
        }
        self.vars.set_array("BASH_REMATCH".into(), matched);
        Continue(found)
    }
}
