//! Characters that are split between two writes are put together before the parser sees them.
//!
//! `vte` 0.15 can do this itself, but swallows a character that follows a split one when the start of
//! a third is near: after `C2`, the write `A9 'A' C3` shows `©` and loses the `A`.

use core::str;

/// Holds the beginning of a character back.
#[derive(Default)]
pub(super) struct Joiner {
    start: [u8; 4],
    len: usize,
}

impl Joiner {
    /// Calls `parse` with everything in `bytes`, except a character that is cut off at the end: that one
    /// comes first the next time. A beginning that does not go on becomes U+FFFD.
    pub(super) fn feed(&mut self, bytes: &[u8], mut parse: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while let (true, [next, tail @ ..]) = (self.len > 0, rest) {
            self.start[self.len] = *next;
            match str::from_utf8(&self.start[..=self.len]).map_err(|error| error.error_len()) {
                Ok(character) => {
                    parse(character.as_bytes());
                    self.len = 0;
                    rest = tail;
                }
                Err(None) => {
                    self.len += 1;
                    rest = tail;
                }
                Err(Some(_)) => {
                    parse("\u{fffd}".as_bytes());
                    self.len = 0;
                }
            }
        }
        let (whole, cut_off) = rest.split_at(rest.len() - cut_off_len(rest));
        if !whole.is_empty() {
            parse(whole);
        }
        if !cut_off.is_empty() {
            self.start[..cut_off.len()].copy_from_slice(cut_off);
            self.len = cut_off.len();
        }
    }
}

/// How many bytes at the end are the beginning of a character.
fn cut_off_len(bytes: &[u8]) -> usize {
    let cut_off = |len: &usize| {
        let end = &bytes[bytes.len() - len..];
        end[0] >= 0xc0
            && str::from_utf8(end).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=bytes.len().min(3)).find(cut_off).unwrap_or(0)
}
