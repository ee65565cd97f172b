//! All files below some names, each directory before what is in it: what `chmod -R` and `chown -R` change. Links in
//! directories are not followed. Depth costs memory, not stack.

use alloc::{vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::paths::{child, lstat, stat};
use crate::{
    env::{FileType, Metadata, Result},
    errno::Errno,
    process::Process,
};

/// A walk on its way.
pub struct Walk<'p> {
    p: &'p Process,
    recursive: bool,
    work: Vec<(BString, Result<Metadata>)>,
}

impl<'p> Walk<'p> {
    /// From `root` on, which may be a link to be followed; only that unless `recursive`.
    pub async fn new(p: &'p Process, root: &BStr, recursive: bool, follow: bool) -> Self {
        let found = if follow { stat(p, root).await } else { lstat(p, root).await };
        Self { p, recursive, work: vec![(root.into(), found)] }
    }

    /// The next file, or a name and why it cannot be looked at. To be called after the file has been dealt with.
    pub async fn next(&mut self) -> Option<(BString, core::result::Result<Metadata, Errno>)> {
        let (path, found) = self.work.pop()?;
        if self.recursive && found.is_ok_and(|found| found.kind == FileType::Directory) {
            match self.p.sys.read_dir(self.p.absolute(path.as_bstr()).as_bstr()).await {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name.cmp(&a.name)); // taken from the end
                    let name = |entry: &crate::env::DirEntry| child(path.as_bstr(), entry.name.as_bstr());
                    self.work.extend(entries.iter().map(|entry| (name(entry), Ok(entry.metadata))));
                }
                Err(error) => self.work.push((path.clone(), Err(error))),
            }
        }
        Some((path, found))
    }
}
