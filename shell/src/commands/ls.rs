//! `ls`: lists directories. Columns and colours only on a terminal.

mod layout;

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::cmp::Ordering;

use self::layout::{columns, display, width};
use super::support::{civil::Civil, mode, numbers, paths::child};
use crate::{
    env::{DirEntry, FileType, Metadata},
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "ls",
    "ls [-laA1CRrtSUhdFip] [FILE...]",
    "Lists files: -l with details, -a hidden ones too, -h readable sizes, -t by time, -S by size, -r backwards, -R all below."
);

/// What to show.
struct Plan {
    details: bool,
    one_per_line: bool,
    all: bool,
    almost_all: bool,
    human: bool,
    classify: bool,
    slashes: bool,
    inodes: bool,
    recursive: bool,
    colour: bool,
    sort: Option<char>,
    reverse: bool,
    columns: usize,
    now: u64,
}

impl Plan {
    fn new(p: &Process, options: &Options<'_>, terminal: bool) -> Self {
        let size = p.stdout().file().ok().and_then(|file| Some(file.terminal()?.size().cols));
        let format = options.last_of("l1C");
        Self {
            details: format == Some('l') || options.has('l') && format == Some('1'),
            one_per_line: format == Some('1') || format.is_none() && !terminal,
            all: options.has('a'),
            almost_all: options.has('A'),
            human: options.has('h'),
            classify: options.has('F'),
            slashes: options.has('p'),
            inodes: options.has('i'),
            recursive: options.has('R'),
            colour: terminal,
            sort: options.last_of("tSU"),
            reverse: options.has('r'),
            columns: usize::from(size.unwrap_or(80)).max(1),
            now: p.sys.now().as_secs(),
        }
    }

    fn sort(&self, entries: &mut [DirEntry]) {
        entries.sort_by(|a, b| {
            let order = match self.sort {
                Some('t') => b.metadata.modified.cmp(&a.metadata.modified),
                Some('S') => b.metadata.size.cmp(&a.metadata.size),
                Some(_) => return Ordering::Equal,
                None => Ordering::Equal,
            };
            let order = order.then_with(|| a.name.cmp(&b.name));
            if self.reverse { order.reverse() } else { order }
        });
    }

    /// The name as it is shown, and how many columns that takes.
    fn name(&self, entry: &DirEntry) -> (String, usize) {
        let kind = entry.metadata.kind;
        let name = display(entry.name.as_bstr(), self.colour);
        let mark = match kind {
            FileType::Directory if self.classify || self.slashes => "/",
            FileType::Pipe if self.classify => "|",
            FileType::Symlink if self.classify => "@",
            FileType::Regular if self.classify && entry.metadata.mode & 0o111 != 0 => "*",
            _ => "",
        };
        let inode = if self.inodes { format!("{} ", entry.metadata.inode) } else { String::new() };
        let shown = width(&inode) + width(&name) + mark.len();
        // Colours as GNU ls has them: ECMA-48 SGR bold with blue, yellow, cyan.
        let colour = match kind {
            _ if !self.colour => "",
            FileType::Directory => "1;34",
            FileType::CharDevice => "1;33",
            FileType::Symlink => "1;36",
            FileType::Pipe => "33",
            FileType::Regular => "",
        };
        match colour {
            "" => (format!("{inode}{name}{mark}"), shown),
            colour => (format!("{inode}\x1b[{colour}m{name}\x1b[0m{mark}"), shown),
        }
    }

    fn size(&self, metadata: &Metadata) -> String {
        if self.human { numbers::human(metadata.size) } else { format!("{}", metadata.size) }
    }

