//! The line editor: bytes from the terminal in, actions and bytes for the terminal out.
//!
//! It has no terminal and never waits: [`Editor::feed`] takes one byte, and [`Editor::refresh`] is
//! called when no more bytes are there for now, so that a paste is drawn once. This file holds the state and
//! how it is drawn; what the keys do is in `commands`, `change`, `search` and `history`.

mod change;
mod commands;
pub(crate) mod complete;
pub(crate) mod glyph;
mod highlight;
mod history;
pub(crate) mod keys;
mod kill;
mod layout;
mod line;
mod menu;
pub(crate) mod scan;
mod screen;
mod search;
mod style;
#[cfg(test)]
mod tests;
mod undo;

use alloc::{boxed::Box, sync::Arc, vec::Vec};

pub(crate) use history::{BYTES as HISTORY_BYTES, LINES as HISTORY_LINES};
pub use history::{History, Rules};
pub use line::LIMIT;
pub(crate) use menu::Candidate;

use crate::{env::WindowSize, lang::Aliases};
use glyph::Style;
use history::Walk;
use keys::Decoder;
use kill::KillRing;
use line::Line;
use menu::Menu;
use screen::{Screen, View};
use search::Search;
use undo::Undo;

/// What the one who feeds the editor has to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// The command is complete.
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

/// Tells whether there is a command of this name.
pub type Known = Box<dyn Fn(&[u8]) -> bool + Send>;

/// What a line begins with.
pub struct Setup<'a> {
    /// What stands before the first line. `\x01` and `\x02` enclose what takes no columns.
    pub prompt: &'a [u8],
    /// What stands before those after it.
    pub continuation: &'a [u8],
    /// The terminal's size.
    pub size: WindowSize,
    /// Colours, and with them suggestions. `None`: without either.
    pub colours: Option<Known>,
    /// The terminal can tell what is pasted from what is typed.
    pub bracketed_paste: bool,
    /// What they stand for decides where a command ends.
    pub aliases: Arc<Aliases>,
}

/// What the last key did, where that matters to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Killed,
    /// Something of the kill ring was put in, from here to the cursor.
    Yanked(usize),
    /// The last word of a line so far back was put in, from here to the cursor.
    Argument {
        back: usize,
        from: usize,
    },
    /// Tab.
    Completed,
    /// A line of the history that begins with as many bytes of the line.
    Matched(usize),
}

/// The editor.
#[derive(Default)]
pub struct Editor {
    /// The lines accepted so far; the caller adds them.
    pub history: History,
    line: Line,
    decoder: Decoder,
    screen: Screen,
    undo: Undo,
    kills: KillRing,
    walk: Walk,
    search: Option<Search>,
    /// What the last search looked for.
    last_search: Vec<u8>,
    menu: Option<Menu>,
    last: Last,
    /// How often the next key counts (Alt with digits).
    count: Option<usize>,
    /// `^X` was pressed.
    prefixed: bool,
    /// What comes is pasted.
    pasting: bool,
    prompt: Vec<u8>,
    colours: Option<Known>,
    bracketed_paste: bool,
    aliases: Arc<Aliases>,
    styles: Vec<(usize, Style)>,
    size: Option<WindowSize>,
}

impl Editor {
    /// Begins an empty line.
    pub fn begin(&mut self, setup: Setup<'_>) {
        self.line = Line::default();
        self.undo = Undo::default();
        self.walk = Walk::default();
        self.search = None;
        self.menu = None;
        self.last = Last::Other;
        (self.count, self.prefixed, self.pasting) = (None, false, false);
        self.prompt = setup.prompt.to_vec();
        self.colours = setup.colours;
        self.bracketed_paste = setup.bracketed_paste;
        self.aliases = setup.aliases;
        self.styles.clear();
        if self.bracketed_paste {
            self.screen.write(b"\x1b[?2004h");
        }
        self.screen.begin(setup.prompt, setup.continuation, setup.size);
        self.size = Some(setup.size);
        self.draw_with(Some(0), true);
    }

    /// Takes one byte from the terminal.
    pub fn feed(&mut self, byte: u8) -> Action {
        let mut keys = [None; 4];
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

    /// Brings the screen up to date; the bytes for the terminal. A terminal that has another size now is
    /// drawn anew.
    pub fn refresh(&mut self, size: WindowSize) -> Vec<u8> {
        self.size = Some(size);
        self.draw(true);
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

    /// What the word before the cursor could become: `shared` is what all of these go on with, in the form to put
    /// in. `list`: shows them if there is nothing to put in.
    pub(crate) fn offer(&mut self, shared: &[u8], candidates: Vec<Candidate>, list: bool) {
        match candidates.as_slice() {
            [] => self.screen.bell(),
            [only] => {
                let insert = only.insert.clone();
                self.insert(&insert);
            }
            _ if !shared.is_empty() => self.insert(shared),
            _ if list => self.menu = Some(Menu::new(candidates, self.line.cursor())),
            _ => self.screen.bell(),
        }
    }

    /// Clears the screen, so that everything is drawn anew.
    fn redraw(&mut self) {
        self.screen.clear();
    }

    /// Takes the line off the screen, for something to be written where it was. It is drawn anew below that.
    pub(crate) fn step_aside(&mut self) {
        self.screen.step_aside();
    }

    fn draw(&mut self, ongoing: bool) {
        let changed = self.line.take_changed();
        self.draw_with(changed, ongoing);
    }

    /// Draws; `ongoing`: with what is there only while the line is edited.
    fn draw_with(&mut self, mut changed: Option<usize>, ongoing: bool) {
        let prompt = self.search.as_ref().map(Search::prompt);
        if self.screen.set_prompt(prompt.as_deref().unwrap_or(&self.prompt)) {
            changed = Some(0);
        }
        if changed.is_some()
            && let Some(known) = &self.colours
        {
            self.styles.clear();
            if self.line.len() <= highlight::LONGEST {
                self.styles = highlight::highlight(&self.line.text(), known);
            }
        }
        let wanted = ongoing && self.wants_suggestion();
        let suggestion = wanted.then(|| self.history.suggestion(self.line.before())).flatten();
        let (_, cols) = self.screen.size();
        let below = match &self.menu {
            Some(menu) if ongoing => menu.rows(cols, self.screen.room_below()),
            _ => Vec::new(),
        };
        let view = View {
            line: &self.line,
            changed,
            styles: &self.styles,
            suggestion: suggestion
                .and_then(|text| text.split(|&byte| byte == b'\n').next())
                .unwrap_or_default(),
            below: &below,
        };
        let size = self.size.unwrap_or(WindowSize { rows: 0, cols: 0 });
        self.screen.draw(&view, size);
    }

    /// What the history would go on with behind the line.
    fn suggestion(&self) -> Option<&[u8]> {
        self.wants_suggestion().then(|| self.history.suggestion(self.line.before())).flatten()
    }

    fn wants_suggestion(&self) -> bool {
        let wanted = self.colours.is_some() && self.search.is_none() && self.menu.is_none() && !self.pasting;
        let length = self.line.len();
        wanted && (1..=highlight::LONGEST).contains(&length) && self.line.cursor() == length
    }
}
