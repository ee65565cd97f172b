//! The file systems together, through the tree, as a task uses them.

mod allocations;
mod archive;
mod dev;
mod fifo;
mod in_place;
mod links;
mod model;
mod mounts;
mod paths;
mod proc;
mod tmpfs;

use alloc::{string::String, sync::Arc, vec, vec::Vec};
use bstr::{BStr, BString};
use core::{fmt, future::poll_fn, time::Duration};
use pollux_shell::{
    env::{Changes, File, Metadata, OpenFlags, Power, Result},
    errno::Errno,
};
use spin::Mutex;

use super::{NewMount, Vfs, tmpfs::root};
use crate::{
    machine::{Machine, MemoryInfo},
    testing::now,
};

const READ: OpenFlags = OpenFlags::READ;
const WRITE: OpenFlags = OpenFlags::WRITE;
const CREATE: OpenFlags = OpenFlags::CREATE;
const EXCL: OpenFlags = OpenFlags::EXCL;
const TRUNC: OpenFlags = OpenFlags::TRUNC;
const APPEND: OpenFlags = OpenFlags::APPEND;
const DIRECTORY: OpenFlags = OpenFlags::DIRECTORY;

/// A tree with an empty tmpfs of 1 MiB.
fn tree() -> Vfs {
    tree_of(1 << 20)
}

fn tree_of(limit: u64) -> Vfs {
    Vfs::new("tmpfs", root(move || limit, || Duration::from_secs(100)).unwrap())
}

/// The calls with plain strings for paths, and all of a file's data at once.
trait Calls {
    fn vfs(&self) -> &Vfs;

    fn open_at(&self, path: &str, flags: OpenFlags) -> Result<Arc<dyn File>> {
        now(self.vfs().open(path.into(), flags, 0o644))
    }

    fn mkdir_at(&self, path: &str) -> Result<()> {
        now(self.vfs().mkdir(path.into(), 0o755))
    }

    fn unlink_at(&self, path: &str) -> Result<()> {
        now(self.vfs().unlink(path.into()))
    }

    fn rmdir_at(&self, path: &str) -> Result<()> {
        now(self.vfs().rmdir(path.into()))
    }

    fn rename_at(&self, from: &str, to: &str) -> Result<()> {
        now(self.vfs().rename(from.into(), to.into()))
    }

    fn symlink_at(&self, target: &str, path: &str) -> Result<()> {
        now(self.vfs().symlink(target.into(), path.into()))
    }

    fn link_at(&self, from: &str, to: &str) -> Result<()> {
        now(self.vfs().link(from.into(), to.into()))
    }

    fn stat_at(&self, path: &str) -> Result<Metadata> {
        now(self.vfs().stat(path.into()))
    }

    fn lstat_at(&self, path: &str) -> Result<Metadata> {
        now(self.vfs().lstat(path.into()))
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        write_all(&*self.open_at(path, WRITE | CREATE | TRUNC)?, bytes)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>> {
        read_all(&*self.open_at(path, READ)?)
    }

    fn names(&self, path: &str) -> Result<Vec<BString>> {
        let entries = now(self.vfs().read_dir(path.into()))?;
        let mut names: Vec<_> = entries.into_iter().map(|entry| entry.name).collect();
        names.sort();
        Ok(names)
    }
}

impl Calls for Vfs {
    fn vfs(&self) -> &Vfs {
        self
    }
}

fn read(file: &dyn File, buf: &mut [u8]) -> Result<usize> {
    now(poll_fn(|cx| file.poll_read(cx, buf)))
}

fn write(file: &dyn File, buf: &[u8]) -> Result<usize> {
    now(poll_fn(|cx| file.poll_write(cx, buf)))
}

fn write_all(file: &dyn File, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        bytes = &bytes[write(file, bytes)?..];
    }
    Ok(())
}

fn read_all(file: &dyn File) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buf = vec![0xee; 1000];
    loop {
        match read(file, &mut buf)? {
            0 => return Ok(all),
            count => all.extend_from_slice(&buf[..count]),
        }
    }
}

/// A machine with two CPUs, up for 100 s, whose numbers are easy to tell apart.
#[derive(Default)]
pub(crate) struct Fake {
    log: Mutex<String>,
    faults: Mutex<Vec<String>>,
}

impl Machine for Fake {
    fn cpus(&self) -> usize {
        2
    }

    fn uptime(&self) -> Duration {
        Duration::from_millis(100_055)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_000_000)
    }

    fn memory(&self) -> MemoryInfo {
        MemoryInfo {
            total: 32 << 20,
            free: 20 << 20,
            cached: 256 << 10,
            reserve: 512 << 10,
            kernel: 4 << 20,
            heap_used: 5000,
            heap_total: 2 << 20,
            slab: 1 << 20,
        }
    }

    fn random(&self, buf: &mut [u8]) {
        buf.fill(0x5a);
    }

    fn cpuinfo(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str("processor\t: 0\n")
    }

    fn interrupts(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str("  4: 1 2 uart\n")
    }

    fn idle_ns(&self, cpu: usize) -> u64 {
        [90_000_000_000, 40_500_000_000][cpu]
    }

    fn pci(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str("00:1f.2 0106 8086:2922 rev 02\n")
    }

    fn log(&self) -> String {
        self.log.lock().clone()
    }

    fn cmdline(&self) -> String {
        "loglevel=debug".into()
    }

    fn power(&self, _: Power, _: u8) -> Result<()> {
        Err(Errno::ENOSYS)
    }

    fn fault(&self, kind: &str) -> Result<()> {
        if kind == "unknown" {
            return Err(Errno::EINVAL);
        }
        self.faults.lock().push(kind.into());
        Ok(())
    }
}

fn name(text: &str) -> &BStr {
    text.into()
}
