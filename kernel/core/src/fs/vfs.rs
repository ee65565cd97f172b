//! The tree of all files: paths in, nodes and open files out.
//!
//! Paths are absolute. Every operation walks its path from the root, but for directories where a walk has ended before
//! (`cache.rs`).

use alloc::{
    borrow::{Cow, ToOwned},
    sync::Arc,
    vec::Vec,
};
use bstr::{BStr, BString, ByteSlice};
use core::sync::atomic::{AtomicU64, Ordering};
use pollux_shell::{
    env::{Changes, DirEntry, File, FileType, Metadata, MountInfo, OpenFlags, Result},
    errno::Errno,
};

use super::{
    Lock, PATH_MAX,
    cache::{Moment, Walks},
    description::Descriptions,
    directory::Directory,
    fifo::FifoFile,
    inode::{NewNode, Node, Opened},
    mount::{Mount, Place, Table, Trail, follow},
    path::{Last, Path},
};

/// The mounted file systems as one tree.
pub struct Vfs {
    table: Lock<Arc<Table>>,
    next_mount: AtomicU64,
    walks: Walks,
    descriptions: Descriptions,
}

/// What [`Vfs::mount`] is to show, and how.
pub struct NewMount<'a> {
    /// The kind of file system.
    pub kind: &'a BStr,
    /// What it is made of, for people.
    pub source: &'a BStr,
    /// Its root.
    pub root: Node,
    /// Nothing on it may be changed.
    pub read_only: bool,
    /// The most that it may hold, for people.
    pub size: Option<u64>,
}

impl<'a> NewMount<'a> {
    /// A file system that can be changed as far as it lets itself.
    pub fn new(kind: &'a str, root: Node) -> Self {
        let kind = BStr::new(kind);
        Self { kind, source: kind, root, read_only: false, size: None }
    }
}

/// What to do with a symbolic link that is the last component.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Links {
    Follow,
    /// Only where slashes come after it.
    FollowIfSlash,
    Keep,
}

/// Where a path leads.
struct Found<'a> {
    /// Ends at the directory that has the name.
    trail: Trail,
    /// The last name; none for the root, `.` and `..`.
    name: Option<Cow<'a, BStr>>,
    /// Nothing if there is no such name.
    place: Option<Place>,
    /// It has to be a directory.
    slash: bool,
    table: Arc<Table>,
}

impl Found<'_> {
    fn dir(&self) -> &Place {
        self.trail.here()
    }

    /// `ENOENT` if there is nothing, `ENOTDIR` if it should be a directory and is none.
    fn there(&self) -> Result<&Place> {
        let place = self.place.as_ref().ok_or(Errno::ENOENT)?;
        if self.slash && !place.is_dir() { Err(Errno::ENOTDIR) } else { Ok(place) }
    }

    /// `EROFS` if what is on the mount of a place may not be changed.
    fn check_writable(&self, place: &Place) -> Result<()> {
        if self.table.mount(place.mount)?.read_only { Err(Errno::EROFS) } else { Ok(()) }
    }

    /// Makes what is missing. `EEXIST` when it is not.
    async fn create(&self, new: NewNode<'_>, mode: u16) -> Result<Node> {
        let (Some(name), None) = (&self.name, &self.place) else { return Err(Errno::EEXIST) };
        self.check_writable(self.dir())?;
        self.dir().node.create(name, new, mode).await
    }
}

impl Vfs {
    /// A tree that consists of one file system.
    pub fn new(kind: &str, root: Node) -> Self {
        let table = Table::new(Mount::new(0, BStr::new(kind), root));
        Self {
            table: Lock::new(Arc::new(table)),
            next_mount: AtomicU64::new(1),
            walks: Walks::default(),
            descriptions: Descriptions::default(),
        }
    }

