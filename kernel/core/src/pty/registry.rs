//! The pseudo terminals that programs have opened: `/dev/ptmx` makes one, and `/dev/pts` lists them.

use alloc::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    vec::Vec,
};
use bstr::{BStr, ByteSlice};
use core::{any::Any, time::Duration};
use pollux_executor::sync::Lock;
use pollux_shell::{
    env::{Changes, DirEntry, File, FileType, Metadata, OpenFlags, Result, WindowSize},
    errno::Errno,
};

use super::{Master, Shared, open::MasterFile, shared};
use crate::{
    fs::inode::{Answer, Inode, Node, Opened, new_device, now},
    jobs::Jobs,
};

/// The size of a window that nobody has told yet.
const UNKNOWN: WindowSize = WindowSize { rows: 24, cols: 80 };

/// The major number of pseudo terminals, as on Linux.
const MAJOR: u32 = 136;

/// All that are open, by number. It is the directory `/dev/pts`.
pub struct Registry {
    jobs: Arc<Jobs>,
    made: Duration,
    device: u64,
    terminals: Lock<BTreeMap<u32, Weak<Shared>>>,
}

impl Registry {
    /// An empty directory.
    pub fn new(jobs: &Arc<Jobs>, made: Duration) -> Arc<Self> {
        Arc::new(Self { jobs: jobs.clone(), made, device: new_device(), terminals: Lock::default() })
    }

    /// A new pseudo terminal, under the lowest free number, as its master opens it. It is listed until that is
    /// closed.
    pub fn open_master(self: &Arc<Self>) -> Result<Arc<dyn File>> {
        let shared = {
            let mut terminals = self.terminals.lock();
            let number = (0..).zip(terminals.keys()).find(|(free, taken)| free != *taken);
            let number = number.map_or(terminals.len() as u32, |(free, _)| free);
            let shared = shared(UNKNOWN, Some(number))?;
            terminals.insert(number, Arc::downgrade(&shared));
            shared
        };
        shared.state.lock().jobs = Some(self.jobs.clone());
        Ok(Arc::new(MasterFile { master: Master { shared }, registry: self.clone() }))
    }

    pub(super) fn remove(&self, number: u32) {
        let old = self.terminals.lock().remove(&number);
        drop(old);
    }

    fn find(&self, name: &BStr) -> Option<Arc<Shared>> {
        let number: u32 = name.to_str().ok()?.parse().ok()?;
        let shared = self.terminals.lock().get(&number)?.upgrade()?;
        // Not by another way to write the number.
        (alloc::format!("{number}").as_bytes() == name.as_bytes()).then_some(shared)
    }

    fn metadata_of(&self, kind: FileType, mode: u16) -> Metadata {
        let (device, made) = (self.device, self.made);
        Metadata { device, accessed: made, modified: made, changed: made, ..Metadata::new(kind, mode) }
    }

    fn metadata_of_terminal(&self, number: u32) -> Metadata {
        let metadata = self.metadata_of(FileType::CharDevice, 0o620);
        Metadata { inode: u64::from(number) + 2, special: (MAJOR, number), ..metadata }
    }
}

impl Inode for Registry {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        1
    }

    fn metadata(&self) -> Metadata {
        Metadata { links: 2, inode: 1, ..self.metadata_of(FileType::Directory, 0o755) }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        let node = self.find(name).map(|shared| {
            let metadata = self.metadata_of_terminal(shared.number.unwrap_or(0));
            Arc::new(Entry { metadata, shared }) as Node
        });
        now(node.ok_or(Errno::ENOENT))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        let numbers: Vec<u32> = self.terminals.lock().keys().copied().collect();
        let entry = |number| DirEntry {
            name: alloc::format!("{number}").into(),
            metadata: self.metadata_of_terminal(number),
        };
        now(Ok(numbers.into_iter().map(entry).collect()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// The name of one in the directory.
struct Entry {
    metadata: Metadata,
    shared: Arc<Shared>,
}

impl Inode for Entry {
    fn kind(&self) -> FileType {
        FileType::CharDevice
    }

    fn number(&self) -> u64 {
        self.metadata.inode
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(self.shared.open_slave().map(|slave| Opened::File(slave)))
    }

    /// The times of devices are not kept, and nobody but the owner of all is there.
    fn change(&self, _changes: &Changes) -> Answer<'_, ()> {
        now(Ok(()))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
