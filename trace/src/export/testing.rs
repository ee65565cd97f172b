//! Records and names for the tests of exports.

use alloc::{string::String, vec::Vec};

use super::{Export, Names};
use crate::{Event, Record};

pub(super) fn record(event: Event, cpu: usize, task: u32, at_ns: u64, numbers: [u64; 2]) -> Record {
    Record { event, cpu, task, at_ns, numbers }
}

/// Task 7 is `dd`, task 8 is `cat`.
pub(super) fn names() -> Names {
    let mut names = Names::new(|code, out| write!(out, "task {}", code >> 2));
    names.insert(7, "dd");
    names.insert(8, "cat");
    names
}

/// All of an export.
pub(super) fn bytes(mut export: impl Export) -> Vec<u8> {
    let mut out = Vec::new();
    while export.piece(&mut out) {}
    out
}

/// All of an export that is text.
pub(super) fn text(export: impl Export) -> String {
    String::from_utf8(bytes(export)).expect("text")
}
