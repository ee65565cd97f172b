//! Comparing directories: the names in both, and with `-r` all below.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::support::paths::{base_name, child},
    Plan, files,
};
use crate::{
    env::{DirEntry, FileType},
    io::{self, Ended, Output},
    lang::pattern,
    process::Process,
};

/// The path of the file in `dir` that has the name of `file`.
pub(super) fn inside(dir: &BStr, file: &BStr) -> BString {
    child(dir, base_name(file))
}

/// Compares two directories; the worst status of all that was compared.
pub(super) async fn trees(
    p: &Process,
    plan: &Plan,
    left: &BStr,
    right: &BStr,
    out: &mut Output<'_>,
) -> Result<u8, Ended> {
    let mut status = 0;
    let mut first_name = plan.first_name.clone();
    let mut todo = vec![(BString::from(left), BString::from(right))];
    while let Some((left, right)) = todo.pop() {
        let mut names: BTreeMap<BString, [Option<FileType>; 2]> = BTreeMap::new();
        for (side, dir) in [&left, &right].into_iter().enumerate() {
            match p.sys.read_dir(p.absolute(dir.as_bstr()).as_bstr()).await {
                Ok(entries) => {
                    let wanted = |entry: &DirEntry| {
                        !plan.excluded.iter().any(|glob| pattern::matches(glob, &entry.name))
                    };
                    for entry in entries.into_iter().filter(wanted) {
                        names.entry(entry.name).or_default()[side] = Some(entry.metadata.kind);
                    }
                }
                // With -N a directory that is missing is an empty one.
                Err(crate::errno::Errno::ENOENT) if plan.missing_is_empty[side] => {}
                Err(error) => {
                    io::complain_about(p, dir, error).await;
                    status = 2;
                }
            }
        }
        if let Some(first) = first_name.take() {
            names = names.split_off(&first);
        }
        let mut below = Vec::new();
        for (name, kinds) in names {
            let paths = [child(left.as_bstr(), name.as_bstr()), child(right.as_bstr(), name.as_bstr())];
            let directory = |kind: Option<FileType>| kind == Some(FileType::Directory);
            let found = match kinds {
                [Some(_), None] | [None, Some(_)] if !plan.missing_is_empty[usize::from(kinds[0].is_some())] => {
                    let dir = if kinds[0].is_some() { &left } else { &right };
                    out.write_all(&[b"Only in ", dir, b": ", &name, b"\n"]).await?;
                    1
                }
                [a, b] if (directory(a) || a.is_none()) && (directory(b) || b.is_none()) => {
                    if plan.recursive {
                        below.push(paths.into());
                    } else if a.is_some() && b.is_some() {
                        let [a, b] = &paths;
                        out.write_all(&[b"Common subdirectories: ", a, b" and ", b, b"\n"]).await?;
                    }
                    0
                }
                [a, b] if !can_be_compared(a, b) => {
                    let [a, b] = [a, b].map(kind_of);
                    let [left, right] = &paths;
                    out.write(
                        alloc::format!(
                            "File {left} is a {} while file {right} is a {}\n",
                            a, b
                        )
                        .as_bytes(),
                    )
                    .await?;
                    1
                }
                _ => {
                    let names = [paths[0].as_bstr(), paths[1].as_bstr()];
                    files(p, plan, names, &head(plan, names), out).await?
                }
            };
            status = status.max(found);
        }
        todo.extend(below.into_iter().rev());
    }
    Ok(status)
}

/// Whether there are bytes to be compared: what would have to be waited for is not read.
fn can_be_compared(a: Option<FileType>, b: Option<FileType>) -> bool {
    let is_special = |kind| matches!(kind, Some(FileType::Pipe | FileType::CharDevice));
    let is_dir = |kind| kind == Some(FileType::Directory);
    !is_special(a) && !is_special(b) && (is_dir(a) == is_dir(b) || a.is_none() || b.is_none())
}

fn kind_of(kind: Option<FileType>) -> &'static str {
    match kind {
        Some(FileType::Directory) => "directory",
        Some(FileType::Pipe) => "fifo",
        Some(FileType::CharDevice) => "character special file",
        Some(FileType::Regular | FileType::Symlink) => "regular file",
        None => "regular empty file",
    }
}

/// The line before what differs that says which files they are.
fn head(plan: &Plan, names: [&BStr; 2]) -> Vec<u8> {
    let space: &[u8] = if plan.words.is_empty() { b"" } else { b" " };
    [b"diff ", &plan.words[..], space, names[0], b" ", names[1], b"\n"].concat()
}
