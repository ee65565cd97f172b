//! Listing and unpacking.
//!
//! Nothing leaves the directory in which it is unpacked: neither by `..` nor through a link that is there.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;

use super::{
    super::paths::{base_name, dir_name},
    Job, Wanted,
    read::Archive,
};
use crate::{
    env::{Changes, FileType, OpenFlags},
    errno::Errno,
    io::{self, Ended, Opened, Outcome, Output},
    lang::pattern,
    ustar::{Kind, Member},
};

struct Unpacking<'p, 'j> {
    job: &'j Job<'p>,
    /// Directories, with what they get when all is in them.
    dirs: Vec<(BString, Changes)>,
    shortened: bool,
}

/// Why a member is not unpacked.
enum Failed {
    Because(String),
    On(Errno),
    Ended(Ended),
}

impl From<Errno> for Failed {
    fn from(error: Errno) -> Self {
        Failed::On(error)
    }
}

impl From<Ended> for Failed {
    fn from(ended: Ended) -> Self {
        Failed::Ended(ended)
    }
}

/// Lists an archive or unpacks it.
pub async fn unpack(job: &Job<'_>, file: Opened) -> Outcome {
    let p = job.p;
    let mut archive = Archive::new(p, file.clone()).await?;
    let mut out = Output::to(p, job.tells.map_or(1, |(number, _)| number));
    let mut unpacking = Unpacking { job, dirs: Vec::new(), shortened: job.is_copy };
    let mut choice = Choice::new(job);
    let mut status = 0;
    while let Some((mut member, size)) = archive.next().await? {
        if !choice.takes(&member.path) || job.excludes(&member.path) {
            continue;
        }
        match job.renamed(Vec::from(member.path.as_ref()).into()).await? {
            Some(name) => member.path = Vec::from(name).into(),
            None => continue,
        }
        if let Some((_, details)) = job.tells {
            job.tell(&mut out, &member, size, details).await?;
        }
        if job.lists {
            continue;
        }
        let message = match unpacking.member(&member, &mut archive, &mut out).await {
            Ok(()) => continue,
            Err(Failed::Ended(ended)) => {
                out.flush().await?;
                return Err(ended);
            }
            Err(Failed::On(error)) => format!("{}: {error}", member.path.as_bstr()),
            Err(Failed::Because(why)) => format!("{}: {why}", member.path.as_bstr()),
        };
        out.flush().await?;
        io::complain(p, message).await;
        status = 2;
    }
    for (path, changes) in unpacking.dirs.iter().rev() {
        if let Err(error) = p.sys.change(path.as_bstr(), *changes, true).await {
            io::complain_about(p, path, error).await;
            status = 2;
        }
    }
    for (name, _) in choice.wanted.iter().filter(|(_, seen)| !seen) {
        out.flush().await?;
        io::complain(p, format!("{name}: not found in the archive")).await;
        status = 2;
    }
    out.finish(status).await
}

/// Which members are taken.
struct Choice<'a> {
    wanted: Vec<(&'a BStr, bool)>,
    patterns: bool,
    others: bool,
    first: bool,
    descends: bool,
    /// Directories that were taken by a pattern, with which all below is.
    taken: Vec<BString>,
}

impl<'a> Choice<'a> {
    fn new(job: &'a Job<'_>) -> Self {
        let (names, patterns, others, first) = match &job.wanted {
            Wanted::Names(names) => (names, false, false, false),
            Wanted::Patterns { patterns, others, first } => (patterns, true, *others, *first),
        };
        let wanted = names.iter().map(|name| (name.as_bstr(), false)).collect();
        Self { wanted, patterns, others, first, descends: job.descends, taken: Vec::new() }
    }

    fn takes(&mut self, path: &[u8]) -> bool {
        if self.wanted.is_empty() {
            return true;
        }
        let plain = path.trim_end_with(|c| c == '/');
        let mut found = self.taken.iter().any(|dir| is_at_or_below(path, dir));
        for (name, seen) in &mut self.wanted {
            let fits = match self.patterns {
                true => !(self.first && *seen) && pattern::matches(name, plain),
                false => is_at_or_below(path, name),
            };
            if fits && self.patterns && self.descends && path.ends_with(b"/") {
                self.taken.push(plain.into());
            }
            *seen |= fits;
            found |= fits;
        }
        found != self.others
    }
}

