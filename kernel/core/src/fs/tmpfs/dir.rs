//! Directories: the names, and what changes the shape of the tree. See the parent module for the locks.

use alloc::{
    sync::{Arc, Weak},
    vec::Vec,
};
use bstr::{BStr, BString};
use core::{any::Any, ops::Range, ptr, sync::atomic::Ordering};
use hashbrown::HashMap;
use pollux_shell::{
    env::{Changes, DirEntry, FileType, Metadata, OpenFlags, Result, Space},
    errno::Errno,
};

use super::{Head, Tmpfs, fifo::Fifo, file::Regular, symlink::Symlink};
use crate::fs::{
    Lock,
    archive::Bytes,
    inode::{Answer, Inode, NewNode, Node, Opened, now},
    memory,
};

pub(in crate::fs) struct Dir {
    head: Head,
    names: Lock<Names>,
    /// The directory that has this one; dangling for the root. Changed by who holds the tree's lock.
    parent: Lock<Weak<Dir>>,
    me: Weak<Dir>,
}

#[derive(Default)]
struct Names {
    map: HashMap<BString, Entry>,
    /// Nobody can add a name to a directory that has lost its own.
    removed: bool,
}

/// What a name refers to.
#[derive(Clone)]
pub(in crate::fs) enum Entry {
    File(Arc<Regular>),
    Dir(Arc<Dir>),
    Link(Arc<Symlink>),
    Fifo(Arc<Fifo>),
}

impl Entry {
    fn node(&self) -> Node {
        match self {
            Entry::File(file) => file.clone(),
            Entry::Dir(dir) => dir.clone(),
            Entry::Link(link) => link.clone(),
            Entry::Fifo(fifo) => fifo.clone(),
        }
    }

    fn dir(&self) -> Option<&Arc<Dir>> {
        match self {
            Entry::Dir(dir) => Some(dir),
            Entry::File(_) | Entry::Link(_) | Entry::Fifo(_) => None,
        }
    }

    fn head(&self) -> &Head {
        match self {
            Entry::File(file) => &file.head,
            Entry::Dir(dir) => &dir.head,
            Entry::Link(link) => &link.head,
            Entry::Fifo(fifo) => &fifo.head,
        }
    }

    fn stat(&self) -> Metadata {
        match self {
            Entry::File(file) => file.stat(),
            Entry::Dir(dir) => dir.stat(),
            Entry::Link(link) => link.stat(),
            Entry::Fifo(fifo) => fifo.stat(),
        }
    }

    /// Sets permissions, owner and times, as who makes a file system does: of links, too.
    pub fn change(&self, changes: &Changes) {
        self.head().change(changes);
    }

    /// Whether both are the same node.
    pub fn is(&self, other: &Entry) -> bool {
        ptr::eq(self.head(), other.head())
    }
}

impl Names {
    fn get(&self, name: &BStr) -> Result<&Entry> {
        self.map.get(name).ok_or(Errno::ENOENT)
    }

    /// Makes sure that one more name can be added.
    fn reserve(&mut self) -> Result<()> {
        if self.removed {
            return Err(Errno::ENOENT);
        }
        self.map.try_reserve(1).map_err(|_| Errno::ENOMEM)
    }
}

impl Dir {
    /// The root of a new file system.
    pub fn root(fs: Arc<Tmpfs>, mode: u16) -> Result<Arc<Self>> {
        Self::new(fs, mode)
    }

    /// An empty directory without a parent.
    fn new(fs: Arc<Tmpfs>, mode: u16) -> Result<Arc<Self>> {
        let head = Head::new(fs, 2, mode)?;
        Ok(Arc::new_cyclic(|me| Self {
            head,
            names: Lock::default(),
            parent: Lock::new(Weak::new()),
            me: me.clone(),
        }))
    }

    fn stat(&self) -> Metadata {
        self.head.metadata(FileType::Directory)
    }

    fn list(&self) -> Result<Vec<DirEntry>> {
        self.head.note_access();
        let names = self.names.lock();
        let mut entries = memory::list(names.map.len())?;
        for (name, entry) in &names.map {
            entries.push(DirEntry { name: memory::copy_name(name.as_ref())?, metadata: entry.stat() });
        }
        Ok(entries)
    }

