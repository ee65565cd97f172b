//! `gzip`, `gunzip` and `zcat`: compressed files (RFC 1952). Memory is that of the window, whatever the size.

mod pack;
mod unpack;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::paths::{base_name, child, lstat};
use crate::{
    env::{Changes, FileType, Metadata, OpenFlags},
    errno::Errno,
    fd::Fd,
    io::{self, Ended, Options, Outcome},
    process::{Command, Process},
};

command!(
    "gzip",
    "gzip [-cdfklnqrtv] [-1...-9] [-S SUFFIX] [FILE...]",
    "Compresses files to FILE.gz, or standard input to standard output; -d back again, -c to standard output, -k keeps the file, -f writes over what is there, -t only tests, -l lists sizes, -r all below directories, -n without name and time, -1 fast to -9 small."
);

// Options that have long names only.
const FAST: char = '\u{1}';
const BEST: char = '\u{2}';

/// What went wrong with one file.
pub(super) enum Problem {
    Read(Errno),
    Write(Errno),
    /// What is wrong with the data.
    Format(&'static str),
}

/// How much went in and came out.
#[derive(Clone, Copy, Default)]
pub(super) struct Sizes {
    pub packed: u64,
    pub plain: u64,
    /// Whether what came behind was no compressed data.
    pub garbage: bool,
}

/// What is done with each file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Pack,
    Unpack,
    Test,
    List,
}

struct Plan<'p> {
    p: &'p Process,
    task: Task,
    to_stdout: bool,
    force: bool,
    keep: bool,
    recursive: bool,
    named: bool,
    verbose: bool,
    quiet: bool,
    level: u8,
    suffix: &'p BStr,
    /// Of all that were listed.
    sum: Sizes,
    listed: u64,
    status: u8,
}

async fn run(p: Process) -> Outcome {
    run_as(&p, &COMMAND, "").await
}

/// Runs as if the options in `given` stood in front.
pub(super) async fn run_as(p: &Process, command: &Command, given: &str) -> Outcome {
    let long = [
        ("stdout", 'c'),
        ("to-stdout", 'c'),
        ("decompress", 'd'),
        ("uncompress", 'd'),
        ("force", 'f'),
        ("keep", 'k'),
        ("list", 'l'),
        ("no-name", 'n'),
        ("name", 'N'),
        ("quiet", 'q'),
        ("recursive", 'r'),
        ("suffix", 'S'),
        ("test", 't'),
        ("verbose", 'v'),
        ("fast", FAST),
        ("best", BEST),
    ];
    let options = io::options(p, command, "cdfklnNqrtvS:123456789\u{1}\u{2}", &long).await?;
    let has = |option: char| options.has(option) || given.contains(option);
    let task = match () {
        () if has('l') => Task::List,
        () if has('t') => Task::Test,
        () if has('d') => Task::Unpack,
        () => Task::Pack,
    };
    let mut plan = Plan {
        p,
        task,
        to_stdout: has('c'),
        force: has('f'),
        keep: has('k'),
        recursive: has('r'),
        named: !has('n'),
        verbose: has('v'),
        quiet: has('q'),
        level: level(&options),
        suffix: options.value('S').unwrap_or(BStr::new(".gz")),
        sum: Sizes::default(),
        listed: 0,
        status: 0,
    };
    if plan.suffix.is_empty() || plan.suffix.contains(&b'/') {
        return Err(io::usage(p, command, "invalid suffix").await);
    }
    // What is still to be done, last first.
    let mut work: Vec<BString> = io::inputs(&options.operands).into_iter().rev().map(BString::from).collect();
    while let Some(name) = work.pop() {
        if name == "-" {
            plan.stdin().await?;
        } else if let Some(below) = plan.file(name.as_bstr()).await? {
            work.extend(below);
        }
    }
    if plan.listed > 1 {
        let sum = plan.sum;
        plan.list_line(&sum, BStr::new("(totals)")).await?;
    }
    Ok(plan.status)
}

fn level(options: &Options<'_>) -> u8 {
    match options.last_of("123456789\u{1}\u{2}") {
        Some(FAST) => 1,
        Some(BEST) => 9,
        Some(digit) => digit.to_digit(10).unwrap_or(6) as u8,
        None => 6,
    }
}

