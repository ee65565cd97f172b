//! What was changed in the line, so that it can be taken back.

use alloc::{collections::VecDeque, vec::Vec};

use super::line::Line;

/// How many bytes are kept; the oldest changes are forgotten beyond that.
const BYTES: usize = 8 << 20;

/// Where a change comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text was typed; what is typed next may join it.
    Typed,
    /// Text was pasted: all of it is one change.
    Pasted,
    Other,
}

/// One change: at this place `removed` gave way to as many bytes as `inserted` says.
#[derive(Debug)]
struct Change {
    at: usize,
    removed: Vec<u8>,
    inserted: usize,
    /// The cursor before it.
    cursor: usize,
    kind: Kind,
}

/// The changes so far, the newest last.
#[derive(Debug, Default)]
pub(super) struct Undo {
    changes: VecDeque<Change>,
    bytes: usize,
}

impl Undo {
    /// Notes that `removed` at `at` gives way to `inserted`, before it does so. What is typed in a row is
    /// one change, up to the end of a word.
    pub fn note(&mut self, line: &Line, at: usize, removed: Vec<u8>, inserted: &[u8], kind: Kind) {
        if let Some(last) = self.changes.back_mut()
            && kind != Kind::Other
            && last.kind == kind
            && removed.is_empty()
            && last.at + last.inserted == at
            && (kind == Kind::Pasted || !ends_blank(line, at) || inserted.starts_with(b" "))
        {
            last.inserted += inserted.len();
            return;
        }
        self.bytes += removed.len() + size_of::<Change>();
        let inserted = inserted.len();
        self.changes.push_back(Change { at, removed, inserted, cursor: line.cursor(), kind });
        while self.bytes > BYTES && self.changes.len() > 1 {
            let oldest = self.changes.pop_front().map_or(0, |oldest| oldest.removed.len());
            self.bytes -= oldest + size_of::<Change>();
        }
    }

    /// Takes the newest change back; whether there was one.
    pub fn undo(&mut self, line: &mut Line) -> bool {
        let Some(change) = self.changes.pop_back() else { return false };
        self.bytes -= change.removed.len() + size_of::<Change>();
        line.splice(change.at..change.at + change.inserted, &change.removed);
        line.go(change.cursor);
        true
    }

    /// What is typed next is a change of its own.
    pub fn separate(&mut self) {
        if let Some(last) = self.changes.back_mut() {
            last.kind = Kind::Other;
        }
    }
}

fn ends_blank(line: &Line, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| line.byte(before)).is_some_and(|byte| byte.is_ascii_whitespace())
}
