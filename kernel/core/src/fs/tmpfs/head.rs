//! What files, directories and links have in common: what `stat` tells, and what they cost.

use alloc::sync::Arc;
use core::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use pollux_shell::env::{Changes, FileType, Metadata, Result};

use super::{Tmpfs, space::Lease};

/// What an empty file or directory is charged with: its node, its name and its place in a table.
const NODE_COST: u64 = 512;

/// All times are in nanoseconds since the epoch; the year 2554 is the last that fits.
pub(super) struct Head {
    pub fs: Arc<Tmpfs>,
    pub number: u64,
    pub links: AtomicU32,
    mode: AtomicU32,
    uid: AtomicU32,
    gid: AtomicU32,
    accessed_ns: AtomicU64,
    modified_ns: AtomicU64,
    changed_ns: AtomicU64,
    _lease: Lease,
}

impl Head {
    pub fn new(fs: Arc<Tmpfs>, links: u32, mode: u16) -> Result<Self> {
        let mut lease = fs.space.lease();
        lease.grow(NODE_COST)?;
        fs.space.count_file();
        let now = nanoseconds((fs.clock)());
        Ok(Self {
            _lease: lease,
            number: fs.numbers.fetch_add(1, Relaxed),
            links: AtomicU32::new(links),
            mode: AtomicU32::new(u32::from(mode)),
            uid: AtomicU32::new(0),
            gid: AtomicU32::new(0),
            accessed_ns: AtomicU64::new(now),
            modified_ns: AtomicU64::new(now),
            changed_ns: AtomicU64::new(now),
            fs,
        })
    }

    /// Notes that the data has changed now.
    pub fn touch(&self) {
        let now = self.now();
        self.modified_ns.store(now, Relaxed);
        self.changed_ns.store(now, Relaxed);
    }

    /// Notes that what `stat` tells has changed now.
    pub fn note_change(&self) {
        self.changed_ns.store(self.now(), Relaxed);
    }

    /// Notes that the data was read, at the first reading after a change (as Linux does with `relatime`): otherwise
    /// every read would ask for the time.
    pub fn note_access(&self) {
        let accessed = self.accessed_ns.load(Relaxed);
        if accessed <= self.modified_ns.load(Relaxed) || accessed <= self.changed_ns.load(Relaxed) {
            self.accessed_ns.store(self.now(), Relaxed);
        }
    }

    /// One name more, or less. Answers how many there are now.
    pub fn count_links(&self, by: i32) -> u32 {
        // Adding -1 wraps, which takes one off.
        let links = self.links.fetch_add(by as u32, Relaxed).wrapping_add(by as u32);
        self.note_change();
        links
    }

    pub fn change(&self, changes: &Changes) {
        if let Some(mode) = changes.mode {
            self.mode.store(u32::from(mode & 0o7777), Relaxed);
        }
        let set =
            |number: &AtomicU32, to: Option<u32>| to.into_iter().for_each(|to| number.store(to, Relaxed));
        set(&self.uid, changes.uid);
        set(&self.gid, changes.gid);
        let set = |time: &AtomicU64, to: Option<Duration>| {
            to.into_iter().for_each(|to| time.store(nanoseconds(to), Relaxed))
        };
        set(&self.accessed_ns, changes.accessed);
        set(&self.modified_ns, changes.modified);
        self.note_change();
    }

    /// Without size and blocks.
    pub fn metadata(&self, kind: FileType) -> Metadata {
        let time = |ns: &AtomicU64| Duration::from_nanos(ns.load(Relaxed));
        Metadata {
            links: self.links.load(Relaxed),
            uid: self.uid.load(Relaxed),
            gid: self.gid.load(Relaxed),
            device: self.fs.device,
            inode: self.number,
            accessed: time(&self.accessed_ns),
            modified: time(&self.modified_ns),
            changed: time(&self.changed_ns),
            ..Metadata::new(kind, self.mode.load(Relaxed) as u16)
        }
    }

    fn now(&self) -> u64 {
        nanoseconds((self.fs.clock)())
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        self.fs.space.forget_file();
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