    async fn print(&self, entries: &[DirEntry], out: &mut Output<'_>) -> Result<(), Ended> {
        if self.details {
            let links = entries.iter().map(|entry| format!("{}", entry.metadata.links).len()).max().unwrap_or(0);
            let sizes = entries.iter().map(|entry| self.size(&entry.metadata).len()).max().unwrap_or(0);
            for entry in entries {
                let metadata = &entry.metadata;
                let (mode, size, time) = (mode::symbolic(metadata), self.size(metadata), self.time(metadata));
                let name = self.name(entry).0;
                let line = format!("{mode} {:links$} root root {size:>sizes$} {time} {name}", metadata.links);
                out.write_line(line.as_bytes()).await?;
            }
        } else if self.one_per_line {
            for entry in entries {
                // Bytes that are no text go to a file or pipe as they are.
                match self.colour || self.classify || self.slashes || self.inodes {
                    true => out.write_line(self.name(entry).0.as_bytes()).await?,
                    false => out.write_all(&[&entry.name, b"\n"]).await?,
                }
            }
        } else {
            let names: Vec<_> = entries.iter().map(|entry| self.name(entry)).collect();
            for line in columns(&names, self.columns) {
                out.write_line(line.as_bytes()).await?;
            }
        }
        Ok(())
    }

    /// Like GNU ls: the time of day within half a year, the year otherwise.
    fn time(&self, metadata: &Metadata) -> String {
        const HALF_YEAR: u64 = 365 * 43_200;
        let at = Civil::new(metadata.modified);
        let (month, day) = (at.month_short(), at.day);
        if at.seconds <= self.now && self.now - at.seconds < HALF_YEAR {
            format!("{month} {day:2} {:02}:{:02}", at.hour, at.minute)
        } else {
            format!("{month} {day:2} {:5}", at.year)
        }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("all", 'a'),
        ("almost-all", 'A'),
        ("classify", 'F'),
        ("directory", 'd'),
        ("human-readable", 'h'),
        ("inode", 'i'),
        ("recursive", 'R'),
        ("reverse", 'r'),
    ];
    let options = io::options(&p, &COMMAND, "laA1CRrtSUhdFip", &long).await?;
    let mut out = Output::new(&p);
    let plan = Plan::new(&p, &options, out.is_terminal());
    let names = if options.operands.is_empty() { vec![BStr::new(".")] } else { options.operands.clone() };
    let (mut files, mut dirs, mut status) = (Vec::new(), Vec::new(), 0);
    for name in &names {
        match p.sys.stat(p.absolute(name).as_bstr()).await {
            Ok(metadata) => {
                let is_dir = metadata.kind == FileType::Directory && !options.has('d');
                let list = if is_dir { &mut dirs } else { &mut files };
                list.push(DirEntry { name: (*name).into(), metadata });
            }
            Err(error) => {
                io::complain(&p, alloc::format!("cannot access '{name}': {error}")).await;
                status = 2;
            }
        }
    }
    plan.sort(&mut files);
    plan.sort(&mut dirs);
    plan.print(&files, &mut out).await?;

    let headings = plan.recursive || names.len() > 1;
    let mut first = files.is_empty();
    let mut work: Vec<BString> = dirs.into_iter().rev().map(|dir| dir.name).collect();
    while let Some(dir) = work.pop() {
        let mut entries = match p.sys.read_dir(p.absolute(dir.as_bstr()).as_bstr()).await {
            Ok(entries) => entries,
            Err(error) => {
                io::complain(&p, alloc::format!("cannot open directory '{dir}': {error}")).await;
                status = 2;
                continue;
            }
        };
        if !plan.all && !plan.almost_all {
            entries.retain(|entry| !entry.name.starts_with(b"."));
        }
        if plan.all {
            for dots in [".", ".."] {
                let path = child(dir.as_bstr(), dots.into());
                if let Ok(metadata) = p.sys.stat(p.absolute(path.as_bstr()).as_bstr()).await {
                    entries.push(DirEntry { name: dots.into(), metadata });
                }
            }
        }
        plan.sort(&mut entries);
        if headings {
            out.write_all(&[if first { b"" } else { b"\n" }, &dir, b":\n"]).await?;
        }
        first = false;
        if plan.details {
            let kib = entries.iter().map(|entry| entry.metadata.size.div_ceil(1024)).sum::<u64>();
            let total = if plan.human { numbers::human(kib * 1024) } else { format!("{kib}") };
            out.write_line(format!("total {total}").as_bytes()).await?;
        }
        plan.print(&entries, &mut out).await?;
        if plan.recursive {
            let below = entries.iter().rev().filter(|entry| {
                entry.metadata.kind == FileType::Directory && entry.name != "." && entry.name != ".."
            });
            work.extend(below.map(|entry| child(dir.as_bstr(), entry.name.as_bstr())));
        }
    }
    out.finish(status).await
}
