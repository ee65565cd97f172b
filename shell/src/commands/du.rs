//! `du`: how much is in directories. It adds the sizes of files: how many blocks they take on a disk the
//! system does not tell. Memory is that of the names between the root of the walk and where it is.

use alloc::{format, string::String, vec, vec::IntoIter};
use bstr::{BStr, BString, ByteSlice};

use super::support::{numbers, paths::child};
use crate::{
    env::{DirEntry, FileType},
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "du",
    "du [-a | -s] [-bchk] [-d DEPTH] [FILE]...",
    "Adds up the sizes of files below directories (.), in KiB rounded up; -a each file too, -s only the sum, -d down to DEPTH, -h with units, -b in bytes, -c and all together."
);

/// A directory whose files are being added.
struct Level {
    path: BString,
    entries: IntoIter<DirEntry>,
    bytes: u64,
}

struct Walk<'p> {
    p: &'p Process,
    out: Output<'p>,
    depth: u64,
    all: bool,
    unit: Option<char>,
    status: u8,
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("all", 'a'),
        ("bytes", 'b'),
        ("total", 'c'),
        ("human-readable", 'h'),
        ("max-depth", 'd'),
        ("summarize", 's'),
    ];
    let options = io::options(&p, &COMMAND, "abchksd:", &long).await?;
    let (all, sum) = (options.has('a'), options.has('s'));
    let depth = match options.value('d') {
        None => Some(if sum { 0 } else { u64::MAX }),
        Some(text) => numbers::parse(text).filter(|&depth| !sum || depth == 0),
    };
    let Some(depth) = depth else {
        let text = options.value('d').unwrap_or_default();
        return Err(io::usage(&p, &COMMAND, &format!("invalid depth '{text}'")).await);
    };
    if all && sum {
        return Err(io::usage(&p, &COMMAND, "-a and -s exclude each other").await);
    }
    let mut walk = Walk { p: &p, out: Output::new(&p), depth, all, unit: options.last_of("bhk"), status: 0 };
    let here = [BStr::new(".")];
    let roots = if options.operands.is_empty() { &here } else { options.operands.as_slice() };
    let mut total = 0u64;
    for root in roots {
        total = total.saturating_add(walk.root(root).await?);
    }
    if options.has('c') {
        walk.print(total, BStr::new("total")).await?;
    }
    walk.out.finish(walk.status).await
}

impl Walk<'_> {
    /// The sum of what is in one operand.
    async fn root(&mut self, root: &BStr) -> Result<u64, Ended> {
        let metadata = match self.p.sys.stat(self.p.absolute(root).as_bstr()).await {
            Ok(metadata) => metadata,
            Err(error) => {
                self.complain(format!("cannot access '{root}': {error}")).await?;
                return Ok(0);
            }
        };
        if metadata.kind != FileType::Directory {
            self.print(metadata.size, root).await?;
            return Ok(metadata.size);
        }
        let mut levels = vec![self.enter(root.into()).await?];
        loop {
            let depth = levels.len() as u64;
            let Some(level) = levels.last_mut() else { return Ok(0) };
            match level.entries.next() {
                Some(entry) => {
                    let path = child(level.path.as_bstr(), entry.name.as_bstr());
                    if entry.metadata.kind == FileType::Directory {
                        levels.push(self.enter(path).await?);
                        continue;
                    }
                    level.bytes = level.bytes.saturating_add(entry.metadata.size);
                    if self.all && depth <= self.depth {
                        self.print(entry.metadata.size, path.as_bstr()).await?;
                    }
                }
                None => {
                    let (path, bytes) = (core::mem::take(&mut level.path), level.bytes);
                    levels.pop();
                    if depth - 1 <= self.depth {
                        self.print(bytes, path.as_bstr()).await?;
                    }
                    match levels.last_mut() {
                        Some(above) => above.bytes = above.bytes.saturating_add(bytes),
                        None => return Ok(bytes),
                    }
                }
            }
        }
    }

    /// A directory that cannot be read counts as empty.
    async fn enter(&mut self, path: BString) -> Result<Level, Ended> {
        let read = self.p.sys.read_dir(self.p.absolute(path.as_bstr()).as_bstr()).await;
        let mut entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                self.cannot_read(&path, error).await?;
                vec![]
            }
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Level { path, entries: entries.into_iter(), bytes: 0 })
    }

    async fn cannot_read(&mut self, path: &BString, error: Errno) -> Result<(), Ended> {
        self.complain(format!("cannot read directory '{path}': {error}")).await
    }

    async fn complain(&mut self, message: String) -> Result<(), Ended> {
        self.out.flush().await?;
        io::complain(self.p, message).await;
        self.status = 1;
        Ok(())
    }

    async fn print(&mut self, bytes: u64, name: &BStr) -> Result<(), Ended> {
        let size = match self.unit {
            Some('h') => numbers::human(bytes),
            Some('b') => format!("{bytes}"),
            _ => format!("{}", bytes.div_ceil(1024)),
        };
        self.out.write_all(&[size.as_bytes(), b"\t", name, b"\n"]).await
    }
}
