//! `du`: how much space directories take. Memory is that of the names between the root of the walk and where it is,
//! and of the files that have several names, which count once.

use alloc::{collections::BTreeSet, format, string::String, vec, vec::IntoIter};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    numbers,
    paths::{child, lstat, stat},
};
use crate::{
    env::{DirEntry, FileType, Metadata},
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "du",
    "du [-a | -s] [-bchklLx] [--apparent-size] [-d DEPTH] [FILE]...",
    "Adds up the space that files below directories (.) take, in KiB; -a each file too, -s only the sum, -d down to DEPTH, -h with units, --apparent-size what can be read of them, -b that in bytes, -c and all together, -l counts files with several names for each, -L follows links, -x stays on one file system."
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
    apparent: bool,
    each_name: bool,
    follow: bool,
    /// Of the operand, with `-x`.
    one_device: Option<u64>,
    /// The files with several names that were counted.
    seen: BTreeSet<(u64, u64)>,
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
        ("apparent-size", 'A'),
        ("count-links", 'l'),
        ("dereference", 'L'),
        ("one-file-system", 'x'),
    ];
    let options = io::options(&p, &COMMAND, "abchklLxAsd:", &long).await?;
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
    let mut walk = Walk {
        p: &p,
        out: Output::new(&p),
        depth,
        all,
        unit: options.last_of("bhk"),
        apparent: options.last_of("bA").is_some(),
        each_name: options.has('l'),
        follow: options.has('L'),
        one_device: None,
        seen: BTreeSet::new(),
        status: 0,
    };
    let here = [BStr::new(".")];
    let roots = if options.operands.is_empty() { &here } else { options.operands.as_slice() };
    let mut total = 0u64;
    for root in roots {
        total = total.saturating_add(walk.root(root, options.has('x')).await?);
    }
    if options.has('c') {
        walk.print(total, BStr::new("total")).await?;
    }
    walk.out.finish(walk.status).await
}

impl Walk<'_> {
    /// The sum of what is in one operand.
    async fn root(&mut self, root: &BStr, one_device: bool) -> Result<u64, Ended> {
        let found = if self.follow { stat(self.p, root).await } else { lstat(self.p, root).await };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                self.complain(format!("cannot access '{root}': {error}")).await?;
                return Ok(0);
            }
        };
        self.one_device = one_device.then_some(metadata.device);
        let Some(bytes) = self.count(&metadata) else { return Ok(0) };
        if metadata.kind != FileType::Directory {
            self.print(bytes, root).await?;
            return Ok(bytes);
        }
        let mut levels = vec![self.enter(root.into(), bytes).await?];
        loop {
            let depth = levels.len() as u64;
            let Some(level) = levels.last_mut() else { return Ok(0) };
            match level.entries.next() {
                Some(entry) => {
                    let path = child(level.path.as_bstr(), entry.name.as_bstr());
                    let mut metadata = entry.metadata;
                    if self.follow && metadata.kind == FileType::Symlink {
                        metadata = stat(self.p, path.as_bstr()).await.unwrap_or(metadata);
                    }
                    let elsewhere = self.one_device.is_some_and(|device| device != metadata.device);
                    let Some(bytes) = self.count(&metadata).filter(|_| !elsewhere) else { continue };
                    if metadata.kind == FileType::Directory {
                        levels.push(self.enter(path, bytes).await?);
                        continue;
                    }
                    level.bytes = level.bytes.saturating_add(bytes);
                    if self.all && depth <= self.depth {
                        self.print(bytes, path.as_bstr()).await?;
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

    /// What a file counts for; `None` if it was counted under another name.
    fn count(&mut self, it: &Metadata) -> Option<u64> {
        // Followed, a link may lead back to a directory above: each directory is entered once.
        let again = it.kind != FileType::Directory && it.links > 1 && !self.each_name
            || it.kind == FileType::Directory && self.follow;
        if again && !self.seen.insert((it.device, it.inode)) {
            return None;
        }
        Some(if self.apparent { it.size } else { it.blocks * 512 })
    }

    /// A directory that cannot be read counts as empty.
    async fn enter(&mut self, path: BString, bytes: u64) -> Result<Level, Ended> {
        let read = self.p.sys.read_dir(self.p.absolute(path.as_bstr()).as_bstr()).await;
        let mut entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                self.cannot_read(&path, error).await?;
                vec![]
            }
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Level { path, entries: entries.into_iter(), bytes })
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
