//! Commands: the keys when nothing is inserted.

use alloc::{string::String, sync::Arc, vec::Vec};

use super::{
    chars::{Kind, after, before, indent, kind, last},
    editor::{Editor, Mode, Next, Visual},
    motion::{Find, Shape, Target},
    operator::{Operator, Span},
    registers::is_name,
};
use crate::{
    edit::keys::Key,
    screen::{Input, text_of},
};

/// What was typed of a command so far.
#[derive(Default)]
pub struct Pending {
    pub register: Option<u8>,
    pub count: Option<usize>,
    /// An operator, and the count before it.
    pub operator: Option<(Operator, Option<usize>)>,
    pub wait: Wait,
}

/// What the next key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    #[default]
    Nothing,
    Register,
    Find {
        forward: bool,
        till: bool,
    },
    Replace,
    Mark,
    /// To a mark: to its character, or to its line.
    Jump(bool),
    G,
    Z,
    Leave,
    Section(bool),
    /// A text object, with what is around it.
    Object(bool),
    Record,
    Play,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.register.is_none() && self.count.is_none() && self.operator.is_none() && self.wait == Wait::Nothing
    }
}

/// Larger counts mean nothing.
const MOST: usize = 1_000_000;

/// The key as a character; 0 for those that mean nothing here.
pub fn code(key: &Key) -> char {
    match key {
        Key::Text(text) => bstr::decode_utf8(text.bytes()).0.unwrap_or(char::REPLACEMENT_CHARACTER),
        Key::Control(byte) => char::from(byte ^ 0x40),
        Key::Literal(byte) => char::from(*byte),
        Key::Up => 'k',
        Key::Down => 'j',
        Key::Left => 'h',
        Key::Right => 'l',
        Key::WordLeft => 'b',
        Key::WordRight => 'w',
        Key::Home => super::motion::HOME,
        Key::End => '$',
        Key::PageUp => '\x02',
        Key::PageDown => '\x06',
        Key::Delete => 'x',
        Key::Backspace => '\x08',
        _ => '\0',
    }
}

const ESCAPE: char = '\x1b';
const INTERRUPT: char = '\x03';

impl Editor {
    /// Whether a motion is for an operator, or for a selection.
    pub fn is_operating(&self) -> bool {
        self.pending.operator.is_some()
    }

    /// The count that was typed, before the operator and behind it.
    fn take_count(&mut self) -> Option<usize> {
        let before = self.pending.operator.and_then(|(_, count)| count);
        match (before, self.pending.count.take()) {
            (Some(one), Some(other)) => Some((one * other).min(MOST)),
            (one, other) => one.or(other),
        }
    }

    pub fn normal_key(&mut self, key: Key) -> Next {
        let code = code(&key);
        match core::mem::take(&mut self.pending.wait) {
            _ if code == ESCAPE || code == INTERRUPT => {
                self.pending = Pending::default();
                self.visual = None;
                self.settle_column();
                Next::Stay
            }
            Wait::Nothing => self.command(code),
            wait => self.awaited(wait, &key, code),
        }
    }

    fn command(&mut self, code: char) -> Next {
        match code {
            '1'..='9' => return self.digit(code),
            '0' if self.pending.count.is_some() => return self.digit(code),
            _ => {}
        }
        let wait = match code {
            '"' => Wait::Register,
            'f' => Wait::Find { forward: true, till: false },
            'F' => Wait::Find { forward: false, till: false },
            't' => Wait::Find { forward: true, till: true },
            'T' => Wait::Find { forward: false, till: true },
            '`' => Wait::Jump(true),
            '\'' => Wait::Jump(false),
            'g' => Wait::G,
            '[' | ']' => Wait::Section(code == ']'),
            'i' | 'a' if self.is_operating() || self.visual.is_some() => Wait::Object(code == 'a'),
            'r' if !self.is_operating() => Wait::Replace,
            'm' if !self.is_operating() => Wait::Mark,
            'z' if !self.is_operating() => Wait::Z,
            'Z' if !self.is_operating() => Wait::Leave,
            'q' if !self.is_operating() => return self.record(),
            '@' if !self.is_operating() => Wait::Play,
            _ => Wait::Nothing,
        };
        if wait != Wait::Nothing {
            self.pending.wait = wait;
            return Next::Stay;
        }
        if matches!(code, '/' | '?') {
            self.begin_line(code as u8, b"");
            return Next::Stay;
        }
        // With `c`, a word ends where it ends, not where the next one begins.
        let changes_word = matches!(self.pending.operator, Some((Operator::Change, _))) && matches!(code, 'w' | 'W');
        if changes_word && kind(self.text(), self.col, false) != Kind::Blank {
            return self.change_words(code == 'W');
        }
        let count = self.pending.operator.map_or(self.pending.count, |(_, before)| match (before, self.pending.count) {
            (Some(one), Some(other)) => Some((one * other).min(MOST)),
            (one, other) => one.or(other),
        });
        match self.motion(code, count) {
            Ok(Some(target)) => {
                if matches!(code, 'G' | '%' | '(' | ')' | '{' | '}' | 'H' | 'M' | 'L') && !self.is_operating() {
                    self.remember_jump();
                }
                self.moved(target)
            }
            Err(()) => self.give_up(),
            Ok(None) if self.is_operating() => self.doubled(code),
            Ok(None) if self.visual.is_some() => self.visual_command(code),
            Ok(None) => self.action(code),
        }
    }

