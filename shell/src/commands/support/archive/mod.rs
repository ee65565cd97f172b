//! Archives: packing, listing and unpacking, as `tar` and `pax` say how. It streams: what is remembered are names of
//! files that have several, and directories whose times are set in the end.

mod pack;
mod read;
mod rename;
mod unpack;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use spin::Mutex;

use super::{civil::Civil, mode, owner, tree::Links};
use crate::{
    env::{FileType, Metadata, OpenFlags},
    errno::Errno,
    fd::Fd,
    io::{self, Ended, Opened, Output},
    lang::pattern,
    process::Process,
    ustar::{BLOCK, Kind, Member},
};

pub use pack::{Names, pack};
pub use rename::Rename;
pub use unpack::unpack;

/// Which members are meant.
pub enum Wanted {
    /// Those of these names, and what is below them; all if there are none.
    Names(Vec<BString>),
    /// Those that one of these patterns matches, and what is below them; all if there are none.
    Patterns {
        patterns: Vec<BString>,
        /// Those that are not.
        others: bool,
        /// Only the first for each pattern.
        first: bool,
    },
}

/// What is to be done, and how.
pub struct Job<'p> {
    pub p: &'p Process,
    /// Where files are, if not in the working directory.
    pub base: Option<BString>,
    /// How many components names lose when they are unpacked.
    pub strip: usize,
    pub wanted: Wanted,
    /// Patterns of names that are left out.
    pub excluded: Vec<BString>,
    /// What is changed in names.
    pub renames: Mutex<Vec<Rename>>,
    /// Which links are followed when they are packed.
    pub links: Links,
    /// Directories are packed or taken with all that is in them.
    pub descends: bool,
    /// Directories on other file systems are not.
    pub one_file_system: bool,
    /// Names are told, in which stream and with details or without.
    pub tells: Option<(usize, bool)>,
    /// Only tells.
    pub lists: bool,
    pub to_stdout: bool,
    /// What is there stays.
    pub keeps: bool,
    /// What is there and not older stays.
    pub newer: bool,
    pub sets_times: bool,
    pub sets_owner: bool,
    /// The permissions are those of the archive, whatever `umask` says.
    pub sets_mode: bool,
    /// Reading a file to pack it leaves its time.
    pub resets_times: bool,
    /// Nothing may be said in records before a header.
    pub plain: bool,
    /// The archive is filled up to a multiple of so many bytes.
    pub record: u64,
    /// What is not packed: where the output goes.
    pub itself: Option<Metadata>,
    /// The slash before names goes without a word.
    pub is_copy: bool,
}

impl<'p> Job<'p> {
    /// A job that is like `tar`'s without options.
    pub fn new(p: &'p Process) -> Self {
        Self {
            p,
            base: None,
            strip: 0,
            wanted: Wanted::Names(Vec::new()),
            excluded: Vec::new(),
            renames: Mutex::default(),
            links: Links::None,
            descends: true,
            one_file_system: false,
            tells: None,
            lists: false,
            to_stdout: false,
            keeps: false,
            newer: false,
            sets_times: true,
            sets_owner: true,
            sets_mode: true,
            resets_times: false,
            plain: false,
            record: 20 * BLOCK as u64,
            itself: None,
            is_copy: false,
        }
    }

    /// A path of the file system for a name.
    fn path(&self, name: &BStr) -> BString {
        match &self.base {
            Some(base) => crate::process::absolute(base.as_bstr(), name),
            None => self.p.absolute(name),
        }
    }

    /// The archive: a file, or standard input or output.
    pub async fn archive(&self, name: Option<&BStr>, flags: OpenFlags) -> Result<Opened, Ended> {
        let standard = usize::from(flags.contains(OpenFlags::WRITE));
        let opened = match name.filter(|name| *name != "-") {
            None => self.p.fds.get(standard).and_then(|file| {
                if file.terminal().is_some() && standard == 1 {
                    return Err(Errno::ENOTTY);
                }
                io::adopt(self.p, file)
            }),
            Some(name) => io::open(self.p, name, flags).await,
        };
        match opened {
            Ok(file) => Ok(file),
            Err(Errno::ENOTTY) => {
                io::complain(self.p, "an archive is nothing for a terminal; try -f FILE".into()).await;
                Err(Ended(2))
            }
            Err(error) => {
                io::complain_about(self.p, name.unwrap_or(BStr::new("-")), error).await;
                Err(Ended(2))
            }
        }
    }

    /// Whether a pattern leaves a name out: all of it, or from some slash on.
    fn excludes(&self, name: &[u8]) -> bool {
        let name = name.trim_end_with(|c| c == '/');
        self.excluded.iter().any(|wanted| {
            let tails = name.find_iter(b"/").map(|at| &name[at + 1..]);
            core::iter::once(name).chain(tails).any(|tail| pattern::matches(wanted, tail))
        })
    }

    /// A name after all changes; nothing for a file that is left out.
    async fn renamed(&self, name: BString) -> Result<Option<BString>, Ended> {
        let changed = rename::apply(&mut self.renames.lock(), name);
        match changed {
            Ok(renamed) => {
                if let Some(line) = renamed.shown {
                    let _ = self.p.stderr().write_all(&line).await;
                }
                Ok((!renamed.name.is_empty()).then_some(renamed.name))
            }
            Err(message) => {
                io::complain(self.p, message.into()).await;
                Err(Ended(2))
            }
        }
    }

    /// Tells of a member.
    async fn tell(
        &self,
        out: &mut Output<'_>,
        member: &Member<'_>,
        size: u64,
        details: bool,
    ) -> Result<(), Ended> {
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
        Err(Errno::EPIPE) => Err(Ended(io::BROKEN_PIPE)),
        Err(error) => {
            io::complain(p, format!("cannot write the archive: {error}")).await;
            Err(Ended(2))
        }
    }
}
