//! Field splitting (XCU 2.6.5): collects the results of expansion into fields.
//!
//! A field is kept as a pattern, in which quoted characters are escaped; see [`crate::lang::pattern`].

use alloc::vec::Vec;
use core::hint::black_box;

use bstr::{BString, ByteSlice};

use crate::lang::pattern::escape_into;

pub(super) struct Fields {
    done: Vec<Vec<u8>>,
    current: Vec<u8>,
    /// Whether `current` is a field, if an empty one.
    open: bool,
    /// A white space ended the last field: one other separator may follow that belongs to it.
    after_space: bool,
    /// `IFS`; `None` where nothing is split.
    separators: Option<BString>,
    /// What a quoted text is escaped for.
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// A text, or names of files: a backslash that comes from an expansion stands for itself.
    Text,
    /// A pattern, in which it quotes.
    Pattern,
    Regex,
}

impl Fields {
    /// Splits at the bytes of `separators`.
    pub fn splitting(separators: BString) -> Self {
        Self { separators: Some(separators), ..Self::joined() }
    }

    /// Makes one field, as for assignments.
    pub fn joined() -> Self {
        Self {
            done: Vec::new(),
            current: Vec::new(),
            open: false,
            after_space: false,
            separators: None,
            style: Style::Text,
        }
    }

    /// Makes one pattern.
    pub fn pattern() -> Self {
        Self { style: Style::Pattern, ..Self::joined() }
    }

    /// Makes one regular expression.
    pub fn regex() -> Self {
        Self { style: Style::Regex, ..Self::joined() }
    }

    /// Whether what is pushed may become several fields.
    pub fn splits(&self) -> bool {
        self.separators.is_some()
    }

    /// Makes room for the result of an expansion, if there is memory: for the fields that it is split into, for copies of
    /// it, of the field that it comes to, and for that to grow. Doubling a variable again and again is soon more than
    /// there is.
    #[must_use]
    pub fn make_room(&mut self, text: &[u8], quoted: bool) -> bool {
        const LITTLE: usize = 4096;
        let length = text.len() + self.current.len();
        if length < LITTLE {
            return true;
        }
        if let (Some(list), false) = (&self.separators, quoted) {
            let fields = text.iter().filter(|byte| list.contains(byte)).count() + 1;
            if self.done.try_reserve(fields).is_err() {
                return false;
            }
        }
        let mut room = Vec::<u8>::new();
        // Memory that nobody looks at would not really be asked for.
        room.try_reserve_exact(4 * length).is_ok() && !black_box(room.as_ptr()).is_null()
    }

    /// Adds quoted text. It makes a field even when it is empty.
    pub fn quoted(&mut self, text: &[u8]) {
        match self.style {
            Style::Text | Style::Pattern => escape_into(&mut self.current, text),
            Style::Regex => {
                for &byte in text {
                    if b".[]{}()\\*+?^$|".contains(&byte) {
                        self.current.push(b'\\');
                    }
                    self.current.push(byte);
                }
            }
        }
        self.open = true;
        self.after_space = false;
    }

    /// Adds text of the source, which is not split.
    pub fn plain(&mut self, text: &[u8]) {
        self.current.extend_from_slice(text);
        self.open = true;
        self.after_space = false;
    }

    /// Adds the result of an expansion, which is.
    pub fn expanded(&mut self, text: &[u8]) {
        let separators = self.separators.take();
        let list = separators.as_ref().map_or(&b""[..], |list| list.as_slice());
        for &byte in text {
            if !list.contains(&byte) {
                if byte == b'\\' && self.style == Style::Text {
                    self.current.push(byte);
                }
                self.current.push(byte);
                self.open = true;
                self.after_space = false;
            } else if matches!(byte, b' ' | b'\t' | b'\n') {
                self.after_space |= self.open;
                self.end_field(false);
            } else {
                self.end_field(!self.after_space);
                self.after_space = false;
            }
        }
        self.separators = separators;
    }

    /// Ends the current field; `even_empty` makes one where there is none.
    pub fn end_field(&mut self, even_empty: bool) {
        if self.open || even_empty {
            self.done.push(core::mem::take(&mut self.current));
        }
        self.open = false;
    }

    /// The fields as patterns.
    pub fn finish(mut self) -> Vec<Vec<u8>> {
        self.end_field(false);
        self.done
    }

    /// The only field as a pattern.
    pub fn finish_joined(self) -> Vec<u8> {
        self.current
    }
}

/// Whether the first byte of `IFS` joins `$*`, and which it is.
pub(super) fn joiner(ifs: Option<&bstr::BStr>) -> Option<u8> {
    match ifs {
        None => Some(b' '),
        Some(ifs) => ifs.as_bytes().first().copied(),
    }
}
