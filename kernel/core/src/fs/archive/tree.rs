//! From the list of members to a tree of directories.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, ByteSlice};
use core::{ops::Range, time::Duration};
use pollux_shell::{
    env::Changes,
    errno::Errno,
    ustar::{Kind, Member},
};

use super::{ArchiveError, Bytes, tar::Members};
use crate::fs::{
    NAME_MAX, PATH_MAX,
    inode::NewNode,
    tmpfs::{Dir, Entry},
};

/// Why a member is not shown.
enum Skip {
    Because(&'static str),
    NoMemory,
}

impl From<Errno> for Skip {
    fn from(_: Errno) -> Self {
        Skip::NoMemory // the only way in which adding a name fails that was looked for before
    }
}

struct Tree<'a> {
    root: &'a Arc<Dir>,
    bytes: &'a Bytes,
    /// The times of directories: adding to one changes them, so they are set in the end.
    times: Vec<(Arc<Dir>, Duration)>,
}

/// Adds all members of the archive.
pub(super) fn fill(root: &Arc<Dir>, bytes: &Bytes) -> Result<(), ArchiveError> {
    let mut tree = Tree { root, bytes, times: Vec::new() };
    tree.note_time(root, Duration::ZERO)?;
    for member in Members::new(bytes.as_slice()) {
        let (member, data) = member?;
        match tree.add(&member, data) {
            Ok(()) => {}
            Err(Skip::Because(why)) => {
                // A hostile path may be of any length; what the log needs is its beginning.
                let shown = &member.path[..member.path.len().min(NAME_MAX)];
                log::warn!("archive: {:?} is left out: {why}", BStr::new(shown));
            }
            Err(Skip::NoMemory) => return Err(ArchiveError::OutOfMemory),
        }
    }
    for (dir, time) in tree.times {
        Entry::Dir(dir).change(&Changes::times(time, time));
    }
    Ok(())
}

impl Tree<'_> {
    fn add(&mut self, member: &Member<'_>, data: Range<usize>) -> Result<(), Skip> {
        let time = Duration::from_secs(member.modified_s);
        let path = Checked::new(&member.path)?;
        let linked = match &member.kind {
            Kind::HardLink(target) => Some(self.target(Checked::new(target)?)?),
            _ => None,
        };
        let mut dir = self.root.clone();
        let mut parts = path.parts().peekable();
        let last = loop {
            let Some(name) = parts.next() else { break None };
            if parts.peek().is_none() {
                break Some(name);
            }
            dir = self.enter(&dir, name, time)?;
        };
        let Some(name) = last else {
            return match member.kind {
                Kind::Directory => self.describe(&dir, member, time),
                _ => Err(Skip::Because("it is a file without a name")),
            };
        };
        if let Kind::Directory = member.kind {
            let dir = self.enter(&dir, name, time)?;
            return self.describe(&dir, member, time);
        }
        // The same path again: the later member counts, as when a tar is unpacked.
        match dir.find(name) {
            Ok(Entry::Dir(_)) => return Err(Skip::Because("a directory has its name")),
            Ok(there) if linked.as_ref().is_some_and(|linked| linked.is(&there)) => return Ok(()),
            Ok(_) => dir.remove_file(name)?,
            Err(_) => {}
        }
        let made = match &member.kind {
            Kind::File => dir.add_over(name, member.mode, self.bytes.clone(), data)?,
            Kind::Symlink(target) => {
                if target.is_empty() || target.len() >= PATH_MAX || target.contains(&0) {
                    return Err(Skip::Because("it is a link to what cannot be a path"));
                }
                dir.add(name, NewNode::Symlink(target.as_bstr()), 0o777)?
            }
            Kind::HardLink(_) => {
                let Some(linked) = linked else { return Err(Skip::Because("it is a link to nothing")) };
                return Ok(dir.add_link(name, linked)?);
            }
            Kind::Fifo => dir.add(name, NewNode::Fifo, member.mode)?,
            Kind::Directory | Kind::Other(_) => {
                return Err(Skip::Because("it is of a kind that is not shown here"));
            }
        };
        made.change(&Changes::times(time, time));
        Ok(())
    }

    /// The directory of that name, made if it is missing. One that the archive does not list gets the time of the first
    /// thing in it.
    fn enter(&mut self, dir: &Arc<Dir>, name: &BStr, time: Duration) -> Result<Arc<Dir>, Skip> {
        let entry = match dir.find(name) {
            Err(_) => dir.add(name, NewNode::Directory, 0o755)?,
            Ok(Entry::Dir(there)) => return Ok(there),
            Ok(there) => there,
        };
        let Entry::Dir(made) = entry else {
            return Err(Skip::Because("something else has the name that a directory needs"));
        };
        self.note_time(&made, time).map_err(|_| Skip::NoMemory)?;
        Ok(made)
    }

    fn describe(&mut self, dir: &Arc<Dir>, member: &Member<'_>, time: Duration) -> Result<(), Skip> {
        Entry::Dir(dir.clone()).change(&Changes::mode(member.mode));
        self.note_time(dir, time).map_err(|_| Skip::NoMemory)
    }

    fn note_time(&mut self, dir: &Arc<Dir>, time: Duration) -> Result<(), ArchiveError> {
        self.times.try_reserve(1).map_err(|_| ArchiveError::OutOfMemory)?;
        self.times.push((dir.clone(), time));
        Ok(())
    }

    /// The file or link that came before.
    fn target(&self, path: Checked<'_>) -> Result<Entry, Skip> {
        let mut at = Entry::Dir(self.root.clone());
        for name in path.parts() {
            let next = match &at {
                Entry::Dir(dir) => dir.find(name).ok(),
                _ => None,
            };
            at = next.ok_or(Skip::Because("it is a link to what is not there"))?;
        }
        match at {
            Entry::Dir(_) => Err(Skip::Because("it is a link to a directory")),
            at => Ok(at),
        }
    }
}

/// A member's path that stays inside the archive and can be typed: no `..`, nothing too long.
struct Checked<'a>(&'a [u8]);

impl<'a> Checked<'a> {
    fn new(path: &'a [u8]) -> Result<Self, Skip> {
        let checked = Self(path);
        if path.len() >= PATH_MAX {
            return Err(Skip::Because("its path is too long"));
        }
        if path.contains(&0) {
            return Err(Skip::Because("its path has a zero byte"));
        }
        if path.starts_with(b"/") {
            return Err(Skip::Because("its path is absolute"));
        }
        for part in checked.parts() {
            if part == ".." {
                return Err(Skip::Because("its path leads out of the archive"));
            }
            if part.len() > NAME_MAX {
                return Err(Skip::Because("a name in its path is too long"));
            }
        }
        Ok(checked)
    }

    fn parts(&self) -> impl Iterator<Item = &'a BStr> + use<'a> {
        self.0.split_str(b"/").filter(|part| !matches!(*part, b"" | b".")).map(BStr::new)
    }
}
