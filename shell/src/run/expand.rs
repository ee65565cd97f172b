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
    Flow, Leave,
    fields::{Fields, joiner},
};
use crate::{
    env::BoxFuture,
    lang::{
        arithmetic::{Variables, constant, evaluate},
        ast::{Choice, Operator, Parameter, Part, Word},
        pattern::{escape_into, matches, unescape},
    },
    shell::Shell,
};

impl Shell {
    /// Expands words to the fields of a command.
    pub(super) async fn expand_words(&mut self, words: &[Word]) -> Flow<Vec<BString>> {
        let mut all = Vec::with_capacity(words.len());
        for word in words {
            let separators = self.vars.get("IFS").unwrap_or(b" \t\n".as_bstr()).to_owned();
            let mut fields = Fields::splitting(separators);
            self.expand_parts(&word.parts, &mut fields, false).await?;
            for pattern in fields.finish() {
                self.expand_path(&pattern, &mut all).await;
            }
        }
        Continue(all)
    }

    /// Expands a word to one string: no fields, no file names.
    pub(super) async fn expand_string(&mut self, word: &Word) -> Flow<BString> {
        Continue(unescape(&self.expand_pattern(word).await?))
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
        let mut fields = Fields::joined();
        self.expand_parts(&word.parts, &mut fields, false).await?;
        Continue(fields.finish_joined())
    }

    /// `operand`: the word stands in a `${...}`, so its plain text counts as a result of expansion.
    async fn expand_parts(&mut self, parts: &[Part], fields: &mut Fields, operand: bool) -> Flow {
        for part in parts {
            match part {
                Part::Plain(text) if operand => fields.expanded(text),
                Part::Plain(text) => fields.plain(text),
                Part::Quoted(text) => fields.quoted(text),
                Part::Tilde(user) => self.expand_tilde(user.as_bstr(), fields),
                Part::Parameter { parameter, quoted } => {
                    self.expand_parameter(parameter, *quoted, fields).await?;
                }
                Part::Command { list, quoted } => {
                    let output = self.substitute(list.clone()).await?;
                    if *quoted { fields.quoted(&output) } else { fields.expanded(&output) }
                }
                Part::Arithmetic { expression, quoted } => {
                    let value = self.boxed_arithmetic(expression).await?;
                    push(value.to_string().as_bytes(), *quoted, fields);
                }
            }
        }
        Continue(())
    }

    fn expand_tilde(&self, user: &BStr, fields: &mut Fields) {
        match self.vars.get("HOME") {
            Some(home) if user.is_empty() => fields.quoted(home),
            _ => {
                fields.plain(b"~");
                fields.plain(user);
            }
        }
    }

    async fn expand_parameter(&mut self, parameter: &Parameter, quoted: bool, fields: &mut Fields) -> Flow {
        let name = parameter.name.as_bstr();
        let all = matches!(name.as_bytes(), b"@" | b"*");
        match &parameter.operator {
            Operator::Plain if all => self.push_all(name, quoted, fields),
            Operator::Plain => {
                let value = self.value_or_error(name).await?;
                push(&value, quoted, fields);
            }
            Operator::Length => {
                let length =
                    if all { self.args.len() } else { self.value_or_error(name).await?.chars().count() };
                push(length.to_string().as_bytes(), quoted, fields);
            }
            Operator::Choose { choice, colon, word } => {
                self.choose(parameter, (*choice, *colon), word, quoted, fields).await?;
            }
            Operator::Trim { suffix, longest, pattern } => {
                let value = self.value_or_error(name).await?;
                let pattern = self.boxed_pattern(pattern).await?;
                push(trim(&value, &pattern, *suffix, *longest), quoted, fields);
            }
        }
        Continue(())
    }

    /// Boxed, because there are words in words.
    fn boxed_arithmetic<'a>(&'a mut self, expression: &'a Word) -> BoxFuture<'a, Flow<i64>> {
        Box::pin(async move {
            let text = self.expand_string(expression).await?;
            match evaluate(&text, self) {
                Ok(value) => Continue(value),
                Err(message) => match self.expansion_error(message).await {
                    Continue(()) => Continue(0),
                    Break(leave) => Break(leave),
                },
            }
        })
    }

    /// Boxed, because a word in a parameter in a word is a future in itself.
    fn boxed_pattern<'a>(&'a mut self, word: &'a Word) -> BoxFuture<'a, Flow<Vec<u8>>> {
        Box::pin(self.expand_pattern(word))
    }

