//! `ls`: lists directories. Columns and colours only on a terminal.

mod cells;
mod layout;

use alloc::{format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{cmp::Ordering, time::Duration};

use self::{
    cells::{Align, Cells},
    layout::{Style, columns, commas, display, width},
};
use super::support::{
    civil::Civil,
    mode, numbers, owner,
    paths::{child, lstat, stat},
    version,
};
use crate::{
    env::{DirEntry, FileType, Metadata},
    errno::Errno,
    io::{self, Ended, Options, Outcome, Output},
    lang::pattern,
    process::Process,
};

command!(
    "ls",
    "ls [-laAB1CxmRrtSUvXfhdFipsngoGucLHkbqQN] [-I GLOB] [-w COLUMNS] [--color[=WHEN]] [--time-style=STYLE] [FILE...]",
    "Lists files: -l with details (-n owners as numbers, -g without owner, -o without group), -a hidden ones too, -h readable sizes, -t by time (of change; -u of reading, -c of any change), -S by size, -v by numbers in names, -X by endings, -U in no order, -r backwards, -x in lines, -m with commas, -Q in quotes, -b with escapes, -q without control characters, -I and -B without some, -R all below, -d directories themselves, -i serial numbers, -s space taken, -L what links lead to, -H those of the command line."
);

/// What to show.
struct Plan {
    details: bool,
    layout: Layout,
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
    style: Style,
    colour: bool,
    sort: Option<char>,
    reverse: bool,
    dirs_first: bool,
    stamp: Stamp,
    columns: usize,
    now: u64,
}

/// How names are set out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Lines,
    Down,
    Across,
    Commas,
}

/// How times are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stamp {
    /// As `ls` always did: the year only of what is old.
    Recent,
    Format(&'static str),
}

// Options that have long names only.
const COLOUR: char = '\u{1}';
const TIME_STYLE: char = '\u{2}';
const FULL_TIME: char = '\u{3}';
const SORT: char = '\u{4}';
const TIME: char = '\u{5}';
const DIRS_FIRST: char = '\u{6}';
const HIDE: char = '\u{7}';
const FORMAT: char = '\u{8}';

impl Plan {
    fn new(p: &Process, options: &Options<'_>, terminal: bool) -> Self {
        let size = p.stdout().file().ok().and_then(|file| Some(file.terminal()?.size().cols));
        let given = |option: char| options.value(option).map_or(&b""[..], |value| value.as_bytes());
        let format = options.last_of("l1Cxmngo\u{8}").map(|option| match (option, given(FORMAT)) {
            (FORMAT, b"long" | b"verbose") => 'l',
            (FORMAT, b"single-column") => '1',
            (FORMAT, b"across" | b"horizontal") => 'x',
            (FORMAT, b"commas") => 'm',
            (FORMAT, _) => 'C',
            (option, _) => option,
        });
        let details = options.last_of("lngo\u{3}").is_some();
        let time = match (options.last_of("uc\u{5}"), given(TIME)) {
            (Some('u'), _) | (Some(TIME), b"atime" | b"access" | b"use") => Some('u'),
            (Some('c'), _) | (Some(TIME), b"ctime" | b"status") => Some('c'),
            _ => None,
        };
        let sort = options.last_of("tSUvXf\u{4}").map(|option| match (option, given(SORT)) {
            (SORT, b"time") => 't',
            (SORT, b"size") => 'S',
            (SORT, b"version") => 'v',
            (SORT, b"extension") => 'X',
            (SORT | 'f', _) => 'U',
            (option, _) => option,
        });
        let style = match options.last_of("bQqN") {
            Some('b') => Style::Escaped,
            Some('Q') => Style::Quoted,
            Some('N') => Style::Plain,
            Some(_) => Style::Hidden,
            None if terminal => Style::Hidden,
            None => Style::Plain,
        };
        let stamp = match (options.last_of("\u{2}\u{3}"), given(TIME_STYLE)) {
            (Some(FULL_TIME), _) | (_, b"full-iso") => Stamp::Format("%F %T.%N %z"),
            (_, b"long-iso") => Stamp::Format("%F %R"),
            (_, b"iso") => Stamp::Format("%F "),
            _ => Stamp::Recent,
        };
        Self {
            details: matches!(format, Some('l' | 'n' | 'g' | 'o'))
                || details && matches!(format, None | Some('1')),
            layout: match format {
                Some('C') => Layout::Down,
                Some('x') => Layout::Across,
                Some('m') => Layout::Commas,
                None if terminal => Layout::Down,
                _ => Layout::Lines,
            },
            all: options.last_of("af").is_some(),
            almost_all: options.has('A'),
            human: options.has('h'),
            classify: options.has('F'),
            slashes: options.has('p'),
            inodes: options.has('i'),
            blocks: options.has('s'),
            numeric: options.has('n'),
            owner: !options.has('g'),
            group: options.last_of("oG").is_none(),
            follow: options.has('L'),
            time: match time {
                Some('u') => |it| it.accessed,
                Some(_) => |it| it.changed,
                None => |it| it.modified,
            },
            recursive: options.has('R'),
            style,
            colour: match options.has(COLOUR) {
                true => matches!(given(COLOUR), b"" | b"always" | b"yes" | b"force") || terminal && given(COLOUR) == b"auto",
                false => terminal,
            },
            // Without -l, a time that is named is the one to sort by.
            sort: sort.or_else(|| time.filter(|_| !details).map(|_| 't')),
            dirs_first: options.has(DIRS_FIRST),
            stamp,
            reverse: options.has('r'),
            columns: match options.value('w').and_then(|text| numbers::parse(text)) {
                Some(0) => usize::MAX / 2,
                Some(columns) => columns,
                None => usize::from(size.unwrap_or(80)).max(1),
            },
            now: p.sys.now().as_secs(),
        }
    }