    fn digit(&mut self, code: char) -> Next {
        let digit = code as usize - '0' as usize;
        self.pending.count = Some((self.pending.count.unwrap_or(0) * 10 + digit).min(MOST));
        self.forget_prefix();
        Next::Stay
    }

    /// What `.` does again begins with the name of the command.
    fn forget_prefix(&mut self) {
        if !self.is_operating() && !self.replaying {
            self.typed.clear();
        }
    }

    /// A command that makes no sense, or leads nowhere.
    pub fn give_up(&mut self) -> Next {
        self.pending = Pending::default();
        self.replaying_failed();
        Next::Stay
    }

    fn replaying_failed(&mut self) {
        self.repeats = false;
    }

    /// A motion has come to its end.
    pub fn moved(&mut self, target: Target) -> Next {
        let count = self.take_count();
        if let Some((operator, _)) = self.pending.operator {
            let span = self.span_to(target);
            self.given.1 = count;
            return self.finish(operator, span);
        }
        (self.line, self.col) = target.place;
        if !target.keeps_column {
            self.like_column();
        }
        self.pending = Pending::default();
        Next::Stay
    }

    /// Carries an operator out, and is done with the command.
    pub fn finish(&mut self, operator: Operator, span: Span) -> Next {
        let register = self.pending.register;
        self.given = (register, self.pending.operator.and_then(|(_, count)| count));
        self.pending = Pending::default();
        if operator == Operator::Filter {
            let lines = span.end.0 - span.start.0;
            self.line = span.start.0;
            let range = if lines == 0 { String::from(".!") } else { alloc::format!(".,.+{lines}!") };
            self.begin_line(b':', range.as_bytes());
            return Next::Stay;
        }
        self.repeats = operator != Operator::Yank;
        self.operate(operator, span, register);
        self.like_column();
        Next::Stay
    }

    fn change_words(&mut self, big: bool) -> Next {
        let count = self.take_count().unwrap_or(1);
        let (line, mut at) = (self.line, self.col);
        let text = self.text();
        let word = kind(text, at, big);
        while after(text, at) < text.len() && kind(text, after(text, at), big) == word {
            at = after(text, at);
        }
        let place = (1..count).fold((line, at), |place, _| self.word_end(place, big));
        self.moved(Target::new(place, Shape::Inclusive))
    }

    /// An operator typed twice takes lines.
    fn doubled(&mut self, code: char) -> Next {
        let Some((operator, _)) = self.pending.operator else { return Next::Stay };
        let name = match operator {
            Operator::Delete => 'd',
            Operator::Change => 'c',
            Operator::Yank => 'y',
            Operator::Right => '>',
            Operator::Left => '<',
            Operator::Filter => '!',
            Operator::SwapCase => '~',
            Operator::Lower => 'u',
            Operator::Upper => 'U',
        };
        if code != name {
            return self.give_up();
        }
        self.lines_below(operator)
    }

    fn lines_below(&mut self, operator: Operator) -> Next {
        let count = self.take_count().unwrap_or(1);
        let last = self.line + count - 1;
        if last > self.lines() {
            return self.give_up();
        }
        self.finish(operator, Span { start: (self.line, self.col), end: (last, 0), lines: true })
    }

