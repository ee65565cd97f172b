//! Copying and removing whole trees: what `cp`, `mv` and `rm` share. Depth costs memory, not stack.

use alloc::{vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::paths::child;
use crate::{
    env::{FileType, OpenFlags, Result},
    errno::Errno,
    io::{self, CHUNK},
    process::Process,
};

/// Copies the bytes of one file.
pub async fn copy_file(p: &Process, from: &BStr, to: &BStr) -> core::result::Result<(), (BString, Errno)> {
    let of = |path: &BStr| {
        let path = BString::from(path);
        move |error| (path, error)
    };
    let source = io::open(p, from, OpenFlags::READ).await.map_err(of(from))?;
    let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
    let target = io::open(p, to, flags).await.map_err(of(to))?;
    let mut chunk = io::buffer(CHUNK).map_err(of(to))?;
    loop {
        match source.read(&mut chunk).await.map_err(of(from))? {
            0 => return Ok(()),
            n => target.write_all(&chunk[..n]).await.map_err(of(to))?,
        }
    }
}

/// Copies a file or a directory with all that is in it. Goes on after an error and complains of each;
/// whether there was none. `copied` gets each pair that was copied.
pub async fn copy_tree(p: &Process, from: &BStr, to: &BStr, copied: &mut Vec<(BString, BString)>) -> bool {
    let mut work = vec![(BString::from(from), BString::from(to))];
    let mut fine = true;
    while let Some((from, to)) = work.pop() {
        match copy_one(p, &from, &to, &mut work).await {
            Ok(()) => copied.push((from, to)),
            Err((path, error)) => {
                io::complain_about(p, &path, error).await;
                fine = false;
            }
        }
    }
    fine
}

async fn copy_one(
    p: &Process,
    from: &BString,
    to: &BString,
    work: &mut Vec<(BString, BString)>,
) -> core::result::Result<(), (BString, Errno)> {
    let stat = |path: &BString| {
        let path = p.absolute(path.as_bstr());
        async move { p.sys.stat(path.as_bstr()).await }
    };
    if stat(from).await.map_err(|error| (from.clone(), error))?.kind != FileType::Directory {
        return copy_file(p, from.as_bstr(), to.as_bstr()).await;
    }
    match p.sys.mkdir(p.absolute(to.as_bstr()).as_bstr(), p.new_mode(0o777)).await {
        Err(Errno::EEXIST) if stat(to).await.is_ok_and(|there| there.kind == FileType::Directory) => {}
        other => other.map_err(|error| (to.clone(), error))?,
    }
    let entries = p.sys.read_dir(p.absolute(from.as_bstr()).as_bstr()).await;
    let mut entries = entries.map_err(|error| (from.clone(), error))?;
    entries.sort_by(|a, b| b.name.cmp(&a.name)); // taken from the end, so in order
    work.extend(entries.iter().map(|entry| {
        let name = entry.name.as_bstr();
        (child(from.as_bstr(), name), child(to.as_bstr(), name))
    }));
    Ok(())
}

/// Removes a file, or a directory with all that is in it. Goes on after an error and complains of each;
/// whether there was none.
pub async fn remove_tree(p: &Process, path: &BStr, removed: &mut Vec<BString>) -> bool {
    // Each directory is seen twice: first to list it, then, emptied, to remove it.
    let mut work = vec![(BString::from(path), false)];
    let mut fine = true;
    while let Some((path, emptied)) = work.pop() {
        let absolute = p.absolute(path.as_bstr());
        let done = match emptied {
            true => p.sys.rmdir(absolute.as_bstr()).await,
            false => match list_if_dir(p, absolute.as_bstr()).await {
                Ok(None) => p.sys.unlink(absolute.as_bstr()).await,
                Ok(Some(names)) => {
                    let children: Vec<_> =
                        names.iter().map(|name| (child(path.as_bstr(), name.as_bstr()), false)).collect();
                    work.push((path, true));
                    work.extend(children);
                    continue;
                }
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(()) => removed.push(path),
            Err(error) => {
                io::complain_about(p, &path, error).await;
                fine = false;
            }
        }
    }
    fine
}

/// The names in a directory in backward order; `None` if it is something else.
async fn list_if_dir(p: &Process, path: &BStr) -> Result<Option<Vec<BString>>> {
    if p.sys.stat(path).await?.kind != FileType::Directory {
        return Ok(None);
    }
    let mut names: Vec<_> = p.sys.read_dir(path).await?.into_iter().map(|entry| entry.name).collect();
    names.sort_by(|a, b| b.cmp(a));
    Ok(Some(names))
}
