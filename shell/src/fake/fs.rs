//! The fake's tree of files: nodes with names, links of both kinds, permissions and times, and file systems on
//! directories. Small rather than fast; what the kernel's own tree does is what this has to do, too.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;
use spin::Mutex;

use super::{
    FakeTerminal,
    node::{Kind, Node},
};
use crate::{
    env::{Changes, DirEntry, Metadata, MountInfo, MountRequest, OpenFlags, Result, Space},
    errno::Errno,
};

/// How many links one path may lead through.
const MAX_LINKS: usize = 40;

struct Mount {
    info: MountInfo,
    root: Arc<Node>,
    /// What is there when it has been taken off.
    covered: Arc<Node>,
}

pub(super) struct Tree {
    root: Arc<Node>,
    mounts: Vec<Mount>,
    fail_open: BTreeMap<BString, Errno>,
    next_inode: u64,
}

/// Where a path leads.
struct Found {
    /// The directories on the way, the root first with an empty name.
    trail: Vec<(BString, Arc<Node>)>,
    /// None for the root, `.` and `..`.
    name: Option<BString>,
    node: Option<Arc<Node>>,
    slash: bool,
}

impl Found {
    fn dir(&self) -> &Arc<Node> {
        &self.trail[self.trail.len() - 1].1
    }

    fn there(&self) -> Result<&Arc<Node>> {
        let node = self.node.as_ref().ok_or(Errno::ENOENT)?;
        if self.slash && !node.is_dir() { Err(Errno::ENOTDIR) } else { Ok(node) }
    }

    /// The path without links, `.` and `..`.
    fn path(&self) -> BString {
        let names = self.trail[1..].iter().map(|(name, _)| name).chain(&self.name);
        let mut path = BString::default();
        for name in names {
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() { "/".into() } else { path }
    }
}

/// The components of a path, the last one first.
fn components(path: &[u8]) -> impl Iterator<Item = BString> {
    path.rsplit_str(b"/").filter(|part| !part.is_empty()).map(BString::from)
}

impl Tree {
    pub(super) fn new(terminal: Arc<FakeTerminal>) -> Self {
        let root = Arc::new(Node::new(Kind::Directory(Mutex::default()), 1, 1, 0o755, Duration::ZERO));
        let mut tree = Self { root, mounts: Vec::new(), fail_open: BTreeMap::new(), next_inode: 2 };
        for dir in ["/dev", "/proc", "/tmp"] {
            tree.make_dirs(dir.into(), Duration::ZERO);
        }
        for (name, kind) in [
            ("/dev/null", Kind::Null),
            ("/dev/zero", Kind::Zero),
            ("/dev/full", Kind::Full),
            ("/dev/tty", Kind::Terminal(terminal)),
        ] {
            let made =
                tree.find(name.into(), true).and_then(|found| tree.add(&found, kind, 0o666, Duration::ZERO));
            made.expect("a device of its own");
        }
        tree
    }

