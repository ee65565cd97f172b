//! `find`: walks directories and tests each name with an expression. Depth costs memory, not stack.
//!
//! What is in a directory comes in the order of the names. Deleting the root, `.` and `..` is refused.

mod format;
mod parse;

use alloc::{format, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;

use self::{
    format::Shown,
    parse::{Expression, Match, Primary, Step, Time},
};
use super::support::{
    ask::ask,
    child,
    paths::{self, base_name, dir_name, lstat, normal, stat},
    regex::{Extent, Regex, Style},
    when,
};
use crate::{
    env::{Exit, FileType, Metadata, OpenFlags},
    errno::Errno,
    io::{self, Ended, Opened, Outcome, Output},
    lang::pattern,
    process::Process,
};

command!(
    "find",
    "find [-P | -H | -L] [PATH]... [EXPRESSION]",
    "Lists what is below PATH (.), with -L what links lead to, and passes the tests -name -path -lname (-iname... in any case) -regex -iregex -regextype -type -xtype -size -perm -readable -writable -executable -links -inum -user -group -nouser -nogroup -samefile -fstype -mtime -mmin -atime -amin -ctime -cmin -daystart -newer -newerXY -empty, joined by ! -a -o , ( ); -maxdepth, -mindepth, -depth and -xdev bound, -prune, -quit, -print, -print0, -printf, -fprint, -fprintf, -ls, -delete, -exec CMD {} \\;, -exec CMD {} +, -execdir, -ok and -okdir act."
);

/// How many bytes of memory for names `-exec ... {} +` gives to one command.
const BATCH_BYTES: usize = 128 << 10;

/// Names, and how many bytes they are.
#[derive(Default)]
struct Batch {
    names: Vec<BString>,
    bytes: usize,
}

/// A name on the way.
struct Found {
    path: BString,
    metadata: Metadata,
    depth: u64,
    /// Whether what is in it has been seen, with `-depth`.
    emptied: bool,
}

struct Finder<'p> {
    p: &'p Process,
    expression: Expression,
    out: Output<'p>,
    status: u8,
    /// The names that `-exec ... {} +` has gathered.
    batches: Vec<Batch>,
    prune: bool,
    /// Whether links in directories are followed.
    follow: bool,
    quit: bool,
    /// What is being walked.
    root: BString,
    regexes: Vec<Regex>,
    /// The files that are printed into.
    files: Vec<Opened>,
    /// The file system of the root, for `-xdev`.
    device: u64,
}

async fn run(p: Process) -> Outcome {
    let words = p.args.get(1..).unwrap_or_default();
    if words.first().is_some_and(|word| word == "--help") {
        return Err(io::help(&p, &COMMAND).await);
    }
    let is_links = |word: &&BString| matches!(word.as_slice(), b"-P" | b"-H" | b"-L");
    let links = words.iter().take_while(is_links).count();
    let links = words.split_at(links);
    let (follow, follow_roots) = match links.0.last().map(|word| word[1]) {
        Some(b'L') => (true, true),
        Some(b'H') => (false, true),
        _ => (false, false),
    };
    let words = links.1;
    let split = words.iter().position(|word| parse::begins(word)).unwrap_or(words.len());
    let (roots, words) = words.split_at(split);
    let mut expression = match parse::parse(words) {
        Ok(expression) => expression,
        Err(mistake) => return Err(io::usage(&p, &COMMAND, &mistake).await),
    };
    let (follow, follow_roots) = (follow || expression.follow, follow_roots || expression.follow);
    let mut regexes = Vec::new();
    for step in &mut expression.steps {
        let Step::Test(primary) = step else { continue };
        match prepare(&p, primary, follow_roots, &mut regexes).await? {
            Some(prepared) => *primary = prepared,
            None => continue,
        }
    }
    let mut files = Vec::new();
    for name in &expression.files {
        match io::open(&p, name.as_bstr(), OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await {
            Ok(file) => files.push(file),
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(1);
            }
        }
    }
    let batches = expression.batches.iter().map(|_| Batch::default()).collect();
    let mut finder = Finder {
        p: &p,
        expression,
        out: Output::new(&p),
        status: 0,
        batches,
        prune: false,
        follow,
        quit: false,
        root: BString::default(),
        regexes,
        files,
        device: 0,
    };
    let here = [BString::from(".")];
    for root in if roots.is_empty() { &here } else { roots } {
        finder.walk(root, follow_roots).await?;
        if finder.quit {
            break;
        }
    }
    for batch in 0..finder.batches.len() {
        finder.run_batch(batch).await?;
    }
    finder.out.finish(finder.status).await
}

