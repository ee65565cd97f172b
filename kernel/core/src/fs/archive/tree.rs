//! From the list of members to a tree of directories.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::{ops::Range, time::Duration};
use hashbrown::HashMap;
use pollux_shell::env::{FileType, Metadata};

use super::{
    ArchiveError, Body, Bytes, Entry,
    tar::{Kind, Member, Members},
};
use crate::fs::{NAME_MAX, PATH_MAX, memory};

/// A tree that grows: nodes by number, each after its parent, so that it can be turned into entries from
/// the last to the first, without recursion however deep it is.
struct Tree {
    nodes: Vec<Growing>,
}

struct Growing {
    parent: usize,
    name: BString,
    mode: u16,
    modified_s: u64,
    kind: GrowingKind,
}

enum GrowingKind {
    /// The numbers of what is in it.
    Directory(HashMap<BString, usize>),
    File(Range<usize>),
}

/// Why a member is not shown.
enum Skip {
    Because(&'static str),
    NoMemory,
}

impl From<pollux_shell::errno::Errno> for Skip {
    fn from(_: pollux_shell::errno::Errno) -> Self {
        Skip::NoMemory // the only way in which copying a name fails
    }
}

pub(super) fn build(bytes: &Bytes) -> Result<Arc<Entry>, ArchiveError> {
    let root = Growing {
        parent: 0,
        name: BString::default(),
        mode: 0o755,
        modified_s: 0,
        kind: GrowingKind::Directory(HashMap::new()),
    };
    let mut tree = Tree { nodes: alloc::vec![root] };
    for member in Members::new(bytes.as_slice()) {
        let member = member?;
        match tree.add(&member) {
            Ok(()) => {}
            Err(Skip::Because(why)) => {
                // A hostile path may be of any length; what the log needs is its beginning.
                let shown = &member.path[..member.path.len().min(NAME_MAX)];
                log::warn!("archive: {:?} is left out: {why}", BStr::new(shown));
            }
            Err(Skip::NoMemory) => return Err(ArchiveError::OutOfMemory),
        }
    }
    tree.finish(bytes)
}

impl Tree {
    fn add(&mut self, member: &Member<'_>) -> Result<(), Skip> {
        let path = Checked::new(&member.path)?;
        let data = match &member.kind {
            Kind::Directory => None,
            Kind::File => Some(member.data.clone()),
            Kind::HardLink(target) => Some(self.data_of(Checked::new(target)?)?),
            Kind::Other(b'2') => return Err(Skip::Because("it is a symbolic link")),
            Kind::Other(_) => return Err(Skip::Because("it is neither a file nor a directory")),
        };
        if data.is_some() && path.parts().next().is_none() {
            return Err(Skip::Because("it is a file without a name"));
        }
        let mut dir = 0;
        let mut parts = path.parts().peekable();
        while let Some(name) = parts.next() {
            let is_last = parts.peek().is_none();
            let found = self.names(dir)?.get(name).copied();
            dir = match (found, &data) {
                (Some(there), Some(data)) if is_last => {
                    return self.replace(there, member, data.clone());
                }
                (Some(there), _) => there,
                (None, Some(data)) if is_last => {
                    self.grow(dir, name, member, GrowingKind::File(data.clone()))?
                }
                (None, _) => self.grow(dir, name, member, GrowingKind::Directory(HashMap::new()))?,
            };
        }
        if data.is_none() {
            self.names(dir)?; // it must not be a file
            self.describe(dir, member);
        }
        Ok(())
    }

    /// The names in a directory.
    fn names(&mut self, node: usize) -> Result<&mut HashMap<BString, usize>, Skip> {
        match &mut self.nodes[node].kind {
            GrowingKind::Directory(names) => Ok(names),
            GrowingKind::File(_) => Err(Skip::Because("a file has the name that a directory needs")),
        }
    }

    fn grow(
        &mut self,
        dir: usize,
        name: &BStr,
        member: &Member<'_>,
        kind: GrowingKind,
    ) -> Result<usize, Skip> {
        let number = self.nodes.len();
        self.nodes.try_reserve(1).map_err(|_| Skip::NoMemory)?;
        let (key, own) = (memory::copy_name(name)?, memory::copy_name(name)?);
        let names = self.names(dir)?;
        names.try_reserve(1).map_err(|_| Skip::NoMemory)?;
        names.insert(key, number);
        // A directory that the archive does not list gets the time of the first thing in it.
        let mode = if matches!(kind, GrowingKind::File(_)) { member.mode } else { 0o755 };
        self.nodes.push(Growing { parent: dir, name: own, mode, modified_s: member.modified_s, kind });
        Ok(number)
    }

    /// The same path again: the later member counts, as when a tar is unpacked.
    fn replace(&mut self, node: usize, member: &Member<'_>, data: Range<usize>) -> Result<(), Skip> {
        match &mut self.nodes[node].kind {
            GrowingKind::Directory(_) => return Err(Skip::Because("a directory has its name")),
            GrowingKind::File(old) => *old = data,
        }
        self.describe(node, member);
        Ok(())
    }

    fn describe(&mut self, node: usize, member: &Member<'_>) {
        self.nodes[node].mode = member.mode;
        self.nodes[node].modified_s = member.modified_s;
    }

    /// The data of a file that came before.
    fn data_of(&self, path: Checked<'_>) -> Result<Range<usize>, Skip> {
        let missing = Skip::Because("it is a link to what is not there");
        let mut node = 0;
        for name in path.parts() {
            match &self.nodes[node].kind {
                GrowingKind::Directory(names) => match names.get(name) {
                    Some(&next) => node = next,
                    None => return Err(missing),
                },
                GrowingKind::File(_) => return Err(missing),
            }
        }
        match &self.nodes[node].kind {
            GrowingKind::File(data) => Ok(data.clone()),
            GrowingKind::Directory(_) => Err(missing),
        }
    }

    fn finish(mut self, archive: &Bytes) -> Result<Arc<Entry>, ArchiveError> {
        // What the directories that are still growing have so far. Every node comes after its parent,
        // so going backwards finds the children of a directory done before the directory.
        let mut done: Vec<HashMap<BString, Arc<Entry>>> = Vec::new();
        done.try_reserve_exact(self.nodes.len()).map_err(|_| ArchiveError::OutOfMemory)?;
        done.resize_with(self.nodes.len(), HashMap::new);
        loop {
            let (Some(node), Some(children)) = (self.nodes.pop(), done.pop()) else {
                unreachable!("the root is never a child, so the loop returns when it gets there");
            };
            let number = self.nodes.len();
            let (kind, size) = match &node.kind {
                GrowingKind::Directory(_) => (FileType::Directory, 0),
                GrowingKind::File(data) => (FileType::Regular, data.len() as u64),
            };
            let subdirectories = children.values().filter(|c| c.metadata.kind == FileType::Directory).count();
            let links = if kind == FileType::Directory { 2 + subdirectories as u32 } else { 1 };
            let modified = Duration::from_secs(node.modified_s);
            let body = match node.kind {
                GrowingKind::Directory(_) => Body::Directory(children),
                GrowingKind::File(data) => Body::File { archive: archive.clone(), data },
            };
            let metadata =
                Metadata { kind, size, mode: node.mode, links, inode: number as u64 + 1, modified };
            let entry = Arc::new(Entry { metadata, body });
            if number == 0 {
                return Ok(entry);
            }
            let siblings = &mut done[node.parent];
            siblings.try_reserve(1).map_err(|_| ArchiveError::OutOfMemory)?;
            siblings.insert(node.name, entry);
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
