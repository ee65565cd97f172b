//! The line editor: bytes from the terminal in, actions and bytes for the terminal out.
//!
//! It has no terminal and never waits: [`Editor::feed`] takes one byte, and [`Editor::refresh`] is
//! called when no more bytes are there for now, so that a paste is drawn once.

pub(crate) mod complete;
mod history;
mod keys;
mod line;
mod screen;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use history::History;
pub use line::LIMIT;

use crate::env::WindowSize;
use history::Walk;
use keys::{Decoder, Key};
use line::{Line, To};
use screen::Screen;

/// What the one who feeds the editor has to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// The line is complete.
    Accept(Vec<u8>),
    /// `^D` on an empty line.
    Eof,
    /// `^C`: the line was given up.
    Interrupt,
    /// Tab: complete the word before the cursor. `list` from the second time on.
    Complete {
        /// Whether to list what there is.
        list: bool,
    },
}

/// A reverse search in the history.
#[derive(Debug)]
struct Search {
    text: Vec<u8>,
    found: Option<usize>,
    /// The line before the search.
    typed: Vec<u8>,
}

/// The editor.
#[derive(Debug)]
pub struct Editor {
    /// The lines accepted so far; the caller adds them.
    pub history: History,
    line: Line,
    decoder: Decoder,
    screen: Screen,
    walk: Walk,
    search: Option<Search>,
    prompt: Vec<u8>,
    /// What `^K`, `^U` and `^W` cut out last.
    killed: Vec<u8>,
    /// The last key cut something out: the next cut joins it.
    killing: bool,
    /// The last key was Tab.
    completing: bool,
    size: WindowSize,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            history: History::default(),
            line: Line::default(),
            decoder: Decoder::default(),
            screen: Screen::new(),
            walk: Walk::default(),
            search: None,
            prompt: Vec::new(),
            killed: Vec::new(),
            killing: false,
            completing: false,
            size: WindowSize { rows: 24, cols: 80 },
        }
    }
}

impl Editor {
    /// Begins an empty line behind a prompt.
    pub fn begin(&mut self, prompt: &[u8], size: WindowSize) {
        self.line = Line::default();
        self.walk = Walk::default();
        self.search = None;
        self.prompt = prompt.to_vec();
        self.size = size;
        self.screen.begin(prompt, &self.line, size);
    }

    /// Takes one byte from the terminal.
    pub fn feed(&mut self, byte: u8) -> Action {
        let mut keys = [None, None, None, None];
        let mut count = 0;
        self.decoder.feed(byte, |key| {
            if let Some(place) = keys.get_mut(count) {
                *place = Some(key);
                count += 1;
            }
        });
        let mut action = Action::None;
        for key in keys.into_iter().flatten() {
            action = self.key(key);
        }
        action
    }

    /// Brings the screen up to date; the bytes for the terminal.
    pub fn refresh(&mut self, size: WindowSize) -> Vec<u8> {
        self.size = size;
        self.draw();
        self.screen.take_output()
    }

