//! Paths as text.

use bstr::{BString, ByteSlice};

/// An absolute path without `.`, `..`, double slashes and a slash at the end.
pub(crate) fn normal(path: &[u8]) -> BString {
    let mut parts: alloc::vec::Vec<&[u8]> = alloc::vec::Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut normal = BString::from("/");
    normal.extend_from_slice(&bstr::join("/", parts));
    normal
}

/// The last component of a path.
pub(crate) fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit_once_str("/").map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_normal() {
        for (path, expected) in [("/", "/"), ("//a/./b/", "/a/b"), ("/a/../../b", "/b"), ("/..", "/")] {
            assert_eq!(normal(path.as_bytes()), expected, "{path}");
        }
    }
}
