//! Commands for what is selected.

use alloc::{sync::Arc, vec::Vec};

use super::{
    chars::after,
    editor::{Editor, Next, Visual},
    motion::END,
    normal::{Pending, digits},
    operator::{Operator, Span},
};
use crate::edit::keys::{Decoder, Key};

impl Editor {
    /// What is selected.
    pub fn selection(&self, visual: Visual) -> Span {
        let here = (self.line, self.col);
        let (start, mut end) = (here.min(visual.start), here.max(visual.start));
        end.1 = after(self.buffer.line(end.0), end.1);
        Span { start, end, lines: visual.lines }
    }

    pub fn visual_command(&mut self, code: char) -> Next {
        let Some(visual) = self.visual else { return Next::Stay };
        let mut span = self.selection(visual);
        let (register, count) = (self.pending.register, self.pending.count);
        self.pending = Pending::default();
        let operator = match code {
            'd' | 'x' | '\x7f' => Operator::Delete,
            'c' | 's' => Operator::Change,
            'y' => Operator::Yank,
            'X' | 'D' | 'C' | 'S' | 'R' | 'Y' => {
                span.lines = true;
                match code {
                    'X' | 'D' => Operator::Delete,
                    'Y' => Operator::Yank,
                    _ => Operator::Change,
                }
            }
            '>' => Operator::Right,
            '<' => Operator::Left,
            '~' => Operator::SwapCase,
            'u' => Operator::Lower,
            'U' => Operator::Upper,
            'o' | 'O' => {
                self.visual = Some(Visual { start: (self.line, self.col), ..visual });
                (self.line, self.col) = visual.start;
                self.like_column();
                return Next::Stay;
            }
            'v' | 'V' => {
                let lines = code == 'V';
                self.visual = (visual.lines != lines).then_some(Visual { lines, ..visual });
                return Next::Stay;
            }
            'J' => {
                self.visual = None;
                let last = span.end.0.max(span.start.0 + 1).min(self.lines());
                self.repeats = true;
                self.again(b"J", last + 1 - span.start.0, b"");
                self.join(span.start.0, last, true);
                return Next::Stay;
            }
            'p' | 'P' => {
                self.visual = None;
                return self.exchange(span, register, count.unwrap_or(1));
            }
            ':' | '!' => {
                self.visual = None;
                self.buffer.mark(b'<', span.start.0, span.start.1);
                self.buffer.mark(b'>', span.end.0, span.end.1);
                self.begin_line(b':', if code == ':' { b"'<,'>" } else { b"'<,'>!" });
                return Next::Stay;
            }
            '\x06' | '\x02' | '\x04' | '\x15' | '\x05' | '\x19' => {
                self.scroll(code, count);
                return Next::Stay;
            }
            _ => return Next::Stay,
        };
        // To the end of the line is with what ends it, unless something is typed instead.
        let to_end = self.want == END && span.end.0 == self.line && span.end.0 < self.lines();
        if to_end && !span.lines && operator != Operator::Change {
            span.end = (span.end.0 + 1, 0);
        }
        self.visual = None;
        self.given = (register, None);
        self.repeats = operator != Operator::Yank;
        self.remember_selection(operator, span);
        if let (Operator::Right | Operator::Left, Some(times)) = (operator, count) {
            for line in span.start.0..=span.end.0 {
                self.shift_line(line, operator == Operator::Right, times - 1);
            }
        }
        self.operate(operator, span, register);
        self.like_column();
        Next::Stay
    }

    /// `.` does it to as much text from the cursor on.
    fn remember_selection(&mut self, operator: Operator, span: Span) {
        let name: &[u8] = match operator {
            Operator::Delete => b"d",
            Operator::Change => b"c",
            Operator::Yank => return,
            Operator::Right => b">",
            Operator::Left => b"<",
            Operator::Filter => b"!",
            Operator::SwapCase => b"g~",
            Operator::Lower => b"gu",
            Operator::Upper => b"gU",
        };
        if span.lines || matches!(operator, Operator::Right | Operator::Left) {
            return self.again(name, span.end.0 + 1 - span.start.0, b"_");
        }
        let mut characters = 0;
        for line in &self.taken(span).lines {
            let mut at = 0;
            while at < line.len() {
                at = after(line, at);
                characters += 1;
            }
        }
        self.again(name, characters + span.end.0 - span.start.0, b" ");
    }

    /// Sets the keys of the command that is being typed.
    fn again(&mut self, name: &[u8], count: usize, motion: &[u8]) {
        if self.replaying {
            return;
        }
        let keys = |bytes: &[u8]| {
            let (mut decoder, mut keys) = (Decoder::default(), Vec::<Key>::new());
            bytes.iter().for_each(|byte| decoder.feed(*byte, |key| keys.push(key)));
            keys
        };
        self.typed = if motion.is_empty() {
            self.given = (None, Some(count));
            keys(name)
        } else {
            [keys(name), digits(count), keys(motion)].concat()
        };
    }

    /// Puts a register in the place of what is selected, which goes to the register of the last deletion.
    fn exchange(&mut self, span: Span, register: Option<u8>, count: usize) -> Next {
        let Some(taken) = self.registers.get(register).cloned() else {
            self.complain("Nothing in this register".into());
            return Next::Stay;
        };
        let removed = self.taken(span);
        let at_end = match span.lines {
            true => span.end.0 >= self.lines(),
            false => span.end.1 >= self.buffer.line(span.end.0).len(),
        };
        self.operate(Operator::Delete, span, Some(b'_'));
        self.registers.keep(None, taken.clone(), true);
        if taken.whole && !span.lines {
            // Lines go between what was before and behind.
            let text = self.buffer.text(self.line);
            let (head, tail) = text.split_at(span.start.1.min(text.len()));
            let (head, tail) = (Arc::from(head), Arc::from(tail));
            self.buffer.replace(self.line, head);
            self.buffer.insert(self.line, [tail]);
            self.put(None, true, count);
        } else {
            self.put(None, at_end, count);
        }
        self.registers.keep(None, removed, false);
        self.like_column();
        Next::Stay
    }

    /// `r` with a selection: each character becomes this one.
    pub fn fill(&mut self, visual: Visual, new: &[u8]) -> Next {
        let span = self.selection(visual);
        for line in span.start.0..=span.end.0 {
            let text = self.buffer.text(line);
            let from = if line == span.start.0 && !span.lines { span.start.1 } else { 0 };
            let to = if line == span.end.0 && !span.lines { span.end.1 } else { text.len() };
            let (mut filled, mut at) = (text[..from.min(text.len())].to_vec(), from);
            while at < to.min(text.len()) && new != b"\n" {
                filled.extend_from_slice(new);
                at = after(&text, at);
            }
            filled.extend_from_slice(&text[at.min(text.len())..]);
            self.buffer.replace(line, Arc::from(filled));
        }
        (self.line, self.col) = span.start;
        self.settle_column();
        Next::Stay
    }
}
