//! `patch`: makes the changes that `diff` found. It holds the patch and the file being changed in memory.

mod apply;
mod parse;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use self::{
    apply::{Patched, fits, stripped},
    parse::{FilePatch, parse},
};
use super::support::{
    numbers,
    paths::{child, dir_name, is_within, lstat, normal},
};
use crate::{
    env::OpenFlags,
    errno::Errno,
    io::{self, Ended, Options, Outcome, Output},
    process::Process,
};

command!(
    "patch",
    "patch [-bEflNRsu] [-d DIRECTORY] [-F LINES] [-i PATCH] [-o FILE] [-p COUNT] [-r FILE] [--dry-run] [FILE [PATCH]]",
    "Changes files as a patch says that diff wrote, from standard input or PATCH; -p takes so many directories away from its names, -R undoes it, -b keeps FILE.orig, -o writes to another file, -F how much of what is around may differ (2), -N passes over what has been done, -E removes files that get empty. What does not fit goes to FILE.rej."
);

// An option that has a long name only.
const DRY_RUN: char = '\u{1}';

struct Plan<'p> {
    p: &'p Process,
    strip: Option<usize>,
    fuzz: usize,
    reverse: bool,
    backup: bool,
    silent: bool,
    dry_run: bool,
    forward: bool,
    remove_empty: bool,
    file: Option<&'p BStr>,
    output: Option<&'p BStr>,
    rejects: Option<&'p BStr>,
    out: Output<'p>,
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("backup", 'b'),
        ("directory", 'd'),
        ("dry-run", DRY_RUN),
        ("force", 'f'),
        ("forward", 'N'),
        ("fuzz", 'F'),
        ("input", 'i'),
        ("output", 'o'),
        ("quiet", 's'),
        ("reject-file", 'r'),
        ("remove-empty-files", 'E'),
        ("reverse", 'R'),
        ("silent", 's'),
        ("strip", 'p'),
        ("unified", 'u'),
    ];
    let options = io::options(&p, &COMMAND, "bcd:EfF:i:lnNo:p:r:Rstu\u{1}", &long).await?;
    let inside;
    let p = match options.value('d') {
        None => &p,
        Some(dir) => {
            inside = Process { cwd: normal(&p, dir), ..p.clone() };
            &inside
        }
    };
    let mut plan = match plan(p, &options) {
        Ok(plan) => plan,
        Err(message) => return Err(io::usage(p, &COMMAND, &message).await),
    };
    let name = options.value('i').or(options.operands.get(1).copied()).unwrap_or(BStr::new("-"));
    let text = io::slurp(p, name).await.map_err(|_| Ended(2))?;
    let patches = match parse(&text) {
        Ok(patches) => patches,
        Err(message) => {
            io::complain(p, message).await;
            return Ok(2);
        }
    };
    if patches.is_empty() {
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(0);
        }
        io::complain(p, "there is no patch in the input".into()).await;
        return Ok(2);
    }
    let mut status = 0;
    for mut patch in patches {
        if plan.reverse {
            patch.reverse();
        }
        status = status.max(plan.one(&patch).await?);
    }
    plan.out.finish(status).await
}

fn plan<'p>(p: &'p Process, options: &Options<'p>) -> Result<Plan<'p>, String> {
    let number = |option: char| match options.value(option).map(|text| (text, numbers::parse::<usize>(text))) {
        None => Ok(None),
        Some((_, Some(number))) => Ok(Some(number)),
        Some((text, None)) => Err(format!("invalid number '{text}' for -{option}")),
    };
    if let Some(extra) = options.operands.get(2) {
        return Err(format!("extra operand '{extra}'"));
    }
    Ok(Plan {
        p,
        strip: number('p')?,
        fuzz: number('F')?.unwrap_or(2),
        reverse: options.has('R'),
        backup: options.has('b'),
        silent: options.has('s'),
        dry_run: options.has(DRY_RUN),
        forward: options.has('N'),
        remove_empty: options.has('E'),
        file: options.operands.first().copied(),
        output: options.value('o'),
        rejects: options.value('r'),
        out: Output::new(p),
    })
}

