//! `tar`: packs files into an archive, lists it, and unpacks it. It streams: what it remembers are names of files that
//! have several, and directories whose times are set in the end.

mod pack;
mod read;
mod unpack;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{civil::Civil, mode, owner};
use crate::{
    env::{FileType, Metadata, OpenFlags},
    fd::Fd,
    io::{self, Ended, Opened, Options, Outcome, Output},
    lang::pattern,
    process::Process,
    ustar::{Kind, Member},
};

command!(
    "tar",
    "tar -c|-x|-t [-vhkmOo] [-f ARCHIVE] [-C DIRECTORY] [--exclude=PATTERN] [--strip-components=N] [FILE...]",
    "Packs FILEs into an archive (-c), lists it (-t) or unpacks it (-x), whole or what FILEs name; -f standard input or output (-) or a file, -C works in DIRECTORY, -v tells names, -h follows links, -k leaves what is there, -m leaves times, -o owners, -O unpacks to standard output. No compression."
);

const SHORT: &str = "cxtvhkmOopf:C:e:n:";

async fn run(p: Process) -> Outcome {
    let long = [
        ("create", 'c'),
        ("extract", 'x'),
        ("get", 'x'),
        ("list", 't'),
        ("verbose", 'v'),
        ("dereference", 'h'),
        ("keep-old-files", 'k'),
        ("touch", 'm'),
        ("to-stdout", 'O'),
        ("no-same-owner", 'o'),
        ("preserve-permissions", 'p'),
        ("file", 'f'),
        ("directory", 'C'),
        ("exclude", 'e'),
        ("strip-components", 'n'),
    ];
    let words = old_style(p.args.get(1..).unwrap_or_default());
    let options = io::options_of(&p, &words, &COMMAND, SHORT, &long).await?;
    let modes = ['c', 'x', 't'].into_iter().filter(|mode| options.has(*mode)).count();
    if modes != 1 {
        return Err(io::usage(&p, &COMMAND, "one of -c, -x and -t is needed").await);
    }
    let strip = options.value('n').map(|text| (text, super::support::numbers::parse(text)));
    let strip = match strip {
        None => 0,
        Some((_, Some(strip))) => strip,
        Some((text, None)) => {
            return Err(io::usage(&p, &COMMAND, &format!("invalid number of components '{text}'")).await);
        }
    };
    let job = Job { p: &p, base: options.value('C').map(|dir| p.absolute(dir)), strip, options: &options };
    if options.has('c') { pack::pack(&job).await } else { unpack::unpack(&job).await }
}

/// `tar cf FILE ...`: letters without a minus, and the values that they need after them, in order.
fn old_style(words: &[BString]) -> Vec<BString> {
    let Some((first, rest)) = words.split_first().filter(|(first, _)| !first.starts_with(b"-")) else {
        return words.to_vec();
    };
    let (mut new, mut rest): (Vec<BString>, _) = (Vec::new(), rest.iter());
    for letter in first.chars() {
        new.push(format!("-{letter}").into());
        if SHORT.contains(&format!("{letter}:")) {
            new.extend(rest.next().cloned());
        }
    }
    new.extend(rest.cloned());
    new
}

/// What is to be done.
struct Job<'p> {
    p: &'p Process,
    /// Where files are.
    base: Option<BString>,
    /// How many components names lose when they are unpacked.
    strip: usize,
    options: &'p Options<'p>,
}

impl Job<'_> {
    fn has(&self, letter: char) -> bool {
        self.options.has(letter)
    }

    /// A path of the file system for a name.
    fn path(&self, name: &BStr) -> BString {
        match &self.base {
            Some(base) => crate::process::absolute(base.as_bstr(), name),
            None => self.p.absolute(name),
        }
    }

    /// The archive.
    async fn archive(&self, flags: OpenFlags) -> Result<Opened, Ended> {
        let standard = if flags.contains(OpenFlags::WRITE) { 1 } else { 0 };
        let opened = match self.options.value('f').filter(|name| *name != "-") {
            None => self.p.fds.get(standard).and_then(|file| {
                if file.terminal().is_some() && standard == 1 {
                    return Err(crate::errno::Errno::ENOTTY);
                }
                io::adopt(self.p, file)
            }),
            Some(name) => io::open(self.p, name, flags).await,
        };
        match opened {
            Ok(file) => Ok(file),
            Err(crate::errno::Errno::ENOTTY) => {
                io::complain(self.p, "an archive is nothing for a terminal; try -f FILE".into()).await;
                Err(Ended(2))
            }
            Err(error) => {
                let name = self.options.value('f').unwrap_or(BStr::new("-"));
                io::complain_about(self.p, name, error).await;
                Err(Ended(2))
            }
        }
    }

    /// Whether a pattern of `--exclude` leaves a name out: all of it, or from some slash on.
    fn excludes(&self, name: &[u8]) -> bool {
        let name = name.trim_end_with(|c| c == '/');
        self.options.given.iter().filter(|(letter, _)| *letter == 'e').any(|(_, wanted)| {
            let tails = name.find_iter(b"/").map(|at| &name[at + 1..]);
            core::iter::once(name).chain(tails).any(|tail| pattern::matches(wanted, tail))
        })
    }

    /// Tells of a member, for `-v` and `-t`.
    async fn tell(&self, out: &mut Output<'_>, member: &Member<'_>, size: u64, details: bool) -> Result<(), Ended> {
        let mut line = Vec::new();
        if details {
            line.extend_from_slice(details_of(member, size).as_bytes());
        }
        line.extend_from_slice(&member.path);
        if details {
            match &member.kind {
                Kind::Symlink(target) => line.extend_from_slice(&[b" -> ", target.as_ref()].concat()),
                Kind::HardLink(target) => line.extend_from_slice(&[b" link to ", target.as_ref()].concat()),
                _ => {}
            }
        }
        line.push(b'\n');
        out.write(&line).await
    }
}

/// Permissions, owner, size and time.
fn details_of(member: &Member<'_>, size: u64) -> String {
    let kind = match member.kind {
        Kind::Directory => FileType::Directory,
        Kind::Symlink(_) => FileType::Symlink,
        Kind::Other(b'3' | b'4') => FileType::CharDevice,
        Kind::Fifo => FileType::Pipe,
        _ => FileType::Regular,
    };
    let mut letters = mode::symbolic(&Metadata::new(kind, member.mode));
    if let Kind::HardLink(_) = member.kind {
        letters.replace_range(..1, "h");
    }
    let owner = format!("{}/{}", owner::name(member.uid), owner::name(member.gid));
    let width = 18usize.saturating_sub(owner.len()).max(1);
    let at = Civil::new(core::time::Duration::from_secs(member.modified_s));
    format!("{letters} {owner} {size:>width$} {} {:02}:{:02} ", at.date(), at.hour, at.minute)
}

/// A path as a member's name: relative. Whether something was taken off.
fn member_name(path: &BStr) -> (BString, bool) {
    let name = path.trim_start_with(|c| c == '/');
    (if name.is_empty() { ".".into() } else { name.into() }, name.len() < path.len())
}

/// Writes to the archive; says so when it cannot.
async fn put(p: &Process, archive: &Fd, bytes: &[u8]) -> Result<(), Ended> {
    match archive.write_all(bytes).await {
        Ok(()) => Ok(()),
        Err(crate::errno::Errno::EPIPE) => Err(Ended(io::BROKEN_PIPE)),
        Err(error) => {
            io::complain(p, format!("cannot write the archive: {error}")).await;
            Err(Ended(2))
        }
    }
}
