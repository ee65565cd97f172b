//! Directories: the names, and what changes the shape of the tree. See the parent module for the locks.

use alloc::{
    sync::{Arc, Weak},
    vec::Vec,
};
use bstr::{BStr, BString};
use core::{any::Any, ptr, sync::atomic::Ordering, time::Duration};
use hashbrown::HashMap;
use pollux_shell::{
    env::{DirEntry, File, FileType, Metadata, OpenFlags, Result},
    errno::Errno,
};

use super::{Head, Tmpfs, file::Regular};
use crate::fs::{
    Lock,
    inode::{Answer, Inode, NewNode, Node, now},
    memory,
};

pub(super) struct Dir {
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

#[derive(Clone)]
enum Entry {
    File(Arc<Regular>),
    Dir(Arc<Dir>),
}

impl Entry {
    fn node(&self) -> Node {
        match self {
            Entry::File(file) => file.clone(),
            Entry::Dir(dir) => dir.clone(),
        }
    }

    fn dir(&self) -> Option<&Arc<Dir>> {
        match self {
            Entry::File(_) => None,
            Entry::Dir(dir) => Some(dir),
        }
    }

    fn is(&self, other: &Entry) -> bool {
        match (self, other) {
            (Entry::File(a), Entry::File(b)) => Arc::ptr_eq(a, b),
            (Entry::Dir(a), Entry::Dir(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
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
    /// An empty directory without a parent.
    pub fn new(fs: Arc<Tmpfs>) -> Result<Arc<Self>> {
        let head = Head::new(fs, 2)?;
        Ok(Arc::new_cyclic(|me| Self {
            head,
            names: Lock::default(),
            parent: Lock::new(Weak::new()),
            me: me.clone(),
        }))
    }

    fn stat(&self) -> Metadata {
        self.head.metadata(FileType::Directory, 0, 0o755)
    }

    fn list(&self) -> Result<Vec<DirEntry>> {
        let names = self.names.lock();
        let mut entries = memory::list(names.map.len())?;
        for (name, entry) in &names.map {
            let metadata = match entry {
                Entry::File(file) => file.stat(),
                Entry::Dir(dir) => dir.stat(),
            };
            entries.push(DirEntry { name: memory::copy_name(name.as_ref())?, metadata });
        }
        Ok(entries)
    }

    fn add(&self, name: &BStr, kind: NewNode) -> Result<Node> {
        let key = memory::copy_name(name)?;
        let fs = self.head.fs.clone();
        let entry = match kind {
            NewNode::File => Entry::File(Regular::new(fs)?),
            NewNode::Directory => Entry::Dir(Dir::new(fs)?),
        };
        let node = entry.node();
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
        Ok(node)
    }

    fn remove_file(&self, name: &BStr) -> Result<()> {
        let gone = {
            let mut names = self.names.lock();
            if names.get(name)?.dir().is_some() {
                return Err(Errno::EISDIR);
            }
            names.map.remove(name)
        };
        if let Some(Entry::File(file)) = &gone {
            file.head.links.fetch_sub(1, Ordering::Relaxed);
        }
        self.head.touch();
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
            (Entry::File(_), Some(Entry::File(file))) => {
                file.head.links.fetch_sub(1, Ordering::Relaxed);
            }
            (Entry::File(_), Some(Entry::Dir(_))) => return Err(Errno::EISDIR),
            (Entry::Dir(_), Some(Entry::File(_))) => return Err(Errno::ENOTDIR),
            // The directory of the source is not empty, and its lock is held already.
            (Entry::Dir(_), Some(Entry::Dir(dir))) if ptr::eq(&**dir, self) => return Err(Errno::ENOTEMPTY),
            (Entry::Dir(_), Some(Entry::Dir(dir))) => dir.bury()?,
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
        to_names.as_deref_mut().unwrap_or(&mut from_names).map.insert(key, moved);
        drop((to_names, from_names, tree));
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

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        now(Err(Errno::EISDIR))
    }

    fn read_only(&self) -> bool {
        false
    }

    fn set_modified(&self, time: Duration) -> Answer<'_, ()> {
        self.head.set_modified(time);
        now(Ok(()))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.names.lock().get(name).map(Entry::node))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn create<'a>(&'a self, name: &'a BStr, kind: NewNode) -> Answer<'a, Node> {
        now(self.add(name, kind))
    }

    fn unlink<'a>(&'a self, name: &'a BStr) -> Answer<'a, ()> {
        now(self.remove_file(name))
    }

    fn rmdir<'a>(&'a self, name: &'a BStr) -> Answer<'a, ()> {
        now(self.remove_dir(name))
    }

    fn rename<'a>(&'a self, name: &'a BStr, to: &'a Node, to_name: &'a BStr) -> Answer<'a, ()> {
        now(match to.as_any().downcast_ref::<Dir>() {
            Some(to) if Arc::ptr_eq(&to.head.fs, &self.head.fs) => self.rename_to(name, to, to_name),
            _ => Err(Errno::EXDEV),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
