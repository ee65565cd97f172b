//! The open file description of everything that has bytes at offsets: the access mode, and an offset
//! that reads and writes move on; and a few that are kept to be used again, so that opening a file allocates nothing
//! once as many were open.
//!
//! **Reading in place.** A pipe, a terminal or whatever else may take the bytes while they are read, and that may wait, or use
//! this very description. So the offset is not locked then, but taken: other transfers sleep until it is given back, and
//! two never get the same bytes. Who seeks meanwhile does not wait; the transfer then leaves the offset where it was put.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};
use bytes::Bytes;
use core::task::{Context, Poll, ready};
use pollux_executor::sync::{LockGuard, WakerSet};
use pollux_shell::{
    env::{File, Metadata, OpenFlags, Piece, Result, SeekFrom, Take},
    errno::Errno,
};
use pollux_trace::trace;

use super::{Lock, charge, mount::InUse};

/// How much is read in place at once: a poll is short.
const MOST_IN_PLACE: usize = 256 * 1024;

/// Bytes at offsets.
pub trait Content: Send + Sync {
    /// Copies what is at `offset` on, or less; nothing at or after the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize>;

    /// Whether [`Content::lend_at`] works.
    fn reads_in_place(&self) -> bool {
        false
    }

    /// Whether it gives large pieces.
    fn lends(&self) -> bool {
        false
    }

    /// What is at `offset` on, up to `most` bytes, to be kept without a copy: as much as lies in one piece. Nothing at or after
    /// the end. It does not change when the file does.
    fn lend_at(&self, _offset: u64, _most: usize) -> Bytes {
        Bytes::new()
    }

    /// Writes some of `buf` at `offset`, or at the end, as one step, with `append`. Answers how many
    /// bytes it took and the offset after them. Only called when opened with `WRITE`.
    fn write_at(&self, offset: u64, buf: &[u8], append: bool) -> Result<(usize, u64)>;

    /// Cuts or extends it. Only called when opened with `WRITE`.
    fn set_len(&self, _len: u64) -> Result<()> {
        Err(Errno::EINVAL)
    }

    /// Its inode's number.
    fn number(&self) -> u64;

    /// What `fstat` tells; its size is where `SeekFrom::End` starts from.
    fn metadata(&self) -> Metadata;
}

pub(super) struct Description {
    content: Arc<dyn Content>,
    flags: OpenFlags,
    /// The path that it was opened with; empty when there is no memory to note it.
    path: Vec<u8>,
    _in_use: InUse,
    /// Held during the transfer: two reads through one description never get the same bytes
    /// (POSIX.1-2024 XSH 2.9.7).
    cursor: Lock<Cursor>,
    /// Transfers that wait until the offset is given back.
    waiting: WakerSet,
}

#[derive(Default)]
struct Cursor {
    offset: u64,
    /// A transfer in place goes on.
    taken: bool,
}