    fn choose<'a>(
        &'a mut self,
        parameter: &'a Parameter,
        (choice, colon): (Choice, bool),
        word: &'a Word,
        quoted: bool,
        fields: &'a mut Fields,
    ) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            let name = parameter.name.as_bstr();
            let all = matches!(name.as_bytes(), b"@" | b"*");
            let value = self.value(name).filter(|value| !colon || !value.is_empty());
            match (choice, value) {
                (Choice::Alternative, None) => {
                    if quoted {
                        fields.quoted(b"");
                    }
                }
                (Choice::Alternative, Some(_)) | (Choice::Default, None) => {
                    if quoted && word.parts.is_empty() {
                        fields.quoted(b"");
                    }
                    self.expand_parts(&word.parts, fields, true).await?;
                }
                (_, Some(_)) if all => self.push_all(name, quoted, fields),
                (_, Some(value)) => push(&value, quoted, fields),
                (Choice::Assign, None) => {
                    let value = self.expand_string(word).await?;
                    if !crate::lang::is_name(name) {
                        return self.expansion_error(alloc::format!("{name}: cannot be assigned to")).await;
                    }
                    if let Err(message) = self.vars.assign(name, value.clone()) {
                        return self.expansion_error(message).await;
                    }
                    push(&value, quoted, fields);
                }
                (Choice::Error, None) => {
                    let mut message = self.expand_string(word).await?;
                    if message.is_empty() {
                        message = "parameter not set or null".into();
                    }
                    return self.expansion_error(alloc::format!("{name}: {message}")).await;
                }
            }
            Continue(())
        })
    }

    /// `$@` and `$*`.
    fn push_all(&self, name: &BStr, quoted: bool, fields: &mut Fields) {
        let joiner = joiner(self.vars.get("IFS"));
        let as_one = quoted && (name == "*" || !fields.splits());
        if as_one && name == "*" {
            fields.quoted(b"");
        }
        for (index, argument) in self.args.iter().enumerate() {
            if index > 0 {
                match (as_one || !fields.splits(), name == "*") {
                    (true, true) => fields.quoted(joiner.as_slice()),
                    (true, false) => fields.quoted(b" "),
                    (false, _) => fields.end_field(false),
                }
            }
            push(argument, quoted, fields);
        }
    }

    /// The value of a parameter, if it is set.
    pub(crate) fn value(&self, name: &BStr) -> Option<BString> {
        let number = |number: u32| Some(BString::from(number.to_string()));
        match name.as_bytes() {
            b"?" => number(self.status.into()),
            b"#" => Some(self.args.len().to_string().into()),
            b"$" => number(self.pid),
            b"!" => number(self.last_background?),
            b"-" => Some(self.options.letters(self.is_interactive()).into()),
            b"0" => Some(self.name.clone()),
            b"@" | b"*" if self.args.is_empty() => None,
            b"@" | b"*" => Some(bstr::join(" ", self.args.iter()).into()),
            [b'0'..=b'9', ..] => {
                let index: usize = name.to_str().ok()?.parse().ok()?;
                self.args.get(index.checked_sub(1)?).cloned()
            }
            _ => self.vars.get(name).map(BStr::to_owned),
        }
    }

    /// The same, where an unset one is empty, or an error under `set -u`.
    async fn value_or_error(&mut self, name: &BStr) -> Flow<BString> {
        match self.value(name) {
            Some(value) => Continue(value),
            None if self.options.unset_is_error && !matches!(name.as_bytes(), b"@" | b"*") => {
                match self.expansion_error(alloc::format!("{name}: parameter not set")).await {
                    Continue(()) => Continue(BString::default()),
                    Break(leave) => Break(leave),
                }
            }
            None => Continue(BString::default()),
        }
    }

    async fn expansion_error(&mut self, message: alloc::string::String) -> Flow {
        self.complain(message).await;
        self.status = 2;
        Break(Leave::Error)
    }
}

impl Variables for Shell {
    fn get(&self, name: &BStr) -> Result<Option<i64>, String> {
        match self.vars.get(name) {
            None if self.options.unset_is_error => Err(alloc::format!("{name}: parameter not set")),
            None => Ok(None),
            Some(value) if value.trim_ascii().is_empty() => Ok(None),
            Some(value) => match constant(value.trim_ascii()) {
                Some(number) => Ok(Some(number)),
                None => Err(alloc::format!("{name}: `{value}` is not a number")),
            },
        }
    }

    fn set(&mut self, name: &BStr, value: i64) -> Result<(), String> {
        self.vars.assign(name, value.to_string())
    }
}

fn push(value: &[u8], quoted: bool, fields: &mut Fields) {
    if quoted { fields.quoted(value) } else { fields.expanded(value) }
}

/// Takes off the shortest or longest beginning or end that the pattern matches.
fn trim<'a>(value: &'a [u8], pattern: &[u8], suffix: bool, longest: bool) -> &'a [u8] {
    let mut literal = Vec::new();
    escape_into(&mut literal, &unescape(pattern));
    if literal == pattern {
        // No pattern at all, which is what scripts mostly write: no search.
        let text = unescape(pattern);
        let rest =
            if suffix { value.strip_suffix(text.as_slice()) } else { value.strip_prefix(text.as_slice()) };
        return rest.unwrap_or(value);
    }
    let fits = |&cut: &usize| matches(pattern, if suffix { &value[cut..] } else { &value[..cut] });
    let cut = match suffix == longest {
        true => (0..=value.len()).find(fits),
        false => (0..=value.len()).rev().find(fits),
    };
    match cut {
        Some(cut) if suffix => &value[..cut],
        Some(cut) => &value[cut..],
        None => value,
    }
}
