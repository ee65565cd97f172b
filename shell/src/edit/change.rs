//! Changes of the line: everything that can be undone.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Editor, Last, line::To, scan, undo::Kind};

/// What becomes of the case of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
    Capital,
}

impl Editor {
    /// Puts text in the place of other text, and the cursor behind it; rings if there is no room.
    pub(super) fn change(&mut self, range: Range<usize>, text: &[u8], kind: Kind) {
        if !text.is_empty() && !self.line.has_room(text.len()) {
            return self.screen.bell();
        }
        let removed = self.line.slice(range.clone());
        if removed == text {
            return self.line.go(range.end);
        }
        self.undo.note(&self.line, range.start, removed, text, kind);
        self.line.splice(range, text);
    }

    /// Inserts text at the cursor.
    pub(super) fn insert(&mut self, text: &[u8]) {
        self.insert_as(text, Kind::Other);
    }

    pub(super) fn insert_as(&mut self, text: &[u8], kind: Kind) {
        let at = self.line.cursor();
        self.change(at..at, text, kind);
    }

    /// Another text in the place of the whole line.
    pub(super) fn set(&mut self, text: &[u8]) {
        let text = &text[..text.len().min(super::LIMIT)];
        let removed = self.line.text();
        if removed != text {
            self.undo.note(&self.line, 0, removed, text, Kind::Other);
            self.line.splice(0..self.line.len(), text);
        }
        self.line.go(text.len());
    }

    pub(super) fn replace(&mut self, text: Option<Vec<u8>>) {
        match text {
            Some(text) => self.set(&text),
            None => self.screen.bell(),
        }
    }

    pub(super) fn go(&mut self, to: To) {
        let target = self.line.target(to);
        self.line.go(target);
    }

    /// What lies between the cursor and where a movement would end.
    fn range(&self, to: To) -> Range<usize> {
        let (cursor, target) = (self.line.cursor(), self.line.target(to));
        cursor.min(target)..cursor.max(target)
    }

    pub(super) fn delete(&mut self, to: To) {
        let range = self.range(to);
        if range.is_empty() {
            return self.screen.bell();
        }
        self.change(range, b"", Kind::Other);
    }

    /// Cuts text out and keeps it for `^Y`. Cuts in a row are one. At the end of a row of text it is the
    /// newline that goes.
    pub(super) fn kill(&mut self, to: To, last: Last) {
        let mut range = self.range(to);
        if range.is_empty() {
            range = self.range(if matches!(to, To::End | To::WordRight) { To::Right } else { To::Left });
        }
        let forward = range.start == self.line.cursor();
        let cut = self.line.slice(range.clone());
        self.kills.add(cut, forward, last == Last::Killed);
        self.change(range, b"", Kind::Other);
        self.last = Last::Killed;
    }

    /// `^Y`
    pub(super) fn yank(&mut self) {
        let from = self.line.cursor();
        match self.kills.newest().map(<[u8]>::to_vec) {
            Some(text) => {
                self.insert(&text);
                self.last = Last::Yanked(from);
            }
            None => self.screen.bell(),
        }
    }

    /// `M-y`: an older piece in the place of the one that was just put in.
    pub(super) fn yank_older(&mut self, last: Last) {
        let Last::Yanked(from) = last else { return self.screen.bell() };
        if let Some(text) = self.kills.next().map(<[u8]>::to_vec) {
            self.change(from..self.line.cursor(), &text, Kind::Other);
            self.last = Last::Yanked(from);
        }
    }

    /// `M-.`: the last word of the line before, and pressed again, of the one before that.
    pub(super) fn yank_argument(&mut self, last: Last) {
        let (mut back, from) = match last {
            Last::Argument { back, from } => (back, from),
            _ => (0, self.line.cursor()),
        };
        back += 1;
        let line = self.history.len().checked_sub(back).and_then(|index| self.history.get(index));
        let word = line.and_then(|line| scan::words(line).last().map(|range| line[range.clone()].to_vec()));
        match word {
            Some(word) => {
                self.change(from..self.line.cursor(), &word, Kind::Other);
                self.last = Last::Argument { back, from };
            }
            None => {
                self.last = last;
                self.screen.bell();
            }
        }
    }

    /// `^T`: exchanges the characters around the cursor, or the last two at the end.
    pub(super) fn transpose(&mut self) {
        let cursor = self.line.cursor();
        if self.line.target(To::Right) == cursor {
            self.go(To::Left);
        }
        let middle = self.line.cursor();
        let (start, end) = (self.line.target(To::Left), self.line.target(To::Right));
        if start == middle || middle == end {
            self.line.go(cursor);
            return self.screen.bell();
        }
        let text = [self.line.slice(middle..end), self.line.slice(start..middle)].concat();
        self.change(start..end, &text, Kind::Other);
    }

    /// `M-t`: exchanges the word before the cursor, or around it, with the one before that.
    pub(super) fn transpose_words(&mut self) {
        let cursor = self.line.cursor();
        self.go(To::WordRight);
        self.go(To::WordLeft);
        let second = self.line.cursor()..self.word_end();
        self.go(To::WordLeft);
        let first = self.line.cursor()..self.word_end();
        if first.end > second.start || first.is_empty() {
            self.line.go(cursor);
            return self.screen.bell();
        }
        let between = self.line.slice(first.end..second.start);
        let text = [self.line.slice(second.clone()), between, self.line.slice(first.clone())].concat();
        self.change(first.start..second.end, &text, Kind::Other);
    }

    fn word_end(&self) -> usize {
        self.line.target(To::WordRight)
    }

    /// `M-u`, `M-l`, `M-c`: the case of the word from the cursor on.
    pub(super) fn set_case(&mut self, case: Case) {
        let range = self.range(To::WordRight);
        let text = self.line.slice(range.clone());
        let mut capital = case == Case::Capital;
        let mut changed = Vec::with_capacity(text.len());
        for (start, end, character) in bstr::ByteSlice::char_indices(text.as_slice()) {
            let raw = &text[start..end];
            let upper = case == Case::Upper || (capital && character.is_alphanumeric());
            capital &= !character.is_alphanumeric();
            let mut push = |character: char| {
                changed.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            };
            match (character, upper) {
                (char::REPLACEMENT_CHARACTER, _) => changed.extend_from_slice(raw), // not for us to mend
                (character, true) => character.to_uppercase().for_each(&mut push),
                (character, false) => character.to_lowercase().for_each(&mut push),
            }
        }
        self.change(range, &changed, Kind::Other);
    }

    /// `M-\`: the blanks around the cursor.
    pub(super) fn delete_blanks(&mut self) {
        let cursor = self.line.cursor();
        let blank = |at: usize| self.line.byte(at).is_some_and(|byte| byte == b' ' || byte == b'\t');
        let start = (0..cursor).rev().take_while(|&at| blank(at)).last().unwrap_or(cursor);
        let end =
            (cursor..self.line.len()).take_while(|&at| blank(at)).last().map_or(cursor, |last| last + 1);
        self.change(start..end, b"", Kind::Other);
    }

    /// Takes the last change back.
    pub(super) fn undo_last(&mut self) {
        if !self.undo.undo(&mut self.line) {
            self.screen.bell();
        }
    }

    /// `M-r`: takes all changes back.
    pub(super) fn undo_all(&mut self) {
        while self.undo.undo(&mut self.line) {}
    }
}