    fn sort(&self, entries: &mut [DirEntry]) {
        if self.sort != Some('U') {
            self.sort_by_key(entries);
        }
        if self.dirs_first {
            entries.sort_by_key(|entry| entry.metadata.kind != FileType::Directory);
        }
    }

    fn sort_by_key(&self, entries: &mut [DirEntry]) {
        // No two have the same name, so that no order of equals is to be kept.
        entries.sort_unstable_by(|a, b| {
            let order = match self.sort {
                Some('t') => (self.time)(&b.metadata).cmp(&(self.time)(&a.metadata)),
                Some('S') => b.metadata.size.cmp(&a.metadata.size),
                Some('v') => version::compare(&a.name, &b.name),
                Some('X') => extension(&a.name).cmp(extension(&b.name)),
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
            match self.stamp {
                Stamp::Recent => cells.push(times.text((self.time)(it), self.now)),
                Stamp::Format(format) => {
                    let mut text = Vec::new();
                    super::format_time(format.as_bytes(), &Civil::new((self.time)(it)), &mut text);
                    cells.push(text);
                }
            }
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
        let name = display(entry.name.as_bstr(), self.style);
        let mark = match kind {
            FileType::Directory if self.classify || self.slashes => "/",
            FileType::Pipe if self.classify => "|",
            FileType::Symlink if self.classify && !self.details => "@",
            FileType::Regular if self.classify && entry.metadata.mode & 0o111 != 0 => "*",
            _ => "",
        };
        // Colours as GNU ls has them: ECMA-48 SGR bold with green, blue, yellow, cyan.
        let (colour, end) = match kind {
            _ if !self.colour => ("", ""),
            FileType::Regular if entry.metadata.mode & 0o111 != 0 => ("\x1b[1;32m", "\x1b[0m"),
            FileType::Regular => ("", ""),
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
        if self.details || self.layout == Layout::Lines {
            let mut line = Vec::new();
            for (row, entry) in entries.iter().enumerate() {
                line.clear();
                cells.put(row, &mut line);
                self.put_name(entry, &mut line);
                if self.details && entry.metadata.kind == FileType::Symlink {
                    let path = path_of(entry);
                    if let Ok(target) = out.process().sys.read_link(path.as_bstr()).await {
                        line.extend_from_slice(b" -> ");
                        line.extend_from_slice(&display(target.as_bstr(), self.style));
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
        let lines = match self.layout {
            Layout::Commas => commas(&names, self.columns),
            layout => columns(&names, self.columns, layout == Layout::Across),
        };
        for line in lines {
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
        ("color", COLOUR),
        ("colour", COLOUR),
        ("escape", 'b'),
        ("format", FORMAT),
        ("full-time", FULL_TIME),
        ("group-directories-first", DIRS_FIRST),
        ("hide", HIDE),
        ("hide-control-chars", 'q'),
        ("ignore", 'I'),
        ("ignore-backups", 'B'),
        ("literal", 'N'),
        ("quote-name", 'Q'),
        ("sort", SORT),
        ("time", TIME),
        ("time-style", TIME_STYLE),
        ("width", 'w'),
    ];
    let short = "laAB1CxmRrtSUvXfhdFipsngoGucLHkbqQNI:w:T:\u{1}::\u{2}:\u{3}\u{4}:\u{5}:\u{6}\u{7}:\u{8}:";
    let options = io::options(&p, &COMMAND, short, &long).await?;
    if let Some((option, value)) = options.given.iter().find(|(option, value)| !is_known(*option, value)) {
        let known = known_values(*option).join(", ");
        return Err(io::usage(&p, &COMMAND, &format!("invalid argument '{value}'; try {known}")).await);
    }
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
        entries.retain(|entry| !is_left_out(&options, &plan, entry.name.as_bstr()));
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

/// What the long options may be.
fn known_values(option: char) -> &'static [&'static str] {
    match option {
        COLOUR => &["always", "auto", "never", "yes", "force", "no", "none"],
        TIME_STYLE => &["locale", "iso", "long-iso", "full-iso"],
        SORT => &["time", "size", "version", "extension", "none", "name"],
        TIME => &["atime", "access", "use", "ctime", "status", "mtime", "modification"],
        FORMAT => &["long", "verbose", "single-column", "across", "horizontal", "vertical", "commas"],
        _ => &[],
    }
}

fn is_known(option: char, value: &BStr) -> bool {
    match option {
        'w' | 'T' => numbers::parse::<usize>(value).is_some(),
        COLOUR if value.is_empty() => true,
        option => known_values(option).is_empty() || known_values(option).iter().any(|known| value == known),
    }
}

/// Whether `-I`, `--hide` or `-B` leaves a name out.
fn is_left_out(options: &Options<'_>, plan: &Plan, name: &BStr) -> bool {
    options.given.iter().any(|(option, glob)| match *option {
        'I' => pattern::matches(glob, name),
        HIDE => !(plan.all || plan.almost_all) && pattern::matches(glob, name),
        'B' => name.ends_with(b"~"),
        _ => false,
    })
}

/// What a name ends with from its last dot on.
fn extension(name: &[u8]) -> &[u8] {
    name.rfind_byte(b'.').map_or(b"", |at| &name[at..])
}
