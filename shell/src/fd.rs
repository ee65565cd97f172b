//! File descriptors: the numbers through which a stage reaches its open files.
//!
//! A stage never keeps a [`File`] itself, only an [`Fd`]: a number in its table. When the stage ends,
//! the system closes the whole table, so the other end of a pipe sees the end even when the stage
//! panicked and its future was abandoned without being dropped (a kernel without unwinding cannot drop
//! a future in mid-poll).

use alloc::{sync::Arc, vec::Vec};
use bytes::{Buf, Bytes};
use core::{
    future::poll_fn,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
};
use spin::Mutex;

use crate::{
    env::{File, Piece, Result},
    errno::Errno,
    io,
    splice::{Refused, poll_splice},
};

/// How many descriptors a stage can have open at most (`OPEN_MAX`).
pub const OPEN_MAX: usize = 256;

/// The descriptors of one stage.
///
/// Nothing that may panic runs under the lock, running out of memory included: a panic there would leave it locked,
/// and `close_all` would wait for ever.
pub struct FdTable {
    slots: Mutex<Vec<Option<Arc<dyn File>>>>,
    /// How many it may have (`ulimit -n`).
    limit: AtomicUsize,
}

impl Default for FdTable {
    fn default() -> Self {
        Self { slots: Mutex::default(), limit: AtomicUsize::new(OPEN_MAX) }
    }
}

impl FdTable {
    /// A table with standard input, output and error.
    pub fn with_stdio(stdin: Arc<dyn File>, stdout: Arc<dyn File>, stderr: Arc<dyn File>) -> Arc<Self> {
        let slots = Mutex::new(alloc::vec![Some(stdin), Some(stdout), Some(stderr)]);
        Arc::new(Self { slots, ..Self::default() })
    }

    /// How many descriptors it may have.
    pub fn limit(&self) -> usize {
        self.limit.load(Relaxed)
    }

    /// Changes that, to [`OPEN_MAX`] at most. What is open beyond it stays open.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit.min(OPEN_MAX), Relaxed);
    }

    /// The open file behind a number; `EBADF` when it is closed.
    pub fn get(&self, fd: usize) -> Result<Arc<dyn File>> {
        self.slots.lock().get(fd).cloned().flatten().ok_or(Errno::EBADF)
    }

    /// Puts `file` at `fd`, closing what was there (`dup2`). `EBADF` beyond the limit, `ENOMEM` without memory.
    pub fn set(&self, fd: usize, file: Arc<dyn File>) -> Result<()> {
        if fd >= self.limit() {
            return Err(Errno::EBADF);
        }
        let old = {
            let mut slots = self.slots.lock();
            if slots.len() <= fd {
                let more = fd + 1 - slots.len();
                slots.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
                slots.resize(fd + 1, None);
            }
            slots[fd].replace(file)
        };
        drop(old); // outside the lock: closing a file wakes tasks
        Ok(())
    }

    /// Puts `file` at the lowest free number above standard error.
    pub fn insert(&self, file: Arc<dyn File>) -> Result<usize> {
        let limit = self.limit();
        let mut slots = self.slots.lock();
        slots.try_reserve(4).map_err(|_| Errno::ENOMEM)?;
        while slots.len() < 3 {
            slots.push(None);
        }
        match slots.iter().skip(3).position(Option::is_none) {
            Some(free) if free + 3 < limit => {
                slots[free + 3] = Some(file);
                Ok(free + 3)
            }
            None if slots.len() < limit => {
                slots.push(Some(file));
                Ok(slots.len() - 1)
            }
            _ => Err(Errno::EMFILE),
        }
    }

    /// The numbers that are open.
    pub fn open_numbers(&self) -> Vec<usize> {
        let mut open = Vec::with_capacity(OPEN_MAX);
        let slots = self.slots.lock();
        open.extend(slots.iter().enumerate().filter(|(_, slot)| slot.is_some()).map(|(number, _)| number));
        open
    }

    /// Whether `asked` is true of any file that is open. It is asked with the table locked, and so does not come back here.
    pub fn any(&self, asked: &mut dyn FnMut(&dyn File) -> bool) -> bool {
        self.slots.lock().iter().flatten().any(|file| asked(&**file))
    }

    /// Closes one descriptor.
    pub fn close(&self, fd: usize) {
        let old = self.slots.lock().get_mut(fd).and_then(Option::take);
        drop(old);
    }

    /// Closes them all: what the system does when a stage ends.
    pub fn close_all(&self) {
        let old = core::mem::take(&mut *self.slots.lock());
        drop(old);
    }

    /// Takes the open files of another table, and closes its own.
    pub fn take_from(&self, other: &FdTable) {
        let new = core::mem::take(&mut *other.slots.lock());
        let old = core::mem::replace(&mut *self.slots.lock(), new);
        drop(old);
    }

    /// A new table that refers to the same open files, as a child process gets.
    pub fn duplicate(&self) -> Arc<FdTable> {
        let mut copy = Vec::new();
        loop {
            let slots = self.slots.lock();
            if slots.len() <= copy.capacity() {
                copy.extend_from_slice(&slots);
                return Arc::new(FdTable { slots: Mutex::new(copy), limit: AtomicUsize::new(self.limit()) });
            }
            let needed = slots.len();
            drop(slots);
            copy = Vec::with_capacity(needed);
        }
    }
}

