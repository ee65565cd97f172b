//! Assignments: to variables, to elements of arrays, to whole arrays.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::{Break, Continue};

use super::{
    Flow, Leave,
    vars::{Array, Vars},
};
use crate::{
    lang::{
        arithmetic::evaluate,
        ast::{Assignment, Element, Value, Word},
    },
    shell::Shell,
};

/// An assignment whose words have been expanded.
pub(crate) enum Assigned {
    /// `NAME=value`, in which `+=` has been seen to.
    Text(BString, BString),
    /// `NAME[index]=value`
    Element(BString, usize, BString),
    /// `NAME=(...)`
    Array(BString, Array),
    /// `NAME+=(...)`: what is added. The rest is not touched, so that a loop may add one by one.
    More(BString, Array),
}

impl Assigned {
    pub fn name(&self) -> &BString {
        match self {
            Assigned::Text(name, _) | Assigned::Element(name, ..) => name,
            Assigned::Array(name, _) | Assigned::More(name, _) => name,
        }
    }

    /// Does it, whatever `readonly` says.
    pub fn make(self, vars: &mut Vars) {
        match self {
            Assigned::Text(name, value) => vars.set(name, value),
            Assigned::Element(name, index, value) => vars.set_element(name.as_bstr(), index, value),
            Assigned::Array(name, array) => vars.set_array(name.as_bstr(), array),
            Assigned::More(name, elements) => vars.add_elements(name.as_bstr(), elements),
        }
    }
}

impl Shell {
    /// Expands what an assignment is made of.
    pub(super) async fn expand_assignment(&mut self, assignment: &Assignment) -> Flow<Assigned> {
        let name = BString::from(assignment.name.as_slice());
        let index = match &assignment.index {
            Some(index) => Some(self.index(name.as_bstr(), index).await?),
            None => None,
        };
        let value = match &assignment.value {
            Value::Word(value) => self.expand_string(value).await?,
            Value::Array(elements) => {
                let next = if assignment.append { self.vars.next_index(name.as_bstr()) } else { 0 };
                let array = self.expand_elements(name.as_bstr(), elements, next).await?;
                return Continue(match assignment.append {
                    true => Assigned::More(name, array),
                    false => Assigned::Array(name, array),
                });
            }
        };
        let before = match (assignment.append, index) {
            (false, _) => None,
            (true, None) => self.vars.get(&name),
            (true, Some(index)) => self.vars.element(name.as_bstr(), index),
        };
        let value = match before {
            Some(before) => [before.as_bytes(), &value].concat().into(),
            None => value,
        };
        Continue(match index {
            None => Assigned::Text(name, value),
            Some(index) => Assigned::Element(name, index, value),
        })
    }

    /// Those without an index have the indices from `next` on.
    async fn expand_elements(&mut self, name: &BStr, elements: &[Element], mut next: usize) -> Flow<Array> {
        let mut array = Array::new();
        for element in elements {
            match &element.index {
                Some(index) => {
                    next = self.index(name, index).await?;
                    array.insert(next, self.expand_string(&element.value).await?);
                    next += 1;
                }
                None => {
                    for value in self.expand_words(core::slice::from_ref(&element.value)).await? {
                        array.insert(next, value);
                        next += 1;
                    }
                }
            }
        }
        Continue(array)
    }

    /// The element that an index means: a negative one counts from the end.
    pub(super) async fn index(&mut self, name: &BStr, index: &Word) -> Flow<usize> {
        let text = self.boxed_string(index).await?;
        let found = self.index_of(name, &text);
        match found {
            Ok(index) => Continue(index),
            Err(message) => Break(self.expansion_failed(message).await),
        }
    }

    /// The same of an index whose words have been expanded. The error is a message.
    pub(super) fn index_of(&mut self, name: &BStr, index: &[u8]) -> Result<usize, String> {
        let value = evaluate(index, self)?;
        self.position(name, value)
    }

    /// The element of a computed index.
    pub(super) fn position(&self, name: &BStr, value: i64) -> Result<usize, String> {
        let from_end = || usize::try_from((self.vars.next_index(name) as i64).checked_add(value)?).ok();
        let index = if value >= 0 { usize::try_from(value).ok() } else { from_end() };
        index.ok_or_else(|| alloc::format!("{name}[{value}]: there is no such element"))
    }

    /// Makes assignments that stand alone. An error ends a shell that is not interactive.
    pub(super) async fn assign(&mut self, assigned: Assigned) -> Flow {
        if let Err(message) = self.vars.writable(assigned.name()) {
            return self.assignment_failed(message).await;
        }
        if self.options.all_export {
            self.vars.export(assigned.name());
        }
        assigned.make(&mut self.vars);
        Continue(())
    }

    /// Tells of an assignment that cannot be made, which ends a shell that is not interactive.
    pub(crate) async fn assignment_failed(&mut self, message: String) -> Flow {
        self.complain(message).await;
        self.status = 2;
        Break(Leave::Error)
    }

    /// `NAME='VALUE'` or `NAME=([0]='VALUE' ...)`, which the shell can read again; without a value `NAME`.
    pub(super) fn written(&self, name: &BStr) -> BString {
        let Some(variable) = self.vars.save(name) else { return name.into() };
        match variable.value {
            None => name.into(),
            Some(super::vars::Value::Text(text)) => [name.as_bytes(), b"=", &quoted(&text)].concat().into(),
            Some(super::vars::Value::Array(array)) => {
                let element = |(index, text): (&usize, &BString)| {
                    alloc::format!("[{index}]={}", quoted(text).as_bstr())
                };
                let elements: Vec<String> = array.iter().map(element).collect();
                alloc::format!("{name}=({})", elements.join(" ")).into()
            }
        }
    }
}

/// A text in single quotes.
pub(super) fn quoted(text: &[u8]) -> BString {
    let mut all = BString::from("'");
    all.extend_from_slice(&text.replace("'", r"'\''"));
    all.push(b'\'');
    all
}

/// A word as it is, or in quotes where the shell would read it as something else.
pub(crate) fn quoted_where_needed(text: &[u8]) -> BString {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./:=+,@%^".contains(byte) || !byte.is_ascii();
    if !text.is_empty() && text.iter().all(plain) { text.into() } else { quoted(text) }
}

/// The text of a number.
pub(super) fn number(value: impl ToString) -> BString {
    value.to_string().into()
}
