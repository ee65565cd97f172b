//! `ls`: lists directories. Columns and colours only on a terminal.

mod cells;
mod layout;

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{cmp::Ordering, time::Duration};

use self::{
    cells::{Align, Cells},
    layout::{columns, display, width},
};
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
        if self.sort == Some('U') {
            return;
        }
        // No two have the same name, so that no order of equals is to be kept.
        entries.sort_unstable_by(|a, b| {
            let order = match self.sort {
                Some('t') => (self.time)(&b.metadata).cmp(&(self.time)(&a.metadata)),
                Some('S') => b.metadata.size.cmp(&a.metadata.size),
                _ => Ordering::Equal,
            };
            let order = order.then_with(|| a.name.cmp(&b.name));
            if self.reverse { order.reverse() } else { order }
        });
    }

    /// What stands before the names.
    fn cells(&self, entries: &[DirEntry]) -> Cells {
        use Align::{Left, Right};
        let owner = if self.owner { Some(Left) } else { None };
        let group = if self.group { Some(Left) } else { None };
        let details = [Some(Left), Some(Right), owner, group, Some(Right), Some(Left)];
        let mut columns = vec![self.inodes.then_some(Right), self.blocks.then_some(Right)];
        columns.extend(if self.details { details.as_slice() } else { &[] });
        let mut cells = Cells::new(columns.into_iter().flatten());
        let mut times = Times::default();
        for DirEntry { metadata: it, .. } in entries {
            if self.inodes {
                cells.push(itoa::Buffer::new().format(it.inode));
            }
            if self.blocks {
                cells.push(self.space(it.blocks));
            }
            if !self.details {
                continue;
            }
            cells.push(mode::symbolic(it));
            cells.push(itoa::Buffer::new().format(it.links));
            for (shown, number) in [(self.owner, it.uid), (self.group, it.gid)] {
                match (shown, self.numeric) {
                    (false, _) => {}
                    (true, true) => cells.push(itoa::Buffer::new().format(number)),
                    (true, false) => cells.push(owner::name(number).as_bytes()),
                }
            }
            match it.kind {
                FileType::CharDevice => cells.push(format!("{}, {}", it.special.0, it.special.1)),
                _ if self.human => cells.push(numbers::human(it.size)),
                _ => cells.push(itoa::Buffer::new().format(it.size)),
            }
            cells.push(times.text((self.time)(it), self.now));
        }
        cells
    }

    /// Blocks of 512 bytes as KiB, or with a unit.
    fn space(&self, blocks: u64) -> String {
        if self.human { numbers::human(blocks * 512) } else { format!("{}", blocks.div_ceil(2)) }
    }

    /// Appends the name as it is shown; how many columns that takes.
    fn put_name(&self, entry: &DirEntry, line: &mut Vec<u8>) -> usize {
        let kind = entry.metadata.kind;
        let name = display(entry.name.as_bstr(), self.colour);
        let mark = match kind {
            FileType::Directory if self.classify || self.slashes => "/",
            FileType::Pipe if self.classify => "|",
            FileType::Symlink if self.classify && !self.details => "@",
            FileType::Regular if self.classify && entry.metadata.mode & 0o111 != 0 => "*",
            _ => "",
        };
        // Colours as GNU ls has them: ECMA-48 SGR bold with blue, yellow, cyan.
        let (colour, end) = match kind {
            FileType::Regular => ("", ""),
            _ if !self.colour => ("", ""),
            FileType::Directory => ("\x1b[1;34m", "\x1b[0m"),
            FileType::CharDevice => ("\x1b[1;33m", "\x1b[0m"),
            FileType::Symlink => ("\x1b[1;36m", "\x1b[0m"),
            FileType::Pipe => ("\x1b[33m", "\x1b[0m"),
        };
        for piece in [colour.as_bytes(), name.as_bytes(), end.as_bytes(), mark.as_bytes()] {
            line.extend_from_slice(piece);
        }
        width(&name) + mark.len()
    }

    /// Prints entries, each of which `path_of` gives the path of.
    async fn print(
        &self,
        entries: &[DirEntry],
        path_of: impl Fn(&DirEntry) -> BString,
        out: &mut Output<'_>,
    ) -> Result<(), Ended> {
        let cells = self.cells(entries);
        if self.details || self.one_per_line {
            let mut line = Vec::new();
            for (row, entry) in entries.iter().enumerate() {
                line.clear();
                cells.put(row, &mut line);
                self.put_name(entry, &mut line);
                if self.details && entry.metadata.kind == FileType::Symlink {
                    let path = path_of(entry);
                    if let Ok(target) = out.process().sys.read_link(path.as_bstr()).await {
                        line.extend_from_slice(b" -> ");
                        line.extend_from_slice(&display(target.as_bstr(), self.colour));
                    }
                }
                line.push(b'\n');
                out.write(&line).await?;
            }
            return Ok(());
        }
        let named = |(row, entry): (usize, &DirEntry)| {
            let mut text = Vec::new();
            cells.put(row, &mut text);
            let before = text.len();
            let width = before + self.put_name(entry, &mut text);
            (text.into(), width)
        };
        let names: Vec<_> = entries.iter().enumerate().map(named).collect();
        for line in columns(&names, self.columns) {
            out.write_line(&line).await?;
        }
        Ok(())
    }
}

/// Times as text. Files next to each other are often of the same minute.
#[derive(Default)]
struct Times {
    minute: Option<u64>,
    text: String,
}

impl Times {
    /// Like GNU ls: the time of day within half a year, the year otherwise.
    fn text(&mut self, time: Duration, now: u64) -> &str {
        const HALF_YEAR: u64 = 365 * 43_200;
        let minute = time.as_secs() / 60;
        if self.minute != Some(minute) {
            let at = Civil::new(time);
            let (month, day) = (at.month_short(), at.day);
            self.text = if minute <= now / 60 && now - minute * 60 < HALF_YEAR {
                format!("{month} {day:2} {:02}:{:02}", at.hour, at.minute)
            } else {
                format!("{month} {day:2} {:5}", at.year)
            };
            self.minute = Some(minute);
        }
        &self.text
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
