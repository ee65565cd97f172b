//! What each key does.

use super::{
    Action, Editor, Last, change::Case, keys::Key, line::To, menu::Step, search::Search, undo::Kind,
};

/// How often a key may count.
const MOST: usize = 9999;

impl Editor {
    pub(super) fn key(&mut self, key: Key) -> Action {
        if self.pasting {
            return self.paste(key);
        }
        if !matches!(key, Key::Text(_)) {
            self.undo.separate();
        }
        if core::mem::take(&mut self.prefixed) {
            match key {
                Key::Control(b'U') => self.undo_last(),
                Key::Control(b'G') => {}
                _ => self.screen.bell(),
            }
            return Action::None;
        }
        if self.search.is_some() && self.search_key(key) {
            return Action::None;
        }
        if self.menu.is_some() && self.menu_key(key) {
            return Action::None;
        }
        if let Some(digit) = self.digit(key) {
            self.count = Some((self.count.unwrap_or(0) * 10 + digit).min(MOST));
            return Action::None;
        }
        let count = self.count.take().unwrap_or(1);
        let mut action = Action::None;
        for _ in 0..count {
            let last = core::mem::take(&mut self.last);
            action = self.once(key, last);
            if action != Action::None || self.search.is_some() {
                break;
            }
        }
        action
    }

    /// The digit of a count: Alt with a digit, and then digits.
    fn digit(&self, key: Key) -> Option<usize> {
        let digit = match key {
            Key::Meta(digit) => digit,
            Key::Text(text) if self.count.is_some() => text.bytes()[0],
            _ => return None,
        };
        digit.is_ascii_digit().then(|| usize::from(digit - b'0'))
    }

    fn paste(&mut self, key: Key) -> Action {
        match key {
            Key::Text(text) => self.insert_as(text.bytes(), Kind::Pasted),
            Key::Literal(byte) => self.insert_as(&[byte], Kind::Pasted),
            Key::PasteEnd => {
                self.pasting = false;
                self.undo.separate();
            }
            _ => {}
        }
        Action::None
    }

    fn once(&mut self, key: Key, last: Last) -> Action {
        match key {
            Key::Text(text) => self.insert_as(text.bytes(), Kind::Typed),
            Key::Literal(byte) => self.insert(&[byte]),
            Key::PasteStart => self.pasting = true,
            Key::Control(b'J' | b'M') => return self.enter(),
            Key::Meta(b'\r' | b'\n') => self.insert(b"\n"),
            Key::Control(b'C') => return self.interrupt(),
            Key::Control(b'D') if self.line.len() == 0 => return Action::Eof,
            // The end of the input in the middle of a command: the parser says what is missing.
            Key::Control(b'D') if self.line.before().ends_with(b"\n") && self.at_end() => {
                return self.accept();
            }
            Key::Control(b'D') | Key::Delete => self.delete(To::Right),
            Key::Control(b'H') | Key::Backspace => self.delete(To::Left),
            Key::Control(b'I') => {
                self.last = Last::Completed;
                return Action::Complete { list: last == Last::Completed };
            }
            Key::Control(b'A') | Key::Home => self.go(To::Start),
            Key::Control(b'E') | Key::End if self.take_suggestion(false) => {}
            Key::Control(b'E') | Key::End => self.go(To::End),
            Key::Control(b'B') | Key::Left => self.go(To::Left),
            Key::Control(b'F') | Key::Right if self.take_suggestion(false) => {}
            Key::Control(b'F') | Key::Right => self.go(To::Right),
            Key::Meta(b'b') | Key::WordLeft => self.go(To::WordLeft),
            Key::Meta(b'f') | Key::WordRight if self.take_suggestion(true) => {}
            Key::Meta(b'f') | Key::WordRight => self.go(To::WordRight),
            Key::Control(b'U') => self.kill(To::Start, last),
            Key::Control(b'K') => self.kill(To::End, last),
            Key::Control(b'W') => self.kill(To::BlankLeft, last),
            Key::Meta(b'd') | Key::WordDelete => self.kill(To::WordRight, last),
            Key::Meta(0x7f | 8) => self.kill(To::WordLeft, last),
            Key::Meta(b'\\') => self.delete_blanks(),
            Key::Control(b'Y') => self.yank(),
            Key::Meta(b'y') => self.yank_older(last),
            Key::Meta(b'.' | b'_') => self.yank_argument(last),
            Key::Control(b'T') => self.transpose(),
            Key::Meta(b't') => self.transpose_words(),
            Key::Meta(b'u') => self.set_case(Case::Upper),
            Key::Meta(b'l') => self.set_case(Case::Lower),
            Key::Meta(b'c') => self.set_case(Case::Capital),
            Key::Meta(b'#') => {
                self.line.go(0);
                self.insert(b"#");
                return self.accept();
            }
            Key::Control(b'P') | Key::Up => self.up(),
            Key::Control(b'N') | Key::Down => self.down(),
            Key::Meta(b'<') => {
                let oldest = self.walk.oldest(&self.history, self.line.text());
                self.replace(oldest);
            }
            Key::Meta(b'>') => {
                let newest = self.walk.newest(&self.history, self.line.text());
                self.replace(newest);
            }
            Key::Meta(b'p') | Key::PageUp => self.matching(true, last),
            Key::Meta(b'n') | Key::PageDown => self.matching(false, last),
            Key::Control(b'R') => self.search = Some(Search::new(self.line.text(), true)),
            Key::Control(b'S') => self.search = Some(Search::new(self.line.text(), false)),
            Key::Control(b'_') => self.undo_last(),
            Key::Meta(b'r') => self.undo_all(),
            Key::Control(b'X') => self.prefixed = true,
            Key::Control(b'Q' | b'V') => self.decoder.expect_literal(),
            Key::Control(b'L') => self.redraw(),
            // An escape sequence that has no meaning here is no reason for noise; a key is.
            Key::Unknown | Key::PasteEnd | Key::Control(b'G') => {}
            Key::Control(_) | Key::Meta(_) | Key::ShiftTab => self.screen.bell(),
        }
        Action::None
    }

