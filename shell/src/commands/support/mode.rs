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
    let mode = metadata.mode;
    let mut text = String::with_capacity(10);
    text.push(kind);
    for (shift, special, letters) in
        [(6, 0o4000, ['s', 'S']), (3, 0o2000, ['s', 'S']), (0, 0o1000, ['t', 'T'])]
    {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (false, true) => 'x',
            (false, false) => '-',
            (true, true) => letters[0],
            (true, false) => letters[1],
        });
    }
    text
}

/// The kind in words.
pub fn kind(metadata: &Metadata) -> &'static str {
    match metadata.kind {
        FileType::Regular if metadata.size == 0 => "regular empty file",
        FileType::Regular => "regular file",
        FileType::Directory => "directory",
        FileType::CharDevice => "character special file",
        FileType::Pipe => "fifo",
        FileType::Symlink => "symbolic link",
    }
}

/// The kind and the permissions as the number that `stat` has in C.
pub fn number(metadata: &Metadata) -> u32 {
    let kind = match metadata.kind {
        FileType::Pipe => 0o01,
        FileType::CharDevice => 0o02,
        FileType::Directory => 0o04,
        FileType::Regular => 0o10,
        FileType::Symlink => 0o12,
    };
    kind << 12 | u32::from(metadata.mode)
}
