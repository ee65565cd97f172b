//! The tree of all files: paths in, nodes and open files out.
//!
//! Paths are absolute. Every operation walks its path from the root, so there is no cache to keep true;
//! a walk in memory costs a lookup and a reference count per component.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::time::Duration;
use pollux_shell::{
    env::{DirEntry, File, Metadata, OpenFlags, Result},
    errno::Errno,
};

use super::{
    Lock,
    directory::Directory,
    inode::{NewNode, Node},
    mount::{Mount, Place, Table},
    path::{Last, Path},
};

/// The mounted file systems as one tree.
pub struct Vfs {
    table: Lock<Arc<Table>>,
}

/// A line of `/proc/mounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// The kind of file system.
    pub kind: &'static str,
    /// Where it is mounted.
    pub path: BString,
    /// Whether its names are fixed.
    pub read_only: bool,
}

impl Vfs {
    /// A tree that consists of one file system.
    pub fn new(kind: &'static str, root: Node) -> Self {
        Self { table: Lock::new(Arc::new(Table::new(kind, root))) }
    }

    /// Mounts a file system on a directory, which is made when it is missing. The path may not contain
    /// `.` or `..` (`EINVAL`); what is a mount point already is `EBUSY`.
    pub async fn mount(&self, path: &BStr, kind: &'static str, root: Node) -> Result<()> {
        let parsed = Path::parse(path)?;
        let name = match parsed.last {
            Last::Name(name) => name,
            Last::Root => return Err(Errno::EBUSY),
            Last::Dot | Last::DotDot => return Err(Errno::EINVAL),
        };
        let mut canonical = BString::default();
        for part in parsed.dir().chain([name]) {
            if part == "." || part == ".." {
                return Err(Errno::EINVAL);
            }
            canonical.push(b'/');
            canonical.extend_from_slice(part);
        }
        loop {
            let table = self.table();
            let trail = table.walk(&parsed).await?;
            let dir = trail.here();
            let covers = match table.step(dir, name).await {
                Err(Errno::ENOENT) => {
                    Place { mount: dir.mount, node: dir.node.create(name, NewNode::Directory).await? }
                }
                found => found?,
            };
            if covers.mount != dir.mount {
                return Err(Errno::EBUSY);
            }
            if !covers.is_dir() {
                return Err(Errno::ENOTDIR);
            }
            let next = Arc::new(table.with(kind, root.clone(), canonical.clone(), &trail, &covers));
            let mut current = self.table.lock();
            if Arc::ptr_eq(&current, &table) {
                *current = next;
                return Ok(());
            }
        }
    }

    /// What is mounted where, the root first.
    pub fn mounts(&self) -> Vec<MountInfo> {
        let table = self.table();
        let info =
            |m: &Mount| MountInfo { kind: m.kind, path: m.path.clone(), read_only: m.root.read_only() };
        table.mounts.iter().map(info).collect()
    }

    /// Opens a file. Flags that contradict each other are `EINVAL`: `TRUNC` without `WRITE`, `CREATE`
    /// with `DIRECTORY`.
    pub async fn open(&self, path: &BStr, flags: OpenFlags) -> Result<Arc<dyn File>> {
        let create = flags.contains(OpenFlags::CREATE);
        if flags.contains(OpenFlags::TRUNC) && !flags.contains(OpenFlags::WRITE)
            || create && flags.contains(OpenFlags::DIRECTORY)
        {
            return Err(Errno::EINVAL);
        }
        let path = Path::parse(path)?;
        let table = self.table();
        let place = match path.last {
            Last::Name(name) if create => {
                let trail = table.walk(&path).await?;
                let dir = trail.here();
                loop {
                    match table.step(dir, name).await {
                        Err(Errno::ENOENT) if path.slash => return Err(Errno::EISDIR),
                        Err(Errno::ENOENT) => match dir.node.create(name, NewNode::File).await {
                            // Somebody else was faster: open what they made, unless it must be new.
                            Err(Errno::EEXIST) if !flags.contains(OpenFlags::EXCL) => {}
                            made => return made?.open(flags).await,
                        },
                        found => break found?,
                    }
                }
            }
            _ => table.resolve(&path).await?,
        };
        if flags.contains(OpenFlags::CREATE | OpenFlags::EXCL) {
            return Err(Errno::EEXIST);
        }
        if !place.is_dir() {
            if path.slash || flags.contains(OpenFlags::DIRECTORY) {
                return Err(Errno::ENOTDIR);
            }
            return place.node.open(flags).await;
        }
        if flags.intersects(OpenFlags::WRITE | OpenFlags::CREATE) {
            return Err(Errno::EISDIR);
        }
        Ok(Arc::new(Directory(place.node)))
    }

