//! Copying and removing whole trees: what `cp`, `mv` and `rm` share. Depth costs memory, not stack.

use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    ask::ask,
    backup::Backup,
    canonical::{Missing, canonical},
    paths::{base_name, child, dir_name, lstat, stat},
};
use crate::{
    env::{Changes, FileType, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
    io::{self, CHUNK, Ended, Output},
    process::Process,
};

/// Which links of the source are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// None.
    None,
    /// Those that are operands.
    Operands,
    /// All.
    All,
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Write over it.
    Replace,
    /// Ask first.
    Ask,
    /// Leave it.
    Keep,
}

/// How to copy.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub recursive: bool,
    pub links: Links,
    /// Permissions, owner and times are those of the source.
    pub preserve: bool,
    /// Names of one file become names of one file.
    pub keep_hard_links: bool,
    pub existing: Existing,
    /// What cannot be opened is removed first.
    pub force: bool,
    /// Only what is newer than what is there.
    pub update: bool,
    /// Makes links instead: hard (`l`) or symbolic (`s`) ones.
    pub link: Option<char>,
    /// Names what is copied.
    pub verbose: bool,
}

/// An error and the file that has it; or a whole sentence.
enum Failed {
    On(BString, Errno),
    Because(String),
}

type Done<T> = core::result::Result<T, Failed>;

fn on(path: &BStr) -> impl FnOnce(Errno) -> Failed + use<> {
    let path = BString::from(path);
    move |error| Failed::On(path, error)
}

/// A copy on its way.
pub struct Copy<'p, 'o> {
    p: &'p Process,
    how: How,
    /// What is in the way gets another name.
    backup: Option<Backup>,
    out: &'o mut Output<'p>,
    /// Where the names of files with several of them went.
    copied: BTreeMap<(u64, u64), BString>,
    work: Vec<Step>,
}

enum Step {
    Copy {
        from: BString,
        to: BString,
        is_operand: bool,
    },
    /// The directory has all that is in it.
    Finish {
        to: BString,
        changes: Changes,
    },
}

impl<'p, 'o> Copy<'p, 'o> {
    pub fn new(p: &'p Process, how: How, out: &'o mut Output<'p>) -> Self {
        Self { p, how, backup: None, out, copied: BTreeMap::new(), work: Vec::new() }
    }

    /// Gives what is in the way another name.
    pub fn with_backup(self, backup: Option<Backup>) -> Self {
        Self { backup, ..self }
    }

    /// Copies a file, or a directory with all that is in it. Goes on after an error and complains of each;
    /// whether there was none.
    pub async fn run(&mut self, from: &BStr, to: &BStr) -> core::result::Result<bool, Ended> {
        self.work.push(Step::Copy { from: from.into(), to: to.into(), is_operand: true });
        let mut fine = true;
        while let Some(step) = self.work.pop() {
            let done = match step {
                Step::Copy { from, to, is_operand } => {
                    let mut aside = None;
                    let done = self.one(from.as_bstr(), to.as_bstr(), is_operand, &mut aside).await;
                    if let (Ok(true), true) = (&done, self.how.verbose) {
                        self.out.write_all(&[b"'", &from, b"' -> '", &to, b"'"]).await?;
                        self.out.write_all(&told_of(&aside)).await?;
                    }
                    // What was set aside for a copy that could not be made takes its place again.
                    if let (Err(_), Some(name)) = (&done, &aside) {
                        let (name, to) = (self.p.absolute(name.as_bstr()), self.p.absolute(to.as_bstr()));
                        let _ = self.p.sys.rename(name.as_bstr(), to.as_bstr()).await;
                    }
                    done
                }
                Step::Finish { to, changes } => self.change(to.as_bstr(), changes, true).await.map(|()| true),
            };
            let Err(failed) = done else { continue };
            fine = false;
            self.out.flush().await?;
            match failed {
                Failed::On(path, error) => io::complain_about(self.p, &path, error).await,
                Failed::Because(message) => io::complain(self.p, message).await,
            }
        }
        Ok(fine)
    }

