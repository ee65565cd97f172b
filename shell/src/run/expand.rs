//! Expansion of words (XCU 2.6): tilde, parameters, commands, then fields and file names.

use alloc::{
    borrow::ToOwned,
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow,
    assign::{Assigned, number},
    fields::Fields,
};
use crate::{
    env::BoxFuture,
    errno::Errno,
    lang::{
        arithmetic::{Variables, constant, evaluate},
        ast::{Part, Word},
        pattern::{is_magic, unescape},
    },
    shell::Shell,
};

impl Shell {
    /// Expands words to the fields of a command.
    pub(super) async fn expand_words(&mut self, words: &[Word]) -> Flow<Vec<BString>> {
        let mut all = Vec::with_capacity(words.len());
        for word in words {
            if let Some(text) = literal(word) {
                all.push(text);
                continue;
            }
            let mut fields = Fields::splitting(self.separators());
            self.expand_parts(&word.parts, &mut fields, false).await?;
            let patterns = fields.finish();
            if all.try_reserve(patterns.len()).is_err() {
                return Break(self.expansion_failed(Errno::ENOMEM.to_string()).await);
            }
            for pattern in patterns {
                self.expand_path(&pattern, &mut all).await;
            }
        }
        Continue(all)
    }

    /// What fields are split at.
    pub(super) fn separators(&self) -> BString {
        self.vars.get("IFS").unwrap_or(b" \t\n".as_bstr()).to_owned()
    }

    /// Expands a word to one string: no fields, no file names.
    pub(super) async fn expand_string(&mut self, word: &Word) -> Flow<BString> {
        let mut fields = Fields::joined();
        self.expand_parts(&word.parts, &mut fields, false).await?;
        Continue(unescape(&fields.finish_joined()))
    }

    /// Expands a text as if it stood in a here-document; `None` after an error, which has been told of. Boxed,
    /// because the commands in it may lead back here.
    pub(crate) fn expand_text<'a>(&'a mut self, text: &'a [u8]) -> BoxFuture<'a, Option<BString>> {
        Box::pin(async move {
            match crate::lang::expandable(text) {
                Ok(word) => self.expand_string(&word).await.continue_value(),
                Err(error) => {
                    self.tell(error.render("sh", text)).await;
                    None
                }
            }
        })
    }

    /// Expands a word to a pattern.
    pub(super) async fn expand_pattern(&mut self, word: &Word) -> Flow<Vec<u8>> {
        let mut fields = Fields::pattern();
        self.expand_parts(&word.parts, &mut fields, false).await?;
        Continue(fields.finish_joined())
    }

    /// [`Shell::expand_string`], boxed: there are words in words.
    pub(super) fn boxed_string<'a>(&'a mut self, word: &'a Word) -> BoxFuture<'a, Flow<BString>> {
        Box::pin(self.expand_string(word))
    }

    /// Expands a word to a POSIX extended regular expression.
    pub(super) async fn expand_regex(&mut self, word: &Word) -> Flow<Vec<u8>> {
        let mut fields = Fields::regex();
        self.expand_parts(&word.parts, &mut fields, false).await?;
        Continue(fields.finish_joined())
    }

    /// Expands the word in a `${...}`, whose plain text counts as a result of expansion.
    pub(super) async fn expand_operand(&mut self, parts: &[Part], fields: &mut Fields) -> Flow {
        self.expand_parts(parts, fields, true).await
    }

