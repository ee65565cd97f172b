//! Incremental search in the history: `^R` and `^S`.

use alloc::vec::Vec;

use super::{Editor, keys::Key};

/// How much of the text is shown.
const SHOWN: usize = 40;

/// A search that goes on.
#[derive(Debug)]
pub(super) struct Search {
    text: Vec<u8>,
    /// The line that was found, counted from the oldest.
    found: Option<usize>,
    /// Whether the last try found nothing.
    failed: bool,
    backwards: bool,
    /// The line before the search.
    typed: Vec<u8>,
}

impl Search {
    pub fn new(typed: Vec<u8>, backwards: bool) -> Self {
        Self { text: Vec::new(), found: None, failed: false, backwards, typed }
    }

    /// What stands in the place of the prompt.
    pub fn prompt(&self) -> Vec<u8> {
        let failed: &[u8] = if self.failed { b"(failed " } else { b"(" };
        let kind: &[u8] = if self.backwards { b"reverse-i-search)`" } else { b"i-search)`" };
        let mut tail = self.text.len().saturating_sub(SHOWN);
        while self.text.get(tail).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
            tail += 1;
        }
        let text: Vec<u8> =
            self.text[tail..].iter().map(|&byte| if byte < 0x20 { b'?' } else { byte }).collect();
        [failed, kind, &text, b"': "].concat()
    }
}

impl Editor {
    /// A key during a search; whether the search took it. Any other key ends the search first.
    pub(super) fn search_key(&mut self, key: Key) -> bool {
        let last = self.last_search.clone();
        let Some(search) = &mut self.search else { return false };
        let mut from = search.found;
        match key {
            Key::Text(text) => search.text.extend_from_slice(text.bytes()),
            Key::Literal(byte) => search.text.push(byte),
            Key::Backspace | Key::Control(b'H') => {
                let (_, size) = bstr::decode_last_utf8(&search.text);
                search.text.truncate(search.text.len() - size);
                from = None;
            }
            Key::Control(again @ (b'R' | b'S')) => {
                search.backwards = again == b'R';
                if search.text.is_empty() {
                    search.text = last;
                } else {
                    // Not this line again.
                    from = match (from, search.backwards) {
                        (Some(at), true) => at.checked_sub(1),
                        (Some(at), false) => Some(at + 1),
                        (None, _) => None,
                    };
                    if search.found.is_some() && from.is_none() {
                        search.failed = true;
                        self.screen.bell();
                        return true;
                    }
                }
            }
            Key::Control(b'Q' | b'V') => {
                self.decoder.expect_literal();
                return true;
            }
            Key::Control(b'G') => {
                let typed = core::mem::take(&mut search.typed);
                self.end_search();
                self.set(&typed);
                return true;
            }
            _ => {
                self.end_search();
                return false;
            }
        }
        if let Some(search) = &mut self.search {
            let found = match search.backwards {
                true => self.history.search_back(&search.text, from.map_or(usize::MAX, |at| at + 1)),
                false => self.history.search_forward(&search.text, from.unwrap_or(0)),
            };
            match found.filter(|_| !search.text.is_empty()) {
                Some(index) => {
                    (search.found, search.failed) = (Some(index), false);
                    let text = self.history.get(index).map_or(Vec::new(), |line| line.to_vec());
                    self.set(&text);
                }
                None => {
                    search.failed = !search.text.is_empty();
                    self.screen.bell();
                }
            }
        }
        true
    }

    /// The search is over: its text is what `^R ^R` begins with, and the history goes on from what it found.
    fn end_search(&mut self) {
        let Some(search) = self.search.take() else { return };
        if let Some(found) = search.found {
            self.walk.stand_at(found, &self.history);
        }
        if !search.text.is_empty() {
            self.last_search = search.text;
        }
    }
}
