//! What is done with a span of text: delete, change, yank, shift, change the case; and putting text back.

use alloc::{sync::Arc, vec::Vec};

use super::{
    super::support::{editing::buffer::Text, script_text::character_length},
    chars::{after, before, indent, last},
    editor::Editor,
    layout,
    motion::{Place, Shape, Target},
    registers::Taken,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Delete,
    Change,
    Yank,
    Right,
    Left,
    SwapCase,
    Lower,
    Upper,
    /// A command line of the shell gets the lines and gives others.
    Filter,
}

/// From `start` up to the byte before `end`, or all the lines from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: Place,
    pub end: Place,
    pub lines: bool,
}

impl Editor {
    /// What an operator reaches with a motion from the cursor.
    pub fn span_to(&self, target: Target) -> Span {
        let here = (self.line, self.col);
        let (start, mut end) = (here.min(target.place), here.max(target.place));
        match target.shape {
            Shape::Lines => return Span { start, end, lines: true },
            Shape::Inclusive => end.1 = after(self.buffer.line(end.0), end.1),
            // A motion to the beginning of a line stops at the end of the one before; from the beginning of a line on
            // these are lines.
            Shape::Exclusive if end.1 == 0 && end.0 > start.0 => {
                end = (end.0 - 1, self.buffer.line(end.0 - 1).len());
                if start.1 <= indent(self.buffer.line(start.0)) {
                    return Span { start, end, lines: true };
                }
            }
            Shape::Exclusive => {}
        }
        Span { start, end, lines: false }
    }

    /// Carries an operator out.
    pub fn operate(&mut self, operator: Operator, span: Span, register: Option<u8>) {
        let Span { start, end, lines } = span;
        match operator {
            Operator::Yank => {
                let taken = self.taken(span);
                self.say_lines(taken.lines.len(), lines, "yanked");
                self.registers.keep(register, taken, true);
                (self.line, self.col) = if lines { (start.0, self.col) } else { start };
            }
            Operator::Delete => {
                self.delete(span, register);
            }
            Operator::Change if lines => {
                let blanks = indent(self.buffer.line(start.0));
                let kept = if self.settings.autoindent { self.buffer.line(start.0)[..blanks].to_vec() } else { Vec::new() };
                self.registers.keep(register, self.taken(span), false);
                self.buffer.remove(start.0 + 1, end.0);
                self.col = kept.len();
                self.line = start.0;
                self.buffer.replace(start.0, Arc::from(kept));
                self.begin_insert(1);
            }
            Operator::Change => {
                self.delete(span, register);
                self.col = start.1;
                self.begin_insert(1);
            }
            Operator::Right | Operator::Left => {
                for line in start.0..=end.0 {
                    self.shift_line(line, operator == Operator::Right, 1);
                }
                self.line = start.0;
                self.col = indent(self.text());
                self.say_lines(end.0 + 1 - start.0, true, "shifted");
            }
            Operator::SwapCase | Operator::Lower | Operator::Upper => {
                for line in start.0..=end.0 {
                    let text = self.buffer.text(line);
                    let from = if line == start.0 && !lines { start.1.min(text.len()) } else { 0 };
                    let to = if line == end.0 && !lines { end.1.min(text.len()) } else { text.len() };
                    let mut changed = text[..from].to_vec();
                    change_case(&text[from..to], operator, &mut changed);
                    changed.extend_from_slice(&text[to..]);
                    self.buffer.replace(line, Arc::from(changed));
                }
                self.line = start.0;
                self.col = if lines { self.col } else { start.1 };
            }
            Operator::Filter => {}
        }
        self.settle_column();
    }

    fn delete(&mut self, span: Span, register: Option<u8>) {
        let Span { start, end, lines } = span;
        self.registers.keep(register, self.taken(span), false);
        if lines {
            self.buffer.remove(start.0, end.0);
            self.line = start.0.min(self.lines());
            self.col = indent(self.text());
            self.say_lines(end.0 + 1 - start.0, true, "deleted");
        } else {
            let first = self.buffer.text(start.0);
            let rest = self.buffer.text(end.0);
            let joined = [&first[..start.1.min(first.len())], &rest[end.1.min(rest.len())..]].concat();
            self.buffer.replace(start.0, Arc::from(joined));
            self.buffer.remove(start.0 + 1, end.0);
            (self.line, self.col) = start;
        }
    }

    /// The text of a span.
    pub fn taken(&self, span: Span) -> Taken {
        let Span { start, end, lines } = span;
        if lines {
            // Of an empty text there is one empty line.
            let lines = (start.0..=end.0).map(|line| self.buffer.text(line)).collect();
            return Taken { lines, whole: true };
        }
        let part = |line: usize| -> Text {
            let text = self.buffer.line(line);
            let from = if line == start.0 { start.1.min(text.len()) } else { 0 };
            let to = if line == end.0 { end.1.min(text.len()) } else { text.len() };
            Arc::from(&text[from..to.max(from)])
        };
        Taken { lines: (start.0..=end.0).map(part).collect(), whole: false }
    }

