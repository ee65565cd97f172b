//! The state of `vi`: a text, a cursor, and what is being typed. It waits for nothing: what takes files, commands or
//! the screen is asked for by what [`Editor::key`] answers.

use alloc::{string::String, vec::Vec};
use bstr::BString;

use super::{
    super::support::{
        editing::{buffer::Buffer, finder::Finder},
        posix_regex::Syntax,
    },
    confirm::Confirm,
    draw::View,
    layout,
    motion::{Find, Place},
    normal::Pending,
    options::Settings,
    registers::Registers,
    substitute::Substitution,
};
use crate::{
    edit::keys::Key,
    screen::{Input, Size},
};

/// What keys mean now.
pub enum Mode {
    Normal,
    Insert,
    /// Typed text takes the place of what is there.
    Replace,
    /// A line is typed at the bottom: after `:`, `/` or `?`.
    Line { kind: u8, typed: Input },
    /// `:s///c` asks.
    Confirm(Confirm),
}

/// What the one who holds the screen has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    /// A command line of `ex`.
    Ex(Vec<u8>),
    Repaint,
    Suspend,
    /// The next key stands for itself.
    Literal,
}

/// What is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visual {
    pub start: Place,
    pub lines: bool,
}

/// An insertion that goes on.
#[derive(Default)]
pub struct Inserting {
    /// How often the text is to be there in the end.
    pub count: usize,
    pub keys: Vec<Key>,
    /// What `R` typed over, to come back with Backspace.
    pub over: Vec<Option<Vec<u8>>>,
    /// Where it began in its line: Backspace goes no further.
    pub start: Place,
    /// Each repetition begins a line of its own (`o`).
    pub opens: bool,
    /// The blanks were put by `autoindent`, and nothing was typed behind them.
    pub indented: bool,
}

/// What `.` does again.
#[derive(Clone, Default)]
pub struct Change {
    pub register: Option<u8>,
    pub count: Option<usize>,
    pub keys: Vec<Key>,
}

pub struct Editor {
    pub buffer: Buffer,
    pub line: usize,
    /// The byte in the line.
    pub col: usize,
    /// The column where the cursor would like to be when it goes up and down.
    pub want: usize,
    pub mode: Mode,
    pub visual: Option<Visual>,
    pub pending: Pending,
    pub inserting: Inserting,
    pub registers: Registers,
    pub settings: Settings,
    pub view: View,
    pub finder: Finder,
    pub searches_forward: bool,
    /// What stood behind the pattern of the last search.
    pub offset: Vec<u8>,
    pub find: Option<Find>,
    pub substitution: Option<Substitution>,
    /// The keys of the command that is being typed, from its name on.
    pub typed: Vec<Key>,
    /// Whether that command is one that `.` does again.
    pub repeats: bool,
    /// The register and the count that were given with it.
    pub given: (Option<u8>, Option<usize>),
    /// Where the cursor was when it began.
    pub began: Place,
    pub change: Change,
    pub replaying: bool,
    /// Shown once at the bottom, and whether it is a complaint.
    pub message: Option<(String, bool)>,
    /// Lines typed after `:` and after `/`, the newest last, and which of them is shown.
    pub history: [Vec<Vec<u8>>; 2],
    pub recalled: usize,
    /// The keys that are recorded by `q`, and under which name.
    pub recording: Option<(u8, Vec<u8>)>,
    /// Keys that `@` types.
    pub queued: Vec<u8>,
    pub last_macro: Option<u8>,
    pub files: Files,
}

/// The files that are edited.
#[derive(Default)]
pub struct Files {
    pub current: Option<BString>,
    /// `#`
    pub alternate: Option<BString>,
    pub arguments: Vec<BString>,
    /// Which of the arguments is being edited.
    pub index: usize,
    /// Whether the file was there.
    pub is_new: bool,
}

impl Editor {
    pub fn new(size: Size) -> Self {
        Self {
            buffer: Buffer::new(),
            line: 1,
            col: 0,
            want: 0,
            mode: Mode::Normal,
            visual: None,
            pending: Pending::default(),
            inserting: Inserting::default(),
            registers: Registers::default(),
            settings: Settings::default(),
            view: View::new(size),
            finder: Finder::new(Syntax::Basic),
            searches_forward: true,
            offset: Vec::new(),
            find: None,
            substitution: None,
            typed: Vec::new(),
            repeats: false,
            given: (None, None),
            began: (1, 0),
            change: Change::default(),
            replaying: false,
            message: None,
            history: [Vec::new(), Vec::new()],
            recalled: 0,
            recording: None,
            queued: Vec::new(),
            last_macro: None,
            files: Files::default(),
        }
    }

    /// How many lines a person sees: an empty text has one.
    pub fn lines(&self) -> usize {
        self.buffer.len().max(1)
    }

    /// The line of the cursor.
    pub fn text(&self) -> &[u8] {
        self.buffer.line(self.line)
    }

    pub fn is_inserting(&self) -> bool {
        matches!(self.mode, Mode::Insert | Mode::Replace)
    }

    pub fn say(&mut self, text: String) {
        self.message = Some((text, false));
    }

    pub fn complain(&mut self, text: String) {
        self.message = Some((text, true));
    }

    /// Remembers where the cursor is, for `''`.
    pub fn remember_jump(&mut self) {
        self.buffer.mark(b'\'', self.line, self.col);
    }

    /// The column where the cursor is becomes the one that it likes.
    pub fn like_column(&mut self) {
        self.want = layout::column(self.text(), self.col, self.settings.tabstop);
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Next {
        if let Some((_, keys)) = &mut self.recording {
            super::macros::encode(&key, keys);
        }
        self.obey(key)
    }

    /// Does what a key says, whoever typed it.
    pub fn obey(&mut self, key: Key) -> Next {
        // A terminal sends Alt with a key as Escape before it.
        if let Key::Meta(byte) = key {
            let first = self.obey(Key::Control(b'['));
            let mut decoder = crate::edit::keys::Decoder::default();
            let mut second = None;
            decoder.feed(byte, |key| second = Some(key));
            return second.map_or(first, |key| self.obey(key));
        }
        if !self.replaying {
            if self.is_idle() {
                self.began = (self.line, self.col);
            }
            self.typed.push(key);
        }
        let next = match &self.mode {
            Mode::Insert | Mode::Replace => self.insert_key(key),
            Mode::Normal => self.normal_key(key),
            Mode::Line { .. } => self.line_key(key),
            Mode::Confirm(_) => self.confirm_key(key),
        };
        if self.is_idle() && !self.replaying {
            let keys = core::mem::take(&mut self.typed);
            if core::mem::take(&mut self.repeats) {
                let (register, count) = self.given;
                self.change = Change { register, count, keys };
            }
            self.buffer.commit(self.began);
        }
        next
    }

    /// Whether no command has been begun.
    fn is_idle(&self) -> bool {
        matches!(self.mode, Mode::Normal) && self.pending.is_empty()
    }
}
