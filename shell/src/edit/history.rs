//! The lines typed before.

use alloc::{collections::VecDeque, vec::Vec};
use bstr::BString;

/// How many lines are kept.
const LINES: usize = 1000;
/// How many bytes they may have together.
const BYTES: usize = 4 << 20;

/// The lines, the oldest first.
#[derive(Debug, Default)]
pub struct History {
    lines: VecDeque<BString>,
    bytes: usize,
}

impl History {
    /// Adds a line, unless it is blank, begins with a space, or repeats the last one.
    pub fn add(&mut self, line: &[u8]) {
        let hidden = line.trim_ascii().is_empty() || line.starts_with(b" ");
        if hidden || self.lines.back().is_some_and(|last| *last == line) {
            return;
        }
        self.bytes += line.len();
        self.lines.push_back(line.into());
        while self.lines.len() > LINES || self.bytes > BYTES {
            self.bytes -= self.lines.pop_front().map_or(self.bytes, |oldest| oldest.len());
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<&BString> {
        self.lines.get(index)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &BString> {
        self.lines.iter()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The newest line before `below` that has `text` in it.
    pub fn search(&self, text: &[u8], below: usize) -> Option<usize> {
        let finder = bstr::Finder::new(text);
        let below = below.min(self.lines.len());
        let found: Option<usize> = self.lines.range(..below).rposition(|line| finder.find(line).is_some());
        found
    }
}

/// A walk through the history that keeps the line it began with.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// How many lines back from the newest; 0 is the line being typed.
    back: usize,
    typed: Vec<u8>,
}

impl Walk {
    /// One line older: what to show, if there is one.
    pub fn older(&mut self, history: &History, current: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        let index = history.len().checked_sub(self.back + 1)?;
        if self.back == 0 {
            self.typed = current();
        }
        self.back += 1;
        history.get(index).map(|line| line.to_vec())
    }

    /// One line newer; the newest is the line that was being typed.
    pub fn newer(&mut self, history: &History) -> Option<Vec<u8>> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(core::mem::take(&mut self.typed)),
            back => history.get(history.len() - back).map(|line| line.to_vec()),
        }
    }
}