    /// Mounts a file system on a directory, which is made when it is missing. The path may not contain
    /// `.` or `..` (`EINVAL`); what is a mount point already is `EBUSY`.
    pub async fn mount(&self, path: &BStr, new: NewMount<'_>) -> Result<()> {
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
            let found = self.find(path, Links::Follow).await?;
            let dir = found.dir();
            let covers = match &found.place {
                None => Place { mount: dir.mount, node: found.create(NewNode::Directory, 0o755).await? },
                Some(place) => place.clone(),
            };
            if covers.mount != dir.mount {
                return Err(Errno::EBUSY);
            }
            if !covers.is_dir() {
                return Err(Errno::ENOTDIR);
            }
            let id = self.next_mount.fetch_add(1, Ordering::Relaxed);
            let mut mount = Mount::new(id, new.kind, new.root.clone());
            (mount.source, mount.read_only, mount.size) = (new.source.into(), new.read_only, new.size);
            mount.place(canonical.clone(), &found.trail, &covers);
            if self.replace(&found.table, found.table.with(Arc::new(mount))) {
                return Ok(());
            }
        }
    }

    /// Takes a file system off its directory. `EINVAL` if the path is not where one is, `EBUSY` for the root of all,
    /// while a file of it is open, and while another is mounted on it.
    pub async fn unmount(&self, path: &BStr) -> Result<()> {
        loop {
            let found = self.find(path, Links::Follow).await?;
            let place = found.there()?;
            let mount = found.table.mount(place.mount)?;
            if !Arc::ptr_eq(&mount.root, &place.node) {
                return Err(Errno::EINVAL);
            }
            self.descriptions.forget();
            if mount.id == found.table.mounts[0].id || mount.is_in_use() {
                return Err(Errno::EBUSY);
            }
            if self.replace(&found.table, found.table.without(mount.id)?) {
                return Ok(());
            }
        }
    }

    /// What is mounted where, the root first.
    pub fn mounts(&self) -> Vec<MountInfo> {
        let info = |mount: &Arc<Mount>| MountInfo {
            source: mount.source.clone(),
            path: mount.path.clone(),
            kind: mount.kind.clone(),
            read_only: mount.read_only || mount.root.read_only(),
            size: mount.size,
            device: mount.root.metadata().device,
            space: mount.root.space(),
        };
        self.table().mounts.iter().map(info).collect()
    }

    /// Opens a file; one that is made gets the permissions `mode`. Flags that contradict each other are `EINVAL`:
    /// `TRUNC` without `WRITE`, `CREATE` with `DIRECTORY`.
    pub async fn open(&self, path: &BStr, flags: OpenFlags, mode: u16) -> Result<Arc<dyn File>> {
        let create = flags.contains(OpenFlags::CREATE);
        if flags.contains(OpenFlags::TRUNC) && !flags.contains(OpenFlags::WRITE)
            || create && flags.contains(OpenFlags::DIRECTORY)
        {
            return Err(Errno::EINVAL);
        }
        let exclusive = flags.contains(OpenFlags::CREATE | OpenFlags::EXCL);
        let links = match exclusive || flags.contains(OpenFlags::NOFOLLOW) {
            true => Links::Keep,
            false => Links::Follow,
        };
        let found = loop {
            let found = self.find(path, links).await?;
            if found.place.is_some() || !create {
                break found;
            }
            if found.slash {
                return Err(Errno::EISDIR);
            }
            match found.create(NewNode::File, mode).await {
                // Somebody else was faster: open what they made, unless it must be new.
                Err(Errno::EEXIST) if !exclusive => {}
                made => {
                    let place = Place { mount: found.dir().mount, node: made? };
                    return self.open_place(&found, place, path, flags).await;
                }
            }
        };
        if exclusive && found.place.is_some() {
            return Err(Errno::EEXIST);
        }
        let place = found.there()?.clone();
        if place.is_link() {
            return Err(Errno::ELOOP);
        }
        if !place.is_dir() {
            if flags.contains(OpenFlags::DIRECTORY) {
                return Err(Errno::ENOTDIR);
            }
            // Devices can be written wherever they are.
            if flags.contains(OpenFlags::WRITE) && place.node.kind() == FileType::Regular {
                found.check_writable(&place)?;
            }
            return self.open_place(&found, place, path, flags).await;
        }
        if flags.intersects(OpenFlags::WRITE | OpenFlags::CREATE) {
            return Err(Errno::EISDIR);
        }
        let in_use = found.table.mount(place.mount)?.in_use();
        Ok(Arc::new(Directory { node: place.node, path: path.into(), _in_use: in_use }))
    }

    async fn open_place(
        &self,
        found: &Found<'_>,
        place: Place,
        path: &BStr,
        flags: OpenFlags,
    ) -> Result<Arc<dyn File>> {
        let in_use = found.table.mount(place.mount)?.in_use();
        match place.node.open(flags).await? {
            Opened::Content(content) => Ok(self.descriptions.open(content, flags, path, in_use)),
            Opened::File(file) => Ok(file),
            Opened::Fifo(opening) => Ok(Arc::new(FifoFile { opening, path: path.into(), _in_use: in_use })),
        }
    }

    /// What a name refers to, links followed.
    pub async fn stat(&self, path: &BStr) -> Result<Metadata> {
        Ok(self.find(path, Links::Follow).await?.there()?.node.metadata())
    }

    /// What a name refers to; a link is told of itself.
    pub async fn lstat(&self, path: &BStr) -> Result<Metadata> {
        Ok(self.find(path, Links::FollowIfSlash).await?.there()?.node.metadata())
    }

    /// Where a symbolic link leads.
    pub async fn read_link(&self, path: &BStr) -> Result<BString> {
        let found = self.find(path, Links::FollowIfSlash).await?;
        found.there()?.node.read_link().await
    }

    /// The names in a directory, in no order.
    pub async fn read_dir(&self, path: &BStr) -> Result<Vec<DirEntry>> {
        let found = self.find(path, Links::Follow).await?;
        let dir = found.there()?;
        let mut entries = dir.node.read_dir().await?;
        for entry in &mut entries {
            if let Some(mount) = found.table.mounted_on(dir.mount, entry.metadata.inode) {
                entry.metadata = mount.root.metadata();
            }
        }
        Ok(entries)
    }

    /// Makes a directory.
    pub async fn mkdir(&self, path: &BStr, mode: u16) -> Result<()> {
        self.find(path, Links::Keep).await?.create(NewNode::Directory, mode).await.map(drop)
    }

    /// Makes a pipe with a name.
    pub async fn mkfifo(&self, path: &BStr, mode: u16) -> Result<()> {
        let found = self.find(path, Links::Keep).await?;
        if found.slash && found.place.is_none() {
            return Err(Errno::ENOENT);
        }
        found.create(NewNode::Fifo, mode).await.map(drop)
    }

    /// Makes a symbolic link to `target`, whatever there is. `ENOENT` for an empty target, `EINVAL` for one with a
    /// zero byte.
    pub async fn symlink(&self, target: &BStr, path: &BStr) -> Result<()> {
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        if target.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        if target.contains(&0) {
            return Err(Errno::EINVAL);
        }
        let found = self.find(path, Links::Keep).await?;
        if found.slash && found.place.is_none() {
            return Err(Errno::ENOENT);
        }
        found.create(NewNode::Symlink(target), 0o777).await.map(drop)
    }

    /// Gives a file one more name. `EPERM` for directories, `EXDEV` across mounts.
    pub async fn link(&self, from: &BStr, to: &BStr) -> Result<()> {
        let (from, to) = (self.find(from, Links::FollowIfSlash).await?, self.find(to, Links::Keep).await?);
        let source = from.there()?;
        let (Some(name), None) = (&to.name, &to.place) else { return Err(Errno::EEXIST) };
        if source.is_dir() {
            return Err(Errno::EPERM);
        }
        if to.slash {
            return Err(Errno::ENOENT);
        }
        if source.mount != to.dir().mount {
            return Err(Errno::EXDEV);
        }
        to.check_writable(to.dir())?;
        to.dir().node.link(name, source.node.clone()).await
    }

    /// Removes a name that is not a directory (`EISDIR`, as Linux says it; POSIX would allow `EPERM`).
    pub async fn unlink(&self, path: &BStr) -> Result<()> {
        let found = self.find(path, Links::Keep).await?;
        let place = found.place.as_ref().ok_or(Errno::ENOENT)?;
        let name = found.name.as_ref().ok_or(Errno::EISDIR)?;
        if place.is_dir() {
            return Err(Errno::EISDIR);
        }
        found.there()?;
        found.check_writable(found.dir())?;
        found.dir().node.unlink(name).await?;
        self.descriptions.forget();
        if place.is_link() {
            self.walks.forget();
        }
        Ok(())
    }

    /// Removes an empty directory.
    pub async fn rmdir(&self, path: &BStr) -> Result<()> {
        let last = Path::parse(path)?.last;
        let found = self.find(path, Links::Keep).await?;
        let Some(name) = &found.name else {
            return Err(match last {
                Last::Dot => Errno::EINVAL,
                Last::DotDot => Errno::ENOTEMPTY,
                _ => Errno::EBUSY,
            });
        };
        let place = found.place.as_ref().ok_or(Errno::ENOENT)?;
        if !place.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if place.mount != found.dir().mount {
            return Err(Errno::EBUSY);
        }
        found.check_writable(found.dir())?;
        found.dir().node.rmdir(name).await?;
        self.walks.forget();
        Ok(())
    }

    /// Renames, replacing what is there, as POSIX `rename` does. `EXDEV` across mounts, `EBUSY` for a
    /// mount point and for the directories above one.
    pub async fn rename(&self, from: &BStr, to: &BStr) -> Result<()> {
        let (from_last, to_last) = (Path::parse(from)?.last, Path::parse(to)?.last);
        let (from, to) = (self.find(from, Links::Keep).await?, self.find(to, Links::Keep).await?);
        let (Some(from_name), Some(to_name)) = (&from.name, &to.name) else {
            let is_root = from_last == Last::Root || to_last == Last::Root;
            return Err(if is_root { Errno::EBUSY } else { Errno::EINVAL });
        };
        let (from_dir, to_dir) = (from.dir(), to.dir());
        let source = from.place.as_ref().ok_or(Errno::ENOENT)?;
        if source.mount != from_dir.mount
            || from.table.is_above_mount(source)
            || to.place.as_ref().is_some_and(|target| target.mount != to_dir.mount)
        {
            return Err(Errno::EBUSY);
        }
        if from_dir.mount != to_dir.mount {
            return Err(Errno::EXDEV);
        }
        if (from.slash || to.slash) && !source.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        from.check_writable(from_dir)?;
        from_dir.node.rename(from_name, &to_dir.node, to_name).await?;
        self.descriptions.forget();
        let leads_on = |place: &Place| place.is_dir() || place.is_link();
        if leads_on(source) || to.place.as_ref().is_some_and(leads_on) {
            self.walks.forget();
        }
        Ok(())
    }

    /// Sets permissions, owner and times; of a link itself unless `follow`.
    pub async fn change(&self, path: &BStr, changes: &Changes, follow: bool) -> Result<()> {
        let found = self.find(path, if follow { Links::Follow } else { Links::FollowIfSlash }).await?;
        let place = found.there()?;
        found.check_writable(place)?;
        place.node.change(changes).await
    }

    fn table(&self) -> Arc<Table> {
        self.table.lock().clone()
    }

    /// Puts `new` in the place of `old`, unless that has been replaced meanwhile.
    fn replace(&self, old: &Arc<Table>, new: Table) -> bool {
        let mut current = self.table.lock();
        let done = Arc::ptr_eq(&current, old);
        if done {
            *current = Arc::new(new);
        }
        drop(current);
        self.walks.forget();
        done
    }

    async fn find<'a>(&self, path: &'a BStr, links: Links) -> Result<Found<'a>> {
        let began = self.walks.begin();
        let table = self.table();
        let path = Path::parse(path)?;
        let mut count = 0;
        let mut trail = self.walk(&table, began, path.dir, &mut count).await?;
        let mut slash = path.slash;
        let mut name = take_last(&mut trail, path.last).map(Cow::Borrowed);
        loop {
            let place = match &name {
                None => Some(trail.here().clone()),
                Some(name) => match table.step(trail.here(), name).await {
                    Err(Errno::ENOENT) => None,
                    found => Some(found?),
                },
            };
            let follows = links == Links::Follow || links == Links::FollowIfSlash && slash;
            let Some(link) = place.as_ref().filter(|place| follows && place.is_link()) else {
                return Ok(Found { trail, name, place, slash, table });
            };
            let target = follow(&mut trail, link, &mut count).await?;
            let path = Path::split(target.as_bstr());
            table.walk(&mut trail, path.dir, &mut count).await?;
            slash |= path.slash;
            name = take_last(&mut trail, path.last).map(|name| Cow::Owned(name.to_owned()));
        }
    }

    /// Follows the components before the last one, from the root.
    async fn walk(&self, table: &Table, began: Moment, dir: &[u8], links: &mut usize) -> Result<Trail> {
        let is_root = dir.iter().all(|&byte| byte == b'/');
        if !is_root && let Some(trail) = self.walks.find(dir) {
            return Ok(trail);
        }
        let mut trail = table.root();
        table.walk(&mut trail, dir, links).await?;
        if !is_root {
            self.walks.remember(began, dir, &trail);
        }
        Ok(trail)
    }
}

/// The last component if it is a name; else goes where it leads.
fn take_last<'a>(trail: &mut Trail, last: Last<'a>) -> Option<&'a BStr> {
    match last {
        Last::Name(name) => return Some(name),
        Last::DotDot => trail.up(),
        Last::Root | Last::Dot => {}
    }
    None
}

/// The futures of the tree may run on any CPU.
const _: fn(&Vfs) = |vfs| {
    fn send(_: impl Send) {}
    send(vfs.open(BStr::new(""), OpenFlags::READ, 0));
    send(vfs.rename(BStr::new(""), BStr::new("")));
};