    /// Copies one file; whether it was to be.
    async fn one(
        &mut self,
        from: &BStr,
        to: &BStr,
        is_operand: bool,
        aside: &mut Option<BString>,
    ) -> Done<bool> {
        let p = self.p;
        let follow = self.how.links == Links::All || self.how.links == Links::Operands && is_operand;
        let source = if follow { stat(p, from).await } else { lstat(p, from).await }.map_err(on(from))?;
        let there = lstat(p, to).await.ok();
        if let Some(there) = &there {
            // A link to the source is the source.
            let behind = stat(p, to).await.unwrap_or(*there);
            if source.is_same_file(there) || source.kind != FileType::Symlink && source.is_same_file(&behind)
            {
                return Err(Failed::Because(format!("'{from}' and '{to}' are the same file")));
            }
            if source.kind != FileType::Directory && behind.kind == FileType::Directory {
                return Err(Failed::Because(format!(
                    "cannot replace directory '{to}' by '{from}', which is none"
                )));
            }
            if source.kind != FileType::Directory && !self.replaces(&source, &behind, to).await {
                return Ok(false);
            }
        }
        if source.kind == FileType::Directory {
            return self.directory(from, to, &source, is_operand).await;
        }
        if let (Some(backup), Some(there)) = (&self.backup, &there) {
            let name = backup.name(p, to).await.map_err(on(to))?;
            if there.kind != FileType::Directory
                && lstat(p, name.as_bstr()).await.is_ok_and(|it| it.is_same_file(&source))
            {
                return Err(Failed::Because(format!(
                    "a backup of '{to}' would take the place of '{from}', which is not copied"
                )));
            }
            *aside = backup.set_aside(p, to).await.map_err(on(to))?;
        }
        let known = (source.device, source.inode);
        if self.how.keep_hard_links && source.links > 1 {
            if let Some(first) = self.copied.get(&known).cloned() {
                self.clear(to).await?;
                let (first, to_path) = (p.absolute(first.as_bstr()), p.absolute(to));
                return p.sys.link(first.as_bstr(), to_path.as_bstr()).await.map(|()| true).map_err(on(to));
            }
            self.copied.insert(known, to.into());
        }
        if let Some(kind) = self.how.link {
            if self.how.force || self.how.update {
                self.clear(to).await?;
            }
            let (from_path, to_path) = (p.absolute(from), p.absolute(to));
            let made = match kind {
                's' => p.sys.symlink(from, to_path.as_bstr()).await,
                _ => p.sys.link(from_path.as_bstr(), to_path.as_bstr()).await,
            };
            return made.map(|()| true).map_err(on(to));
        }
        if source.kind == FileType::Symlink {
            self.clear(to).await?;
            let target = p.sys.read_link(p.absolute(from).as_bstr()).await.map_err(on(from))?;
            p.sys.symlink(target.as_bstr(), p.absolute(to).as_bstr()).await.map_err(on(to))?;
            if self.how.preserve {
                self.change(to, Changes { mode: None, ..preserved(&source) }, false).await?;
            }
            return Ok(true);
        }
        if self.how.recursive && source.kind == FileType::Pipe {
            self.clear(to).await?;
            let mode = p.new_mode(source.mode);
            p.sys.mkfifo(p.absolute(to).as_bstr(), mode).await.map_err(on(to))?;
            if self.how.preserve {
                self.change(to, preserved(&source), false).await?;
            }
            return Ok(true);
        }
        if self.how.recursive && source.kind == FileType::CharDevice {
            return Err(Failed::Because(format!(
                "cannot copy the device '{from}': devices are made by the system"
            )));
        }
        if there.is_some_and(|there| there.kind == FileType::Symlink) && stat(p, to).await.is_err() {
            if !self.how.force {
                return Err(Failed::Because(format!(
                    "not writing through the link '{to}', which leads nowhere; try -f"
                )));
            }
            self.clear(to).await?;
        }
        self.data(from, to, &source).await?;
        if self.how.preserve {
            self.change(to, preserved(&source), true).await?;
        }
        Ok(true)
    }

    /// Whether what is there is to be replaced.
    async fn replaces(&mut self, source: &Metadata, there: &Metadata, to: &BStr) -> bool {
        if self.how.update && there.modified >= source.modified {
            return false;
        }
        match self.how.existing {
            Existing::Replace => true,
            Existing::Keep => false,
            Existing::Ask => ask(self.p, &format!("overwrite '{to}'?")).await,
        }
    }

    async fn directory(&mut self, from: &BStr, to: &BStr, source: &Metadata, is_operand: bool) -> Done<bool> {
        let p = self.p;
        if !self.how.recursive {
            return Err(Failed::Because(format!("directory not copied without -r: '{from}' to '{to}'")));
        }
        let is_new = match p.sys.mkdir(p.absolute(to).as_bstr(), p.new_mode(source.mode) | 0o700).await {
            Ok(()) => true,
            Err(Errno::EEXIST) if stat(p, to).await.is_ok_and(|there| there.kind == FileType::Directory) => {
                false
            }
            Err(error) => return Err(Failed::On(to.into(), error)),
        };
        let entries = p.sys.read_dir(p.absolute(from).as_bstr()).await;
        let mut entries = entries.map_err(on(from))?;
        // The permissions last: without them what is in it could not be made.
        let changes = match self.how.preserve {
            true => Some(preserved(source)),
            false => is_new.then(|| Changes::mode(p.new_mode(source.mode))),
        };
        if let Some(changes) = changes {
            self.work.push(Step::Finish { to: to.into(), changes });
        }
        // `a` into `a/b`: what is being made must not be copied itself.
        let made = stat(p, to).await.map_err(on(to))?;
        entries.retain(|entry| !(is_operand && is_new && entry.metadata.is_same_file(&made)));
        entries.sort_by(|a, b| b.name.cmp(&a.name)); // taken from the end, so in order
        self.work.extend(entries.iter().map(|entry| {
            let name = entry.name.as_bstr();
            Step::Copy { from: child(from, name), to: child(to, name), is_operand: false }
        }));
        Ok(true)
    }

    /// Makes sure that the name is free.
    async fn clear(&self, to: &BStr) -> Done<()> {
        match self.p.sys.unlink(self.p.absolute(to).as_bstr()).await {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(error) => Err(Failed::On(to.into(), error)),
        }
    }