    /// The bytes for the terminal so far, without bringing anything up to date.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.screen.take_output()
    }

    /// The line, and where in it the cursor stands.
    pub fn line(&self) -> (Vec<u8>, usize) {
        (self.line.text(), self.line.cursor())
    }

    /// What stands before the cursor.
    pub(crate) fn before_cursor(&self) -> &[u8] {
        self.line.before()
    }

    /// Inserts text at the cursor, for completion.
    pub(crate) fn insert(&mut self, text: &[u8]) {
        if !self.line.insert(text) {
            self.screen.bell();
        }
    }

    /// Rings.
    pub(crate) fn bell(&mut self) {
        self.screen.bell();
    }

    /// Writes text below the line, and the line again below that.
    pub(crate) fn show_below(&mut self, text: &[u8]) {
        self.draw();
        self.screen.finish();
        self.screen.write(text);
        let _ = self.line.take_changed();
        self.screen.begin(&self.prompt, &self.line, self.size);
    }

    fn draw(&mut self) {
        match &self.search {
            Some(search) => {
                let mut prompt = match search.found {
                    None if !search.text.is_empty() => b"(failed reverse-i-search)`".to_vec(),
                    _ => b"(reverse-i-search)`".to_vec(),
                };
                let tail = search.text.len().saturating_sub(40);
                prompt.extend_from_slice(&search.text[tail..]);
                prompt.extend_from_slice(b"': ");
                let changed = self.line.take_changed();
                self.screen.update(&self.line, changed, self.size);
                self.screen.replace_prompt(&prompt, &self.line);
            }
            None => {
                let changed = self.line.take_changed();
                self.screen.update(&self.line, changed, self.size);
                self.screen.replace_prompt(&self.prompt, &self.line);
            }
        }
    }

    fn key(&mut self, key: Key) -> Action {
        if self.search.is_some() && self.search_key(&key) {
            return Action::None;
        }
        let (killing, completing) = (self.killing, self.completing);
        (self.killing, self.completing) = (false, false);
        match key {
            Key::Text(text) => self.insert(&text),
            Key::Control(b'J' | b'M') => return self.accept(),
            Key::Control(b'C') => {
                self.line.go(To::End);
                self.draw();
                self.screen.write(b"^C");
                self.screen.finish();
                return Action::Interrupt;
            }
            Key::Control(b'D') if self.line.len() == 0 => return Action::Eof,
            Key::Control(b'D') | Key::Delete => self.delete(To::Right),
            Key::Control(b'H') | Key::Backspace => self.delete(To::Left),
            Key::Control(b'I') => {
                self.completing = true;
                return Action::Complete { list: completing };
            }
            Key::Control(b'A') | Key::Home => self.go(To::Start),
            Key::Control(b'E') | Key::End => self.go(To::End),
            Key::Control(b'B') | Key::Left => self.go(To::Left),
            Key::Control(b'F') | Key::Right => self.go(To::Right),
            Key::Meta(b'b') | Key::WordLeft => self.go(To::WordLeft),
            Key::Meta(b'f') | Key::WordRight => self.go(To::WordRight),
            Key::Control(b'U') => self.kill(To::Start, killing),
            Key::Control(b'K') => self.kill(To::End, killing),
            Key::Control(b'W') => self.kill(To::BlankLeft, killing),
            Key::Meta(b'd') => self.kill(To::WordRight, killing),
            Key::Meta(0x7f | 8) => self.kill(To::WordLeft, killing),
            Key::Control(b'Y') => {
                let text = core::mem::take(&mut self.killed);
                self.insert(&text);
                self.killed = text;
            }
            Key::Control(b'T') => self.transpose(),
            Key::Control(b'P') | Key::Up => {
                let older = self.walk.older(&self.history, || self.line.text());
                self.replace(older);
            }
            Key::Control(b'N') | Key::Down => {
                let newer = self.walk.newer(&self.history);
                self.replace(newer);
            }
            Key::Control(b'R') => {
                self.search = Some(Search { text: Vec::new(), found: None, typed: self.line.text() });
            }
            Key::Control(b'L') => {
                let _ = self.line.take_changed();
                self.screen.update(&self.line, Some(0), self.size);
                self.screen.clear(&self.line);
            }
            // An escape sequence that has no meaning here is no reason for noise; a key is.
            Key::Unknown | Key::Control(b'G') => {}
            Key::Control(_) | Key::Meta(_) => self.screen.bell(),
        }
        Action::None
    }

    fn accept(&mut self) -> Action {
        self.search = None;
        self.line.go(To::End);
        self.draw();
        self.screen.finish();
        Action::Accept(self.line.text())
    }

    fn go(&mut self, to: To) {
        self.line.go(to);
    }

    fn delete(&mut self, to: To) {
        if self.line.cut(to).is_empty() {
            self.screen.bell();
        }
    }

    /// Cuts text out and keeps it for `^Y`. Cuts in a row are one.
    fn kill(&mut self, to: To, joined: bool) {
        let cut = self.line.cut(to);
        match to {
            _ if !joined => self.killed = cut,
            To::End | To::WordRight | To::Right => self.killed.extend_from_slice(&cut),
            _ => {
                self.killed.splice(0..0, cut);
            }
        }
        self.killing = true;
    }

    /// Exchanges the characters around the cursor.
    fn transpose(&mut self) {
        if self.line.cursor() == self.line.len() {
            self.line.go(To::Left);
        }
        let behind = self.line.cut(To::Right);
        if behind.is_empty() || !self.line.go(To::Left) {
            self.insert(&behind);
            return self.screen.bell();
        }
        self.insert(&behind);
        self.line.go(To::Right);
    }

    fn replace(&mut self, text: Option<Vec<u8>>) {
        match text {
            Some(text) => self.line.set(&text),
            None => self.screen.bell(),
        }
    }

    /// A key during a search; whether the search took it. Any other key ends the search first.
    fn search_key(&mut self, key: &Key) -> bool {
        let Some(search) = &mut self.search else { return false };
        let below = match key {
            Key::Text(text) => {
                search.text.extend_from_slice(text);
                search.found.map_or(usize::MAX, |found| found + 1)
            }
            Key::Backspace | Key::Control(b'H') => {
                search.text.pop();
                while search.text.last().is_some_and(|byte| (0x80..0xc0).contains(byte)) {
                    search.text.pop();
                }
                usize::MAX
            }
            Key::Control(b'R') => search.found.unwrap_or(usize::MAX),
            Key::Control(b'G') => {
                let typed = core::mem::take(&mut search.typed);
                self.search = None;
                self.line.set(&typed);
                return true;
            }
            _ => {
                self.search = None;
                return false;
            }
        };
        match self.history.search(&search.text, below).filter(|_| !search.text.is_empty()) {
            Some(found) => {
                search.found = Some(found);
                let text = self.history.get(found).map_or(Vec::new(), |line| line.to_vec());
                self.line.set(&text);
            }
            None => {
                if !matches!(key, Key::Control(b'R')) {
                    search.found = None;
                }
                self.screen.bell();
            }
        }
        true
    }
}