/// Looks up once what files are compared with, and compiles patterns; `None` where nothing is to be done.
async fn prepare(
    p: &Process,
    primary: &Primary,
    follow: bool,
    regexes: &mut Vec<Regex>,
) -> Result<Option<Primary>, Ended> {
    let name = match primary {
        Primary::NewerThanFile(_, _, name) | Primary::SameFile(name) => name,
        Primary::NewerThanDate(time, text) => {
            return match when::parse(text, p.sys.now()) {
                Some(than) => Ok(Some(Primary::Newer(*time, than))),
                None => Err(io::usage(p, &COMMAND, &format!("invalid date '{text}'")).await),
            };
        }
        Primary::Regex { pattern, syntax, ignore_case } => {
            let style =
                Style { syntax: *syntax, ignore_case: *ignore_case, multi_line: false, extent: Extent::Whole };
            return match Regex::new(&[pattern], style) {
                Ok(regex) => {
                    regexes.push(regex);
                    Ok(Some(Primary::Matches(regexes.len() - 1)))
                }
                Err(message) => Err(io::usage(p, &COMMAND, &message).await),
            };
        }
        _ => return Ok(None),
    };
    let found = if follow { stat(p, name.as_bstr()).await } else { lstat(p, name.as_bstr()).await };
    let metadata = match found {
        Ok(metadata) => metadata,
        Err(error) => {
            io::complain_about(p, name, error).await;
            return Err(Ended(1));
        }
    };
    Ok(Some(match primary {
        Primary::NewerThanFile(of, than, _) => Primary::Newer(*of, time_of(*than, &metadata)),
        _ => Primary::IsFile(metadata.device, metadata.inode),
    }))
}