    async fn expand_parts(&mut self, parts: &[Part], fields: &mut Fields, operand: bool) -> Flow {
        for part in parts {
            match part {
                Part::Plain(text) if operand => fields.expanded(text),
                Part::Plain(text) => fields.plain(text),
                Part::Quoted(text) => fields.quoted(text),
                Part::Tilde(user) => self.expand_tilde(user.as_bstr(), fields),
                Part::Variable { name, quoted } => {
                    self.expand_variable(name.as_bstr(), *quoted, fields).await?;
                }
                Part::Parameter { parameter, quoted } => {
                    self.expand_parameter(parameter, *quoted, fields).await?;
                }
                Part::Command { program, quoted } => {
                    let output = self.substitute(program.clone()).await?;
                    if !fields.make_room(&output, *quoted) {
                        return self.substitution_failed(Errno::ENOMEM).await;
                    }
                    push(&output, *quoted, fields);
                }
                Part::Arithmetic { expression, quoted } => {
                    let value = self.arithmetic(expression).await?;
                    push(&number(value), *quoted, fields);
                }
                Part::Process { program, reads } => {
                    let path = self.process_substitution(program.clone(), *reads).await?;
                    fields.quoted(&path);
                }
                Part::Assignment(assignment) => {
                    let assigned: Assigned = Box::pin(self.expand_assignment(assignment)).await?;
                    self.push_assignment(assigned, fields);
                }
            }
        }
        Continue(())
    }

    /// The argument of `export` and the like that an assignment is. An array cannot be one: it is assigned when the
    /// command has made the variable what it should be.
    fn push_assignment(&mut self, assigned: Assigned, fields: &mut Fields) {
        match assigned {
            Assigned::Text(name, value) => {
                fields.quoted(&name);
                fields.quoted(b"=");
                fields.quoted(&value);
            }
            other => {
                fields.quoted(other.name());
                self.declared.push(other);
            }
        }
    }

    fn expand_tilde(&self, user: &BStr, fields: &mut Fields) {
        let home = match user.as_bytes() {
            b"" => self.vars.get("HOME").map(|home| home.as_bstr()),
            b"root" => Some(BStr::new("/")), // the only one with a name, and where its sessions begin
            _ => None,
        };
        match home {
            Some(home) => fields.quoted(home),
            None => {
                fields.plain(b"~");
                fields.plain(user);
            }
        }
    }

    /// The value of an arithmetic expression. Boxed, because there are words in words.
    pub(super) fn arithmetic<'a>(&'a mut self, expression: &'a Word) -> BoxFuture<'a, Flow<i64>> {
        Box::pin(async move {
            let text = self.expand_string(expression).await?;
            match evaluate(&text, self) {
                Ok(value) => Continue(value),
                Err(message) => Break(self.expansion_failed(message).await),
            }
        })
    }
}

impl Variables for Shell {
    fn get(&self, name: &BStr, index: Option<i64>) -> Result<Option<i64>, String> {
        let value = match index {
            None => self.value(name),
            Some(index) => self.vars.element(name, self.position(name, index)?).map(BStr::to_owned),
        };
        match value {
            None if self.options.unset_is_error => Err(alloc::format!("{name}: parameter not set")),
            None => Ok(None),
            Some(value) if value.trim_ascii().is_empty() => Ok(None),
            Some(value) => match constant(value.trim_ascii()) {
                Some(number) => Ok(Some(number)),
                None => Err(alloc::format!("{name}: `{value}` is not a number")),
            },
        }
    }

    fn set(&mut self, name: &BStr, index: Option<i64>, value: i64) -> Result<(), String> {
        self.vars.writable(name)?;
        match index {
            None => self.vars.set(name, value.to_string()),
            Some(index) => {
                let index = self.position(name, index)?;
                self.vars.set_element(name, index, number(value));
            }
        }
        Ok(())
    }
}

/// The text of a word that stands for itself: there is nothing to expand.
pub(super) fn literal(word: &Word) -> Option<BString> {
    let (first, rest) = word.parts.split_first()?;
    let first = literal_part(first)?;
    if rest.iter().any(|part| literal_part(part).is_none()) {
        return None;
    }
    let mut text = BString::from(first);
    rest.iter().filter_map(literal_part).for_each(|part| text.extend_from_slice(part));
    Some(text)
}

fn literal_part(part: &Part) -> Option<&[u8]> {
    match part {
        Part::Plain(text) if !is_magic(text) && !text.contains(&b'\\') => Some(text),
        Part::Quoted(text) => Some(text),
        _ => None,
    }
}

pub(super) fn push(value: &[u8], quoted: bool, fields: &mut Fields) {
    if quoted { fields.quoted(value) } else { fields.expanded(value) }
}
