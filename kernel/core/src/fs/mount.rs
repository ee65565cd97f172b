//! The mount table and the walk of a path through it.
//!
//! A mount covers a directory, known by its mount and its serial number, so a walk crosses into it
//! whatever way it got there. The table is never changed, only replaced: a walk works on the one that
//! was current when it began.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};
use pollux_shell::{
    env::{FileType, Result},
    errno::Errno,
};
use smallvec::{SmallVec, smallvec};

use super::{
    NAME_MAX,
    inode::Node,
    path::{Last, Path},
};

/// A directory or file as the walk knows it: the index of its mount, and the node.
#[derive(Clone)]
pub(super) struct Place {
    pub mount: usize,
    pub node: Node,
}

impl Place {
    pub fn is_dir(&self) -> bool {
        self.node.kind() == FileType::Directory
    }

    fn id(&self) -> Id {
        Id { mount: self.mount, number: self.node.number() }
    }
}

/// What tells two places apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Id {
    mount: usize,
    number: u64,
}

/// One file system in the tree.
#[derive(Clone)]
pub(super) struct Mount {
    /// What it is, as in `/proc/mounts`: `tmpfs`.
    pub kind: &'static str,
    /// Where it is.
    pub path: BString,
    pub root: Node,
    /// The directory that it covers; nothing for the root of all.
    covers: Option<Place>,
    /// The directories on the way there. They may not be renamed, so that `path` stays true.
    above: Vec<Id>,
}

/// All that is mounted; the first is the root.
#[derive(Clone)]
pub(super) struct Table {
    pub mounts: Vec<Mount>,
}

/// The places that a walk went through, so that `..` finds back. Paths of usual depth need no heap.
pub(super) struct Trail(SmallVec<[Place; 8]>);

impl Trail {
    /// Where the walk is. There always is one: `..` never goes above the root.
    pub fn here(&self) -> &Place {
        &self.0[self.0.len() - 1]
    }

    fn push(&mut self, place: Place) -> Result<()> {
        self.0.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        self.0.push(place);
        Ok(())
    }

    fn up(&mut self) {
        if self.0.len() > 1 {
            self.0.pop();
        }
    }
}

impl Table {
    pub fn new(kind: &'static str, root: Node) -> Self {
        let root = Mount { kind, path: BString::from("/"), root, covers: None, above: Vec::new() };
        Self { mounts: alloc::vec![root] }
    }

    /// A table with one more mount at `path`, over `covers`, which is a name in the directory where
    /// `trail` ends.
    pub fn with(&self, kind: &'static str, root: Node, path: BString, trail: &Trail, covers: &Place) -> Self {
        let above = trail.0.iter().map(Place::id).collect();
        let mut mounts = self.mounts.clone();
        mounts.push(Mount { kind, path, root, covers: Some(covers.clone()), above });
        Self { mounts }
    }

    /// Follows the components before the last one; what they end at is a directory.
    pub async fn walk(&self, path: &Path<'_>) -> Result<Trail> {
        let mut trail = Trail(smallvec![Place { mount: 0, node: self.mounts[0].root.clone() }]);
        for part in path.dir() {
            match part.as_bytes() {
                b"." => {}
                b".." => trail.up(),
                _ => {
                    let next = self.step(trail.here(), part).await?;
                    if !next.is_dir() {
                        return Err(Errno::ENOTDIR);
                    }
                    trail.push(next)?;
                }
            }
        }
        Ok(trail)
    }

    /// Follows a whole path.
    pub async fn resolve(&self, path: &Path<'_>) -> Result<Place> {
        let mut trail = self.walk(path).await?;
        let place = match path.last {
            Last::Root | Last::Dot => trail.here().clone(),
            Last::DotDot => {
                trail.up();
                trail.here().clone()
            }
            Last::Name(name) => self.step(trail.here(), name).await?,
        };
        if path.slash && !place.is_dir() { Err(Errno::ENOTDIR) } else { Ok(place) }
    }

    /// One name in a directory, and into what is mounted there.
    pub async fn step(&self, dir: &Place, name: &BStr) -> Result<Place> {
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let node = dir.node.lookup(name).await?;
        let place = Place { mount: dir.mount, node };
        Ok(match self.mounted_on(place.mount, place.node.number()) {
            Some((mount, root)) => Place { mount, node: root.clone() },
            None => place,
        })
    }

    /// What covers a directory.
    pub fn mounted_on(&self, mount: usize, number: u64) -> Option<(usize, &Node)> {
        let id = Id { mount, number };
        let covers = |m: &Mount| m.covers.as_ref().is_some_and(|place| place.id() == id);
        self.mounts.iter().enumerate().find(|(_, m)| covers(m)).map(|(index, m)| (index, &m.root))
    }

    /// Whether a directory is on the way to a mount point.
    pub fn is_above_mount(&self, place: &Place) -> bool {
        let id = place.id();
        self.mounts.iter().any(|m| m.above.contains(&id))
    }
}
