//! The kill ring: what was cut out, to be put in again.

use alloc::{collections::VecDeque, vec::Vec};

/// How many pieces are kept.
const PIECES: usize = 32;
/// How many bytes they may have together.
const BYTES: usize = 4 << 20;

/// The pieces, the newest first.
#[derive(Debug, Default)]
pub(super) struct KillRing {
    pieces: VecDeque<Vec<u8>>,
    /// The piece that was put in last.
    at: usize,
}

impl KillRing {
    /// Adds a piece, or joins it to the newest: behind it, or in front when it stood in front.
    pub fn add(&mut self, cut: Vec<u8>, forward: bool, joined: bool) {
        if cut.is_empty() {
            return;
        }
        self.at = 0;
        match self.pieces.front_mut().filter(|_| joined) {
            Some(newest) if forward => newest.extend_from_slice(&cut),
            Some(newest) => drop(newest.splice(0..0, cut)),
            None => self.pieces.push_front(cut),
        }
        while self.pieces.len() > 1
            && (self.pieces.len() > PIECES || self.pieces.iter().map(Vec::len).sum::<usize>() > BYTES)
        {
            self.pieces.pop_back();
        }
    }

    /// The newest piece.
    pub fn newest(&mut self) -> Option<&[u8]> {
        self.at = 0;
        self.pieces.front().map(Vec::as_slice)
    }

    /// The piece before the one that was put in last, and after the oldest the newest.
    pub fn next(&mut self) -> Option<&[u8]> {
        self.at = (self.at + 1) % self.pieces.len().max(1);
        self.pieces.get(self.at).map(Vec::as_slice)
    }
}
