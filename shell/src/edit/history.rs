//! The lines typed before: which are kept, and how they are found again.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};
use bstr::BString;

/// How many lines are kept unless `HISTSIZE` says otherwise.
pub(crate) const LINES: usize = 1000;
/// How many bytes they may have together.
pub(crate) const BYTES: usize = 4 << 20;

/// Which lines are not kept (`HISTCONTROL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Those that begin with a blank.
    pub ignore_space: bool,
    /// Those that repeat the last one.
    pub ignore_repeated: bool,
    /// Earlier ones that the new one repeats.
    pub erase_repeated: bool,
}

impl Rules {
    /// What the words of `HISTCONTROL` say; unset, it is `ignoreboth`.
    pub fn parse(words: Option<&[u8]>) -> Self {
        let words = words.unwrap_or(b"ignoreboth");
        let has = |word: &[u8]| words.split(|&byte| byte == b':').any(|other| other == word);
        Self {
            ignore_space: has(b"ignorespace") || has(b"ignoreboth"),
            ignore_repeated: has(b"ignoredups") || has(b"ignoreboth"),
            erase_repeated: has(b"erasedups"),
        }
    }
}

/// The lines, the oldest first. Each has a number that it keeps.
#[derive(Debug)]
pub struct History {
    lines: VecDeque<BString>,
    bytes: usize,
    /// The number of the oldest line.
    first: usize,
    limit: usize,
}

impl Default for History {
    fn default() -> Self {
        Self { lines: VecDeque::new(), bytes: 0, first: 1, limit: LINES }
    }
}

impl History {
    /// Adds a line, unless it is blank or the rules leave it out; whether it was added.
    pub fn add(&mut self, line: &[u8], rules: Rules) -> bool {
        let hidden = line.trim_ascii().is_empty() || (rules.ignore_space && line.starts_with(b" "));
        if hidden || (rules.ignore_repeated && self.lines.back().is_some_and(|last| *last == line)) {
            return false;
        }
        if rules.erase_repeated {
            self.lines.retain(|other| other != line);
            self.bytes = self.lines.iter().map(|line| line.len()).sum();
        }
        self.bytes += line.len();
        self.lines.push_back(line.into());
        self.shorten();
        true
    }

    /// Sets how many lines are kept.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.lines.len() > self.limit || (self.bytes > BYTES && self.lines.len() > 1) {
            self.bytes -= self.lines.pop_front().map_or(self.bytes, |oldest| oldest.len());
            self.first += 1;
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

    /// One of them, counted from the oldest.
    pub fn get(&self, index: usize) -> Option<&BString> {
        self.lines.get(index)
    }

    /// The number of the oldest line.
    pub fn first_number(&self) -> usize {
        self.first
    }

    /// The number that the next line will have.
    pub fn next_number(&self) -> usize {
        self.first + self.lines.len()
    }

    /// All of them with their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &BString)> + ExactSizeIterator {
        self.lines.iter().enumerate().map(|(index, line)| (self.first + index, line))
    }

    /// Forgets one, counted from the oldest; whether there was one.
    pub fn remove(&mut self, index: usize) -> bool {
        let removed = self.lines.remove(index);
        self.bytes -= removed.as_ref().map_or(0, |line| line.len());
        removed.is_some()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        *self = Self { limit: self.limit, ..Self::default() };
    }

    /// The newest line before `below` that has `text` in it.
    pub fn search_back(&self, text: &[u8], below: usize) -> Option<usize> {
        let finder = bstr::Finder::new(text);
        let below = below.min(self.lines.len());
        let found: Option<usize> = self.lines.range(..below).rposition(|line| finder.find(line).is_some());
        found
    }

    /// The oldest line from `from` on that has `text` in it.
    pub fn search_forward(&self, text: &[u8], from: usize) -> Option<usize> {
        let finder = bstr::Finder::new(text);
        let from = from.min(self.lines.len());
        let found = self.lines.range(from..).position(|line| finder.find(line).is_some());
        found.map(|index| from + index)
    }

    /// What the newest line that begins with `text` goes on with.
    pub(super) fn suggestion(&self, text: &[u8]) -> Option<&[u8]> {
        let rest = self.lines.iter().rev().filter_map(|line| line.strip_prefix(text));
        rest.into_iter().find(|rest| !rest.is_empty())
    }
}

/// A walk through the history. A line that was changed on the way is found changed again.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// How many lines back from the newest; 0 is the line being typed.
    back: usize,
    /// The changed ones, by how far back they are.
    changed: BTreeMap<usize, Vec<u8>>,
}

impl Walk {
    /// Goes to the line so far back, leaving one that reads `current`: what to show, if there is one.
    fn go(&mut self, back: usize, history: &History, current: Vec<u8>) -> Option<Vec<u8>> {
        if back > history.len() || back == self.back {
            return None;
        }
        let original = |back: usize| history.get(history.len().wrapping_sub(back));
        if original(self.back).is_none_or(|line| *line != current) {
            self.changed.insert(self.back, current);
        }
        self.back = back;
        self.changed
            .get(&back)
            .cloned()
            .or_else(|| original(back).map(|line| line.to_vec()))
            .or_else(|| Some(Vec::new()))
    }

    /// One line older.
    pub fn older(&mut self, history: &History, current: Vec<u8>) -> Option<Vec<u8>> {
        self.go(self.back + 1, history, current)
    }

    /// One line newer; the newest is the line that was being typed.
    pub fn newer(&mut self, history: &History, current: Vec<u8>) -> Option<Vec<u8>> {
        self.go(self.back.checked_sub(1)?, history, current)
    }

    /// The oldest line.
    pub fn oldest(&mut self, history: &History, current: Vec<u8>) -> Option<Vec<u8>> {
        self.go(history.len(), history, current)
    }

    /// The line that was being typed.
    pub fn newest(&mut self, history: &History, current: Vec<u8>) -> Option<Vec<u8>> {
        self.go(0, history, current)
    }

    /// The next line in that direction that begins with `text` and is not `current`.
    pub fn matching(
        &mut self,
        history: &History,
        text: &[u8],
        current: Vec<u8>,
        older: bool,
    ) -> Option<Vec<u8>> {
        let mut back = self.back;
        loop {
            back = if older { back + 1 } else { back.checked_sub(1)? };
            if back == 0 {
                return self.go(0, history, current);
            }
            let line = history.get(history.len().checked_sub(back)?)?;
            if line.starts_with(text) && *line != current {
                return self.go(back, history, current);
            }
        }
    }

    /// Stands at this line, counted from the oldest.
    pub fn stand_at(&mut self, index: usize, history: &History) {
        self.back = history.len().saturating_sub(index);
    }
}
