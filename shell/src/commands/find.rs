//! `find`: walks directories and tests each name with an expression. Depth costs memory, not stack.
//!
//! What is in a directory comes in the order of the names. Deleting the root, `.` and `..` is refused.

mod parse;

use alloc::{format, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;

use self::parse::{Expression, Match, Primary, Step, Time};
use super::support::{
    child,
    paths::{self, base_name, lstat, normal, stat},
};
use crate::{
    env::{Exit, FileType, Metadata},
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    lang::pattern,
    process::Process,
};

command!(
    "find",
    "find [-P | -H | -L] [PATH]... [EXPRESSION]",
    "Lists what is below PATH (.), with -L what links lead to, and passes the tests -name -iname -path -lname -type -size -perm -links -inum -user -group -samefile -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -empty, joined by ! -a -o ( ); -maxdepth, -mindepth and -xdev bound, -prune, -print, -print0, -delete, -exec CMD {} \\; and -exec CMD {} + act."
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
    for step in &mut expression.steps {
        // What a file is compared with is looked up once.
        let Step::Test(Primary::NewerThanFile(_, name) | Primary::SameFile(name)) = step else { continue };
        let found = if follow_roots { stat(&p, name.as_bstr()).await } else { lstat(&p, name.as_bstr()).await };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(1);
            }
        };
        *step = Step::Test(match step {
            Step::Test(Primary::NewerThanFile(time, _)) => Primary::Newer(*time, metadata.modified),
            _ => Primary::IsFile(metadata.device, metadata.inode),
        });
    }
    let batches = expression.batches.iter().map(|_| Batch::default()).collect();
    let mut finder = Finder { p: &p, expression, out: Output::new(&p), status: 0, batches, prune: false, follow, device: 0 };
    let here = [BString::from(".")];
    for root in if roots.is_empty() { &here } else { roots } {
        finder.walk(root, follow_roots).await?;
    }
    for batch in 0..finder.batches.len() {
        finder.run_batch(batch).await?;
    }
    finder.out.finish(finder.status).await
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
        while let Some(step) = self.expression.steps.get(at) {
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
            Primary::LinkName(wanted) => {
                let target = self.p.sys.read_link(self.p.absolute(found.path.as_bstr()).as_bstr()).await;
                return Ok(target.is_ok_and(|target| pattern::matches(wanted, &target)));
            }
            Primary::Exec(words) => {
                let words = words.iter().map(|word| word.replace("{}", &found.path).into()).collect();
                return self.execute(words).await;
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

    /// Runs a command; whether its status was 0.
    async fn execute(&mut self, words: Vec<BString>) -> Result<bool, Ended> {
        self.out.flush().await?; // what was printed before it comes before what it prints
        match child::run(self.p, words, None).await {
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
        if !self.execute(words).await? {
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
        Primary::Age(time, bound, unit) => {
            bound.holds(p.sys.now().saturating_sub(time_of(*time, metadata)).as_secs() / unit)
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
        Primary::LinkName(_) if metadata.kind != FileType::Symlink => false,
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
