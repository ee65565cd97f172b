//! What the fake's names refer to, and how it is read and written.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    vec::Vec,
};
use bstr::BString;
use core::{
    task::{Context, Poll, ready},
    time::Duration,
};
use spin::Mutex;

use super::{
    FakeTerminal, Shared,
    fifo::{self, Fifo},
};
use crate::{
    env::{Changes, File, FileType, Metadata, OpenFlags, Result, SeekFrom},
    errno::Errno,
};

/// The longest file.
const MAX_LEN: usize = 1 << 30;
/// What a file takes is counted in these.
const CHUNK: u64 = 4096;

pub(super) type Names = Mutex<BTreeMap<BString, Arc<Node>>>;

pub(super) enum Kind {
    Directory(Names),
    Regular,
    Symlink(BString),
    Null,
    Zero,
    Full,
    Terminal(Arc<FakeTerminal>),
    Fifo(Arc<Fifo>),
}

pub(super) struct Node {
    pub kind: Kind,
    pub device: u64,
    pub data: Mutex<Vec<u8>>,
    /// The numbers of the chunks that were written: the others are holes.
    written: Mutex<BTreeSet<u64>>,
    pub fail_read: Mutex<Option<Errno>>,
    /// All but kind, size and blocks; the links of what is no directory.
    known: Mutex<Metadata>,
}

impl Node {
    pub fn new(kind: Kind, device: u64, inode: u64, mode: u16, now: Duration) -> Self {
        let told = match kind {
            Kind::Directory(_) => FileType::Directory,
            Kind::Regular => FileType::Regular,
            Kind::Symlink(_) => FileType::Symlink,
            Kind::Fifo(_) => FileType::Pipe,
            Kind::Null | Kind::Zero | Kind::Full | Kind::Terminal(_) => FileType::CharDevice,
        };
        let (accessed, modified, changed) = (now, now, now);
        let known = Metadata { device, inode, accessed, modified, changed, ..Metadata::new(told, mode) };
        Self {
            kind,
            device,
            data: Mutex::default(),
            written: Mutex::default(),
            fail_read: Mutex::default(),
            known: Mutex::new(known),
        }
    }

    pub fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    pub fn names(&self) -> Result<&Names> {
        match &self.kind {
            Kind::Directory(names) => Ok(names),
            _ => Err(Errno::ENOTDIR),
        }
    }

    pub fn metadata(&self) -> Metadata {
        let known = *self.known.lock();
        match &self.kind {
            Kind::Directory(names) => {
                let below = names.lock().values().filter(|node| node.is_dir()).count();
                Metadata { links: 2 + below as u32, ..known }
            }
            Kind::Symlink(target) => Metadata { size: target.len() as u64, ..known },
            _ => {
                let (size, chunks) = (self.data.lock().len() as u64, self.written.lock().len() as u64);
                Metadata { size, blocks: chunks * (CHUNK / 512), ..known }
            }
        }
    }

    /// What the file or all files below take.
    pub fn used(&self) -> u64 {
        match &self.kind {
            Kind::Directory(names) => names.lock().values().map(|node| node.used()).sum(),
            _ => self.metadata().blocks * 512,
        }
    }

    /// The data has changed.
    pub fn touch(&self, now: Duration) {
        let mut known = self.known.lock();
        (known.modified, known.changed) = (now, now);
    }

    /// Bytes of the data were written.
    pub fn note_written(&self, from: usize, to: usize) {
        if to > from {
            self.written.lock().extend(from as u64 / CHUNK..(to as u64).div_ceil(CHUNK));
        }
    }

    /// Cuts the data, or extends it by a hole.
    pub fn set_len(&self, len: usize) {
        self.data.lock().resize(len, 0);
        self.written.lock().retain(|&chunk| chunk * CHUNK < len as u64);
    }

    pub fn note_access(&self, now: Duration) {
        self.known.lock().accessed = now;
    }

    pub fn count_links(&self, by: i32, now: Duration) {
        let mut known = self.known.lock();
        known.links = known.links.saturating_add_signed(by);
        known.changed = now;
    }

    pub fn change(&self, changes: &Changes, now: Duration) -> Result<()> {
        if changes.mode.is_some() && matches!(self.kind, Kind::Symlink(_)) {
            return Err(Errno::EOPNOTSUPP);
        }
        let mut known = self.known.lock();
        known.mode = changes.mode.unwrap_or(known.mode);
        known.uid = changes.uid.unwrap_or(known.uid);
        known.gid = changes.gid.unwrap_or(known.gid);
        known.accessed = changes.accessed.unwrap_or(known.accessed);
        known.modified = changes.modified.unwrap_or(known.modified);
        known.changed = now;
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

pub(super) async fn open_node(node: Arc<Node>, flags: OpenFlags, shared: &Arc<Shared>) -> Arc<dyn File> {
    match &node.kind {
        Kind::Terminal(terminal) => terminal.clone(),
        Kind::Fifo(fifo) => fifo::open(fifo, node.clone(), flags, shared).await,
        _ => Arc::new(Open { node, flags, offset: Mutex::new(0), shared: shared.clone() }),
    }
}

impl Open {
    fn now(&self) -> Duration {
        super::EPOCH + self.shared.driver.now()
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
            Kind::Directory(_) => Err(Errno::EISDIR),
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
                self.node.note_access(self.now());
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
                let from = end - buf.len();
                drop((data, offset));
                self.node.note_written(from, end);
                self.node.touch(self.now());
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

    fn set_len(&self, len: u64) -> Result<()> {
        if !self.flags.contains(OpenFlags::WRITE) || !matches!(self.node.kind, Kind::Regular) {
            return Err(Errno::EINVAL);
        }
        let len = usize::try_from(len).ok().filter(|len| *len <= MAX_LEN).ok_or(Errno::EFBIG)?;
        self.node.set_len(len);
        self.node.touch(self.now());
        Ok(())
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
        let size = self.bytes.lock().len() as u64;
        Ok(Metadata { size, links: 0, ..Metadata::new(FileType::Regular, 0o644) })
    }
}