    /// Moves the text of a line by the width of a shift.
    pub fn shift_line(&mut self, line: usize, right: bool, times: usize) {
        let text = self.buffer.text(line);
        let blanks = indent(&text);
        if text.is_empty() {
            return;
        }
        let width = layout::column(&text, blanks, self.settings.tabstop);
        let by = self.settings.shiftwidth * times;
        let width = if right { width + by } else { width.saturating_sub(by) };
        let shifted = [&self.blanks(width)[..], &text[blanks..]].concat();
        self.buffer.replace(line, Arc::from(shifted));
    }

    /// Blanks, and tabs unless `expandtab`, of so many columns.
    pub fn blanks(&self, width: usize) -> Vec<u8> {
        match self.settings.expandtab {
            true => b" ".repeat(width),
            false => {
                let tab = self.settings.tabstop;
                [b"\t".repeat(width / tab), b" ".repeat(width % tab)].concat()
            }
        }
    }

    /// `p` and `P`.
    pub fn put(&mut self, name: Option<u8>, behind: bool, count: usize) -> bool {
        let Some(taken) = self.registers.get(name).cloned() else {
            self.complain("Nothing in this register".into());
            return false;
        };
        if taken.whole {
            let after = if self.buffer.len() == 0 { 0 } else { self.line - usize::from(!behind) };
            let texts = (0..count).flat_map(|_| taken.lines.iter().cloned());
            let put = self.buffer.insert(after, texts);
            self.line = after + 1;
            self.col = indent(self.text());
            self.say_lines(put, true, "more");
            return true;
        }
        let text = self.buffer.text(self.line);
        let at = if behind { after(&text, self.col) } else { self.col.min(text.len()) };
        let (before_it, behind_it) = text.split_at(at);
        let mut lines: Vec<Vec<u8>> = alloc::vec![before_it.to_vec()];
        for _ in 0..count {
            for (number, part) in taken.lines.iter().enumerate() {
                if number > 0 {
                    lines.push(Vec::new());
                }
                if let Some(last) = lines.last_mut() {
                    last.extend_from_slice(part);
                }
            }
        }
        let one = lines.len() == 1;
        let end = lines.last().map_or(0, Vec::len);
        if let Some(last) = lines.last_mut() {
            last.extend_from_slice(behind_it);
        }
        let mut lines = lines.into_iter();
        self.buffer.replace(self.line, Arc::from(lines.next().unwrap_or_default()));
        self.buffer.insert(self.line, lines.map(Arc::from));
        // The cursor is on the last character that was put, or where the put lines begin.
        self.col = if one { before(self.text(), end) } else { at };
        self.settle_column();
        true
    }

    /// `J`: lines become one, with a blank between them where that reads well.
    pub fn join(&mut self, line: usize, to: usize, blanks: bool) {
        let mut joined = self.buffer.line(line).to_vec();
        let mut at = 0;
        for number in line + 1..=to {
            let next = self.buffer.line(number);
            let next = if blanks { &next[indent(next)..] } else { next };
            at = joined.len();
            let ends_blank = matches!(joined.last(), None | Some(b' ' | b'\t'));
            if blanks && !ends_blank && !next.is_empty() && !next.starts_with(b")") {
                joined.push(b' ');
            }
            joined.extend_from_slice(next);
        }
        self.buffer.replace(line, Arc::from(joined));
        self.buffer.remove(line + 1, to);
        (self.line, self.col) = (line, at);
        self.settle_column();
    }

    /// Keeps the cursor on a character.
    pub fn settle_column(&mut self) {
        self.line = self.line.clamp(1, self.lines());
        if !self.is_inserting() {
            self.col = self.col.min(last(self.text()));
        }
        self.col = self.col.min(self.text().len());
    }

    /// Says how many lines something was done to, if that is worth it.
    fn say_lines(&mut self, count: usize, lines: bool, what: &str) {
        if lines && count > 4 {
            self.say(alloc::format!("{count} lines {what}"));
        }
    }
}

/// Text with its letters in another case.
fn change_case(text: &[u8], operator: Operator, out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        let (here, behind) = rest.split_at(character_length(rest).max(1));
        rest = behind;
        let Some(char) = bstr::decode_utf8(here).0 else {
            out.extend_from_slice(here);
            continue;
        };
        let upper = match operator {
            Operator::Upper => true,
            Operator::Lower => false,
            _ => char.is_lowercase(),
        };
        let mut buffer = [0; 4];
        let mut push = |char: char| out.extend_from_slice(char.encode_utf8(&mut buffer).as_bytes());
        if upper { char.to_uppercase().for_each(&mut push) } else { char.to_lowercase().for_each(&mut push) }
    }
}