    fn at_end(&self) -> bool {
        self.line.cursor() == self.line.len()
    }

    /// Enter: the command is done, or needs another line.
    fn enter(&mut self) -> Action {
        let mut text = self.line.text();
        text.push(b'\n');
        if self.line.has_room(1) && crate::shell::needs_more(&text, &self.aliases) {
            self.line.go(self.line.len());
            self.insert(b"\n");
            return Action::None;
        }
        self.accept()
    }

    fn accept(&mut self) -> Action {
        self.leave(b"");
        Action::Accept(self.line.text())
    }

    fn interrupt(&mut self) -> Action {
        self.leave(b"^C");
        Action::Interrupt
    }

    /// Draws the line for the last time, and goes below it.
    fn leave(&mut self, mark: &[u8]) {
        self.search = None;
        self.menu = None;
        self.line.go(self.line.len());
        self.draw(false);
        self.screen.write(mark);
        if self.bracketed_paste {
            self.screen.write(b"\x1b[?2004l");
        }
        self.screen.finish();
    }

    /// Takes what the history suggests, or one word of it; whether there was something.
    fn take_suggestion(&mut self, word: bool) -> bool {
        let Some(rest) = self.suggestion() else { return false };
        let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let length = rest[gap..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
        let rest = if word { rest[..gap + length].to_vec() } else { rest.to_vec() };
        self.insert(&rest);
        true
    }

    fn up(&mut self) {
        let above = self.line.target(To::Above);
        if above != self.line.cursor() {
            return self.line.go(above);
        }
        let older = self.walk.older(&self.history, self.line.text());
        self.replace(older);
    }

    fn down(&mut self) {
        let below = self.line.target(To::Below);
        if below != self.line.cursor() {
            return self.line.go(below);
        }
        let newer = self.walk.newer(&self.history, self.line.text());
        self.replace(newer);
    }

    /// The next line of the history that begins with what stands before the cursor.
    fn matching(&mut self, older: bool, last: Last) {
        let length = match last {
            Last::Matched(length) => length,
            _ => self.line.cursor(),
        };
        let beginning = self.line.slice(0..length);
        let found = self.walk.matching(&self.history, &beginning, self.line.text(), older);
        self.replace(found);
        self.last = Last::Matched(length);
    }

    /// A key while the menu is shown; whether the menu took it. Any other key closes it.
    fn menu_key(&mut self, key: Key) -> bool {
        let chosen = self.menu.as_ref().is_some_and(|menu| menu.selected.is_some());
        let step = match key {
            Key::Control(b'I') => Step::Next,
            Key::ShiftTab => Step::Previous,
            Key::Down if chosen => Step::Next,
            Key::Up if chosen => Step::Previous,
            Key::Right if chosen => Step::NextColumn,
            Key::Left if chosen => Step::PreviousColumn,
            Key::Control(b'G') => {
                if let Some(menu) = self.menu.take() {
                    self.change(menu.at..menu.at + menu.inserted, b"", Kind::Other);
                }
                return true;
            }
            _ => {
                self.menu = None;
                return false;
            }
        };
        let (_, cols) = self.screen.size();
        let Some(mut menu) = self.menu.take() else { return false };
        let insert = menu.step(step, cols).insert.clone();
        let before = self.line.len() - menu.inserted;
        self.change(menu.at..menu.at + menu.inserted, &insert, Kind::Other);
        menu.inserted = self.line.len() - before;
        self.menu = Some(menu);
        self.last = Last::Completed;
        true
    }
}
