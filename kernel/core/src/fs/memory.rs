//! Memory that may run out: copies and texts that answer `ENOMEM` instead of ending the kernel.

use alloc::{string::String, vec::Vec};
use bstr::{BStr, BString};
use core::fmt;
use pollux_shell::{env::Result, errno::Errno};

/// A name of its own.
pub(super) fn copy_name(name: &BStr) -> Result<BString> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(name.len()).map_err(|_| Errno::ENOMEM)?;
    copy.extend_from_slice(name);
    Ok(copy.into())
}

/// An empty list with room for `count` entries.
pub(super) fn list<T>(count: usize) -> Result<Vec<T>> {
    let mut list = Vec::new();
    list.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    Ok(list)
}

/// A text that is being written; lack of memory is a formatting error.
#[derive(Default)]
pub(super) struct Text(pub String);

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.try_reserve(text.len()).map_err(|_| fmt::Error)?;
        self.0.push_str(text);
        Ok(())
    }
}
