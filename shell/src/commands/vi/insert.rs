//! Typing text: insertion and replacement.

use alloc::{sync::Arc, vec::Vec};

use super::{
    chars::{Kind, after, before, indent, kind, last},
    editor::{Editor, Inserting, Mode, Next},
};
use crate::{edit::keys::Key, screen::text_of};

impl Editor {
    /// From now on keys are text; in the end it is there `count` times.
    pub fn begin_insert(&mut self, count: usize) {
        self.mode = Mode::Insert;
        self.inserting = Inserting { count, start: (self.line, self.col), ..Inserting::default() };
    }

    /// A new line below or above, with the blanks of this one where that is wanted.
    pub fn open_line(&mut self, below: bool) {
        let blanks = self.indentation(self.line);
        let after = if below { self.line.min(self.buffer.len()) } else { self.line - 1 };
        if self.buffer.len() == 0 {
            // The empty line that a person sees.
            self.buffer.insert(0, [Arc::from(&b""[..])]);
        }
        let after = if below { after.max(1) } else { after };
        self.col = blanks.len();
        self.buffer.insert(after, [Arc::from(blanks)]);
        self.line = after + 1;
    }

    fn indentation(&self, line: usize) -> Vec<u8> {
        let text = self.buffer.line(line);
        if self.settings.autoindent { text[..indent(text)].to_vec() } else { Vec::new() }
    }

    pub fn insert_key(&mut self, key: Key) -> Next {
        match key {
            Key::Control(b'[' | b'C') => {
                self.end_insert();
                return Next::Stay;
            }
            Key::Control(b'V' | b'Q') => {
                self.inserting.keys.push(key);
                return Next::Literal;
            }
            Key::Up | Key::Down | Key::Left | Key::Right | Key::Home | Key::End | Key::PageUp | Key::PageDown => {
                self.move_inserting(&key);
                return Next::Stay;
            }
            _ => {}
        }
        self.inserting.keys.push(key);
        self.type_key(&key);
        Next::Stay
    }

    /// Moves without leaving; what is typed from there on is an insertion of its own.
    fn move_inserting(&mut self, key: &Key) {
        let (text, lines) = (self.text(), self.lines());
        match key {
            Key::Left => self.col = before(text, self.col),
            Key::Right => self.col = after(text, self.col),
            Key::Home => self.col = 0,
            Key::End => self.col = text.len(),
            _ => {
                let rows = self.view.size.rows;
                self.like_column();
                self.line = match key {
                    Key::Up => self.line.saturating_sub(1),
                    Key::Down => self.line + 1,
                    Key::PageUp => self.line.saturating_sub(rows),
                    _ => self.line + rows,
                }
                .clamp(1, lines);
                self.col = self.column_in(self.line);
            }
        }
        let opens = false;
        self.inserting = Inserting { count: 1, start: (self.line, self.col), opens, ..Inserting::default() };
    }

    fn end_insert(&mut self) {
        let Inserting { count, keys, opens, indented, .. } = core::mem::take(&mut self.inserting);
        self.drop_indentation(indented);
        for _ in 1..count {
            if opens {
                self.open_line(true);
            }
            keys.iter().for_each(|key| self.type_key(key));
        }
        self.inserting = Inserting::default();
        self.mode = Mode::Normal;
        self.col = before(self.text(), self.col).min(last(self.text()));
        self.like_column();
    }

    /// Takes blanks away that nothing was typed behind.
    fn drop_indentation(&mut self, indented: bool) {
        if indented && indent(self.text()) == self.text().len() {
            self.buffer.replace(self.line, Arc::from(&b""[..]));
            self.col = 0;
        }
    }

