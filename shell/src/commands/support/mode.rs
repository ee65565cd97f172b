//! The kind and the permissions of a file in letters.

use alloc::string::String;

use crate::env::{FileType, Metadata};

/// `drwxr-xr-x`.
pub fn symbolic(metadata: &Metadata) -> String {
    let kind = match metadata.kind {
        FileType::Regular => '-',
        FileType::Directory => 'd',
        FileType::CharDevice => 'c',
        FileType::Pipe => 'p',
        FileType::Symlink => 'l',
    };
    let bit =
        |i: u32| if metadata.mode & (1 << (8 - i)) != 0 { ['r', 'w', 'x'][i as usize % 3] } else { '-' };
    core::iter::once(kind).chain((0..9).map(bit)).collect()
}