impl Description {
    /// The offset, when no transfer in place has taken it.
    fn poll_cursor(&self, cx: &mut Context<'_>) -> Poll<LockGuard<'_, Cursor>> {
        let cursor = self.cursor.lock();
        if cursor.taken {
            self.waiting.register(cx.waker()); // under the lock, under which it is given back
            return Poll::Pending;
        }
        Poll::Ready(cursor)
    }

    /// Shows `take` what is at `from` on, piece by piece; how many bytes it used.
    fn lend_pieces(
        &self,
        cx: &mut Context<'_>,
        from: u64,
        most: usize,
        take: Take<'_>,
    ) -> Poll<Result<usize>> {
        let mut total = 0;
        while total < most {
            let lent = self.content.lend_at(from + total as u64, most - total);
            if lent.is_empty() {
                break;
            }
            let used = match take(cx, Piece { bytes: &lent, lent: Some(&lent) }) {
                Poll::Ready(Ok(used)) => used.min(lent.len()),
                _ if total > 0 => break, // it will say so again
                answer => return answer,
            };
            total += used;
            if used < lent.len() {
                break;
            }
        }
        Poll::Ready(Ok(total))
    }
}

impl File for Description {
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::READ) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        ready!(charge(cx));
        let mut cursor = ready!(self.poll_cursor(cx));
        let result = self.content.read_at(cursor.offset, buf);
        if let Ok(count) = result {
            cursor.offset += count as u64;
            trace!(FileRead, self.content.number(), count);
        }
        Poll::Ready(result)
    }

    fn reads_in_place(&self) -> bool {
        self.flags.contains(OpenFlags::READ) && self.content.reads_in_place()
    }

    fn lends(&self) -> bool {
        self.content.lends()
    }

    fn poll_read_in_place(&self, cx: &mut Context<'_>, most: usize, take: Take<'_>) -> Poll<Result<usize>> {
        if !self.reads_in_place() {
            return Poll::Ready(Err(Errno::EBADF));
        }
        ready!(charge(cx));
        let from = {
            let mut cursor = ready!(self.poll_cursor(cx));
            cursor.taken = true;
            cursor.offset
        };
        let result = self.lend_pieces(cx, from, most.min(MOST_IN_PLACE), take);
        {
            let mut cursor = self.cursor.lock();
            cursor.taken = false;
            if let Poll::Ready(Ok(count)) = result
                && cursor.offset == from
            {
                cursor.offset += count as u64;
            }
        }
        if let Poll::Ready(Ok(count)) = result {
            trace!(FileRead, self.content.number(), count);
        }
        self.waiting.wake_all();
        result
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        if !self.flags.contains(OpenFlags::WRITE) {
            return Poll::Ready(Err(Errno::EBADF));
        }
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(charge(cx));
        let mut cursor = ready!(self.poll_cursor(cx));
        let result = self.content.write_at(cursor.offset, buf, self.flags.contains(OpenFlags::APPEND));
        Poll::Ready(result.map(|(count, end)| {
            cursor.offset = end;
            trace!(FileWrite, self.content.number(), count);
            count
        }))
    }

    fn seek(&self, to: SeekFrom) -> Result<u64> {
        let mut cursor = self.cursor.lock();
        let target = match to {
            SeekFrom::Start(start) => Some(start),
            SeekFrom::Current(by) => cursor.offset.checked_add_signed(by),
            SeekFrom::End(by) => self.content.metadata().size.checked_add_signed(by),
        };
        // Offsets are signed numbers (`off_t`), here as everywhere.
        cursor.offset = target.filter(|&target| target <= i64::MAX as u64).ok_or(Errno::EINVAL)?;
        Ok(cursor.offset)
    }

    fn metadata(&self) -> Result<Metadata> {
        Ok(self.content.metadata())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        match self.flags.contains(OpenFlags::WRITE) {
            true => self.content.set_len(len),
            false => Err(Errno::EINVAL),
        }
    }

    fn path(&self) -> Option<BString> {
        (!self.path.is_empty()).then(|| self.path.as_slice().into())
    }
}

/// How many descriptions are kept.
const KEPT: usize = 8;

/// Descriptions that are open, or were and wait to be used again. One that waits keeps its file's data, so what removes
/// a name or a mount has to call [`Descriptions::forget`].
#[derive(Default)]
pub(super) struct Descriptions {
    kept: Lock<[Option<Arc<Description>>; KEPT]>,
}

impl Descriptions {
    /// Opens `content`.
    pub fn open(
        &self,
        content: Arc<dyn Content>,
        flags: OpenFlags,
        path: &BStr,
        in_use: InUse,
    ) -> Arc<dyn File> {
        let new = Description {
            content,
            flags,
            path: Vec::new(),
            _in_use: in_use,
            cursor: Lock::default(),
            waiting: WakerSet::new(),
        };
        let file = self.place(new, path);
        trace!(FileOpen, file.content.number()); // here no more is needed than the answer
        file
    }

    /// Puts it where one was, or to the heap.
    fn place(&self, mut new: Description, path: &BStr) -> Arc<Description> {
        let mut kept = self.kept.lock();
        // One that nobody else has is closed.
        if let Some((slot, idle)) = kept.iter_mut().enumerate().find_map(|(at, slot)| {
            let idle = Arc::get_mut(slot.as_mut()?)?;
            Some((at, idle))
        }) {
            new.note_path(core::mem::take(&mut idle.path), path);
            let old = core::mem::replace(idle, new);
            let file = kept[slot].clone();
            drop(kept);
            drop(old); // outside the lock: the last one of a file frees its data
            if let Some(file) = file {
                return file;
            }
            unreachable!("the slot was full");
        }
        new.note_path(Vec::new(), path);
        let file = Arc::new(new);
        if let Some(slot) = kept.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(file.clone());
        }
        file
    }

    /// Lets go of all of them. Who has one open keeps it.
    pub fn forget(&self) {
        let old = core::mem::take(&mut *self.kept.lock());
        drop(old);
    }
}

impl Description {
    fn note_path(&mut self, mut room: Vec<u8>, path: &BStr) {
        room.clear();
        if room.try_reserve(path.len()).is_ok() {
            room.extend_from_slice(path);
        }
        self.path = room;
    }
}