    /// The second key of a command.
    fn awaited(&mut self, wait: Wait, key: &Key, code: char) -> Next {
        let count = self.pending.count;
        match wait {
            Wait::Nothing => {}
            Wait::Register => {
                if !code.is_ascii() || !is_name(code as u8) {
                    return self.give_up();
                }
                self.pending.register = Some(code as u8);
                self.forget_prefix();
            }
            Wait::Find { forward, till } => {
                let text = text_of(key).to_vec();
                let text = if code == '\t' { b"\t".to_vec() } else { text };
                if text.is_empty() {
                    return self.give_up();
                }
                let find = Find { forward, till, text };
                self.find = Some(find.clone());
                let times = self.take_count().unwrap_or(1);
                return match self.find_char(&find, times, false) {
                    Ok(target) => self.moved(target),
                    Err(()) => self.give_up(),
                };
            }
            Wait::Replace => return self.replace_characters(key, code),
            Wait::Mark => {
                if code.is_ascii_lowercase() || matches!(code, '`' | '\'') {
                    let name = if code == '`' { b'\'' } else { code as u8 };
                    if self.buffer.len() == 0 {
                        self.buffer.insert(0, [Arc::from(&b""[..])]);
                    }
                    self.buffer.mark(name, self.line, self.col);
                }
                self.pending = Pending::default();
            }
            Wait::Jump(exact) => {
                let name = if code == '`' { '\'' } else { code };
                let Some((line, at)) = u8::try_from(name).ok().and_then(|name| self.buffer.marked(name)) else {
                    self.complain("Mark not set".into());
                    return self.give_up();
                };
                if !self.is_operating() {
                    self.remember_jump();
                }
                if exact {
                    let text = self.buffer.line(line);
                    return self.moved(Target::new((line, at.min(last(text))), Shape::Exclusive));
                }
                return match self.first_of(Some(line)) {
                    Ok(Some(target)) => self.moved(target),
                    _ => self.give_up(),
                };
            }
            Wait::G => return self.g_command(code),
            Wait::Z => {
                if let Some(line) = count {
                    self.line = line.clamp(1, self.lines());
                    self.settle_column();
                }
                self.pending = Pending::default();
                match code {
                    '\r' | '\n' | 't' => self.scroll_to(0),
                    '.' | 'z' => self.scroll_to(self.view.size.rows / 2),
                    '-' | 'b' => self.scroll_to(self.view.size.rows - 1),
                    _ => {}
                }
            }
            Wait::Leave => {
                self.pending = Pending::default();
                match code {
                    'Z' => return Next::Ex(b"x".to_vec()),
                    'Q' => return Next::Ex(b"q!".to_vec()),
                    _ => {}
                }
            }
            Wait::Section(forward) => {
                let times = self.take_count().unwrap_or(1);
                let expected = if forward { ']' } else { '[' };
                if code != expected {
                    return self.give_up();
                }
                let target = self.section(forward, times);
                self.remember_jump();
                return self.moved(target);
            }
            Wait::Object(around) => {
                let times = self.take_count().unwrap_or(1);
                let Some(span) = self.object(code, around, times) else { return self.give_up() };
                if let Some((operator, _)) = self.pending.operator {
                    return self.finish(operator, span);
                }
                self.pending = Pending::default();
                let start = if span.lines { (span.start.0, 0) } else { span.start };
                self.visual = Some(Visual { start, lines: span.lines });
                (self.line, self.col) = span.end;
                if !span.lines {
                    self.col = before(self.text(), self.col);
                }
            }
            Wait::Record => return self.begin_record(code),
            Wait::Play => return self.play(code),
        }
        Next::Stay
    }

    fn g_command(&mut self, code: char) -> Next {
        let count = self.take_count();
        match code {
            'g' => match self.first_of(Some(count.unwrap_or(1).min(self.lines()))) {
                Ok(Some(target)) => {
                    if !self.is_operating() {
                        self.remember_jump();
                    }
                    self.moved(target)
                }
                _ => self.give_up(),
            },
            'e' | 'E' => {
                let here = (self.line, self.col);
                let place = (0..count.unwrap_or(1)).fold(here, |place, _| self.word_end_before(place, code == 'E'));
                self.moved(Target::new(place, Shape::Inclusive))
            }
            '_' => {
                let text = self.text();
                let end = text.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(0, |at| at + 1);
                let place = (self.line, before(text, end));
                self.moved(Target::new(place, Shape::Inclusive))
            }
            '~' | 'u' | 'U' if self.visual.is_some() => {
                self.visual_command(if code == '~' { '~' } else { code })
            }
            '~' | 'u' | 'U' => {
                let operator = match code {
                    '~' => Operator::SwapCase,
                    'u' => Operator::Lower,
                    _ => Operator::Upper,
                };
                if self.pending.operator.is_some_and(|(before, _)| before == operator) {
                    return self.lines_below(operator);
                }
                self.pending.operator = Some((operator, count));
                self.pending.count = None;
                Next::Stay
            }
            'J' if !self.is_operating() => self.join_lines(count, false),
            _ => self.give_up(),
        }
    }

