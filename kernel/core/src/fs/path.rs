//! Taking a path apart, before anything is looked up.

use bstr::BStr;
use pollux_shell::{env::Result, errno::Errno};

/// How long one name may be, in bytes (`NAME_MAX`).
pub const NAME_MAX: usize = 255;
/// How long a path may be, in bytes (`PATH_MAX`).
pub const PATH_MAX: usize = 4096;

/// The last component of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last<'a> {
    /// The path is `/`, however often the slash is repeated.
    Root,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// Any other name.
    Name(&'a BStr),
}

/// A path: the directory, the last component, and whether slashes follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// The components before the last one, `.` and `..` among them.
    pub dir: &'a [u8],
    pub last: Last<'a>,
    /// A trailing slash: the path has to name a directory (POSIX.1-2024 XBD 4.16).
    pub slash: bool,
}

impl<'a> Path<'a> {
    /// Takes an absolute path apart. `ENOENT` for an empty one, `EINVAL` for a relative one or one with
    /// a zero byte.
    pub fn parse(path: &'a BStr) -> Result<Self> {
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        if path.len() > PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        if path[0] != b'/' || path.contains(&0) {
            return Err(Errno::EINVAL);
        }
        Ok(Self::split(path))
    }

    /// Takes a path apart that may be relative, as the target of a link is.
    pub fn split(path: &'a BStr) -> Self {
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at + 1);
        let trimmed: &[u8] = &path[..end];
        let start = trimmed.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let last = match &trimmed[start..] {
            b"" => Last::Root,
            b"." => Last::Dot,
            b".." => Last::DotDot,
            name => Last::Name(name.into()),
        };
        Self { dir: &trimmed[..start], last, slash: trimmed.len() < path.len() }
    }

    /// The components before the last one, `.` and `..` among them.
    pub fn dir(&self) -> impl Iterator<Item = &'a BStr> + use<'a> {
        self.dir.split(|&byte| byte == b'/').filter(|part| !part.is_empty()).map(BStr::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn taken_apart() {
        type Case = (&'static str, &'static [&'static str], Last<'static>, bool);
        let name = |text: &'static str| Last::Name(text.into());
        let cases: &[Case] = &[
            ("/", &[], Last::Root, true),
            ("///", &[], Last::Root, true),
            ("/a", &[], name("a"), false),
            ("/a/", &[], name("a"), true),
            ("//a//b//", &["a"], name("b"), true),
            ("/a/./../b", &["a", ".", ".."], name("b"), false),
            ("/a/.", &["a"], Last::Dot, false),
            ("/a/../", &["a"], Last::DotDot, true),
            ("/...", &[], name("..."), false),
        ];
        for (path, dir, last, slash) in cases {
            let parsed = Path::parse((*path).into()).unwrap();
            assert_eq!(
                parsed.dir().collect::<Vec<_>>(),
                dir.iter().map(|d| BStr::new(*d)).collect::<Vec<_>>(),
                "{path}"
            );
            assert_eq!((parsed.last, parsed.slash), (*last, *slash), "{path}");
        }
    }

    #[test]
    fn refused() {
        let longest = [b"/".as_slice(), &[b'a'; PATH_MAX - 1]].concat();
        assert!(Path::parse(BStr::new(&longest)).is_ok());
        let too_long = [b"/".as_slice(), &[b'a'; PATH_MAX]].concat();
        for (path, error) in [
            (b"".as_slice(), Errno::ENOENT),
            (b"a/b", Errno::EINVAL),
            (b"/a\0b", Errno::EINVAL),
            (&too_long, Errno::ENAMETOOLONG),
        ] {
            assert_eq!(Path::parse(BStr::new(path)), Err(error));
        }
    }
}
