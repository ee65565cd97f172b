//! The fake's files: a flat map from absolute path to node. No links, no permissions.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use bstr::{BStr, BString, ByteSlice};
use core::{
    task::{Context, Poll, ready},
    time::Duration,
};
use spin::Mutex;

use super::{FakeTerminal, Shared};
use crate::{
    env::{DirEntry, File, FileType, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
};

enum Kind {
    Directory,
    Regular,
    Null,
    Zero,
    Full,
    Terminal(Arc<FakeTerminal>),
}

pub(super) struct Node {
    kind: Kind,
    inode: u64,
    data: Mutex<Vec<u8>>,
    modified: Mutex<Duration>,
    fail_read: Mutex<Option<Errno>>,
}

impl Node {
    fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    fn metadata(&self) -> Metadata {
        let (kind, mode, links) = match self.kind {
            Kind::Directory => (FileType::Directory, 0o755, 2),
            Kind::Regular => (FileType::Regular, 0o644, 1),
            _ => (FileType::CharDevice, 0o666, 1),
        };
        let size = self.data.lock().len() as u64;
        Metadata { kind, size, mode, links, inode: self.inode, modified: *self.modified.lock() }
    }
}

pub(super) struct Tree {
    nodes: BTreeMap<BString, Arc<Node>>,
    mounts: BTreeSet<BString>,
    fail_open: BTreeMap<BString, Errno>,
    next_inode: u64,
}

/// A path in normal form and whether it was written with a slash at its end.
struct Resolved {
    path: BString,
    must_be_dir: bool,
}

fn parent(path: &BStr) -> BString {
    match path.rfind_byte(b'/') {
        Some(0) | None => b"/".into(),
        Some(at) => path[..at].into(),
    }
}

/// Whether `path` is below `dir`, both in normal form.
fn is_below(path: &[u8], dir: &[u8]) -> bool {
    dir == b"/" && path != b"/" || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with(b"/"))
}

impl Tree {
    pub(super) fn new(terminal: Arc<FakeTerminal>) -> Self {
        let mut tree = Self {
            nodes: BTreeMap::new(),
            mounts: BTreeSet::new(),
            fail_open: BTreeMap::new(),
            next_inode: 1,
        };
        for dir in ["/", "/dev", "/proc", "/tmp"] {
            tree.insert(dir.into(), Kind::Directory, Duration::ZERO);
        }
        tree.insert("/dev/null".into(), Kind::Null, Duration::ZERO);
        tree.insert("/dev/zero".into(), Kind::Zero, Duration::ZERO);
        tree.insert("/dev/full".into(), Kind::Full, Duration::ZERO);
        tree.insert("/dev/tty".into(), Kind::Terminal(terminal), Duration::ZERO);
        tree
    }

    fn insert(&mut self, path: BString, kind: Kind, now: Duration) -> Arc<Node> {
        let (data, modified, fail_read) = (Mutex::default(), Mutex::new(now), Mutex::new(None));
        let node = Arc::new(Node { kind, inode: self.next_inode, data, modified, fail_read });
        self.next_inode += 1;
        self.nodes.insert(path, node.clone());
        node
    }

    /// Follows `.` and `..`; every component but the last must be a directory.
    fn resolve(&self, path: &BStr) -> Result<Resolved> {
        assert!(path.starts_with(b"/"), "the shell must make paths absolute, got {path:?}");
        let mut at = BString::from("/");
        for part in path.split_str(b"/").filter(|part| !part.is_empty()) {
            if !self.nodes.get(&at).ok_or(Errno::ENOENT)?.is_dir() {
                return Err(Errno::ENOTDIR);
            }
            match part {
                b"." => {}
                b".." => at = parent(at.as_bstr()),
                _ => {
                    if !at.ends_with(b"/") {
                        at.push(b'/');
                    }
                    at.extend_from_slice(part);
                }
            }
        }
        Ok(Resolved { path: at, must_be_dir: path.ends_with(b"/") })
    }

    fn get(&self, resolved: &Resolved) -> Result<Arc<Node>> {
        let node = self.nodes.get(&resolved.path).ok_or(Errno::ENOENT)?;
        if resolved.must_be_dir && !node.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        Ok(node.clone())
    }

    fn lookup(&self, path: &BStr) -> Result<Arc<Node>> {
        self.get(&self.resolve(path)?)
    }

    pub(super) fn make_dirs(&mut self, path: &BStr, now: Duration) {
        let ends = (1..path.len()).filter(|&i| path[i] == b'/').chain([path.len()]);
        for end in ends.collect::<Vec<_>>() {
            if !self.nodes.contains_key(path[..end].as_bstr()) {
                self.insert(path[..end].into(), Kind::Directory, now);
            }
        }
    }