    /// What a key types.
    fn type_key(&mut self, key: &Key) {
        match key {
            Key::Control(b'M' | b'J') => {
                let indented = core::mem::take(&mut self.inserting.indented);
                let blanks = self.indentation(self.line);
                self.drop_indentation(indented);
                let text = self.buffer.text(self.line);
                let (head, tail) = text.split_at(self.col.min(text.len()));
                let tail = if blanks.is_empty() { tail } else { &tail[indent(tail)..] };
                let col = blanks.len();
                self.buffer.replace(self.line, Arc::from(head));
                self.buffer.insert(self.line.min(self.buffer.len()), [Arc::from([&blanks[..], tail].concat())]);
                (self.line, self.col) = (self.line + 1, col);
                self.inserting.indented = col > 0;
                self.inserting.over.push(None);
            }
            Key::Backspace | Key::Control(b'H') => self.erase(before),
            Key::Control(b'W') => self.erase(|text, mut at| {
                while at > 0 && kind(text, before(text, at), false) == Kind::Blank {
                    at = before(text, at);
                }
                if at == 0 {
                    return 0;
                }
                let word = kind(text, before(text, at), false);
                while at > 0 && kind(text, before(text, at), false) == word {
                    at = before(text, at);
                }
                at
            }),
            Key::Control(b'U') => {
                let start = if self.inserting.start.0 == self.line { self.inserting.start.1 } else { 0 };
                self.erase(move |_, at| if at > start { start } else { 0 });
            }
            Key::Delete => {
                let text = self.buffer.text(self.line);
                let end = after(&text, self.col);
                self.buffer.replace(self.line, Arc::from([&text[..self.col], &text[end..]].concat()));
            }
            Key::Control(b'T' | b'D') => {
                let (behind, right) = (self.text().len() - self.col, *key == Key::Control(b'T'));
                self.inserting.indented = false;
                if self.text().is_empty() && right {
                    let blanks = self.blanks(self.settings.shiftwidth);
                    self.buffer.replace(self.line, Arc::from(blanks));
                } else {
                    self.shift_line(self.line, right, 1);
                }
                self.col = self.text().len().saturating_sub(behind);
            }
            Key::Control(b'I') if self.settings.expandtab => {
                let tab = self.settings.tabstop;
                let column = super::layout::column(self.text(), self.col, tab);
                self.type_text(&b" ".repeat(tab - column % tab));
            }
            Key::Control(b'I') => self.type_text(b"\t"),
            Key::Literal(byte) => self.type_text(&[*byte]),
            key => {
                let text = text_of(key).to_vec();
                self.type_text(&text);
            }
        }
    }

    fn type_text(&mut self, new: &[u8]) {
        if new.is_empty() {
            return;
        }
        self.inserting.indented = false;
        let text = self.buffer.text(self.line);
        let at = self.col.min(text.len());
        let end = if matches!(self.mode, Mode::Replace) { after(&text, at) } else { at };
        if matches!(self.mode, Mode::Replace) {
            self.inserting.over.push(Some(text[at..end].to_vec()));
        }
        self.buffer.replace(self.line, Arc::from([&text[..at], new, &text[end..]].concat()));
        self.col = at + new.len();
    }

    /// Takes what is before the cursor away, back to where `to` says; at the beginning of a line the newline before it.
    fn erase(&mut self, to: impl FnOnce(&[u8], usize) -> usize) {
        self.inserting.indented = false;
        let text = self.buffer.text(self.line);
        if matches!(self.mode, Mode::Replace) {
            // What was typed over comes back.
            if let Some(Some(over)) = self.inserting.over.pop() {
                let start = before(&text, self.col);
                self.buffer.replace(self.line, Arc::from([&text[..start], &over, &text[self.col..]].concat()));
                self.col = start;
            }
            return;
        }
        if self.col == 0 {
            if self.line > 1 {
                let above = self.buffer.text(self.line - 1);
                self.buffer.replace(self.line - 1, Arc::from([&above[..], &text].concat()));
                self.buffer.remove(self.line, self.line);
                (self.line, self.col) = (self.line - 1, above.len());
            }
            return;
        }
        let start = to(&text, self.col);
        self.buffer.replace(self.line, Arc::from([&text[..start], &text[self.col..]].concat()));
        self.col = start;
    }
}