    /// What a name refers to.
    pub fn find(&self, name: &BStr) -> Result<Entry> {
        self.names.lock().get(name).cloned()
    }

    /// Makes something new.
    pub fn add(&self, name: &BStr, new: NewNode<'_>, mode: u16) -> Result<Entry> {
        let fs = self.head.fs.clone();
        let entry = match new {
            NewNode::File => Entry::File(Regular::new(fs, mode)?),
            NewNode::Directory => Entry::Dir(Dir::new(fs, mode)?),
            NewNode::Symlink(target) => Entry::Link(Symlink::new(fs, target)?),
            NewNode::Fifo => Entry::Fifo(Fifo::new(fs, mode)?),
        };
        self.insert(name, entry.clone())?;
        Ok(entry)
    }

    /// Makes a file of bytes that lie elsewhere.
    pub fn add_over(&self, name: &BStr, mode: u16, bytes: Bytes, range: Range<usize>) -> Result<Entry> {
        let entry = Entry::File(Regular::over(self.head.fs.clone(), mode, bytes, range)?);
        self.insert(name, entry.clone())?;
        Ok(entry)
    }

    /// Gives a new node its name.
    fn insert(&self, name: &BStr, entry: Entry) -> Result<()> {
        let key = memory::copy_name(name)?;
        if let Some(dir) = entry.dir() {
            *dir.parent.lock() = self.me.clone();
        }
        let mut names = self.names.lock();
        if names.map.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        names.reserve()?;
        self.links_for(&entry, 1);
        names.map.insert(key, entry);
        self.head.touch();
        Ok(())
    }

    /// Gives what is no directory one more name. `ENOENT` when it has lost its last one meanwhile.
    pub fn add_link(&self, name: &BStr, entry: Entry) -> Result<()> {
        let key = memory::copy_name(name)?;
        let mut names = self.names.lock();
        if names.map.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        names.reserve()?;
        let one_more = |links: u32| links.checked_add(1).filter(|_| links > 0);
        let links = &entry.head().links;
        links.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).map_err(|_| Errno::ENOENT)?;
        entry.head().note_change();
        names.map.insert(key, entry);
        self.head.touch();
        Ok(())
    }

    /// [`Dir::add_link`] of what may be on another file system.
    fn link_own(&self, name: &BStr, entry: Entry) -> Result<()> {
        match Arc::ptr_eq(&entry.head().fs, &self.head.fs) {
            true => self.add_link(name, entry),
            false => Err(Errno::EXDEV),
        }
    }

    /// Removes a name that is not a directory.
    pub fn remove_file(&self, name: &BStr) -> Result<()> {
        let gone = {
            let mut names = self.names.lock();
            let entry = names.get(name)?;
            if entry.dir().is_some() {
                return Err(Errno::EISDIR);
            }
            entry.head().count_links(-1);
            names.map.remove(name)
        };
        self.head.touch();
        drop(gone); // outside the lock
        Ok(())
    }

    fn remove_dir(&self, name: &BStr) -> Result<()> {
        let _tree = self.head.fs.tree.lock();
        let mut names = self.names.lock();
        let entry = names.get(name)?;
        entry.dir().ok_or(Errno::ENOTDIR)?.bury()?;
        self.links_for(entry, -1);
        let gone = names.map.remove(name);
        drop(names);
        self.head.touch();
        drop(gone);
        Ok(())
    }

    /// Marks an empty directory as removed. The caller holds the tree's lock.
    fn bury(&self) -> Result<()> {
        let mut names = self.names.lock();
        if !names.map.is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        names.removed = true;
        self.head.links.store(0, Ordering::Relaxed);
        Ok(())
    }

    fn rename_to(&self, name: &BStr, to: &Dir, to_name: &BStr) -> Result<()> {
        let key = memory::copy_name(to_name)?;
        let tree = self.head.fs.tree.lock();
        let mut from_names = self.names.lock();
        let mut to_names = (!ptr::eq(self, to)).then(|| to.names.lock());

        let moved = from_names.get(name)?.clone();
        if moved.dir().is_some_and(|dir| to.is_within(dir)) {
            return Err(Errno::EINVAL);
        }
        let there = to_names.as_deref_mut().unwrap_or(&mut from_names);
        let replaced = there.map.get(to_name).cloned();
        match (&moved, &replaced) {
            (_, None) => there.reserve()?,
            (_, Some(replaced)) if moved.is(replaced) => return Ok(()),
            // The directory of the source is not empty, and its lock is held already.
            (Entry::Dir(_), Some(Entry::Dir(dir))) if ptr::eq(&**dir, self) => return Err(Errno::ENOTEMPTY),
            (Entry::Dir(_), Some(Entry::Dir(dir))) => dir.bury()?,
            (_, Some(Entry::Dir(_))) => return Err(Errno::EISDIR),
            (Entry::Dir(_), Some(_)) => return Err(Errno::ENOTDIR),
            (_, Some(file)) => {
                file.head().count_links(-1);
            }
        }
        // Nothing can fail from here on.
        if let Some(replaced) = &replaced {
            to.links_for(replaced, -1);
        }
        self.links_for(&moved, -1);
        to.links_for(&moved, 1);
        if let Some(dir) = moved.dir() {
            *dir.parent.lock() = to.me.clone();
        }
        from_names.map.remove(name);
        let renamed = moved.clone();
        to_names.as_deref_mut().unwrap_or(&mut from_names).map.insert(key, moved);
        drop((to_names, from_names, tree));
        renamed.head().note_change();
        self.head.touch();
        to.head.touch();
        drop(replaced);
        Ok(())
    }

    /// Whether this is `ancestor` or somewhere below it. The caller holds the tree's lock.
    fn is_within(&self, ancestor: &Dir) -> bool {
        let mut at = self.me.upgrade();
        while let Some(dir) = at {
            if ptr::eq(&*dir, ancestor) {
                return true;
            }
            at = dir.parent.lock().upgrade();
        }
        false
    }

    /// A directory links to its parent, by `..`.
    fn links_for(&self, entry: &Entry, by: i32) {
        if entry.dir().is_some() {
            self.head.links.fetch_add(by as u32, Ordering::Relaxed); // wraps: adding -1 takes one off
        }
    }
}