impl Plan<'_> {
    /// Changes one file; the status.
    async fn one(&mut self, patch: &FilePatch) -> Result<u8, Ended> {
        let Some(name) = self.name(patch).await? else { return Ok(1) };
        let name = name.as_bstr();
        let creates = patch.hunks.first().is_some_and(|hunk| hunk.old_start == 0);
        let old = match lstat(self.p, name).await {
            Ok(_) => io::slurp(self.p, name).await.map_err(|_| Ended(2))?,
            Err(Errno::ENOENT) if creates => Vec::new(),
            Err(error) => {
                self.out.flush().await?;
                io::complain_about(self.p, name, error).await;
                return Ok(1);
            }
        };
        let doing = if self.dry_run { "checking" } else { "patching" };
        self.tell(format!("{doing} file {name}\n")).await?;
        let mut patched = Patched::new(&old);
        let (mut rejects, mut failed) = (Vec::new(), 0);
        let mut again = false;
        for (i, hunk) in patch.hunks.iter().enumerate() {
            let number = i + 1;
            let expected = patched.expected(hunk);
            match patched.apply(hunk, self.fuzz).filter(|_| !again) {
                Some(placed) => {
                    let fuzz = match placed.fuzz {
                        0 => String::new(),
                        fuzz => format!(" with fuzz {fuzz}"),
                    };
                    let offset = match placed.offset {
                        0 => String::new(),
                        1 => " (offset 1 line)".into(),
                        offset => format!(" (offset {offset} lines)"),
                    };
                    if !fuzz.is_empty() || !offset.is_empty() {
                        self.tell(format!("Hunk #{number} succeeded at {}{fuzz}{offset}.\n", placed.line)).await?;
                    }
                    continue;
                }
                None if i == 0 => {
                    let mut other = FilePatch::default();
                    other.hunks.push(parse::Hunk {
                        lines: hunk.lines.clone(),
                        old_start: hunk.old_start,
                        new_start: hunk.new_start,
                    });
                    other.reverse();
                    again = fits(&old, &other.hunks[0], self.fuzz);
                    if again {
                        let what = "Reversed (or previously applied) patch detected!  Skipping patch.\n";
                        self.tell(what.into()).await?;
                        if self.forward {
                            return Ok(1);
                        }
                    }
                }
                None => {}
            }
            failed += 1;
            if !again {
                self.tell(format!("Hunk #{number} FAILED at {expected}.\n")).await?;
            }
            if rejects.is_empty() {
                let [old, new] = [&patch.old, &patch.new].map(|side| side.as_ref().map_or(name, |side| side.as_bstr()));
                rejects.extend_from_slice(format!("--- {old}\n+++ {new}\n").as_bytes());
            }
            hunk.print(&mut rejects);
        }
        let new = patched.finish();
        let target = self.output.unwrap_or(name);
        if !self.dry_run && (failed < patch.hunks.len() || self.output.is_some()) {
            if self.backup && self.output.is_none() {
                self.write([name.as_bytes(), b".orig"].concat().as_bstr(), &old).await?;
            }
            let removes = new.is_empty() && (self.remove_empty || patch.new.as_ref().is_some_and(|new| new == "/dev/null"));
            if removes && self.output.is_none() {
                if let Err(error) = self.p.sys.unlink(self.p.absolute(target).as_bstr()).await {
                    self.out.flush().await?;
                    io::complain_about(self.p, target, error).await;
                    return Ok(2);
                }
            } else {
                self.make_dirs(target).await;
                self.write(target, &new).await?;
            }
        }
        if failed == 0 {
            return Ok(0);
        }
        let rejected = self.rejects.map_or_else(|| [target.as_bytes(), b".rej"].concat().into(), BString::from);
        let plural = if patch.hunks.len() == 1 { "" } else { "s" };
        let all = patch.hunks.len();
        let saving = if self.dry_run { String::new() } else { format!(" -- saving rejects to file {rejected}") };
        self.tell(format!("{failed} out of {all} hunk{plural} FAILED{saving}\n")).await?;
        if !self.dry_run && rejected != "-" {
            self.write(rejected.as_bstr(), &rejects).await?;
        }
        Ok(1)
    }

    /// The file that a patch is for: that of the command line, or of the names in the patch the first that is there.
    async fn name(&mut self, patch: &FilePatch) -> Result<Option<BString>, Ended> {
        if let Some(file) = self.file {
            return Ok(Some(file.into()));
        }
        let names = [&patch.old, &patch.new, &patch.index].map(|name| {
            let name = name.as_ref().map(|name| name.as_bstr()).filter(|name| *name != "/dev/null")?;
            stripped(name, self.strip)
        });
        let names: Vec<&BStr> = names.into_iter().flatten().collect();
        for name in &names {
            if !self.is_below(name) {
                self.out.flush().await?;
                io::complain(self.p, format!("ignoring the dangerous name '{name}': it leads out of here")).await;
                return Ok(None);
            }
            if lstat(self.p, name).await.is_ok() {
                return Ok(Some((*name).into()));
            }
        }
        let creates = patch.hunks.first().is_some_and(|hunk| hunk.old_start == 0);
        match names.last().filter(|_| creates) {
            Some(name) => Ok(Some((*name).into())),
            None => {
                self.out.flush().await?;
                let message = "cannot find the file to patch; -p takes another number of directories away, or name the file";
                io::complain(self.p, message.into()).await;
                Ok(None)
            }
        }
    }

    fn is_below(&self, name: &BStr) -> bool {
        !name.starts_with(b"/") && is_within(&normal(self.p, name), &self.p.cwd)
    }

    async fn tell(&mut self, text: String) -> Result<(), Ended> {
        if self.silent { Ok(()) } else { self.out.write(text.as_bytes()).await }
    }

    async fn make_dirs(&self, name: &BStr) {
        let mut path = BString::default();
        for part in dir_name(name).split_str(b"/").filter(|part| !part.is_empty()) {
            path = child(path.as_bstr(), part.as_bstr());
            // What cannot be made is told when the file cannot be.
            let _ = self.p.sys.mkdir(self.p.absolute(path.as_bstr()).as_bstr(), self.p.new_mode(0o777)).await;
        }
    }

    async fn write(&mut self, name: &BStr, text: &[u8]) -> Result<(), Ended> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        let written = match io::open(self.p, name, flags).await {
            Ok(file) => file.write_all(text).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            self.out.flush().await?;
            io::complain_about(self.p, name, error).await;
            return Err(Ended(2));
        }
        Ok(())
    }
}
