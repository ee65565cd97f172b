//! Devices by name: those that need no hardware, and those that others register.

use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use core::{
    any::Any,
    task::{Context, Poll, ready},
    time::Duration,
};
use pollux_shell::{
    env::{Changes, DirEntry, File, FileType, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
};

use super::{
    Lock, NAME_MAX, charge,
    inode::{Answer, Inode, Node, Opened, new_device, now},
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
    device: u64,
    devices: Lock<BTreeMap<BString, Arc<Device>>>,
}

impl DevFs {
    /// The directory with `null`, `zero`, `full`, `random`, `urandom` and `kmsg`.
    pub fn new(machine: Arc<dyn Machine>) -> Arc<Self> {
        let made = machine.now();
        let fs = Arc::new(Self { made, device: new_device(), devices: Lock::default() });
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

    /// Adds an empty directory, for another file system to be mounted on.
    pub fn add_directory(&self, name: BString) {
        self.add(name, Opener::Directory);
    }

    fn add(&self, name: BString, opener: Opener) {
        let mut devices = self.devices.lock();
        // The directory itself is number 1. Names are never removed, so the count is always new.
        let number = devices.get(&name).map_or(devices.len() as u64 + 2, |old| old.metadata.inode);
        let (kind, mode) = match &opener {
            Opener::Directory => (FileType::Directory, 0o755),
            _ => (FileType::CharDevice, 0o666),
        };
        let metadata =
            Metadata { inode: number, special: special(name.as_ref()), ..self.metadata_of(kind, mode) };
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

    fn metadata_of(&self, kind: FileType, mode: u16) -> Metadata {
        let (device, made) = (self.device, self.made);
        Metadata { device, accessed: made, modified: made, changed: made, ..Metadata::new(kind, mode) }
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
        Metadata { links: 2, inode: 1, ..self.metadata_of(FileType::Directory, 0o755) }
    }

    fn open(self: Arc<Self>, _flags: OpenFlags) -> Answer<'static, Opened> {
        now(Err(Errno::EISDIR))
    }

    fn lookup<'a>(&'a self, name: &'a BStr) -> Answer<'a, Node> {
        now(self.find(name))
    }

    fn read_dir(&self) -> Answer<'_, Vec<DirEntry>> {
        now(self.list())
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// The numbers that Linux gives a device of that name (its `devices.txt`); 0, 0 for one that it does not know.
fn special(name: &BStr) -> (u32, u32) {
    match &**name {
        b"null" => (1, 3),
        b"zero" => (1, 5),
        b"full" => (1, 7),
        b"random" => (1, 8),
        b"urandom" => (1, 9),
        b"kmsg" => (1, 11),
        b"tty" => (5, 0),
        b"console" => (5, 1),
        b"ptmx" => (5, 2),
        _ => (0, 0),
    }
}

/// What a line of the log says after `<N>`, where N is a number of syslog's: the level in its lowest three bits.
fn leveled(line: &str) -> (log::Level, &str) {
    let told = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match told.and_then(|(number, rest)| Some((number.parse::<u8>().ok()?, rest))) {
        Some((number, rest)) => match number & 7 {
            0..=3 => (log::Level::Error, rest),
            4 => (log::Level::Warn, rest),
            5 | 6 => (log::Level::Info, rest),
            _ => (log::Level::Debug, rest),
        },
        None => (log::Level::Info, line),
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
    /// Nothing can be opened in it: what is mounted there covers it.
    Directory,
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
    fn open(&self, flags: OpenFlags) -> Result<Opened> {
        match &self.opener {
            Opener::Registered(factory) => factory().map(Opened::File),
            Opener::Directory => Err(Errno::EISDIR),
            Opener::Log(machine) => {
                let text = if flags.contains(OpenFlags::READ) { machine.log() } else { String::new() };
                let write = |line: &str| {
                    let (level, line) = leveled(line);
                    log::log!(level, "{line}");
                    Ok(())
                };
                let file = TextFile { text, metadata: self.metadata, write: Some(Arc::new(write)) };
                Ok(Opened::Content(Arc::new(file)))
            }
            &Opener::Endless(kind, ref machine) => {
                let machine = machine.clone();
                let file = EndlessFile { kind, machine, metadata: self.metadata, flags };
                Ok(Opened::File(Arc::new(file)))
            }
        }
    }
}

impl Inode for Device {
    fn kind(&self) -> FileType {
        self.metadata.kind
    }

    fn number(&self) -> u64 {
        self.metadata.inode
    }

    fn metadata(&self) -> Metadata {
        self.metadata
    }

    fn open(self: Arc<Self>, flags: OpenFlags) -> Answer<'static, Opened> {
        now(Device::open(&self, flags))
    }

    /// The times of devices are not kept; their permissions and owners are fixed.
    fn change(&self, changes: &Changes) -> Answer<'_, ()> {
        let fixed = changes.mode.is_some() || changes.uid.is_some() || changes.gid.is_some();
        now(if fixed { Err(Errno::EPERM) } else { Ok(()) })
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
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

    fn path(&self) -> Option<BString> {
        let name = match self.kind {
            Endless::Null => "/dev/null",
            Endless::Zero => "/dev/zero",
            Endless::Full => "/dev/full",
            Endless::Random => "/dev/random",
        };
        Some(name.into())
    }
}
