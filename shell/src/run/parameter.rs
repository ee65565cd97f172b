//! Parameter expansion (XCU 2.6.2), and what bash adds to it.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    assign::number,
    expand::push,
    fields::{Fields, joiner},
    trim::{change_case, replace, trim},
};
use crate::{
    env::BoxFuture,
    errno::Errno,
    lang::{
        ast::{Choice, Operator, Parameter, Subscript, Word},
        is_name,
    },
    shell::Shell,
};

/// What a parameter stands for.
enum Found {
    /// One value, if it is set.
    One(Option<BString>),
    /// Those of `$@`, `$*` and whole arrays.
    Many {
        values: Vec<BString>,
        /// `$*` and `[*]`: between double quotes, one field.
        joined: bool,
    },
}

impl Shell {
    /// Boxed, because there are words in parameters in words.
    pub(super) fn expand_parameter<'a>(
        &'a mut self,
        parameter: &'a Parameter,
        quoted: bool,
        fields: &'a mut Fields,
    ) -> BoxFuture<'a, Flow> {
        Box::pin(async move {
            let mut name = BString::from(parameter.name.as_slice());
            if parameter.indirect {
                name = self.set_value(name.as_bstr(), self.value(name.as_bstr())).await?;
            }
            let name = name.as_bstr();
            if self.vars.get(name).is_some_and(|value| !fields.make_room(value, quoted)) {
                return Break(self.out_of_memory(name).await);
            }
            let found = self.find(name, parameter.subscript.as_ref()).await?;
            match &parameter.operator {
                Operator::Plain => match found {
                    Found::One(value) => push(&self.set_value(name, value).await?, quoted, fields),
                    found => self.push_found(found, quoted, fields),
                },
                Operator::Length => {
                    let length = match found {
                        Found::One(value) => self.set_value(name, value).await?.chars().count(),
                        Found::Many { values, .. } => values.len(),
                    };
                    push(&number(length), quoted, fields);
                }
                Operator::Indices => {
                    let joined = matches!(parameter.subscript, Some(Subscript::All { joined: true }));
                    let indices = self.vars.elements(name).into_iter().map(|(index, _)| number(index));
                    self.push_found(Found::Many { values: indices.collect(), joined }, quoted, fields);
                }
                Operator::Choose { choice, colon, word } => {
                    self.choose(parameter, name, found, (*choice, *colon), word, quoted, fields).await?;
                }
                Operator::Trim { suffix, longest, pattern } => {
                    let pattern = self.expand_pattern(pattern).await?;
                    let change = |value: &[u8]| trim(value, &pattern, *suffix, *longest).into();
                    self.push_changed(name, found, change, quoted, fields).await?;
                }
                Operator::Replace { pattern, with, which } => {
                    let pattern = self.expand_pattern(pattern).await?;
                    let with = self.expand_string(with).await?;
                    let change = |value: &[u8]| replace(value, &pattern, &with, *which);
                    self.push_changed(name, found, change, quoted, fields).await?;
                }
                Operator::Case { upper, all, pattern } => {
                    let pattern = self.expand_pattern(pattern).await?;
                    let change = |value: &[u8]| change_case(value, *upper, *all, &pattern);
                    self.push_changed(name, found, change, quoted, fields).await?;
                }
                Operator::Slice { from, length } => {
                    let from = self.arithmetic(from).await?;
                    let length = match length {
                        Some(length) => Some(self.arithmetic(length).await?),
                        None => None,
                    };
                    match self.slice(name, parameter.subscript.as_ref(), found, from, length) {
                        Ok(found) => self.push_found(found, quoted, fields),
                        Err(message) => return Break(self.expansion_failed(message).await),
                    }
                }
            }
            Continue(())
        })
    }

    /// `$NAME`
    pub(super) async fn expand_variable(&mut self, name: &BStr, quoted: bool, fields: &mut Fields) -> Flow {
        match self.vars.get(name) {
            Some(value) if name != "LINENO" => {
                if !fields.make_room(value, quoted) {
                    return Break(self.out_of_memory(name).await);
                }
                push(value, quoted, fields);
            }
            _ if matches!(name.as_bytes(), b"@" | b"*") => {
                let found = Found::Many { values: self.args.to_vec(), joined: name == "*" };
                self.push_found(found, quoted, fields);
            }
            _ => push(&self.set_value(name, self.value(name)).await?, quoted, fields),
        }
        Continue(())
    }

    async fn out_of_memory(&mut self, name: &BStr) -> Leave {
        self.expansion_failed(alloc::format!("{name}: {}", Errno::ENOMEM)).await
    }

    async fn find(&mut self, name: &BStr, subscript: Option<&Subscript>) -> Flow<Found> {
        Continue(match subscript {
            None if matches!(name.as_bytes(), b"@" | b"*") => {
                Found::Many { values: self.args.to_vec(), joined: name == "*" }
            }
            None => Found::One(self.value(name)),
            Some(Subscript::All { joined }) => {
                let values = self.vars.elements(name).into_iter().map(|(_, value)| value).collect();
                Found::Many { values, joined: *joined }
            }
            Some(Subscript::At(index)) => {
                let index = self.index(name, index).await?;
                Found::One(self.vars.element(name, index).map(BStr::to_owned))
            }
        })
    }

    /// The value, where an unset one is empty, or an error under `set -u`.
    async fn set_value(&mut self, name: &BStr, value: Option<BString>) -> Flow<BString> {
        match value {
            Some(value) => Continue(value),
            None if self.options.unset_is_error => {
                Break(self.expansion_failed(alloc::format!("{name}: parameter not set")).await)
            }
            None => Continue(BString::default()),
        }
    }

    #[allow(clippy::too_many_arguments)] // what the language has in one place
    async fn choose(
        &mut self,
        parameter: &Parameter,
        name: &BStr,
        found: Found,
        (choice, colon): (Choice, bool),
        word: &Word,
        quoted: bool,
        fields: &mut Fields,
    ) -> Flow {
        let is_there = match &found {
            Found::One(value) => value.as_ref().is_some_and(|value| !colon || !value.is_empty()),
            // As one text, with blanks between.
            Found::Many { values, .. } => match values.as_slice() {
                [] => false,
                [value] => !colon || !value.is_empty(),
                _ => true,
            },
        };
        match (choice, is_there) {
            (Choice::Alternative, false) => {
                if quoted {
                    fields.quoted(b"");
                }
            }
            (Choice::Alternative, true) | (Choice::Default, false) => {
                if quoted && word.parts.is_empty() {
                    fields.quoted(b"");
                }
                self.expand_operand(&word.parts, fields).await?;
            }
            (_, true) => self.push_found(found, quoted, fields),
            (Choice::Assign, false) => {
                let value = self.expand_string(word).await?;
                if !is_name(name) || matches!(parameter.subscript, Some(Subscript::All { .. })) {
                    return Break(
                        self.expansion_failed(alloc::format!("{name}: cannot be assigned to")).await,
                    );
                }
                if let Err(message) = self.vars.writable(name) {
                    return Break(self.expansion_failed(message).await);
                }
                match &parameter.subscript {
                    Some(Subscript::At(index)) => {
                        let index = self.index(name, index).await?;
                        self.vars.set_element(name, index, value.clone());
                    }
                    _ => self.vars.set(name, value.clone()),
                }
                push(&value, quoted, fields);
            }
            (Choice::Error, false) => {
                let mut message = self.expand_string(word).await?;
                if message.is_empty() {
                    message = "parameter not set or null".into();
                }
                return Break(self.expansion_failed(alloc::format!("{name}: {message}")).await);
            }
        }
        Continue(())
    }

    async fn push_changed(
        &mut self,
        name: &BStr,
        found: Found,
        change: impl Fn(&[u8]) -> BString,
        quoted: bool,
        fields: &mut Fields,
    ) -> Flow {
        match found {
            Found::One(value) => push(&change(&self.set_value(name, value).await?), quoted, fields),
            Found::Many { values, joined } => {
                let values = values.iter().map(|value| change(value)).collect();
                self.push_found(Found::Many { values, joined }, quoted, fields);
            }
        }
        Continue(())
    }

    /// A piece of a value, or some of many. The error is a message.
    fn slice(
        &self,
        name: &BStr,
        subscript: Option<&Subscript>,
        found: Found,
        from: i64,
        length: Option<i64>,
    ) -> Result<Found, String> {
        let negative = || alloc::format!("{name}: the length of the piece is negative");
        match found {
            Found::One(value) => {
                let value = value.unwrap_or_default();
                let size = value.chars().count() as i64;
                let from = if from < 0 { size + from } else { from };
                let to = match length {
                    None => size,
                    Some(length) if length < 0 => size + length,
                    Some(length) => from.saturating_add(length).min(size),
                };
                if from < 0 || from > size {
                    return Ok(Found::One(Some(BString::default())));
                }
                if to < from {
                    return Err(negative());
                }
                let at =
                    |count: i64| value.char_indices().nth(count as usize).map_or(value.len(), |(at, ..)| at);
                Ok(Found::One(Some(value[at(from)..at(to)].into())))
            }
            Found::Many { values, joined } => {
                // The parameters count from `$0`, the elements of an array by their indices.
                let mut indexed: Vec<(usize, BString)> = match subscript {
                    Some(_) => self.vars.elements(name),
                    None => core::iter::once(self.name.clone()).chain(values).enumerate().collect(),
                };
                let end = indexed.last().map_or(0, |(index, _)| *index as i64 + 1);
                let from = if from < 0 { end + from } else { from };
                let most = match length {
                    None => usize::MAX,
                    Some(length) => usize::try_from(length).map_err(|_| negative())?,
                };
                indexed.retain(|(index, _)| from >= 0 && *index as i64 >= from);
                let values = indexed.into_iter().map(|(_, value)| value).take(most).collect();
                Ok(Found::Many { values, joined })
            }
        }
    }

    fn push_found(&self, found: Found, quoted: bool, fields: &mut Fields) {
        let (values, joined) = match found {
            Found::One(value) => return push(&value.unwrap_or_default(), quoted, fields),
            Found::Many { values, joined } => (values, joined),
        };
        let joiner = joiner(self.vars.get("IFS"));
        let as_one = quoted && (joined || !fields.splits());
        if as_one && joined {
            fields.quoted(b"");
        }
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                match (as_one || !fields.splits(), joined) {
                    (true, true) => fields.quoted(joiner.as_slice()),
                    (true, false) => fields.quoted(b" "),
                    (false, _) => fields.end_field(false),
                }
            }
            push(value, quoted, fields);
        }
    }

    /// The value of a parameter, if it is set.
    pub(crate) fn value(&self, name: &BStr) -> Option<BString> {
        match name.as_bytes() {
            b"?" => Some(number(self.status)),
            b"#" => Some(number(self.args.len())),
            b"$" => Some(number(self.pid)),
            b"!" => Some(number(self.last_background?)),
            b"-" => Some(self.options.letters(self.is_interactive()).into()),
            b"0" => Some(self.name.clone()),
            b"@" | b"*" if self.args.is_empty() => None,
            b"@" | b"*" => Some(bstr::join(" ", self.args.iter()).into()),
            b"LINENO" => Some(number(self.source.line(self.at))),
            [b'0'..=b'9', ..] => {
                let index: usize = name.to_str().ok()?.parse().ok()?;
                self.args.get(index.checked_sub(1)?).cloned()
            }
            _ => self.vars.get(name).map(BStr::to_owned),
        }
    }

    /// Tells of an expansion that cannot be made, which ends a shell that is not interactive (XCU 2.8.1).
    pub(super) async fn expansion_failed(&mut self, message: String) -> Leave {
        self.complain(message).await;
        self.status = 2;
        Leave::Error
    }
}