fn is_at_or_below(path: &[u8], name: &[u8]) -> bool {
    let name = name.trim_end_with(|c| c == '/');
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

impl Unpacking<'_, '_> {
    async fn member(
        &mut self,
        member: &Member<'_>,
        archive: &mut Archive<'_>,
        out: &mut Output<'_>,
    ) -> Result<(), Failed> {
        let p = self.job.p;
        if self.job.to_stdout {
            while let (Kind::File, data) = (&member.kind, archive.data().await?)
                && !data.is_empty()
            {
                out.write(data).await?;
            }
            return Ok(());
        }
        let Some(name) = self.inside(&member.path).await? else { return Ok(()) };
        let path = self.job.path(name.as_bstr());
        let changes = Changes {
            mode: Some(if self.job.sets_mode { member.mode } else { p.new_mode(member.mode & 0o777) }),
            uid: Some(member.uid).filter(|_| self.job.sets_owner),
            gid: Some(member.gid).filter(|_| self.job.sets_owner),
            ..Changes::default()
        };
        let time = Duration::from_secs(member.modified_s);
        let changes = match self.job.sets_times {
            true => Changes { accessed: Some(p.sys.now()), modified: Some(time), ..changes },
            false => changes,
        };
        self.make_parents(name.as_bstr()).await?;
        if let Kind::Directory = member.kind {
            match p.sys.mkdir(path.as_bstr(), 0o755).await {
                Err(Errno::EEXIST) if self.is_dir(path.as_bstr()).await => {}
                done => done?,
            }
            self.dirs.push((path, changes));
            return Ok(());
        }
        let there = p.sys.lstat(path.as_bstr()).await;
        if self.job.keeps && there.is_ok() {
            return Err(Failed::Because("it is there already".into()));
        }
        if self.job.newer && there.is_ok_and(|there| there.modified.as_secs() >= member.modified_s) {
            return Ok(());
        }
        // A name of its own: what is written must not go into another name's file, or through a link.
        match p.sys.unlink(path.as_bstr()).await {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error.into()),
        }
        match &member.kind {
            Kind::File => {
                let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCL;
                let file = io::adopt(p, p.sys.open_mode(path.as_bstr(), flags, 0o600).await?)?;
                loop {
                    let data = archive.data().await?;
                    if data.is_empty() {
                        break;
                    }
                    file.write_all(data).await?;
                }
                p.sys.change(path.as_bstr(), changes, false).await?;
            }
            Kind::Symlink(target) => {
                p.sys.symlink(target.as_bstr(), path.as_bstr()).await?;
                p.sys.change(path.as_bstr(), Changes { mode: None, ..changes }, false).await?;
            }
            Kind::HardLink(target) => {
                let Some(target) = self.inside(target).await? else {
                    return Err(Failed::Because("it is a link to nothing".into()));
                };
                self.check_parents(target.as_bstr()).await?;
                p.sys.link(self.job.path(target.as_bstr()).as_bstr(), path.as_bstr()).await?;
            }
            Kind::Fifo => {
                p.sys.mkfifo(path.as_bstr(), 0o600).await?;
                p.sys.change(path.as_bstr(), changes, false).await?;
            }
            Kind::Directory | Kind::Other(_) => {
                return Err(Failed::Because(
                    "it is of a kind that cannot be made here; it is left out".into(),
                ));
            }
        }
        Ok(())
    }

    async fn is_dir(&self, path: &BStr) -> bool {
        self.job.p.sys.lstat(path).await.is_ok_and(|there| there.kind == FileType::Directory)
    }

    /// The name without what may not be in it; nothing if all of it is stripped.
    async fn inside(&mut self, path: &[u8]) -> Result<Option<BString>, Failed> {
        if path.split_str(b"/").any(|part| part == b"..") {
            return Err(Failed::Because("its name leads out of the directory; it is left out".into()));
        }
        if path.starts_with(b"/") && !core::mem::replace(&mut self.shortened, true) {
            io::complain(self.job.p, "the slash before names is left out".into()).await;
        }
        let parts = path.split_str(b"/").filter(|part| !matches!(*part, b"" | b"."));
        let parts: Vec<&[u8]> = parts.skip(self.job.strip).collect();
        Ok((!parts.is_empty()).then(|| bstr::join("/", parts).into()))
    }

    /// Makes the directories that the archive does not list, or not before what is in them.
    async fn make_parents(&self, name: &BStr) -> Result<(), Failed> {
        let dir = dir_name(name);
        if dir == "." || self.is_dir(self.job.path(dir).as_bstr()).await && !dir.contains(&b'/') {
            return Ok(());
        }
        for end in dir.find_iter(b"/").chain([dir.len()]) {
            let part = dir[..end].as_bstr();
            let path = self.job.path(part);
            match self.job.p.sys.mkdir(path.as_bstr(), self.job.p.new_mode(0o777)).await {
                Ok(()) => {}
                Err(Errno::EEXIST) if self.is_dir(path.as_bstr()).await => {}
                Err(Errno::EEXIST) => {
                    let what = base_name(part);
                    return Err(Failed::Because(format!(
                        "'{what}' on the way to it is no directory; it is left out"
                    )));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// That all above a name are directories, and no links.
    async fn check_parents(&self, name: &BStr) -> Result<(), Failed> {
        for end in name.find_iter(b"/") {
            if !self.is_dir(self.job.path(name[..end].as_bstr()).as_bstr()).await {
                return Err(Failed::On(Errno::ENOTDIR));
            }
        }
        Ok(())
    }
}