    /// What a name refers to.
    pub async fn stat(&self, path: &BStr) -> Result<Metadata> {
        Ok(self.resolve(path).await?.node.metadata())
    }

    /// The names in a directory, in no order.
    pub async fn read_dir(&self, path: &BStr) -> Result<Vec<DirEntry>> {
        let path = Path::parse(path)?;
        let table = self.table();
        let dir = table.resolve(&path).await?;
        let mut entries = dir.node.read_dir().await?;
        for entry in &mut entries {
            if let Some((_, root)) = table.mounted_on(dir.mount, entry.metadata.inode) {
                entry.metadata = root.metadata();
            }
        }
        Ok(entries)
    }

    /// Makes a directory.
    pub async fn mkdir(&self, path: &BStr) -> Result<()> {
        let path = Path::parse(path)?;
        let table = self.table();
        let trail = table.walk(&path).await?;
        let Last::Name(name) = path.last else { return Err(Errno::EEXIST) };
        match table.step(trail.here(), name).await {
            Err(Errno::ENOENT) => trail.here().node.create(name, NewNode::Directory).await.map(drop),
            found => found.and(Err(Errno::EEXIST)),
        }
    }

    /// Removes a name that is not a directory (`EISDIR`, as Linux says it; POSIX would allow `EPERM`).
    pub async fn unlink(&self, path: &BStr) -> Result<()> {
        let path = Path::parse(path)?;
        let table = self.table();
        let trail = table.walk(&path).await?;
        let Last::Name(name) = path.last else { return Err(Errno::EISDIR) };
        if table.step(trail.here(), name).await?.is_dir() {
            return Err(Errno::EISDIR);
        }
        if path.slash {
            return Err(Errno::ENOTDIR);
        }
        trail.here().node.unlink(name).await
    }

    /// Removes an empty directory.
    pub async fn rmdir(&self, path: &BStr) -> Result<()> {
        let path = Path::parse(path)?;
        let table = self.table();
        let trail = table.walk(&path).await?;
        let name = match path.last {
            Last::Name(name) => name,
            Last::Root => return Err(Errno::EBUSY),
            Last::Dot => return Err(Errno::EINVAL),
            Last::DotDot => return Err(Errno::ENOTEMPTY),
        };
        let place = table.step(trail.here(), name).await?;
        if !place.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if place.mount != trail.here().mount {
            return Err(Errno::EBUSY);
        }
        trail.here().node.rmdir(name).await
    }

    /// Renames, replacing what is there, as POSIX `rename` does. `EXDEV` across mounts, `EBUSY` for a
    /// mount point and for the directories above one.
    pub async fn rename(&self, from: &BStr, to: &BStr) -> Result<()> {
        let (from, to) = (Path::parse(from)?, Path::parse(to)?);
        let table = self.table();
        let (from_trail, to_trail) = (table.walk(&from).await?, table.walk(&to).await?);
        let (from_name, to_name) = match (from.last, to.last) {
            (Last::Name(from), Last::Name(to)) => (from, to),
            (Last::Root, _) | (_, Last::Root) => return Err(Errno::EBUSY),
            _ => return Err(Errno::EINVAL),
        };
        let (from_dir, to_dir) = (from_trail.here(), to_trail.here());
        let source = table.step(from_dir, from_name).await?;
        let target = match table.step(to_dir, to_name).await {
            Err(Errno::ENOENT) => None,
            found => Some(found?),
        };
        if source.mount != from_dir.mount
            || table.is_above_mount(&source)
            || target.is_some_and(|target| target.mount != to_dir.mount)
        {
            return Err(Errno::EBUSY);
        }
        if from_dir.mount != to_dir.mount {
            return Err(Errno::EXDEV);
        }
        if (from.slash || to.slash) && !source.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        from_dir.node.rename(from_name, &to_dir.node, to_name).await
    }

    /// Sets the time of last change.
    pub async fn set_modified(&self, path: &BStr, time: Duration) -> Result<()> {
        self.resolve(path).await?.node.set_modified(time).await
    }

    fn table(&self) -> Arc<Table> {
        self.table.lock().clone()
    }

    async fn resolve(&self, path: &BStr) -> Result<Place> {
        let path = Path::parse(path)?;
        self.table().resolve(&path).await
    }
}

/// The futures of the tree may run on any CPU.
const _: fn(&Vfs) = |vfs| {
    fn send(_: impl Send) {}
    send(vfs.open(BStr::new(""), OpenFlags::READ));
    send(vfs.rename(BStr::new(""), BStr::new("")));
};