    pub(super) fn set_file(&mut self, path: &BStr, content: &[u8], now: Duration) {
        self.make_dirs(parent(path).as_bstr(), now);
        let node = self.insert(path.into(), Kind::Regular, now);
        *node.data.lock() = content.to_vec();
    }

    pub(super) fn file(&self, path: &BStr) -> Option<Vec<u8>> {
        let node = self.lookup(path).ok()?;
        matches!(node.kind, Kind::Regular).then(|| node.data.lock().clone())
    }

    pub(super) fn mount(&mut self, path: &BStr) {
        self.mounts.insert(path.into());
    }

    pub(super) fn fail_open(&mut self, path: &BStr, error: Errno) {
        self.fail_open.insert(path.into(), error);
    }

    pub(super) fn fail_read(&mut self, path: &BStr, error: Errno) {
        let node = self.lookup(path).expect("fail_read wants a file that exists");
        *node.fail_read.lock() = Some(error);
    }

    pub(super) fn stat(&self, path: &BStr) -> Result<Metadata> {
        Ok(self.lookup(path)?.metadata())
    }

    pub(super) fn open(&mut self, path: &BStr, flags: OpenFlags, now: Duration) -> Result<Arc<Node>> {
        let resolved = self.resolve(path)?;
        if let Some(error) = self.fail_open.get(&resolved.path) {
            return Err(*error);
        }
        let node = match self.get(&resolved) {
            Ok(_) if flags.contains(OpenFlags::CREATE | OpenFlags::EXCL) => return Err(Errno::EEXIST),
            Err(Errno::ENOENT) if flags.contains(OpenFlags::CREATE) => {
                if resolved.must_be_dir {
                    return Err(Errno::EISDIR);
                }
                self.insert(resolved.path, Kind::Regular, now)
            }
            other => other?,
        };
        if node.is_dir() && flags.intersects(OpenFlags::WRITE | OpenFlags::TRUNC | OpenFlags::CREATE) {
            return Err(Errno::EISDIR);
        }
        if !node.is_dir() && flags.contains(OpenFlags::DIRECTORY) {
            return Err(Errno::ENOTDIR);
        }
        if flags.contains(OpenFlags::TRUNC) {
            node.data.lock().clear();
            *node.modified.lock() = now;
        }
        Ok(node)
    }

    pub(super) fn read_dir(&self, path: &BStr) -> Result<Vec<DirEntry>> {
        let dir = self.resolve(path)?;
        if !self.get(&dir)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if let Some(error) = self.fail_open.get(&dir.path) {
            return Err(*error);
        }
        let skip = if dir.path == "/" { 1 } else { dir.path.len() + 1 };
        let children = self.nodes.iter().filter(|(path, _)| is_below(path, &dir.path));
        let mut entries: Vec<DirEntry> = children
            .filter(|(path, _)| !path[skip..].contains(&b'/'))
            .map(|(path, node)| DirEntry { name: path[skip..].into(), metadata: node.metadata() })
            .collect();
        entries.reverse(); // the port promises no order, so give one that nobody may count on
        Ok(entries)
    }

    pub(super) fn mkdir(&mut self, path: &BStr, now: Duration) -> Result<()> {
        let resolved = self.resolve(path)?;
        if self.nodes.contains_key(&resolved.path) {
            return Err(Errno::EEXIST);
        }
        self.insert(resolved.path, Kind::Directory, now);
        Ok(())
    }

    pub(super) fn unlink(&mut self, path: &BStr) -> Result<()> {
        let resolved = self.resolve(path)?;
        if self.get(&resolved)?.is_dir() {
            return Err(Errno::EISDIR);
        }
        self.nodes.remove(&resolved.path);
        Ok(())
    }

    fn has_children(&self, path: &BStr) -> bool {
        self.nodes.keys().any(|key| is_below(key, path))
    }

    pub(super) fn rmdir(&mut self, path: &BStr) -> Result<()> {
        let resolved = self.resolve(path)?;
        if !self.get(&resolved)?.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        if resolved.path == "/" || self.mounts.contains(&resolved.path) {
            return Err(Errno::EBUSY);
        }
        if self.has_children(resolved.path.as_bstr()) {
            return Err(Errno::ENOTEMPTY);
        }
        self.nodes.remove(&resolved.path);
        Ok(())
    }

    fn file_system(&self, path: &[u8]) -> Option<&BString> {
        self.mounts
            .iter()
            .filter(|mount| path == mount.as_slice() || is_below(path, mount))
            .max_by_key(|m| m.len())
    }

