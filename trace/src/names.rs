//! How tasks are called. A record has no room for a name, and when the records are read the task is gone: so whoever
//! spawns it says the name, which is kept in a ring of its own that events do not fill.
//!
//! Of an entry's words the first is the ring's, two are the name, the last is the task's number.

use crate::{record::WORDS, ring::KIND};

/// The longest name.
const BYTES: usize = 15;

pub(crate) fn pack(task: u64, [low, high]: [u64; 2]) -> [u64; WORDS] {
    [KIND, low, high, task]
}

/// What was packed, for `visit`.
pub(crate) fn unpack([_, low, high, task]: [u64; WORDS], visit: &mut impl FnMut(u64, &str)) {
    let bytes = &(u128::from(high) << 64 | u128::from(low)).to_le_bytes()[..BYTES];
    let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(BYTES);
    visit(task, core::str::from_utf8(&bytes[..len]).unwrap_or("?"));
}
