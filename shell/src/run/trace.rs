//! `set -x`: what is run, on standard error.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};

use super::assign::{Assigned, quoted_where_needed};
use crate::shell::Shell;

impl Shell {
    /// A command and the assignments before it.
    pub(super) async fn trace(&mut self, assignments: &[(BString, BString)], words: &[BString]) {
        if self.options.trace {
            let assigned = |(name, value): &(BString, BString)| {
                BString::from([name.as_slice(), b"=", &quoted_where_needed(value)].concat())
            };
            let words = words.iter().map(|word| quoted_where_needed(word));
            let all: Vec<BString> = assignments.iter().map(assigned).chain(words).collect();
            self.trace_text(bstr::join(" ", all).as_bstr()).await;
        }
    }

    /// An assignment that stands alone.
    pub(super) async fn trace_assignment(&mut self, assigned: &Assigned) {
        if self.options.trace {
            let name = assigned.name();
            let text = match assigned {
                Assigned::Text(_, value) => alloc::format!("{name}={}", quoted_where_needed(value)),
                Assigned::Element(_, index, value) => {
                    alloc::format!("{name}[{index}]={}", quoted_where_needed(value))
                }
                Assigned::Array(_, array) | Assigned::More(_, array) => {
                    let values: Vec<BString> =
                        array.values().map(|value| quoted_where_needed(value)).collect();
                    let plus = if matches!(assigned, Assigned::More(..)) { "+" } else { "" };
                    alloc::format!("{name}{plus}=({})", bstr::join(" ", values).as_bstr())
                }
            };
            self.trace_text(text.as_bytes().as_bstr()).await;
        }
    }

    /// Writes a line behind `PS4`.
    async fn trace_text(&mut self, text: &BStr) {
        let prefix = self.prompt("PS4", b"+ ").await;
        self.tell(alloc::format!("{prefix}{text}\n")).await;
    }
}