impl Finder<'_> {
    async fn walk(&mut self, root: &BString, follow: bool) -> Result<(), Ended> {
        let found = match lstat(self.p, root.as_bstr()).await {
            // A link that leads nowhere is told of itself.
            Ok(link) if follow => Ok(stat(self.p, root.as_bstr()).await.unwrap_or(link)),
            found => found,
        };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => return self.failed(root, error).await,
        };
        self.device = metadata.device;
        self.root.clone_from(root);
        let mut work = vec![Found { path: root.clone(), metadata, depth: 0, emptied: false }];
        while let Some(mut found) = work.pop() {
            let inside = self.expression.max_depth.is_none_or(|max| found.depth < max)
                && (!self.expression.one_device || found.metadata.device == self.device);
            let enter = inside && found.metadata.kind == FileType::Directory && !found.emptied;
            self.prune = false;
            if self.expression.depth_first && enter {
                let (path, depth) = (found.path.clone(), found.depth);
                found.emptied = true;
                work.push(found);
                self.list(path.as_bstr(), depth, &mut work).await?;
                continue;
            }
            if found.depth >= self.expression.min_depth {
                self.visit(&found).await?;
            }
            if self.quit {
                return Ok(());
            }
            if enter && !self.prune {
                self.list(found.path.as_bstr(), found.depth, &mut work).await?;
            }
        }
        Ok(())
    }

    /// Adds what is in a directory, last name first: it is taken from the end.
    async fn list(&mut self, dir: &BStr, depth: u64, work: &mut Vec<Found>) -> Result<(), Ended> {
        let mut entries = match self.p.sys.read_dir(self.p.absolute(dir).as_bstr()).await {
            Ok(entries) => entries,
            Err(error) => return self.failed(dir, error).await,
        };
        entries.sort_by(|a, b| b.name.cmp(&a.name));
        if self.follow {
            for entry in entries.iter_mut().filter(|entry| entry.metadata.kind == FileType::Symlink) {
                let path = paths::child(dir, entry.name.as_bstr());
                let Ok(behind) = stat(self.p, path.as_bstr()).await else { continue };
                match behind.kind == FileType::Directory && self.leads_up(dir, &behind).await {
                    true => self.failed(&path, Errno::ELOOP).await?,
                    false => entry.metadata = behind,
                }
            }
        }
        work.extend(entries.into_iter().map(|entry| Found {
            path: paths::child(dir, entry.name.as_bstr()),
            metadata: entry.metadata,
            depth: depth + 1,
            emptied: false,
        }));
        Ok(())
    }

    /// Whether a directory is the one at `path` or above it, so that entering it would never end.
    async fn leads_up(&self, path: &BStr, dir: &Metadata) -> bool {
        let path = self.p.absolute(path);
        for end in path.find_iter(b"/").chain([path.len()]) {
            let above = self.p.sys.stat(path[..end.max(1)].as_bstr()).await;
            if above.is_ok_and(|above| above.is_same_file(dir)) {
                return true;
            }
        }
        false
    }

    async fn failed(&mut self, path: &[u8], error: Errno) -> Result<(), Ended> {
        self.out.flush().await?;
        io::complain_about(self.p, path, error).await;
        self.status = 1;
        Ok(())
    }

    /// Runs the program for one name.
    async fn visit(&mut self, found: &Found) -> Result<(), Ended> {
        let (mut at, mut truth) = (0, true);
        while let Some(step) = self.expression.steps.get(at)
            && !self.quit
        {
            at += 1;
            match step {
                Step::Not => truth = !truth,
                Step::JumpIf(value, target) if truth == *value => at = *target,
                Step::JumpIf(..) => {}
                Step::Test(primary) => match test(self.p, primary, found) {
                    Some(result) => truth = result,
                    None => {
                        let primary = primary.clone();
                        truth = self.act(&primary, found).await?;
                    }
                },
            }
        }
        Ok(())
    }

    /// What needs to wait or to change something.
    async fn act(&mut self, primary: &Primary, found: &Found) -> Result<bool, Ended> {
        match primary {
            Primary::Print(end) => self.out.write_all(&[&found.path, &[*end]]).await?,
            Primary::Prune => self.prune = true,
            Primary::Delete => return self.delete(found).await,
            Primary::Empty => {
                let path = self.p.absolute(found.path.as_bstr());
                return match self.p.sys.read_dir(path.as_bstr()).await {
                    Ok(entries) => Ok(entries.is_empty()),
                    Err(error) => self.failed(&found.path, error).await.map(|()| false),
                };
            }
            Primary::LinkName(wanted, folded) => {
                let target = self.p.sys.read_link(self.p.absolute(found.path.as_bstr()).as_bstr()).await;
                return Ok(target.is_ok_and(|target| match folded {
                    true => pattern::matches(wanted, &target.to_ascii_lowercase()),
                    false => pattern::matches(wanted, &target),
                }));
            }
            Primary::TypeBehind(kinds) => {
                // The other way round than -type: what -L follows is told of itself.
                let there = match self.follow {
                    true => lstat(self.p, found.path.as_bstr()).await,
                    false => stat(self.p, found.path.as_bstr()).await,
                };
                return Ok(kinds.contains(&there.unwrap_or(found.metadata).kind));
            }
            Primary::Matches(index) => {
                return match self.regexes[*index].is_match(&found.path) {
                    Ok(matches) => Ok(matches),
                    Err(message) => {
                        self.out.flush().await?;
                        io::complain(self.p, format!("{}: {message}", found.path)).await;
                        self.status = 1;
                        Ok(false)
                    }
                };
            }
            Primary::Quit => self.quit = true,
            Primary::PrintTo(file, end) => {
                let text = [found.path.as_slice(), &[*end]].concat();
                self.print(&text, Some(*file)).await?;
            }
            Primary::Format(format, file) => {
                let mut text = Vec::new();
                self.describe(found, Some(format.as_bstr()), &mut text).await;
                self.print(&text, *file).await?;
            }
            Primary::List => {
                let mut text = Vec::new();
                self.describe(found, None, &mut text).await;
                self.print(&text, None).await?;
            }
            Primary::Exec(how, words) => {
                let (dir, name) = match how.inside {
                    true => (Some(dir_name(found.path.as_bstr())), paths::child(".".into(), base_name(found.path.as_bstr()))),
                    false => (None, found.path.clone()),
                };
                if how.asks {
                    self.out.flush().await?;
                    let question = format!("< {} ... {} > ?", words[0], found.path);
                    if !ask(self.p, &question).await {
                        return Ok(false);
                    }
                }
                let words = words.iter().map(|word| word.replace("{}", &name).into()).collect();
                return self.execute(words, dir).await;
            }
            Primary::Batch(index) => {
                let batch = &mut self.batches[*index];
                batch.names.push(found.path.clone());
                batch.bytes += found.path.len() + size_of::<BString>();
                if batch.bytes >= BATCH_BYTES {
                    self.run_batch(*index).await?;
                }
            }
            _ => {} // `test` has answered
        }
        Ok(true)
    }

    /// Writes to one of the files, or to standard output.
    async fn print(&mut self, text: &[u8], file: Option<usize>) -> Result<(), Ended> {
        let Some(file) = file else { return self.out.write(text).await };
        if let Err(error) = self.files[file].write_all(text).await {
            let name = self.expression.files[file].clone();
            self.failed(&name, error).await?;
        }
        Ok(())
    }

    /// What is known of a file, by a format or as a line of a list.
    async fn describe(&self, found: &Found, format: Option<&BStr>, text: &mut Vec<u8>) {
        let p = self.p;
        let is_link = found.metadata.kind == FileType::Symlink;
        let (mut target, mut behind) = (None, None);
        if is_link {
            target = p.sys.read_link(p.absolute(found.path.as_bstr()).as_bstr()).await.ok();
            behind = stat(p, found.path.as_bstr()).await.ok().map(|behind| behind.kind);
        }
        let file_system = self.file_system(&found.metadata);
        let shown = Shown {
            found,
            root: self.root.as_bstr(),
            target: target.as_ref().map(|target| target.as_bstr()),
            behind,
            file_system: file_system.as_bstr(),
        };
        match format {
            Some(format) => shown.expand(format, text),
            None => shown.line(p.sys.now(), text),
        }
    }

    fn file_system(&self, metadata: &Metadata) -> BString {
        let mounts = self.p.sys.mounts();
        let mount = mounts.into_iter().find(|mount| mount.device == metadata.device);
        mount.map_or_else(|| "unknown".into(), |mount| mount.kind)
    }

    async fn delete(&mut self, found: &Found) -> Result<bool, Ended> {
        let name = base_name(found.path.as_bstr());
        if name == "." {
            return Ok(true); // as GNU find does, so that `find . -delete` empties the directory
        }
        if name == ".." || normal(self.p, found.path.as_bstr()) == "/" {
            self.out.flush().await?;
            io::complain(self.p, format!("refusing to delete '{}'", found.path)).await;
            self.status = 1;
            return Ok(false);
        }
        let path = self.p.absolute(found.path.as_bstr());
        let done = match found.metadata.kind {
            FileType::Directory => self.p.sys.rmdir(path.as_bstr()).await,
            _ => self.p.sys.unlink(path.as_bstr()).await,
        };
        if let Err(error) = done {
            self.out.flush().await?;
            io::complain(self.p, format!("cannot delete '{}': {error}", found.path)).await;
            self.status = 1;
        }
        Ok(done.is_ok())
    }

    /// Runs a command, maybe in another directory; whether its status was 0.
    async fn execute(&mut self, words: Vec<BString>, dir: Option<&BStr>) -> Result<bool, Ended> {
        self.out.flush().await?; // what was printed before it comes before what it prints
        let elsewhere;
        let process = match dir {
            None => self.p,
            Some(dir) => {
                elsewhere = Process { cwd: normal(self.p, dir), ..self.p.clone() };
                &elsewhere
            }
        };
        match child::run(process, words, None).await {
            Ok(exit) => Ok(exit == Exit::Code(0)),
            Err(_) => {
                self.status = 1;
                Ok(false)
            }
        }
    }

    async fn run_batch(&mut self, index: usize) -> Result<(), Ended> {
        let names = core::mem::take(&mut self.batches[index]).names;
        if names.is_empty() {
            return Ok(());
        }
        let words = self.expression.batches[index].iter().cloned().chain(names).collect();
        if !self.execute(words, None).await? {
            self.status = 1;
        }
        Ok(())
    }
}

