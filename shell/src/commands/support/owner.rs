//! Users and groups by name and number: there is `root`, and numbers.

use alloc::{borrow::Cow, format};

use super::numbers;

/// The number behind a name.
pub fn number(name: &[u8]) -> Option<u32> {
    if name == b"root" { Some(0) } else { numbers::parse(name).filter(|_| name[0].is_ascii_digit()) }
}

/// The name of a number; the number itself if it has none.
pub fn name(number: u32) -> Cow<'static, str> {
    if number == 0 { "root".into() } else { format!("{number}").into() }
}
