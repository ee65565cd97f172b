//! The line that is typed at the bottom: a command of `ex`, or what is searched for.

use super::editor::{Editor, Mode, Next};
use super::normal::Pending;
use crate::{edit::keys::Key, screen::Typed};

/// How many lines are remembered.
const HISTORY: usize = 100;

impl Editor {
    pub fn line_key(&mut self, key: Key) -> Next {
        let Mode::Line { kind, typed } = &mut self.mode else { return Next::Stay };
        let kind = *kind;
        let which = usize::from(kind != b':');
        match key {
            Key::Up | Key::Down | Key::Control(b'P' | b'N') => {
                let history = &self.history[which];
                let at = self.recalled.min(history.len());
                let back = matches!(key, Key::Up | Key::Control(b'P'));
                self.recalled = if back { at.saturating_sub(1) } else { (at + 1).min(history.len()) };
                typed.set(history.get(self.recalled).map_or(b"", |line| line));
                return Next::Stay;
            }
            Key::Control(b'V' | b'Q') => return Next::Literal,
            Key::Control(b'W') => {
                let mut text = typed.text().trim_ascii_end();
                while text.last().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                    text = &text[..text.len() - 1];
                }
                let text = text.to_vec();
                typed.set(&text);
                return Next::Stay;
            }
            Key::Control(b'[') => return self.leave_line(),
            _ => {}
        }
        let text = match typed.key(&key) {
            Typed::More => return Next::Stay,
            Typed::GivenUp => return self.leave_line(),
            Typed::Done => typed.text().to_vec(),
        };
        self.mode = Mode::Normal;
        let history = &mut self.history[which];
        history.retain(|line| *line != text);
        history.push(text.clone());
        if history.len() > HISTORY {
            history.remove(0);
        }
        if kind == b':' {
            self.pending = Pending::default();
            return Next::Ex(text);
        }
        let times = self.pending.count.unwrap_or(1);
        match self.search_typed(&text, kind == b'/', times) {
            Ok(target) => {
                self.pending.count = None;
                self.moved(target)
            }
            Err(()) => self.give_up(),
        }
    }

    fn leave_line(&mut self) -> Next {
        self.mode = Mode::Normal;
        self.give_up()
    }
}