    /// Commands that are neither motions nor operators.
    fn action(&mut self, code: char) -> Next {
        let (register, count) = (self.pending.register, self.pending.count);
        let operator = match code {
            'd' => Some(Operator::Delete),
            'c' => Some(Operator::Change),
            'y' => Some(Operator::Yank),
            '>' => Some(Operator::Right),
            '<' => Some(Operator::Left),
            '!' => Some(Operator::Filter),
            _ => None,
        };
        if let Some(operator) = operator {
            self.pending.operator = Some((operator, self.pending.count.take()));
            return Next::Stay;
        }
        self.given = (register, count);
        self.pending = Pending::default();
        let times = count.unwrap_or(1);
        match code {
            'x' | 's' => {
                let (text, mut end) = (self.text(), self.col);
                (0..times).for_each(|_| end = after(text, end));
                let span = Span { start: (self.line, self.col), end: (self.line, end), lines: false };
                let operator = if code == 'x' { Operator::Delete } else { Operator::Change };
                if code == 'x' && text.is_empty() {
                    return Next::Stay;
                }
                self.changed(operator, span, register)
            }
            'X' => {
                let (text, mut start) = (self.text(), self.col);
                (0..times).for_each(|_| start = before(text, start));
                if start == self.col {
                    return Next::Stay;
                }
                let span = Span { start: (self.line, start), end: (self.line, self.col), lines: false };
                self.changed(Operator::Delete, span, register)
            }
            'D' | 'C' => {
                let line = (self.line + times - 1).min(self.lines());
                let end = (line, self.buffer.line(line).len());
                let operator = if code == 'D' { Operator::Delete } else { Operator::Change };
                self.changed(operator, Span { start: (self.line, self.col), end, lines: false }, register)
            }
            'S' | 'Y' => {
                let end = ((self.line + times - 1).min(self.lines()), 0);
                let span = Span { start: (self.line, self.col), end, lines: true };
                let operator = if code == 'S' { Operator::Change } else { Operator::Yank };
                self.changed(operator, span, register)
            }
            'i' | 'a' | 'I' | 'A' | 'R' => {
                match code {
                    'a' => self.col = after(self.text(), self.col),
                    'I' => self.col = indent(self.text()),
                    'A' => self.col = self.text().len(),
                    _ => {}
                }
                self.repeats = true;
                self.begin_insert(times);
                if code == 'R' {
                    self.mode = Mode::Replace;
                }
                Next::Stay
            }
            'o' | 'O' => {
                self.repeats = true;
                self.open_line(code == 'o');
                self.begin_insert(times);
                self.inserting.opens = true;
                self.inserting.indented = self.col > 0;
                Next::Stay
            }
            'J' => self.join_lines(count, true),
            '~' => {
                let (text, mut end) = (self.text(), self.col);
                (0..times).for_each(|_| end = after(text, end));
                self.repeats = true;
                let span = Span { start: (self.line, self.col), end: (self.line, end), lines: false };
                self.operate(Operator::SwapCase, span, None);
                self.col = end.min(last(self.text()));
                self.like_column();
                Next::Stay
            }
            'p' | 'P' => {
                self.repeats = self.put(register, code == 'p', times);
                self.like_column();
                Next::Stay
            }
            'u' | '\x12' => {
                self.undo(code == 'u', times);
                Next::Stay
            }
            '.' => self.repeat(count),
            '&' => Next::Ex(b"&".to_vec()),
            ':' => {
                let range = count.map_or_else(String::new, |count| match count {
                    1 => ".".into(),
                    count => alloc::format!(".,.+{}", count - 1),
                });
                self.begin_line(b':', range.as_bytes());
                Next::Stay
            }
            'v' | 'V' => {
                self.visual = Some(Visual { start: (self.line, self.col), lines: code == 'V' });
                Next::Stay
            }
            '\x06' | '\x02' | '\x04' | '\x15' | '\x05' | '\x19' => {
                self.scroll(code, count);
                Next::Stay
            }
            '\x07' => Next::Ex(b"file".to_vec()),
            '\x0c' => Next::Repaint,
            '\x1a' => Next::Suspend,
            '\x1e' => Next::Ex(b"e #".to_vec()),
            _ => Next::Stay,
        }
    }