impl Plan<'_> {
    async fn complain(&mut self, message: String, status: u8) {
        // A warning does not hide an error.
        self.status = if self.status == 1 { 1 } else { status };
        if status != 2 || !self.quiet {
            io::complain(self.p, message).await;
        }
    }

    async fn stdin(&mut self) -> Result<(), Ended> {
        let (stdin, stdout) = (self.p.stdin(), self.p.stdout());
        let is_terminal = |fd: &Fd| fd.file().is_ok_and(|file| file.terminal().is_some());
        let terminal = match self.task {
            Task::Pack => is_terminal(&stdout),
            _ => is_terminal(&stdin),
        };
        if terminal && !self.force {
            self.complain("compressed data goes not to or from a terminal; -f does it all the same".into(), 1).await;
            return Ok(());
        }
        let result = self.work(&stdin, Some(&stdout), None).await;
        self.tell(BStr::new("-"), result, true).await?;
        Ok(())
    }

    /// Does one file. Of a directory, what is in it is the answer, last name first.
    async fn file(&mut self, name: &BStr) -> Result<Option<Vec<BString>>, Ended> {
        let p = self.p;
        let mut name = BString::from(name);
        let mut found = lstat(p, name.as_bstr()).await;
        if found == Err(Errno::ENOENT) && self.task != Task::Pack && !name.ends_with(self.suffix) {
            name.extend_from_slice(self.suffix);
            found = lstat(p, name.as_bstr()).await;
        }
        // What is only read may be a link.
        if found.is_ok_and(|it| it.kind == FileType::Symlink) && (self.to_stdout || self.force || self.reads_only()) {
            found = p.sys.stat(p.absolute(name.as_bstr()).as_bstr()).await;
        }
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                self.complain(format!("{name}: {error}"), 1).await;
                return Ok(None);
            }
        };
        if metadata.kind == FileType::Directory {
            if !self.recursive {
                self.complain(format!("{name} is a directory -- ignored"), 2).await;
                return Ok(None);
            }
            return match p.sys.read_dir(p.absolute(name.as_bstr()).as_bstr()).await {
                Ok(mut entries) => {
                    entries.sort_by(|a, b| b.name.cmp(&a.name));
                    Ok(Some(entries.iter().map(|entry| child(name.as_bstr(), entry.name.as_bstr())).collect()))
                }
                Err(error) => {
                    self.complain(format!("{name}: {error}"), 1).await;
                    Ok(None)
                }
            };
        }
        let writes = !(self.to_stdout || self.reads_only());
        if writes && metadata.kind != FileType::Regular {
            self.complain(format!("{name} is not a directory or a regular file -- ignored"), 2).await;
            return Ok(None);
        }
        let target = match (writes, self.target(name.as_bstr())) {
            (false, _) => None,
            (true, Ok(target)) => Some(target),
            (true, Err(message)) => {
                self.complain(format!("{name}: {message} -- ignored"), 2).await;
                return Ok(None);
            }
        };
        let Some(input) = io::open_input(p, name.as_bstr()).await else {
            self.status = 1;
            return Ok(None);
        };
        let Some(target) = target else {
            let stdout = p.stdout();
            let output = if self.reads_only() { None } else { Some(&stdout) };
            let result = self.work(&input, output, Some((name.as_bstr(), &metadata))).await;
            self.tell(name.as_bstr(), result, output.is_some()).await?;
            return Ok(None);
        };
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        let exclusive = if self.force { OpenFlags::empty() } else { OpenFlags::EXCL };
        let output = match io::open(p, target.as_bstr(), flags | exclusive).await {
            Ok(output) => output,
            Err(Errno::EEXIST) => {
                self.complain(format!("{target} already exists; -f writes over it"), 2).await;
                return Ok(None);
            }
            Err(error) => {
                self.complain(format!("{target}: {error}"), 1).await;
                return Ok(None);
            }
        };
        let result = self.work(&input, Some(&output), Some((name.as_bstr(), &metadata))).await;
        let fine = self.tell(name.as_bstr(), result, false).await?;
        drop((input, output));
        let [source_path, target_path] = [&name, &target].map(|name| p.absolute(name.as_bstr()));
        if !fine {
            let _ = p.sys.unlink(target_path.as_bstr()).await; // the complaint was about what matters
            return Ok(None);
        }
        let changes =
            Changes { mode: Some(metadata.mode), ..Changes::times(metadata.accessed, metadata.modified) };
        let mut done = p.sys.change(target_path.as_bstr(), changes, true).await;
        if done.is_ok() && !self.keep {
            done = p.sys.unlink(source_path.as_bstr()).await;
        }
        if let Err(error) = done {
            self.complain(format!("{name}: {error}"), 1).await;
        }
        Ok(None)
    }

    fn reads_only(&self) -> bool {
        matches!(self.task, Task::Test | Task::List)
    }

    /// The name of what is made; or why there is none.
    fn target(&self, name: &BStr) -> Result<BString, &'static str> {
        if self.task == Task::Pack {
            return match name.ends_with(self.suffix) && !self.force {
                true => Err("has the suffix already"),
                false => Ok([name.as_bytes(), self.suffix].concat().into()),
            };
        }
        let plain = |suffix: &[u8]| {
            let plain = name.strip_suffix(suffix)?;
            (!base_name(plain.as_bstr()).is_empty() && !plain.ends_with(b"/")).then(|| plain.into())
        };
        if let Some(stem) = name.strip_suffix(b".tgz") {
            return Ok([stem, b".tar"].concat().into());
        }
        plain(self.suffix).or_else(|| plain(b".gz")).or_else(|| plain(b"-gz")).ok_or("unknown suffix")
    }

    async fn work(
        &self,
        input: &Fd,
        output: Option<&Fd>,
        file: Option<(&BStr, &Metadata)>,
    ) -> Result<Sizes, Problem> {
        match self.task {
            Task::Pack => {
                let file = file.filter(|_| self.named);
                let name = file.map(|(name, _)| base_name(name));
                let time = file.map_or(0, |(_, metadata)| metadata.modified.as_secs());
                pack::pack(self.p, input, output, self.level, name, time).await
            }
            _ => unpack::unpack(self.p, input, output, self.force && self.to_stdout).await,
        }
    }

    /// Says how it went; whether well.
    async fn tell(
        &mut self,
        name: &BStr,
        result: Result<Sizes, Problem>,
        to_stdout: bool,
    ) -> Result<bool, Ended> {
        let sizes = match result {
            Ok(sizes) => sizes,
            Err(Problem::Write(error)) if to_stdout => return Err(io::write_failed(self.p, error).await),
            Err(Problem::Read(error) | Problem::Write(error)) => {
                self.complain(format!("{name}: {error}"), 1).await;
                return Ok(false);
            }
            Err(Problem::Format(message)) => {
                self.complain(format!("{name}: {message}"), 1).await;
                return Ok(false);
            }
        };
        if sizes.garbage {
            self.complain(format!("{name}: trailing garbage ignored"), 2).await;
        }
        match self.task {
            Task::List => {
                self.list_line(&sizes, self.target(name).as_ref().map_or(name, |name| name.as_bstr())).await?;
                self.sum.packed += sizes.packed;
                self.sum.plain += sizes.plain;
            }
            Task::Test if self.verbose => io::complain(self.p, format!("{name}: OK")).await,
            _ if self.verbose => io::complain(self.p, format!("{name}: {}", ratio(&sizes).trim_start())).await,
            _ => {}
        }
        Ok(true)
    }

    async fn list_line(&mut self, sizes: &Sizes, name: &BStr) -> Result<(), Ended> {
        let mut text = Vec::new();
        if self.listed == 0 && !self.quiet {
            text.extend_from_slice(b"         compressed        uncompressed  ratio uncompressed_name\n");
        }
        self.listed += 1;
        let columns = format!("{:19} {:19} {} ", sizes.packed, sizes.plain, ratio(sizes));
        text.extend_from_slice(columns.as_bytes());
        text.extend_from_slice(name);
        text.push(b'\n');
        match self.p.stdout().write_all(&text).await {
            Ok(()) => Ok(()),
            Err(error) => Err(io::write_failed(self.p, error).await),
        }
    }
}

/// How much smaller it is, in tenths of a percent.
fn ratio(sizes: &Sizes) -> String {
    if sizes.plain == 0 {
        return "  0.0%".into();
    }
    let saved = i128::from(sizes.plain) - i128::from(sizes.packed);
    let tenths = saved * 1000 / i128::from(sizes.plain);
    let sign = if tenths < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{}%", tenths.abs() / 10, tenths.abs() % 10);
    format!("{text:>6}")
}
