//! Devices by name: those that need no hardware, and those that others register.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::{
    any::Any,
    task::{Context, Poll, ready},
    time::Duration,
};
use pollux_shell::{
    env::{DirEntry, File, FileType, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
};

use super::{
    Lock, NAME_MAX, charge,
    description::Description,
    inode::{Answer, Inode, Node, now},
    memory,
    text::TextFile,
};
use crate::machine::Machine;

/// Opens a device.
pub type Factory = Arc<dyn Fn() -> Result<Arc<dyn File>> + Send + Sync>;

/// What one read of random bytes makes at most: a generator in hardware is slow, and a poll is short.
const MAX_RANDOM: usize = 4096;

/// The directory of devices, `/dev`.
pub struct DevFs {
    made: Duration,
    devices: Lock<BTreeMap<BString, Arc<Device>>>,
}

impl DevFs {
    /// The directory with `null`, `zero`, `full`, `random`, `urandom` and `kmsg`.
    pub fn new(machine: Arc<dyn Machine>) -> Arc<Self> {
        let made = machine.now();
        let fs = Arc::new(Self { made, devices: Lock::default() });
        let endless = [
            ("null", Endless::Null),
            ("zero", Endless::Zero),
            ("full", Endless::Full),
            ("random", Endless::Random),
            ("urandom", Endless::Random),
        ];
        for (name, kind) in endless {
            fs.add(name.into(), Opener::Endless(kind, machine.clone()));
        }
        fs.add("kmsg".into(), Opener::Log(machine));
        fs
    }

    /// Adds a device that `factory` opens, or gives an old name a new one. Open files stay as they are.
    /// `EINVAL` unless `name` is one name without a slash.
    pub fn register(&self, name: &BStr, factory: Factory) -> Result<()> {
        let special = name.is_empty() || name == "." || name == "..";
        if special || name.contains(&b'/') || name.len() > NAME_MAX {
            return Err(Errno::EINVAL);
        }
        self.add(memory::copy_name(name)?, Opener::Registered(factory));
        Ok(())
    }

    fn add(&self, name: BString, opener: Opener) {
        let mut devices = self.devices.lock();
        // The directory itself is number 1. Names are never removed, so the count is always new.
        let number = devices.get(&name).map_or(devices.len() as u64 + 2, |old| old.metadata.inode);
        let metadata = Metadata {
            kind: FileType::CharDevice,
            size: 0,
            mode: 0o666,
            links: 1,
            inode: number,
            modified: self.made,
        };
        let old = devices.insert(name, Arc::new(Device { metadata, opener }));
        drop(devices);
        drop(old); // outside the lock: what a factory keeps is not ours to drop under it
    }

    fn list(&self) -> Result<Vec<DirEntry>> {
        let devices = self.devices.lock();
        let mut entries = memory::list(devices.len())?;
        for (name, device) in devices.iter() {
            entries.push(DirEntry { name: memory::copy_name(name.as_ref())?, metadata: device.metadata });
        }
        Ok(entries)
    }

    fn find(&self, name: &BStr) -> Result<Node> {
        Ok(self.devices.lock().get(name).ok_or(Errno::ENOENT)?.clone())
    }
}

impl Inode for DevFs {
    fn kind(&self) -> FileType {
        FileType::Directory
    }

    fn number(&self) -> u64 {
        1
    }

    fn metadata(&self) -> Metadata {
        Metadata { kind: FileType::Directory, size: 0, mode: 0o755, links: 2, inode: 1, modified: self.made }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.find(name))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A device in the directory.
struct Device {
    metadata: Metadata,
    opener: Opener,
}

enum Opener {
    Endless(Endless, Arc<dyn Machine>),
    Log(Arc<dyn Machine>),
    Registered(Factory),
}

/// A device without an end and without a place in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endless {
    Null,
    Zero,
    Full,
    Random,
}

impl Device {
    fn open(&self, flags: OpenFlags) -> Result<Arc<dyn File>> {
        match &self.opener {
            Opener::Registered(factory) => factory(),
            Opener::Log(machine) => {
                let text = if flags.contains(OpenFlags::READ) { machine.log() } else { String::new() };
                let write = |line: &str| {
                    log::info!("{line}");
                    Ok(())
                };
                let file = TextFile { text, metadata: self.metadata, write: Some(Arc::new(write)) };
                Ok(Arc::new(Description::new(file, flags)))
            }
            &Opener::Endless(kind, ref machine) => {
                let machine = machine.clone();
                Ok(Arc::new(EndlessFile { kind, machine, metadata: self.metadata, flags }))
            }
        }
    }
}

impl Inode for Device {
    fn kind(&self) -> FileType {
        FileType::CharDevice
    }

    fn number(&self) -> u64 {
        self.metadata.inode
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Arc<dyn File>> {
        now(Device::open(&self, flags))
    }

    /// The times of devices are not kept.
    fn set_modified(&self, _time: Duration) -> Answer<'_, ()> {
        now(Ok(()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An open device that needs no hardware.
struct EndlessFile {
    kind: Endless,
    machine: Arc<dyn Machine>,
    metadata: Metadata,
    flags: OpenFlags,
}

impl File for EndlessFile {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::READ) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        ready!(charge(cx));
        Poll::Ready(Ok(match self.kind {
            Endless::Null => 0,
            Endless::Zero | Endless::Full => {
                buf.fill(0);
                buf.len()
            }
            Endless::Random => {
                let count = buf.len().min(MAX_RANDOM);
                self.machine.random(&mut buf[..count]);
                count
            }
        }))
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::WRITE) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        ready!(charge(cx));
        Poll::Ready(if self.kind == Endless::Full && !buf.is_empty() {
            Err(Errno::ENOSPC)
        } else {
            Ok(buf.len())
        })
    }

    /// There are no places in an endless file: all offsets are 0, as on Linux.
    fn seek(&self, _to: SeekFrom) -> Result<u64> {
        Ok(0)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.metadata)
    }
}