    fn changed(&mut self, operator: Operator, span: Span, register: Option<u8>) -> Next {
        self.repeats = operator != Operator::Yank;
        self.operate(operator, span, register);
        self.like_column();
        Next::Stay
    }

    fn join_lines(&mut self, count: Option<usize>, blanks: bool) -> Next {
        self.given = (None, count);
        self.pending = Pending::default();
        let to = self.line + count.unwrap_or(2).max(2) - 1;
        if self.line < self.lines() {
            self.repeats = true;
            self.join(self.line, to.min(self.lines()), blanks);
            self.like_column();
        }
        Next::Stay
    }

    /// `r`
    fn replace_characters(&mut self, key: &Key, code: char) -> Next {
        let (count, visual) = (self.pending.count, self.visual.take());
        self.given = (None, count);
        self.pending = Pending::default();
        let new = match key {
            Key::Control(b'M' | b'J') => b"\n".to_vec(),
            Key::Control(_) => alloc::vec![code as u8],
            Key::Literal(byte) => alloc::vec![*byte],
            key => text_of(key).to_vec(),
        };
        if new.is_empty() {
            return Next::Stay;
        }
        if let Some(visual) = visual {
            return self.fill(visual, &new);
        }
        let text = self.buffer.text(self.line);
        let (times, mut end) = (count.unwrap_or(1), self.col);
        for _ in 0..times {
            if end >= text.len() {
                return Next::Stay; // not that many
            }
            end = after(&text, end);
        }
        self.repeats = true;
        let (head, tail) = (&text[..self.col], &text[end..]);
        if new == b"\n" {
            self.buffer.replace(self.line, Arc::from(head));
            self.buffer.insert(self.line, [Arc::from(tail)]);
            (self.line, self.col) = (self.line + 1, 0);
        } else {
            let replaced = [head, &new.repeat(times), tail].concat();
            let end = self.col + new.len() * (times - 1);
            self.buffer.replace(self.line, Arc::from(replaced));
            self.col = end;
        }
        self.like_column();
        Next::Stay
    }

    /// `u` and `^R`.
    pub fn undo(&mut self, back: bool, times: usize) {
        for _ in 0..times {
            let here = (self.line, self.col);
            let moved = if back { self.buffer.undo(here) } else { self.buffer.redo(here) };
            let Some(moved) = moved else {
                self.complain(if back { "Nothing to undo" } else { "Nothing to redo" }.into());
                return;
            };
            // What was put below a line is gone; the cursor is where it was then.
            let near = back && (moved.place.0 == moved.first || moved.place.0 + 1 == moved.first);
            self.line = if near { moved.place.0 } else { moved.first };
            self.col = if near { moved.place.1 } else { indent(self.text()) };
            self.settle_column();
        }
        self.like_column();
    }

    /// `.`
    fn repeat(&mut self, count: Option<usize>) -> Next {
        if count.is_some() {
            self.change.count = count;
        }
        if self.change.keys.is_empty() || self.replaying {
            return Next::Stay;
        }
        // Each time the next of the deleted texts, as in `"1p...`.
        if let Some(digit @ b'1'..=b'8') = self.change.register {
            self.change.register = Some(digit + 1);
        }
        let change = self.change.clone();
        self.replaying = true;
        (self.pending.register, self.pending.count) = (change.register, change.count);
        for key in change.keys {
            self.obey(key);
        }
        if self.is_inserting() {
            self.obey(Key::Control(b'['));
        }
        self.replaying = false;
        self.repeats = false;
        self.pending = Pending::default();
        Next::Stay
    }

    /// Begins a line at the bottom.
    pub fn begin_line(&mut self, kind: u8, text: &[u8]) {
        let mut typed = Input::default();
        typed.set(text);
        self.recalled = usize::MAX;
        self.mode = Mode::Line { kind, typed };
    }
}

/// The keys of a count, as they were typed.
pub fn digits(count: usize) -> Vec<Key> {
    let mut decoder = crate::edit::keys::Decoder::default();
    let mut keys = Vec::new();
    alloc::format!("{count}").bytes().for_each(|byte| decoder.feed(byte, |key| keys.push(key)));
    keys
}
