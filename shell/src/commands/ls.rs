//! `ls`: lists directories. Columns and colours only on a terminal.

mod layout;

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{cmp::Ordering, time::Duration};

use self::layout::{columns, display, width};
use super::support::{
    civil::Civil,
    mode, numbers, owner,
    paths::{child, lstat, stat},
};
use crate::{
    env::{DirEntry, FileType, Metadata},
    errno::Errno,
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "ls",
    "ls [-laA1CRrtSUhdFipsngoucLHk] [FILE...]",
    "Lists files: -l with details (-n owners as numbers, -g without owner, -o without group), -a hidden ones too, -h readable sizes, -t by time (of change; -u of reading, -c of any change), -S by size, -r backwards, -R all below, -d directories themselves, -i serial numbers, -s space taken, -L what links lead to, -H those of the command line."
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
    blocks: bool,
    numeric: bool,
    owner: bool,
    group: bool,
    follow: bool,
    time: fn(&Metadata) -> Duration,
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
        let format = options.last_of("l1Cngo");
        Self {
            details: matches!(format, Some('l' | 'n' | 'g' | 'o')) || options.last_of("lngo").is_some() && format == Some('1'),
            one_per_line: format == Some('1') || format.is_none() && !terminal,
            all: options.has('a'),
            almost_all: options.has('A'),
            human: options.has('h'),
            classify: options.has('F'),
            slashes: options.has('p'),
            inodes: options.has('i'),
            blocks: options.has('s'),
            numeric: options.has('n'),
            owner: !options.has('g'),
            group: !options.has('o'),
            follow: options.has('L'),
            time: match options.last_of("uc") {
                Some('u') => |it| it.accessed,
                Some(_) => |it| it.changed,
                None => |it| it.modified,
            },
            recursive: options.has('R'),
            colour: terminal,
            // Without -l, a time that is named is the one to sort by.
            sort: options.last_of("tSU").or_else(|| {
                let details = options.last_of("lngo").is_some();
                options.last_of("uc").filter(|_| !details).map(|_| 't')
            }),
            reverse: options.has('r'),
            columns: usize::from(size.unwrap_or(80)).max(1),
            now: p.sys.now().as_secs(),
        }
    }

    fn sort(&self, entries: &mut [DirEntry]) {
        entries.sort_by(|a, b| {
            let order = match self.sort {
                Some('t') => (self.time)(&b.metadata).cmp(&(self.time)(&a.metadata)),
                Some('S') => b.metadata.size.cmp(&a.metadata.size),
                Some(_) => return Ordering::Equal,
                None => Ordering::Equal,
            };
            let order = order.then_with(|| a.name.cmp(&b.name));
            if self.reverse { order.reverse() } else { order }
        });
    }

    /// What stands before the name, as wide as the widest of all entries.
    fn before(&self, entries: &[DirEntry], entry: &DirEntry) -> String {
        let mut text = String::new();
        let mut column = |number: fn(&Plan, &Metadata) -> String| {
            let widest = entries.iter().map(|entry| number(self, &entry.metadata).len()).max().unwrap_or(0);
            text += &format!("{:>widest$} ", number(self, &entry.metadata));
        };
        if self.inodes {
            column(|_, it| format!("{}", it.inode));
        }
        if self.blocks {
            column(|plan, it| plan.space(it.blocks));
        }
        text
    }

    /// Blocks of 512 bytes as KiB, or with a unit.
    fn space(&self, blocks: u64) -> String {
        if self.human { numbers::human(blocks * 512) } else { format!("{}", blocks.div_ceil(2)) }
    }

    /// The name as it is shown after `before`, and how many columns that takes.
    fn name(&self, entry: &DirEntry, before: &str) -> (String, usize) {
        let kind = entry.metadata.kind;
        let name = display(entry.name.as_bstr(), self.colour);
        let mark = match kind {
            FileType::Directory if self.classify || self.slashes => "/",
            FileType::Pipe if self.classify => "|",
            FileType::Symlink if self.classify && !self.details => "@",
            FileType::Regular if self.classify && entry.metadata.mode & 0o111 != 0 => "*",
            _ => "",
        };
        let shown = width(before) + width(&name) + mark.len();
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
            "" => (format!("{before}{name}{mark}"), shown),
            colour => (format!("{before}\x1b[{colour}m{name}\x1b[0m{mark}"), shown),
        }
    }

    fn size(&self, metadata: &Metadata) -> String {
        if metadata.kind == FileType::CharDevice {
            return format!("{}, {}", metadata.special.0, metadata.special.1);
        }
        if self.human { numbers::human(metadata.size) } else { format!("{}", metadata.size) }
    }

    /// Prints entries, each of which `path_of` gives the path of.
    async fn print(
        &self,
        entries: &[DirEntry],
        path_of: impl Fn(&DirEntry) -> BString,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        if self.details {
            return self.print_details(entries, path_of, out).await;
        }
        if self.one_per_line {
            for entry in entries {
                let before = self.before(entries, entry);
                // Bytes that are no text go to a file or pipe as they are.
                match self.colour || self.classify || self.slashes {
                    true => out.write_line(self.name(entry, &before).0.as_bytes()).await?,
                    false => out.write_all(&[before.as_bytes(), &entry.name, b"\n"]).await?,
                }
            }
            return Ok(());
        }
        let names: Vec<_> =
            entries.iter().map(|entry| self.name(entry, &self.before(entries, entry))).collect();
        for line in columns(&names, self.columns) {
            out.write_line(line.as_bytes()).await?;
        }
        Ok(())
    }

    async fn print_details(
        &self,
        entries: &[DirEntry],
        path_of: impl Fn(&DirEntry) -> BString,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        let widest = |text: &dyn Fn(&Metadata) -> String| {
            entries.iter().map(|entry| text(&entry.metadata).len()).max().unwrap_or(0)
        };
        let name_of = |number: u32| if self.numeric { format!("{number}") } else { owner::name(number) };
        let links = widest(&|it| format!("{}", it.links));
        let owners = widest(&|it| name_of(it.uid));
        let groups = widest(&|it| name_of(it.gid));
        let sizes = widest(&|it| self.size(it));
        for entry in entries {
            let it = &entry.metadata;
            let (mode, size, time) = (mode::symbolic(it), self.size(it), self.time(it));
            let before = self.before(entries, entry);
            let mut line = format!("{before}{mode} {:links$} ", it.links);
            if self.owner {
                line += &format!("{:owners$} ", name_of(it.uid));
            }
            if self.group {
                line += &format!("{:groups$} ", name_of(it.gid));
            }
            line += &format!("{size:>sizes$} {time} {}", self.name(entry, "").0);
            if it.kind == FileType::Symlink {
                let path = path_of(entry);
                if let Ok(target) = out.process().sys.read_link(path.as_bstr()).await {
                    line += &format!(" -> {}", display(target.as_bstr(), self.colour));
                }
            }
            out.write_line(line.as_bytes()).await?;
        }
        Ok(())
    }

    /// Like GNU ls: the time of day within half a year, the year otherwise.
    fn time(&self, metadata: &Metadata) -> String {
        const HALF_YEAR: u64 = 365 * 43_200;
        let at = Civil::new((self.time)(metadata));
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
        ("size", 's'),
        ("numeric-uid-gid", 'n'),
        ("no-group", 'o'),
        ("dereference", 'L'),
    ];
    let options = io::options(&p, &COMMAND, "laA1CRrtSUhdFipsngoucLHk", &long).await?;
    let mut out = Output::new(&p);
    let plan = Plan::new(&p, &options, out.is_terminal());
    let names = if options.operands.is_empty() { vec![BStr::new(".")] } else { options.operands.clone() };
    let (mut files, mut dirs, mut status) = (Vec::new(), Vec::new(), 0);
    for name in &names {
        // A link that leads nowhere is there all the same, and without details one to a directory is that directory.
        let only_dirs = !(plan.follow || options.has('H'));
        let keeps = only_dirs && (plan.details || plan.classify || options.has('d'));
        let found = match lstat(&p, name).await {
            Ok(link) if link.kind == FileType::Symlink && !keeps => match stat(&p, name).await {
                Ok(behind) if !only_dirs || behind.kind == FileType::Directory => Ok(behind),
                Err(error) if plan.follow || error != Errno::ENOENT => Err(error),
                _ => Ok(link),
            },
            found => found,
        };
        match found {
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
    plan.print(&files, |entry| p.absolute(entry.name.as_bstr()), &mut out).await?;

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
        if plan.follow {
            for entry in entries.iter_mut().filter(|entry| entry.metadata.kind == FileType::Symlink) {
                let path = child(dir.as_bstr(), entry.name.as_bstr());
                entry.metadata = stat(&p, path.as_bstr()).await.unwrap_or(entry.metadata);
            }
        }
        plan.sort(&mut entries);
        if headings {
            out.write_all(&[if first { b"" } else { b"\n" }, &dir, b":\n"]).await?;
        }
        first = false;
        if plan.details || plan.blocks {
            let total = plan.space(entries.iter().map(|entry| entry.metadata.blocks).sum());
            out.write_line(format!("total {total}").as_bytes()).await?;
        }
        let path_of = |entry: &DirEntry| p.absolute(child(dir.as_bstr(), entry.name.as_bstr()).as_bstr());
        plan.print(&entries, path_of, &mut out).await?;
        if plan.recursive {
            let below = entries.iter().rev().filter(|entry| {
                entry.metadata.kind == FileType::Directory && entry.name != "." && entry.name != ".."
            });
            work.extend(below.map(|entry| child(dir.as_bstr(), entry.name.as_bstr())));
        }
    }
    out.finish(status).await
}