impl Inode for Dir {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        self.head.number
    }

    fn metadata(&self) -> Metadata {
        self.stat()
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::EISDIR))
    }

    fn read_only(&self) -> bool {
        false
    }

    fn space(&self) -> Option<Space> {
        Some(self.head.fs.space.told())
    }

    fn keeps_names(&self) -> bool {
        true
    }

    fn change(&self, changes: &Changes) -> Answer<'_, ()> {
        self.head.change(changes);
        now(Ok(()))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.names.lock().get(name).map(Entry::node))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn create<'a>(&'a self, name: &'a BStr, new: NewNode<'a>, mode: u16) -> Answer<'a, Node> {
        now(self.add(name, new, mode).map(|entry| entry.node()))
    }

    fn link<'a>(&'a self, name: &'a BStr, node: Node) -> Answer<'a, ()> {
        let any = match node.into_any().downcast::<Regular>() {
            Ok(file) => return now(self.link_own(name, Entry::File(file))),
            Err(any) => any,
        };
        let any = match any.downcast::<Symlink>() {
            Ok(link) => return now(self.link_own(name, Entry::Link(link))),
            Err(any) => any,
        };
        now(match any.downcast::<Fifo>() {
            Ok(fifo) => self.link_own(name, Entry::Fifo(fifo)),
            Err(_) => Err(Errno::EXDEV),
        })
    }

    fn unlink<'a>(&'a self, name: &'a BStr) -> Answer<'a, ()> {
        now(self.remove_file(name))
    }

    fn rmdir<'a>(&'a self, name: &'a BStr) -> Answer<'a, ()> {
        now(self.remove_dir(name))
    }

    fn rename<'a>(&'a self, name: &'a BStr, to: &'a Node, to_name: &'a BStr) -> Answer<'a, ()> {
        now(match to.clone().into_any().downcast::<Dir>() {
            Ok(to) if Arc::ptr_eq(&to.head.fs, &self.head.fs) => self.rename_to(name, &to, to_name),
            _ => Err(Errno::EXDEV),
        })
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
