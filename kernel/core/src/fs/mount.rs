//! The mount table and the walk of a path through it.
//!
//! A mount covers a directory, known by its mount and its serial number, so a walk crosses into it
//! whatever way it got there. The table is never changed, only replaced: a walk works on the one that
//! was current when it began.

use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use pollux_shell::{
    env::{FileType, Result},
    errno::Errno,
};
use smallvec::{SmallVec, smallvec};

use super::{NAME_MAX, inode::Node};

/// How many symbolic links one path may lead through (`SYMLOOP_MAX`).
pub(super) const MAX_LINKS: usize = 40;

/// A number that no other mount has or had.
pub(super) type MountId = u64;

/// A directory or file as the walk knows it: its mount, and the node.
#[derive(Clone)]
pub(super) struct Place {
    pub mount: MountId,
    pub node: Node,
}

impl Place {
    pub fn is_dir(&self) -> bool {
        self.node.kind() == FileType::Directory
    }

    pub fn is_link(&self) -> bool {
        self.node.kind() == FileType::Symlink
    }

    fn id(&self) -> Id {
        Id { mount: self.mount, number: self.node.number() }
    }
}

/// What tells two places apart.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Id {
    mount: MountId,
    number: u64,
}

/// Keeps a file system from being unmounted.
#[derive(Clone, Default)]
pub(super) struct InUse(Arc<()>);

/// One file system in the tree.
pub(super) struct Mount {
    pub id: MountId,
    /// What it was made of, as in `/proc/mounts`.
    pub source: BString,
    /// What it is: `tmpfs`.
    pub kind: BString,
    /// Where it is.
    pub path: BString,
    /// Nothing on it may be changed.
    pub read_only: bool,
    /// The most that it may hold, if that was said.
    pub size: Option<u64>,
    pub root: Node,
    /// The directory that it covers; nothing for the root of all.
    covers: Option<Id>,
    /// The directories on the way there. They may not be renamed, so that `path` stays true.
    above: Vec<Id>,
    /// One more for each open file.
    in_use: InUse,
}

impl Mount {
    pub fn new(id: MountId, kind: &BStr, root: Node) -> Self {
        Self {
            id,
            source: kind.into(),
            kind: kind.into(),
            path: "/".into(),
            read_only: false,
            size: None,
            root,
            covers: None,
            above: Vec::new(),
            in_use: InUse::default(),
        }
    }

    /// Says where it is: over `covers`, which is a name in the directory where `trail` ends.
    pub fn place(&mut self, path: BString, trail: &Trail, covers: &Place) {
        self.path = path;
        self.covers = Some(covers.id());
        self.above = trail.places.iter().map(Place::id).collect();
    }

    pub fn in_use(&self) -> InUse {
        self.in_use.clone()
    }

    /// Whether a file of it is open.
    pub fn is_in_use(&self) -> bool {
        Arc::strong_count(&self.in_use.0) > 1
    }
}

/// All that is mounted; the first is the root.
#[derive(Clone)]
pub(super) struct Table {
    pub mounts: Vec<Arc<Mount>>,
    /// A walk that has not left the root.
    root: Trail,
}

/// The places that a walk went through, so that `..` finds back. A copy shares them until one of the two goes on.
#[derive(Clone)]
pub(super) struct Trail {
    places: Arc<SmallVec<[Place; 8]>>,
    /// Whether all names on the way are kept: see [`super::inode::Inode::keeps_names`].
    lasting: bool,
}

impl Trail {
    /// Where the walk is. There always is one: `..` never goes above the root.
    pub fn here(&self) -> &Place {
        &self.places[self.places.len() - 1]
    }

    pub fn is_lasting(&self) -> bool {
        self.lasting
    }

    fn push(&mut self, place: Place) -> Result<()> {
        let places = Arc::make_mut(&mut self.places);
        places.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        places.push(place);
        Ok(())
    }

    pub fn up(&mut self) {
        self.shorten(self.places.len() - 1);
    }

    pub fn return_to_root(&mut self) {
        self.shorten(1);
    }

