//! `=~` in `[[ ]]`: POSIX extended regular expressions, and what they matched in `BASH_REMATCH`.

use bstr::{BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};
use regex_automata::{meta::Regex, util::syntax};

use super::{Flow, Leave, vars::Array};
use crate::{
    commands::posix_regex::{Syntax, translate},
    shell::Shell,
};

impl Shell {
    /// Whether the expression matches somewhere in the text. One that is wrong is told of, with status 2.
    pub(super) async fn matches_regex(&mut self, text: &[u8], pattern: &[u8]) -> Flow<bool> {
        let expression = translate(pattern, Syntax::Extended).map_err(Into::into).and_then(|pattern| {
            let syntax = syntax::Config::new().utf8(false);
            let built = Regex::builder().syntax(syntax).build(&pattern);
            built.map_err(|error| BString::from(alloc::format!("{error}")))
        });
        let expression: Regex = match expression {
            Ok(expression) => expression,
            Err(problem) => {
                self.complain(alloc::format!("[[: {}: {problem}", pattern.as_bstr())).await;
                return Break(Leave::Undecided);
            }
        };
        let mut captures = expression.create_captures();
        expression.captures(text, &mut captures);
        let group = |span: Option<regex_automata::Span>| {
            span.map_or(BString::default(), |span| text[span.range()].into())
        };
        let matched: Array = match captures.is_match() {
            true => captures.iter().map(group).enumerate().collect(),
            false => Array::new(),
        };
        self.vars.set_array("BASH_REMATCH".into(), matched);
        Continue(captures.is_match())
    }
}