/// A test that needs nothing but what is known; `None` for all else.
fn test(p: &Process, primary: &Primary, found: &Found) -> Option<bool> {
    let (path, metadata) = (found.path.as_bstr(), &found.metadata);
    Some(match primary {
        Primary::Always(truth) => *truth,
        Primary::Name(wanted) => pattern::matches(wanted, base_name(path)),
        Primary::NameFolded(wanted) => pattern::matches(wanted, &base_name(path).to_ascii_lowercase()),
        Primary::Path(wanted) => pattern::matches(wanted, path),
        Primary::Type(kinds) => kinds.contains(&metadata.kind),
        Primary::Size(bound, unit) => bound.holds(metadata.size.div_ceil(*unit)),
        Primary::PathFolded(wanted) => pattern::matches(wanted, &path.to_ascii_lowercase()),
        Primary::Age(time, bound, unit, from_day_start) => {
            let mut now = p.sys.now();
            if *from_day_start {
                now = Duration::from_secs((now.as_secs() / 86_400 + 1) * 86_400);
            }
            bound.holds(now.saturating_sub(time_of(*time, metadata)).as_secs() / unit)
        }
        Primary::Access(how) => format::may(*how, metadata),
        Primary::FileSystem(kind) => {
            p.sys.mounts().iter().any(|mount| mount.device == metadata.device && mount.kind == *kind)
        }
        Primary::Newer(time, than) => time_of(*time, metadata) > *than,
        Primary::Links(bound) => bound.holds(metadata.links.into()),
        Primary::Inode(bound) => bound.holds(metadata.inode),
        Primary::User(bound) => bound.holds(metadata.uid.into()),
        Primary::Group(bound) => bound.holds(metadata.gid.into()),
        Primary::Mode(Match::Exactly, mode) => metadata.mode == *mode,
        Primary::Mode(Match::All, mode) => metadata.mode & mode == *mode,
        Primary::Mode(Match::Any, mode) => *mode == 0 || metadata.mode & mode != 0,
        Primary::IsFile(device, inode) => (metadata.device, metadata.inode) == (*device, *inode),
        Primary::LinkName(..) if metadata.kind != FileType::Symlink => false,
        Primary::Empty if metadata.kind == FileType::Regular => metadata.size == 0,
        Primary::Empty if metadata.kind != FileType::Directory => false,
        _ => return None,
    })
}

fn time_of(time: Time, metadata: &Metadata) -> Duration {
    match time {
        Time::Accessed => metadata.accessed,
        Time::Modified => metadata.modified,
        Time::Changed => metadata.changed,
    }
}