    /// To so many places, but at least the root.
    fn shorten(&mut self, len: usize) {
        let len = len.max(1);
        if len < self.places.len() {
            Arc::make_mut(&mut self.places).truncate(len);
        }
    }
}

impl Table {
    pub fn new(root: Mount) -> Self {
        let place = Place { mount: root.id, node: root.root.clone() };
        let trail = Trail { places: Arc::new(smallvec![place]), lasting: true };
        Self { mounts: alloc::vec![Arc::new(root)], root: trail }
    }

    /// A table with one more mount.
    pub fn with(&self, mount: Arc<Mount>) -> Self {
        let mut table = self.clone();
        table.mounts.push(mount);
        table
    }

    /// A table with one mount less. `EBUSY` if there is another on it.
    pub fn without(&self, id: MountId) -> Result<Self> {
        if self.mounts.iter().any(|mount| mount.covers.is_some_and(|covers| covers.mount == id)) {
            return Err(Errno::EBUSY);
        }
        let mounts = self.mounts.iter().filter(|mount| mount.id != id).cloned().collect();
        Ok(Self { mounts, root: self.root.clone() })
    }

    /// The mount of a place; `ENOENT` when it has been unmounted meanwhile.
    pub fn mount(&self, id: MountId) -> Result<&Arc<Mount>> {
        self.mounts.iter().find(|mount| mount.id == id).ok_or(Errno::ENOENT)
    }

    /// A walk that has not left the root.
    pub fn root(&self) -> Trail {
        self.root.clone()
    }

    /// Follows components from where `trail` ends, symbolic links counted in `links`; what they end at is a directory.
    pub async fn walk(&self, trail: &mut Trail, dir: &[u8], links: &mut usize) -> Result<()> {
        let mut text = Cow::Borrowed(dir);
        let mut at = 0;
        loop {
            while text.get(at) == Some(&b'/') {
                at += 1;
            }
            if !trail.here().is_dir() {
                return Err(Errno::ENOTDIR);
            }
            if at == text.len() {
                return Ok(());
            }
            let end = text[at..].find_byte(b'/').map_or(text.len(), |slash| at + slash);
            match &text[at..end] {
                b"." => {}
                b".." => trail.up(),
                name => {
                    trail.lasting &= trail.here().node.keeps_names();
                    let next = self.step(trail.here(), name.as_bstr()).await?;
                    if !next.is_link() {
                        trail.push(next)?;
                    } else {
                        // What the link says takes the place of its name.
                        let mut target = follow(trail, &next, links).await?;
                        target.try_reserve(text.len() - end).map_err(|_| Errno::ENOMEM)?;
                        target.extend_from_slice(&text[end..]);
                        (text, at) = (Cow::Owned(target.into()), 0);
                        continue;
                    }
                }
            }
            at = end;
        }
    }

    /// One name in a directory, and into what is mounted there.
    pub async fn step(&self, dir: &Place, name: &BStr) -> Result<Place> {
        if name.len() > NAME_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        let node = dir.node.lookup(name).await?;
        Ok(match self.mounted_on(dir.mount, node.number()) {
            Some(mount) => Place { mount: mount.id, node: mount.root.clone() },
            None => Place { mount: dir.mount, node },
        })
    }

    /// What covers a directory.
    pub fn mounted_on(&self, mount: MountId, number: u64) -> Option<&Arc<Mount>> {
        let id = Id { mount, number };
        self.mounts.iter().find(|mount| mount.covers == Some(id))
    }

    /// Whether a directory is on the way to a mount point.
    pub fn is_above_mount(&self, place: &Place) -> bool {
        let id = place.id();
        self.mounts.iter().any(|m| m.above.contains(&id))
    }
}

/// Where a link leads. If that is an absolute path, `trail` goes back to the root.
pub(super) async fn follow(trail: &mut Trail, link: &Place, links: &mut usize) -> Result<BString> {
    *links += 1;
    if *links > MAX_LINKS {
        return Err(Errno::ELOOP);
    }
    let target = link.node.read_link().await?;
    if target.starts_with(b"/") {
        trail.return_to_root();
    }
    Ok(target)
}
