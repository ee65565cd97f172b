//! Asking for each match of a substitution.

use alloc::vec::Vec;
use bstr::ByteSlice;
use core::ops::Range;

use super::{
    super::support::replacement::{self, Piece},
    chars::after,
    editor::{Editor, Mode, Next},
    normal::code,
    operator::Span,
};
use crate::edit::keys::Key;

/// Where the questions are.
pub struct Confirm {
    pieces: Vec<Piece>,
    global: bool,
    line: usize,
    last: usize,
    /// Where the search goes on in the line.
    from: usize,
    found: Range<usize>,
    groups: Vec<Option<Range<usize>>>,
    done: usize,
}

impl Confirm {
    pub fn new(pieces: Vec<Piece>, global: bool, (line, last): (usize, usize)) -> Self {
        Self { pieces, global, line, last, from: 0, found: 0..0, groups: Vec::new(), done: 0 }
    }

    /// The match that is asked for.
    pub fn span(&self) -> Span {
        let end = self.found.end.max(self.found.start + 1);
        Span { start: (self.line, self.found.start), end: (self.line, end), lines: false }
    }
}

impl Editor {
    /// Goes to the next match and asks, or ends.
    pub fn next_match(&mut self) {
        let Mode::Confirm(mut confirm) = core::mem::replace(&mut self.mode, Mode::Normal) else { return };
        while confirm.line <= confirm.last {
            let text = self.buffer.text(confirm.line);
            let found = match self.finder.regex() {
                Ok(regex) if confirm.from <= text.len() => regex.captures(&text, confirm.from, &mut confirm.groups),
                _ => Ok(false),
            };
            if let (Ok(true), Some(Some(found))) = (found, confirm.groups.first().cloned()) {
                (self.line, self.col) = (confirm.line, found.start);
                confirm.found = found;
                self.mode = Mode::Confirm(confirm);
                return;
            }
            (confirm.line, confirm.from) = (confirm.line + 1, 0);
        }
        self.end_questions(confirm.done);
    }

    fn end_questions(&mut self, done: usize) {
        self.mode = Mode::Normal;
        self.settle_column();
        self.like_column();
        match done {
            0 => self.complain(self.finder.not_found()),
            done => self.say(alloc::format!("{done} replaced")),
        }
        self.buffer.commit(self.began);
    }

    pub fn confirm_key(&mut self, key: Key) -> Next {
        loop {
            let key = code(&key);
            let Mode::Confirm(confirm) = &self.mode else { return Next::Stay };
            let done = confirm.done;
            match key {
                'y' | 'a' | 'l' => self.replace_match(),
                'n' => self.pass_match(),
                'q' | '\x1b' | '\x03' => {
                    self.end_questions(done);
                    return Next::Stay;
                }
                _ => return Next::Stay,
            }
            if key == 'l' {
                self.end_questions(done + 1);
                return Next::Stay;
            }
            self.next_match();
            if key != 'a' {
                return Next::Stay;
            }
        }
    }

    fn replace_match(&mut self) {
        let Mode::Confirm(mut confirm) = core::mem::replace(&mut self.mode, Mode::Normal) else { return };
        let text = self.buffer.text(confirm.line);
        let Range { start, end } = confirm.found.clone();
        let mut new = text[..start].to_vec();
        replacement::append(&confirm.pieces, &text, &confirm.groups, &mut new);
        let length = new.len();
        // Where a new line begins, the search goes on in it.
        let last_line = new.rfind_byte(b'\n').map_or(0, |at| at + 1);
        new.extend_from_slice(&text[end..]);
        let more = self.put_replaced(confirm.line, &new);
        confirm.line += more;
        confirm.last += more;
        confirm.done += 1;
        confirm.from = length - last_line + usize::from(start == end);
        if !confirm.global {
            (confirm.line, confirm.from) = (confirm.line + 1, 0);
        }
        self.mode = Mode::Confirm(confirm);
    }

    fn pass_match(&mut self) {
        let Mode::Confirm(confirm) = &mut self.mode else { return };
        let text = self.buffer.text(confirm.line);
        confirm.from = if confirm.found.is_empty() { after(&text, confirm.found.end) } else { confirm.found.end };
        if confirm.found.is_empty() && confirm.from == confirm.found.end || !confirm.global {
            (confirm.line, confirm.from) = (confirm.line + 1, 0);
        }
    }
}
