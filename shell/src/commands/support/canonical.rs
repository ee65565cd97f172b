//! The path of a file without links, `.`, `..` and double slashes.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};

use crate::{
    env::{FileType, Result},
    errno::Errno,
    process::Process,
};

/// How many links a path may lead through, as in the system's own walks.
const MAX_LINKS: usize = 40;

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing.
    Nothing,
    /// The last component.
    Last,
    /// Any.
    Any,
}

/// The absolute path that leads through no link. `ENOENT` or `ENOTDIR` where more is missing than may be.
pub async fn canonical(p: &Process, path: &BStr, missing: Missing) -> Result<BString> {
    if path.is_empty() {
        return Err(Errno::ENOENT);
    }
    let path = p.absolute(path);
    let mut wants_dir = path.ends_with(b"/");
    // The components that are left, the last one first.
    let mut rest: Vec<BString> = components(&path).collect();
    let mut done = BString::default();
    let (mut links, mut lost) = (0, false);
    while let Some(name) = rest.pop() {
        match name.as_slice() {
            b"." => continue,
            b".." => {
                let parent = done.rfind_byte(b'/').unwrap_or(0);
                done.truncate(parent);
                lost = false;
                continue;
            }
            _ => {}
        }
        let before = done.len();
        done.push(b'/');
        done.extend_from_slice(&name);
        if lost {
            continue;
        }
        let found = match p.sys.lstat(done.as_bstr()).await {
            Ok(found) => found,
            Err(Errno::ENOENT | Errno::ENOTDIR) if missing == Missing::Any => {
                lost = true;
                continue;
            }
            Err(Errno::ENOENT) if missing == Missing::Last && rest.is_empty() => return Ok(done),
            Err(error) => return Err(error),
        };
        if found.kind == FileType::Symlink {
            links += 1;
            if links > MAX_LINKS {
                return Err(Errno::ELOOP);
            }
            let target = p.sys.read_link(done.as_bstr()).await?;
            done.truncate(if target.starts_with(b"/") { 0 } else { before });
            wants_dir |= rest.is_empty() && target.ends_with(b"/");
            rest.extend(components(&target));
        } else if found.kind != FileType::Directory
            && (!rest.is_empty() || wants_dir)
            && missing != Missing::Any
        {
            return Err(Errno::ENOTDIR);
        }
    }
    Ok(if done.is_empty() { "/".into() } else { done })
}

/// The components of a path, the last one first.
fn components(path: &[u8]) -> impl Iterator<Item = BString> {
    path.rsplit_str(b"/").filter(|part| !part.is_empty()).map(BString::from)
}