    pub(super) fn rename(&mut self, from: &BStr, to: &BStr) -> Result<()> {
        let (from, to) = (self.resolve(from)?, self.resolve(to)?);
        let moved = self.get(&from)?;
        if self.file_system(&from.path) != self.file_system(&to.path) {
            return Err(Errno::EXDEV);
        }
        if from.path == to.path {
            return Ok(());
        }
        if is_below(&to.path, &from.path) {
            return Err(Errno::EINVAL);
        }
        if let Some(target) = self.nodes.get(&to.path) {
            match (moved.is_dir(), target.is_dir()) {
                (false, true) => return Err(Errno::EISDIR),
                (true, false) => return Err(Errno::ENOTDIR),
                (true, true) if self.has_children(to.path.as_bstr()) => return Err(Errno::ENOTEMPTY),
                _ => {}
            }
        } else if to.must_be_dir && !moved.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        let keys = self.nodes.keys().filter(|key| **key == from.path || is_below(key, &from.path));
        for key in keys.cloned().collect::<Vec<_>>() {
            let mut new = to.path.clone();
            new.extend_from_slice(&key[from.path.len()..]);
            if let Some(node) = self.nodes.remove(&key) {
                self.nodes.insert(new, node);
            }
        }
        Ok(())
    }

    pub(super) fn set_modified(&mut self, path: &BStr, time: Duration) -> Result<()> {
        *self.lookup(path)?.modified.lock() = time;
        Ok(())
    }
}

/// An open file description of a node.
struct Open {
    node: Arc<Node>,
    flags: OpenFlags,
    offset: Mutex<usize>,
    shared: Arc<Shared>,
}

pub(super) fn open_node(node: Arc<Node>, flags: OpenFlags, shared: &Arc<Shared>) -> Arc<dyn File> {
    match &node.kind {
        Kind::Terminal(terminal) => terminal.clone(),
        _ => Arc::new(Open { node, flags, offset: Mutex::new(0), shared: shared.clone() }),
    }
}

impl File for Open {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        ready!(self.shared.charge(cx));
        if !self.flags.contains(OpenFlags::READ) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        if let Some(error) = *self.node.fail_read.lock() {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(match self.node.kind {
            Kind::Directory => Err(Errno::EISDIR),
            Kind::Null => Ok(0),
            Kind::Zero | Kind::Full => {
                buf.fill(0);
                Ok(buf.len())
            }
            _ => {
                let (data, mut offset) = (self.node.data.lock(), self.offset.lock());
                let rest = data.get(*offset..).unwrap_or_default();
                let n = rest.len().min(buf.len());
                buf[..n].copy_from_slice(&rest[..n]);
                *offset += n;
                Ok(n)
            }
        })
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        ready!(self.shared.charge(cx));
        if !self.flags.contains(OpenFlags::WRITE) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        Poll::Ready(match self.node.kind {
            Kind::Full => Err(Errno::ENOSPC),
            Kind::Regular => {
                let (mut data, mut offset) = (self.node.data.lock(), self.offset.lock());
                if self.flags.contains(OpenFlags::APPEND) {
                    *offset = data.len();
                }
                let end = *offset + buf.len();
                if data.len() < end {
                    data.resize(end, 0);
                }
                data[*offset..end].copy_from_slice(buf);
                *offset = end;
                *self.node.modified.lock() = super::EPOCH + self.shared.driver.now();
                Ok(buf.len())
            }
            _ => Ok(buf.len()),
        })
    }

    fn seek(&self, to: SeekFrom) -> Result<u64> {
        let (size, mut offset) = (self.node.data.lock().len() as u64, self.offset.lock());
        let new = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => (*offset as u64).checked_add_signed(by),
            SeekFrom::End(by) => size.checked_add_signed(by),
        };
        let new = new.ok_or(Errno::EINVAL)?;
        *offset = new as usize;
        Ok(new)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.node.metadata())
    }
}

/// A file that takes everything written to it and keeps it for the test; reading gives end of file.
#[derive(Default)]
pub struct Capture {
    bytes: Mutex<Vec<u8>>,
}

impl Capture {
    /// Everything written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }
}

impl File for Capture {
    fn poll_read(&self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_write(&self, _: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.bytes.lock().extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn metadata(&self) -> Result<Metadata> {
        let (kind, size) = (FileType::Regular, self.bytes.lock().len() as u64);
        Ok(Metadata { kind, size, mode: 0o644, links: 0, inode: 0, modified: Duration::ZERO })
    }
}
