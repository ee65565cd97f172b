//! What each key means, worked out once when the modes or the characters change: the rest is a look into a table.

use pollux_shell::env::{Attributes, Modes, Signal};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It stands for itself and is echoed as it is: a run of these is copied.
    Plain,
    /// It stands for itself; its echo takes thought.
    Control,
    /// It is not read at all.
    Dropped,
    /// It is read as this one.
    Becomes(u8),
    /// Holds the output.
    Stop,
    /// Releases the output.
    Start,
    /// Makes a signal.
    Signal(Signal),
    /// Ends a line, and is part of it.
    EndOfLine,
    /// Hands the line over as it is.
    EndOfFile,
    /// Takes one character away.
    Erase,
    /// Takes one word away.
    EraseWord,
    /// Takes the line away.
    Kill,
    /// Shows the line again.
    Reprint,
    /// Takes the meaning from the next key.
    LiteralNext,
}

/// The meanings of all keys.
pub struct Meanings([Meaning; 256]);

impl Meanings {
    /// For a terminal that is set like this. Where a character has two meanings the one that is set last counts.
    pub fn of(attributes: &Attributes) -> Meanings {
        let Attributes { modes, characters } = attributes;
        let has = |mode| modes.contains(mode);
        let mut table = [Meaning::Plain; 256];
        if modes.intersects(Modes::ECHO.union(Modes::ECHONL)) {
            table[..0x20].fill(Meaning::Control);
            table[0x7f] = Meaning::Control;
            table[usize::from(b'\t')] = Meaning::Plain;
        }
        let mut set = |key: Option<u8>, meaning| {
            if let Some(key) = key {
                table[usize::from(key)] = meaning;
            }
        };
        if has(Modes::ICANON) {
            if has(Modes::IEXTEN) {
                set(characters.lnext, Meaning::LiteralNext);
                set(characters.reprint, Meaning::Reprint);
                set(characters.werase, Meaning::EraseWord);
            }
            set(characters.kill, Meaning::Kill);
            // Terminals disagree on what their key for it sends: each of the two stands for the other.
            if matches!(characters.erase, Some(super::ldisc::BACKSPACE | super::ldisc::DELETE)) {
                set(Some(super::ldisc::BACKSPACE), Meaning::Erase);
                set(Some(super::ldisc::DELETE), Meaning::Erase);
            }
            set(characters.erase, Meaning::Erase);
            set(characters.eol, Meaning::EndOfLine);
            set(characters.eof, Meaning::EndOfFile);
            set(Some(b'\n'), Meaning::EndOfLine);
        }
        if has(Modes::INLCR) {
            set(Some(b'\n'), Meaning::Becomes(b'\r'));
        }
        if has(Modes::IGNCR) {
            set(Some(b'\r'), Meaning::Dropped);
        } else if has(Modes::ICRNL) {
            set(Some(b'\r'), Meaning::Becomes(b'\n'));
        }
        if has(Modes::ISIG) {
            set(characters.susp, Meaning::Signal(Signal::Tstp));
            set(characters.quit, Meaning::Signal(Signal::Quit));
            set(characters.intr, Meaning::Signal(Signal::Int));
        }
        if has(Modes::IXON) {
            set(characters.stop, Meaning::Stop);
            set(characters.start, Meaning::Start);
        }
        Meanings(table)
    }

    /// What this key means.
    pub fn of_key(&self, key: u8) -> Meaning {
        self.0[usize::from(key)]
    }
}