/// A descriptor in a table; reads and writes go through it.
#[derive(Clone)]
pub struct Fd {
    table: Arc<FdTable>,
    number: usize,
}

impl Fd {
    /// The descriptor `number` of `table`, open or not.
    pub fn new(table: &Arc<FdTable>, number: usize) -> Self {
        Self { table: table.clone(), number }
    }

    /// The number in the table.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The open file behind it. Do not keep it across an await: see the module's text.
    pub fn file(&self) -> Result<Arc<dyn File>> {
        self.table.get(self.number)
    }

    /// See [`File::poll_read`].
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        match self.file() {
            Ok(file) => file.poll_read(cx, buf),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// See [`File::poll_write`].
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        match self.file() {
            Ok(file) => file.poll_write(cx, buf),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Reads some bytes; 0 is end of file.
    pub async fn read(&self, buf: &mut [u8]) -> Result<usize> {
        poll_fn(|cx| self.poll_read(cx, buf)).await
    }

    /// Writes all of `buf`.
    pub async fn write_all(&self, mut buf: &[u8]) -> Result<()> {
        while !buf.is_empty() {
            let n = poll_fn(|cx| self.poll_write(cx, buf)).await?;
            buf = &buf[n..];
        }
        Ok(())
    }

    /// Writes all of some bytes that may be kept: pipes do not copy them.
    pub async fn lend_all(&self, mut loan: Bytes) -> Result<()> {
        while !loan.is_empty() {
            let n = poll_fn(|cx| self.file()?.poll_write_loan(cx, &loan)).await?;
            loan.advance(n);
        }
        Ok(())
    }

    /// Reads up to `most` bytes and shows them to `look`, piece by piece: where they lie if the file allows it,
    /// otherwise through `buf`, which gets room for as many as are read at once. How many there were; 0 is end of file.
    pub async fn read_pieces(
        &self,
        most: usize,
        buf: &mut Vec<u8>,
        mut look: impl FnMut(Piece<'_>),
    ) -> Result<usize> {
        if self.file()?.reads_in_place() {
            let mut take = |_: &mut Context<'_>, piece: Piece<'_>| {
                look(piece);
                Poll::Ready(Ok(piece.bytes.len()))
            };
            return poll_fn(|cx| self.file()?.poll_read_in_place(cx, most, &mut take)).await;
        }
        if buf.is_empty() {
            *buf = io::buffer(io::CHUNK)?;
        }
        let size = most.min(buf.len());
        let n = self.read(&mut buf[..size]).await?;
        if n > 0 {
            look(Piece { bytes: &buf[..n], lent: None });
        }
        Ok(n)
    }

    /// [`poll_splice`] to another descriptor; `None` when there is no short way.
    pub async fn splice(&self, to: &Fd, most: usize) -> Option<core::result::Result<usize, Refused>> {
        poll_fn(|cx| match (self.file(), to.file()) {
            (Ok(from), Ok(to)) => match poll_splice(&*from, &*to, cx, most) {
                Some(polled) => polled.map(Some),
                None => Poll::Ready(None),
            },
            (Err(error), _) => Poll::Ready(Some(Err(Refused::Reading(error)))),
            (_, Err(error)) => Poll::Ready(Some(Err(Refused::Writing(error)))),
        })
        .await
    }

    /// Moves up to `most` bytes to another descriptor: by the short way, or through `buf`, which gets room if it has
    /// none. How many; 0 is end of file.
    pub async fn move_to(
        &self,
        to: &Fd,
        most: usize,
        buf: &mut Vec<u8>,
    ) -> core::result::Result<usize, Refused> {
        if let Some(moved) = self.splice(to, most).await {
            return moved;
        }
        if buf.is_empty() {
            *buf = io::buffer(io::CHUNK).map_err(Refused::Reading)?;
        }
        let size = most.min(buf.len());
        let n = self.read(&mut buf[..size]).await.map_err(Refused::Reading)?;
        to.write_all(&buf[..n]).await.map_err(Refused::Writing)?;
        Ok(n)
    }

    /// Closes the descriptor.
    pub fn close(&self) {
        self.table.close(self.number);
    }
}