    fn find(&self, path: &BStr, follow: bool) -> Result<Found> {
        assert!(path.starts_with(b"/"), "the shell must make paths absolute, got {path:?}");
        let mut trail = alloc::vec![(BString::default(), self.root.clone())];
        let mut rest: Vec<BString> = components(path).collect();
        let mut slash = path.ends_with(b"/");
        let mut links = 0;
        while let Some(name) = rest.pop() {
            let here = trail[trail.len() - 1].1.clone();
            let names = here.names()?;
            match name.as_slice() {
                b"." => continue,
                b".." => {
                    trail.truncate(trail.len().saturating_sub(1).max(1));
                    continue;
                }
                long if long.len() > 255 => return Err(Errno::ENAMETOOLONG),
                _ => {}
            }
            let node = names.lock().get(&name).cloned();
            match node {
                None if rest.is_empty() => return Ok(Found { trail, name: Some(name), node: None, slash }),
                None => return Err(Errno::ENOENT),
                Some(node) => match &node.kind {
                    Kind::Symlink(target) if follow || slash || !rest.is_empty() => {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Errno::ELOOP);
                        }
                        if target.starts_with(b"/") {
                            trail.truncate(1);
                        }
                        slash |= rest.is_empty() && target.ends_with(b"/");
                        rest.extend(components(target));
                    }
                    _ if rest.is_empty() => {
                        return Ok(Found { trail, name: Some(name), node: Some(node), slash });
                    }
                    _ => trail.push((name, node)),
                },
            }
        }
        let here = trail[trail.len() - 1].1.clone();
        here.names()?;
        Ok(Found { trail, name: None, node: Some(here), slash })
    }

    fn add(&mut self, found: &Found, kind: Kind, mode: u16, now: Duration) -> Result<Arc<Node>> {
        let (Some(name), None) = (&found.name, &found.node) else { return Err(Errno::EEXIST) };
        self.check_writable(found.dir())?;
        let node = Arc::new(Node::new(kind, found.dir().device, self.next_inode, mode, now));
        self.next_inode += 1;
        found.dir().names()?.lock().insert(name.clone(), node.clone());
        found.dir().touch(now);
        Ok(node)
    }

    fn check_writable(&self, node: &Node) -> Result<()> {
        let read_only =
            self.mounts.iter().any(|mount| mount.root.device == node.device && mount.info.read_only);
        if read_only { Err(Errno::EROFS) } else { Ok(()) }
    }

    pub(super) fn make_dirs(&mut self, path: &BStr, now: Duration) {
        let ends = (1..path.len()).filter(|&i| path[i] == b'/').chain([path.len()]);
        for end in ends.collect::<Vec<_>>() {
            let made = self.mkdir(path[..end].as_bstr(), 0o755, now);
            assert!(matches!(made, Ok(()) | Err(Errno::EEXIST)), "cannot make {path}: {made:?}");
        }
    }

    pub(super) fn set_file(&mut self, path: &BStr, content: &[u8], now: Duration) {
        if let Some(at) = path.rfind_byte(b'/').filter(|at| *at > 0) {
            self.make_dirs(path[..at].as_bstr(), now);
        }
        let found = self.find(path, true).expect("the directory was made");
        let node = match &found.node {
            Some(node) => node.clone(),
            None => self.add(&found, Kind::Regular, 0o644, now).expect("the name is free"),
        };
        node.set_len(0);
        *node.data.lock() = content.to_vec();
        node.note_written(0, content.len());
        node.touch(now);
    }

    pub(super) fn file(&self, path: &BStr) -> Option<Vec<u8>> {
        let node = self.find(path, true).ok()?.node?;
        matches!(node.kind, Kind::Regular).then(|| node.data.lock().clone())
    }

    pub(super) fn fail_open(&mut self, path: &BStr, error: Errno) {
        self.fail_open.insert(path.into(), error);
    }

    pub(super) fn fail_read(&mut self, path: &BStr, error: Errno) {
        let found = self.find(path, true).and_then(|found| found.there().cloned());
        *found.expect("fail_read wants a file that exists").fail_read.lock() = Some(error);
    }

    pub(super) fn stat(&self, path: &BStr, follow: bool) -> Result<Metadata> {
        Ok(self.find(path, follow)?.there()?.metadata())
    }

    pub(super) fn read_link(&self, path: &BStr) -> Result<BString> {
        match &self.find(path, false)?.there()?.kind {
            Kind::Symlink(target) => Ok(target.clone()),
            _ => Err(Errno::EINVAL),
        }
    }

    pub(super) fn open(
        &mut self,
        path: &BStr,
        flags: OpenFlags,
        mode: u16,
        now: Duration,
    ) -> Result<Arc<Node>> {
        let exclusive = flags.contains(OpenFlags::CREATE | OpenFlags::EXCL);
        let found = self.find(path, !exclusive && !flags.contains(OpenFlags::NOFOLLOW))?;
        if let Some(error) = self.fail_open.get(&found.path()) {
            return Err(*error);
        }
        if exclusive && found.node.is_some() {
            return Err(Errno::EEXIST);
        }
        if found.node.is_none() && flags.contains(OpenFlags::CREATE) {
            if found.slash {
                return Err(Errno::EISDIR);
            }
            return self.add(&found, Kind::Regular, mode, now);
        }
        let node = found.there()?.clone();
        if matches!(node.kind, Kind::Symlink(_)) {
            return Err(Errno::ELOOP);
        }
        if node.is_dir() && flags.intersects(OpenFlags::WRITE | OpenFlags::TRUNC | OpenFlags::CREATE) {
            return Err(Errno::EISDIR);
        }
        if !node.is_dir() && flags.contains(OpenFlags::DIRECTORY) {
            return Err(Errno::ENOTDIR);
        }
        if flags.contains(OpenFlags::WRITE) && matches!(node.kind, Kind::Regular) {
            self.check_writable(&node)?;
        }
        if flags.contains(OpenFlags::TRUNC) {
            node.set_len(0);
            node.touch(now);
        }
        Ok(node)
    }

    pub(super) fn read_dir(&self, path: &BStr) -> Result<Vec<DirEntry>> {
        let found = self.find(path, true)?;
        let dir = found.there()?;
        let names = dir.names()?.lock();
        if let Some(error) = self.fail_open.get(&found.path()) {
            return Err(*error);
        }
        let entry =
            |(name, node): (&BString, &Arc<Node>)| DirEntry { name: name.clone(), metadata: node.metadata() };
        // The port promises no order, so give one that nobody may count on.
        Ok(names.iter().rev().map(entry).collect())
    }

    pub(super) fn mkdir(&mut self, path: &BStr, mode: u16, now: Duration) -> Result<()> {
        let found = self.find(path, false)?;
        self.add(&found, Kind::Directory(Mutex::default()), mode, now).map(drop)
    }

    pub(super) fn mkfifo(&mut self, path: &BStr, mode: u16, now: Duration) -> Result<()> {
        let found = self.find(path, false)?;
        if found.slash && found.node.is_none() {
            return Err(Errno::ENOENT);
        }
        self.add(&found, Kind::Fifo(Arc::default()), mode, now).map(drop)
    }

    pub(super) fn symlink(&mut self, target: &BStr, path: &BStr, now: Duration) -> Result<()> {
        let found = self.find(path, false)?;
        if target.is_empty() || found.slash && found.node.is_none() {
            return Err(Errno::ENOENT);
        }
        self.add(&found, Kind::Symlink(target.into()), 0o777, now).map(drop)
    }

    pub(super) fn link(&mut self, from: &BStr, to: &BStr, now: Duration) -> Result<()> {
        let (from, to) = (self.find(from, false)?, self.find(to, false)?);
        let source = from.there()?;
        let (Some(name), None) = (&to.name, &to.node) else { return Err(Errno::EEXIST) };
        if source.is_dir() {
            return Err(Errno::EPERM);
        }
        if to.slash {
            return Err(Errno::ENOENT);
        }
        if source.device != to.dir().device {
            return Err(Errno::EXDEV);
        }
        self.check_writable(source)?;
        to.dir().names()?.lock().insert(name.clone(), source.clone());
        source.count_links(1, now);
        Ok(())
    }

    pub(super) fn unlink(&mut self, path: &BStr, now: Duration) -> Result<()> {
        let found = self.find(path, false)?;
        let node = found.node.as_ref().ok_or(Errno::ENOENT)?;
        let Some(name) = found.name.as_ref().filter(|_| !node.is_dir()) else { return Err(Errno::EISDIR) };
        found.there()?;
        self.check_writable(node)?;
        found.dir().names()?.lock().remove(name);
        found.dir().touch(now);
        node.count_links(-1, now);
        Ok(())
    }

    pub(super) fn rmdir(&mut self, path: &BStr, now: Duration) -> Result<()> {
        let found = self.find(path, false)?;
        let node = found.node.as_ref().ok_or(Errno::ENOENT)?;
        let Some(name) = &found.name else {
            return Err(match components(path).next().unwrap_or_default().as_slice() {
                b"." => Errno::EINVAL,
                b".." => Errno::ENOTEMPTY,
                _ => Errno::EBUSY,
            });
        };
        let empty = node.names()?.lock().is_empty();
        if node.device != found.dir().device {
            return Err(Errno::EBUSY);
        }
        if !empty {
            return Err(Errno::ENOTEMPTY);
        }
        self.check_writable(node)?;
        found.dir().names()?.lock().remove(name);
        found.dir().touch(now);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &BStr, to: &BStr, now: Duration) -> Result<()> {
        let (from, to) = (self.find(from, false)?, self.find(to, false)?);
        let moved = from.node.as_ref().ok_or(Errno::ENOENT)?;
        let (Some(from_name), Some(to_name)) = (&from.name, &to.name) else { return Err(Errno::EBUSY) };
        if moved.device != from.dir().device {
            return Err(Errno::EBUSY);
        }
        if moved.device != to.dir().device {
            return Err(Errno::EXDEV);
        }
        if (from.slash || to.slash) && !moved.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if to.trail.iter().any(|(_, dir)| Arc::ptr_eq(dir, moved)) {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = &to.node {
            match (moved.is_dir(), target.is_dir()) {
                _ if Arc::ptr_eq(moved, target) => return Ok(()),
                (false, true) => return Err(Errno::EISDIR),
                (true, false) => return Err(Errno::ENOTDIR),
                (true, true) if !target.names()?.lock().is_empty() => return Err(Errno::ENOTEMPTY),
                _ => target.count_links(-1, now),
            }
        }
        self.check_writable(moved)?;
        from.dir().names()?.lock().remove(from_name);
        to.dir().names()?.lock().insert(to_name.clone(), moved.clone());
        from.dir().touch(now);
        to.dir().touch(now);
        Ok(())
    }

    pub(super) fn change(
        &mut self,
        path: &BStr,
        changes: &Changes,
        follow: bool,
        now: Duration,
    ) -> Result<()> {
        let found = self.find(path, follow)?;
        let node = found.there()?;
        self.check_writable(node)?;
        node.change(changes, now)
    }

    pub(super) fn mounts(&self) -> Vec<MountInfo> {
        let root = MountInfo {
            source: "tmpfs".into(),
            path: "/".into(),
            kind: "tmpfs".into(),
            read_only: false,
            size: None,
            device: self.root.device,
            space: Some(Space { total: 16 << 20, used: self.root.used(), files: 10 }),
        };
        let told = |mount: &Mount| {
            let space = mount.info.space.map(|space| Space { used: mount.root.used(), ..space });
            MountInfo { space, ..mount.info.clone() }
        };
        core::iter::once(root).chain(self.mounts.iter().map(told)).collect()
    }

    pub(super) fn mount(&mut self, request: &MountRequest, now: Duration) -> Result<()> {
        if request.kind != "tmpfs" {
            return Err(Errno::ENODEV);
        }
        let found = self.find(request.path.as_ref(), true)?;
        let covered = found.there()?;
        covered.names()?;
        let name =
            found.name.as_ref().filter(|_| covered.device == found.dir().device).ok_or(Errno::EBUSY)?;
        // The numbers of nodes never come again, so one more of them will do for the file system.
        let device = self.next_inode;
        let mode = request.mode.unwrap_or(0o1777);
        let root = Arc::new(Node::new(Kind::Directory(Mutex::default()), device, device + 1, mode, now));
        self.next_inode += 2;
        found.dir().names()?.lock().insert(name.clone(), root.clone());
        let info = MountInfo {
            source: request.source.clone(),
            path: found.path(),
            kind: request.kind.clone(),
            read_only: request.read_only,
            size: request.size,
            device,
            space: Some(Space { total: request.size.unwrap_or(16 << 20), used: 0, files: 1 }),
        };
        self.mounts.push(Mount { info, root, covered: covered.clone() });
        Ok(())
    }

    pub(super) fn unmount(&mut self, path: &BStr) -> Result<()> {
        let found = self.find(path, true)?;
        let root = found.there()?;
        let at = self.mounts.iter().position(|mount| Arc::ptr_eq(&mount.root, root)).ok_or(Errno::EINVAL)?;
        let outer = self.mounts[at].info.path.as_slice();
        let inside = |path: &[u8]| path.strip_prefix(outer).is_some_and(|rest| rest.starts_with(b"/"));
        if self.mounts.iter().any(|other| inside(&other.info.path)) {
            return Err(Errno::EBUSY);
        }
        let name = found.name.as_ref().ok_or(Errno::EBUSY)?;
        let mount = self.mounts.remove(at);
        found.dir().names()?.lock().insert(name.clone(), mount.covered);
        Ok(())
    }
}