    async fn change(&self, path: &BStr, changes: Changes, follow: bool) -> Done<()> {
        let done = self.p.sys.change(self.p.absolute(path).as_bstr(), changes, follow).await;
        done.map_err(on(path))
    }

    /// Copies the bytes of one file; holes stay holes.
    async fn data(&self, from: &BStr, to: &BStr, metadata: &Metadata) -> Done<()> {
        let p = self.p;
        let source = io::open(p, from, OpenFlags::READ).await.map_err(on(from))?;
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC;
        let path = p.absolute(to);
        let mode = p.new_mode(metadata.mode & 0o777);
        let target = match p.sys.open_mode(path.as_bstr(), flags, mode).await {
            Err(_) if self.how.force && lstat(p, to).await.is_ok() => {
                self.clear(to).await?;
                p.sys.open_mode(path.as_bstr(), flags, mode).await
            }
            opened => opened,
        };
        let target = io::adopt(p, target.map_err(on(to))?).map_err(on(to))?;
        let file = |fd: &crate::fd::Fd| fd.file().and_then(|file| Ok((file.metadata()?.kind, file)));
        let is_regular = file(&target).map_err(on(to))?.0 == FileType::Regular;
        let sparse =
            is_regular && metadata.kind == FileType::Regular && metadata.blocks * 512 < metadata.size;
        let mut chunk = io::buffer(CHUNK).map_err(on(to))?;
        let mut ends_in_hole = None;
        loop {
            let n = source.read(&mut chunk).await.map_err(on(from))?;
            if n == 0 {
                break;
            }
            if sparse && chunk[..n].iter().all(|&byte| byte == 0) {
                let moved = target.file().and_then(|file| file.seek(SeekFrom::Current(n as i64)));
                ends_in_hole = Some(moved.map_err(on(to))?);
            } else {
                target.write_all(&chunk[..n]).await.map_err(on(to))?;
                ends_in_hole = None;
            }
        }
        match ends_in_hole {
            Some(len) => target.file().and_then(|file| file.set_len(len)).map_err(on(to)),
            None => Ok(()),
        }
    }
}

/// What `-v` says behind a name that was in use.
pub fn told_of(aside: &Option<BString>) -> [&[u8]; 3] {
    match aside {
        Some(name) => [b" (backup: '", name, b"')\n"],
        None => [b"\n", b"", b""],
    }
}

/// What `-p` keeps.
fn preserved(source: &Metadata) -> Changes {
    Changes {
        mode: Some(source.mode),
        uid: Some(source.uid),
        gid: Some(source.gid),
        accessed: Some(source.accessed),
        modified: Some(source.modified),
    }
}

/// Removes a file, or a directory with all that is in it. Goes on after an error and complains of each;
/// whether there was none. Asks before each with `asks`.
pub async fn remove_tree(p: &Process, path: &BStr, asks: bool, removed: &mut Vec<BString>) -> bool {
    // What the names go through may itself be removed on the way: `rm -r ../../x` in `x/y`.
    let above = canonical(p, dir_name(path), Missing::Nothing).await;
    let whole = |name: &BStr| match (&above, name.strip_prefix(path.as_bytes())) {
        (Ok(above), Some(rest)) => [child(above.as_bstr(), base_name(path)).as_slice(), rest].concat().into(),
        _ => p.absolute(name),
    };
    // Each directory is seen twice: first to list it, then, emptied, to remove it.
    let mut work = vec![(BString::from(path), false)];
    let mut fine = true;
    while let Some((path, emptied)) = work.pop() {
        let absolute: BString = whole(path.as_bstr());
        let done = match emptied {
            true if asks && !ask(p, &format!("remove directory '{path}'?")).await => continue,
            true => p.sys.rmdir(absolute.as_bstr()).await,
            false => match list_if_dir(p, absolute.as_bstr()).await {
                Ok(None) if asks && !ask(p, &format!("remove '{path}'?")).await => continue,
                Ok(None) => p.sys.unlink(absolute.as_bstr()).await,
                Ok(Some(names)) => {
                    if asks
                        && !names.is_empty()
                        && !ask(p, &format!("descend into directory '{path}'?")).await
                    {
                        continue;
                    }
                    let children: Vec<_> =
                        names.iter().map(|name| (child(path.as_bstr(), name.as_bstr()), false)).collect();
                    work.push((path, true));
                    work.extend(children);
                    continue;
                }
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(()) => removed.push(path),
            Err(error) => {
                io::complain_about(p, &path, error).await;
                fine = false;
            }
        }
    }
    fine
}

/// The names in a directory in backward order; `None` if it is something else, a link to one among that.
async fn list_if_dir(p: &Process, path: &BStr) -> Result<Option<Vec<BString>>> {
    if p.sys.lstat(path).await?.kind != FileType::Directory {
        return Ok(None);
    }
    let mut names: Vec<_> = p.sys.read_dir(path).await?.into_iter().map(|entry| entry.name).collect();
    names.sort_by(|a, b| b.cmp(a));
    Ok(Some(names))
}
