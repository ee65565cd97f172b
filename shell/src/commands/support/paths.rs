//! Path arithmetic: paths as text, links not looked at.

use bstr::{BStr, BString, ByteSlice};

use crate::{
    env::{FileType, Metadata, Result},
    process::Process,
};

/// The last component, trailing slashes removed; `/` for the root.
pub fn base_name(path: &BStr) -> &BStr {
    let trimmed = path.trim_end_with(|c| c == '/').as_bstr();
    match trimmed.rfind_byte(b'/') {
        _ if trimmed.is_empty() && !path.is_empty() => BStr::new("/"),
        Some(at) => trimmed[at + 1..].as_bstr(),
        None => trimmed,
    }
}

/// What is before the last component; `.` if there is nothing.
pub fn dir_name(path: &BStr) -> &BStr {
    let trimmed = path.trim_end_with(|c| c == '/');
    match trimmed.rfind_byte(b'/') {
        Some(at) => {
            let dir = trimmed[..at].trim_end_with(|c| c == '/');
            if dir.is_empty() { BStr::new("/") } else { dir.as_bstr() }
        }
        None if trimmed.is_empty() && !path.is_empty() => BStr::new("/"),
        None => BStr::new("."),
    }
}

/// `dir/name`.
pub fn child(dir: &BStr, name: &BStr) -> BString {
    let mut path = BString::from(dir);
    if !path.ends_with(b"/") && !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// The absolute path without `.`, `..` and double slashes.
pub fn normal(p: &Process, path: &BStr) -> BString {
    let mut normal = BString::default();
    for part in p.absolute(path).split_str(b"/") {
        match part {
            b"" | b"." => {}
            b".." => {
                let parent = normal.rfind_byte(b'/').unwrap_or(0);
                normal.truncate(parent);
            }
            _ => {
                normal.push(b'/');
                normal.extend_from_slice(part);
            }
        }
    }
    if normal.is_empty() { "/".into() } else { normal }
}

/// Whether the normal path `inner` is `outer` or below it.
pub fn is_within(inner: &[u8], outer: &[u8]) -> bool {
    inner == outer || outer == b"/" || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with(b"/"))
}

/// What a name refers to, links followed.
pub async fn stat(p: &Process, path: &BStr) -> Result<Metadata> {
    p.sys.stat(p.absolute(path).as_bstr()).await
}

/// What a name refers to; a link is told of itself.
pub async fn lstat(p: &Process, path: &BStr) -> Result<Metadata> {
    p.sys.lstat(p.absolute(path).as_bstr()).await
}

/// Whether the name is that of a directory, or of a link to one.
pub async fn is_dir(p: &Process, path: &BStr) -> bool {
    stat(p, path).await.is_ok_and(|metadata| metadata.kind == FileType::Directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table = [
            ("/usr/lib", "lib", "/usr"),
            ("/usr/", "usr", "/"),
            ("usr", "usr", "."),
            ("/", "/", "/"),
            ("//", "/", "/"),
            ("a//b//", "b", "a"),
            (".", ".", "."),
            ("", "", "."),
        ];
        for (path, base, dir) in table {
            assert_eq!(
                (base_name(path.into()), dir_name(path.into())),
                (base.into(), dir.into()),
                "{path:?}"
            );
        }
    }
}
