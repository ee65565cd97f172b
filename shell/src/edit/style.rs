//! What styles look like: SGR sequences of the sixteen colours, which every terminal has.

use alloc::vec::Vec;

use super::glyph::Style;

pub(super) const PLAIN: Style = Style(0);
pub(super) const COMMAND: Style = Style(1);
pub(super) const UNKNOWN: Style = Style(2);
pub(super) const KEYWORD: Style = Style(3);
pub(super) const STRING: Style = Style(4);
pub(super) const VARIABLE: Style = Style(5);
pub(super) const COMMENT: Style = Style(6);
pub(super) const ERROR: Style = Style(7);
pub(super) const SUGGESTION: Style = Style(8);
pub(super) const SELECTED: Style = Style(9);

/// By the numbers above.
const SEQUENCES: [&[u8]; 10] = [b"", b"32", b"31", b"35", b"33", b"36", b"90", b"97;41", b"90", b"7"];

/// The styles that a prompt brings along: what it selected since it last reset everything.
#[derive(Debug, Default)]
pub(super) struct Own {
    sequences: Vec<Vec<u8>>,
}

impl Own {
    /// Where their numbers begin.
    const FIRST: usize = SEQUENCES.len();

    /// The style of these SGR sequences.
    pub fn style(&mut self, sequences: &[u8]) -> Style {
        if sequences.is_empty() {
            return PLAIN;
        }
        let known = self.sequences.iter().position(|other| other == sequences);
        let index = known.unwrap_or_else(|| {
            self.sequences.push(sequences.to_vec());
            self.sequences.len() - 1
        });
        Style(u8::try_from(Self::FIRST + index).unwrap_or(0))
    }

    pub fn clear(&mut self) {
        self.sequences.clear();
    }

    /// Selects a style, whatever was selected before.
    pub fn select(&self, style: Style, out: &mut Vec<u8>) {
        let number = usize::from(style.0);
        match SEQUENCES.get(number).copied() {
            Some(b"") => out.extend_from_slice(b"\x1b[m"),
            Some(codes) => {
                out.extend_from_slice(b"\x1b[0;");
                out.extend_from_slice(codes);
                out.push(b'm');
            }
            None => {
                out.extend_from_slice(b"\x1b[m");
                if let Some(sequences) = self.sequences.get(number - Self::FIRST) {
                    out.extend_from_slice(sequences);
                }
            }
        }
    }
}
