//! The data of one file: chunks of 4 KiB under groups of 256, so that a file grows without ever being
//! moved, and a hole takes no memory. Below them there may be bytes that lie elsewhere, in an archive: what was not
//! written is read from there.
//!
//! All of it can be lent without a copy: chunks, what lies in the archive, and for holes a chunk of zeros.
//!
//! All bytes of a chunk that lie beyond the end of the file are zero.

use alloc::{sync::Arc, vec::Vec};
use core::ops::Range;
use pollux_shell::{env::Result, errno::Errno};

use super::{
    chunk::{CHUNK, Chunk, Frame, Loan},
    space::{Lease, Space},
};
use crate::fs::{archive::Bytes, text::copy_from};

/// Chunks in a group, whose list then is a frame, too.
const GROUP: usize = 256;
/// The largest file. It bounds what a seek far out and a single write can make the list of groups take.
pub(super) const MAX_LEN: u64 = 16 << 30;
/// What `stat` counts in.
const SECTOR: u64 = 512;

/// What holes lend.
static ZEROS: [u8; CHUNK] = [0; CHUNK];

type Group = Vec<Option<Chunk>>;

pub(super) struct Blocks {
    len: u64,
    groups: Vec<Group>,
    /// How many chunks there are, those aside that hide bytes of `below`.
    chunks: u64,
    lease: Lease,
    below: Option<Below>,
}

/// Bytes that are somewhere else.
struct Below {
    bytes: Bytes,
    /// The first bytes of the file; never more than its length.
    range: Range<usize>,
}

impl Below {
    fn as_slice(&self) -> &[u8] {
        &self.bytes.as_slice()[self.range.clone()]
    }
}

/// What stands at some offset, to be kept.
pub(super) enum Lent {
    Chunk(Arc<Frame>, Range<usize>),
    Below(Bytes, Range<usize>),
    Zeros(usize),
}

impl Lent {
    /// As bytes. Asks for memory, so it is for when the file is not locked.
    pub fn into_bytes(self) -> bytes::Bytes {
        match self {
            Lent::Chunk(frame, range) => bytes::Bytes::from_owner(Loan(frame)).slice(range),
            Lent::Below(bytes, range) => bytes.lend(range),
            Lent::Zeros(len) => bytes::Bytes::from_static(&ZEROS[..len]),
        }
    }
}

/// Memory that a file does not need any more, to be dropped without its lock.
#[derive(Default)]
pub(super) struct Gone {
    _groups: Vec<Group>,
    _chunks: Group,
}

impl Blocks {
    pub fn new(space: &Arc<Space>) -> Self {
        Self { len: 0, groups: Vec::new(), chunks: 0, lease: space.lease(), below: None }
    }

    /// The bytes of `range`, read where they lie. They take none of the space.
    pub fn over(space: &Arc<Space>, bytes: Bytes, range: Range<usize>) -> Self {
        Self { len: range.len() as u64, below: Some(Below { bytes, range }), ..Self::new(space) }
    }

    pub fn is_over_an_archive(&self) -> bool {
        self.below.is_some()
    }

    /// Bytes in the file, holes counted.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// What it takes in units of 512 bytes, holes not counted.
    pub fn sectors(&self) -> u64 {
        (self.chunks + self.chunks_below()) * (CHUNK as u64 / SECTOR)
    }

    fn chunks_below(&self) -> u64 {
        self.below.as_ref().map_or(0, |below| below.range.len().div_ceil(CHUNK) as u64)
    }

    /// Copies from `offset` on, up to the end of the file.
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> usize {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = left.min(buf.len());
        let mut done = 0;
        while done < count {
            let (index, start) = split(offset + done as u64);
            let part = &mut buf[done..count];
            let size = part.len().min(CHUNK - start);
            match self.chunk(index) {
                Some(chunk) => part[..size].copy_from_slice(&chunk[start..start + size]),
                None => {
                    let below = self.below.as_ref().map_or(&[][..], Below::as_slice);
                    let copied = copy_from(below, offset + done as u64, &mut part[..size]);
                    part[copied..size].fill(0);
                }
            }
            done += size;
        }
        count
    }

    /// What stands from `offset` on, up to `most` bytes or as much as lies in one piece; `None` at the end of the file.
    /// What is lent stays what it is when the file changes. `fresh` is used up.
    pub fn lend(&mut self, offset: u64, most: usize, fresh: Arc<Frame>) -> Option<Lent> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let most = most.min(left);
        if most == 0 {
            return None;
        }
        let (index, start) = split(offset);
        let size = most.min(CHUNK - start);
        if let Some(slot) = self.slot(index)
            && let Some(chunk) = slot.take()
        {
            let (chunk, frame) = chunk.lend(fresh);
            *slot = Some(chunk);
            return Some(Lent::Chunk(frame, start..start + size));
        }
        if let Some(below) = &self.below
            && let Some(after) = below.range.len().checked_sub(offset as usize).filter(|&after| after > 0)
        {
            // Up to the next chunk that was written.
            let most = most.min(after);
            let end = (1..)
                .find(|further| further * CHUNK - start >= most || self.chunk(index + further).is_some());
            let first = below.range.start + offset as usize;
            let len = most.min(end.unwrap_or(1) * CHUNK - start);
            return Some(Lent::Below(below.bytes.clone(), first..first + len));
        }
        Some(Lent::Zeros(size))
    }

    /// Writes at `offset`; a hole before it reads as zeros. When the space or the memory runs out after
    /// some of it was written, says how much; `ENOSPC`, `ENOMEM` or `EFBIG` when nothing was.
    pub fn write(&mut self, offset: u64, buf: &[u8]) -> Result<usize> {
        let room = usize::try_from(MAX_LEN.saturating_sub(offset)).unwrap_or(usize::MAX);
        if room == 0 && !buf.is_empty() {
            return Err(Errno::EFBIG);
        }
        let count = buf.len().min(room);
        let mut done = 0;
        while done < count {
            let (index, start) = split(offset + done as u64);
            let size = (count - done).min(CHUNK - start);
            match self.put(index, start, &buf[done..done + size]) {
                Ok(()) => {}
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
            done += size;
        }
        self.len = self.len.max(offset + done as u64);
        Ok(done)
    }

    /// Cuts it, or extends it by a hole. `EFBIG` when it would be too long.
    pub fn set_len(&mut self, len: u64) -> Result<Gone> {
        if len > MAX_LEN {
            return Err(Errno::EFBIG);
        }
        let mut gone = Gone::default();
        if len < self.len {
            gone = self.cut(len)?;
        }
        self.len = len;
        Ok(gone)
    }

    fn cut(&mut self, len: u64) -> Result<Gone> {
        let (end, rest) = split(len);
        if rest > 0
            && let Some(Some(chunk)) = self.slot(end)
        {
            chunk.writable()?[rest..].fill(0);
        }
        let kept = end + usize::from(rest > 0);
        let below = self.chunks_below();
        if let Some(below) = &mut self.below {
            below.range.end = below.range.end.min(below.range.start.saturating_add(len as usize));
        }
        let (group, inside) = (kept / GROUP, kept % GROUP);
        let mut gone = Gone::default();
        let first_whole = group + usize::from(inside > 0);
        if first_whole < self.groups.len() {
            gone._groups = self.groups.split_off(first_whole);
        }
        if inside > 0
            && let Some(group) = self.groups.get_mut(group).filter(|group| group.len() > inside)
        {
            gone._chunks = group.split_off(inside);
        }
        // Which of them counted: those that were not above bytes that lie elsewhere.
        let mut count = |first: usize, group: &Group| {
            for at in (first..).zip(group).filter_map(|(at, chunk)| chunk.as_ref().map(|_| at)) {
                self.lease.shrink(CHUNK as u64);
                self.chunks -= u64::from(at as u64 >= below);
            }
        };
        count(kept, &gone._chunks);
        for (at, group) in gone._groups.iter().enumerate() {
            count((first_whole + at) * GROUP, group);
        }
        Ok(gone)
    }

    fn chunk(&self, index: usize) -> Option<&Chunk> {
        self.groups.get(index / GROUP)?.get(index % GROUP)?.as_ref()
    }

    fn slot(&mut self, index: usize) -> Option<&mut Option<Chunk>> {
        self.groups.get_mut(index / GROUP)?.get_mut(index % GROUP)
    }

    /// Writes bytes into one chunk, which is made of what reads around them when it is missing.
    fn put(&mut self, index: usize, start: usize, bytes: &[u8]) -> Result<()> {
        let hides_below = (index as u64) < self.chunks_below();
        extend(&mut self.groups, index / GROUP, Vec::new)?;
        let group = &mut self.groups[index / GROUP];
        extend(group, index % GROUP, || None)?;
        match &mut group[index % GROUP] {
            Some(chunk) => chunk.writable()?[start..start + bytes.len()].copy_from_slice(bytes),
            empty => {
                let mut chunk = Chunk::with(start, bytes)?;
                self.lease.grow(CHUNK as u64)?;
                match &self.below {
                    Some(below) if hides_below => {
                        let (before, after) = (index * CHUNK, start + bytes.len());
                        let chunk = chunk.writable()?;
                        copy_from(below.as_slice(), before as u64, &mut chunk[..start]);
                        copy_from(below.as_slice(), (before + after) as u64, &mut chunk[after..]);
                    }
                    _ => self.chunks += 1,
                }
                *empty = Some(chunk);
            }
        }
        Ok(())
    }
}

/// The number of the chunk that holds a byte, and the byte's place in it.
fn split(offset: u64) -> (usize, usize) {
    ((offset / CHUNK as u64) as usize, (offset % CHUNK as u64) as usize)
}

/// Makes `list` long enough to have `index`.
fn extend<T>(list: &mut Vec<T>, index: usize, empty: impl FnMut() -> T) -> Result<()> {
    if let Some(more) = (index + 1).checked_sub(list.len()).filter(|&more| more > 0) {
        list.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
        list.resize_with(index + 1, empty);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{boxed::Box, vec};

    fn blocks(limit: u64) -> Blocks {
        Blocks::new(&Space::new(Box::new(move || limit)))
    }

    #[test]
    fn a_hole_reads_as_zeros_and_takes_no_space() {
        let mut blocks = blocks(2 * CHUNK as u64);
        let far = GROUP as u64 * CHUNK as u64 + 5; // in the second group
        assert_eq!(blocks.write(far, b"xyz"), Ok(3));
        assert_eq!(blocks.write(1, b"a"), Ok(1));
        assert_eq!(blocks.len(), far + 3);
        let mut whole = alloc::vec![7; far as usize + 10];
        assert_eq!(blocks.read(0, &mut whole), far as usize + 3);
        assert_eq!(whole[1], b'a');
        assert_eq!(&whole[far as usize..far as usize + 3], b"xyz");
        assert!(whole[2..far as usize].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn a_write_that_runs_out_of_space_says_how_far_it_came() {
        let mut blocks = blocks(2 * CHUNK as u64);
        assert_eq!(blocks.write(10, &[1; 3 * CHUNK]), Ok(2 * CHUNK - 10));
        assert_eq!(blocks.len(), 2 * CHUNK as u64);
        assert_eq!(blocks.write(2 * CHUNK as u64, &[1]), Err(Errno::ENOSPC));
        assert_eq!(blocks.write(0, &[2; 100]), Ok(100), "what is there can be overwritten");
    }

    #[test]
    fn what_is_cut_off_gives_its_space_back_and_comes_back_as_zeros() {
        let space = Space::new(Box::new(|| 4 * CHUNK as u64));
        let mut blocks = Blocks::new(&space);
        assert_eq!(blocks.write(0, &[7; 3 * CHUNK]), Ok(3 * CHUNK));
        assert_eq!((blocks.sectors(), space.told().used), (24, 3 * CHUNK as u64));
        drop(blocks.set_len(CHUNK as u64 + 10).unwrap());
        assert_eq!((blocks.sectors(), space.told().used), (16, 2 * CHUNK as u64));
        drop(blocks.set_len(3 * CHUNK as u64).unwrap());
        assert_eq!((blocks.sectors(), blocks.len()), (16, 3 * CHUNK as u64), "extended by a hole");
        let mut whole = [9; 3 * CHUNK];
        assert_eq!(blocks.read(0, &mut whole), 3 * CHUNK);
        assert!(whole[..CHUNK + 10].iter().all(|&byte| byte == 7));
        assert!(whole[CHUNK + 10..].iter().all(|&byte| byte == 0));
        drop(blocks.set_len(0).unwrap());
        assert_eq!((blocks.sectors(), space.told().used), (0, 0));
        // In another group, too.
        let far = (GROUP * CHUNK) as u64;
        assert_eq!(blocks.write(far + 5000, b"x"), Ok(1));
        drop(blocks.set_len(far + 1).unwrap());
        assert_eq!((blocks.sectors(), space.told().used), (0, 0));
        assert_eq!(blocks.set_len(MAX_LEN + 1).err(), Some(Errno::EFBIG));
    }

    #[test]
    fn bytes_below_are_read_until_they_are_written() {
        let bytes: Arc<[u8]> = (0..3 * CHUNK).map(|n| (n / 100) as u8).collect();
        let space = Space::new(Box::new(|| CHUNK as u64));
        let mut blocks = Blocks::over(&space, bytes.clone().into(), 100..10_000);
        let read = |blocks: &Blocks| {
            let mut all = alloc::vec![0xee; blocks.len() as usize];
            assert_eq!(blocks.read(0, &mut all), all.len());
            all
        };
        assert_eq!(read(&blocks), bytes[100..10_000]);
        assert_eq!((blocks.sectors(), space.told().used), (24, 0));
        assert_eq!(blocks.write(CHUNK as u64 + 1, b"new"), Ok(3));
        let mut expected = bytes[100..10_000].to_vec();
        expected[CHUNK + 1..CHUNK + 4].copy_from_slice(b"new");
        assert_eq!(read(&blocks), expected);
        assert_eq!((blocks.sectors(), space.told().used), (24, CHUNK as u64), "one chunk was copied");
        assert_eq!(blocks.write(0, b"x"), Err(Errno::ENOSPC));
        drop(blocks.set_len(20).unwrap());
        drop(blocks.set_len(200).unwrap());
        expected.truncate(20);
        expected.resize(200, 0);
        assert_eq!(read(&blocks), expected, "what was cut off does not come back");
        assert_eq!(blocks.sectors(), 8);
    }

    fn lent(blocks: &mut Blocks, offset: u64, most: usize) -> Option<bytes::Bytes> {
        blocks.lend(offset, most, Arc::default()).map(Lent::into_bytes)
    }

    #[test]
    fn what_is_lent_stays_what_it_was() {
        let mut blocks = blocks(u64::MAX);
        assert_eq!(blocks.write(0, &[1; CHUNK + 10]), Ok(CHUNK + 10));
        let first = lent(&mut blocks, 6, usize::MAX).unwrap();
        assert_eq!(first, [1; CHUNK - 6][..]);
        let second = lent(&mut blocks, CHUNK as u64, 7).unwrap();
        assert_eq!(second, [1; 7][..]);
        assert_eq!(lent(&mut blocks, CHUNK as u64 + 10, 7), None, "the end of the file");
        // A write over it, and a cut through it.
        assert_eq!(blocks.write(0, &[2; CHUNK + 2]), Ok(CHUNK + 2));
        drop(blocks.set_len(CHUNK as u64 + 1).unwrap());
        assert_eq!((first, second), (vec![1; CHUNK - 6].into(), vec![1; 7].into()));
        drop(blocks.set_len(CHUNK as u64 + 3).unwrap());
        let mut whole = [9; CHUNK + 3];
        assert_eq!(blocks.read(0, &mut whole), CHUNK + 3);
        assert!(whole[..=CHUNK].iter().all(|&byte| byte == 2));
        assert_eq!(whole[CHUNK + 1..], [0, 0]);
    }

    #[test]
    fn a_chunk_that_nobody_has_any_more_is_written_where_it_is() {
        let mut blocks = blocks(u64::MAX);
        assert_eq!(blocks.write(0, &[1; CHUNK]), Ok(CHUNK));
        let place = |blocks: &Blocks| blocks.chunk(0).unwrap().as_ptr();
        let before = place(&blocks);
        let loans = [lent(&mut blocks, 0, 1), lent(&mut blocks, 9, 9)];
        assert_eq!(place(&blocks), before, "lending copies nothing");
        drop(loans);
        assert_eq!(blocks.write(1, b"new"), Ok(3));
        assert_eq!(place(&blocks), before);
        let loan = lent(&mut blocks, 0, 4).unwrap();
        assert_eq!(loan, b"\x01new"[..]);
        assert_eq!(blocks.write(0, b"x"), Ok(1));
        assert_ne!(place(&blocks), before, "somebody has the old one");
        assert_eq!(loan, b"\x01new"[..]);
    }

    #[test]
    fn holes_and_archives_lend_too() {
        let bytes: Arc<[u8]> = (0..4 * CHUNK).map(|n| (n / 100) as u8).collect();
        let space = Space::new(Box::new(|| u64::MAX));
        let mut blocks = Blocks::over(&space, bytes.clone().into(), 100..100 + 3 * CHUNK + 50);
        assert_eq!(blocks.write(2 * CHUNK as u64, b"new"), Ok(3));
        assert_eq!(blocks.write(9 * CHUNK as u64, b"end"), Ok(3));
        let (mut all, mut lens) = (Vec::new(), Vec::new());
        while let Some(loan) = lent(&mut blocks, all.len() as u64, usize::MAX) {
            lens.push(loan.len());
            all.extend_from_slice(&loan);
        }
        assert_eq!(lens[..4], [2 * CHUNK, CHUNK, 50, CHUNK - 50]);
        let mut read = alloc::vec![0xee; blocks.len() as usize];
        blocks.read(0, &mut read);
        assert!(all == read, "what is lent differs from what is read");
        assert_eq!(lent(&mut blocks, 5, 10).unwrap().as_ptr(), bytes[105..].as_ptr(), "it is not copied");
        assert_eq!(lent(&mut blocks, 5, 10).unwrap(), bytes[105..115]);
    }

    #[test]
    fn the_largest_file_ends_exactly_at_its_limit() {
        let mut blocks = blocks(u64::MAX);
        assert_eq!(blocks.write(MAX_LEN - 2, b"abc"), Ok(2));
        assert_eq!(blocks.write(MAX_LEN, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.write(u64::MAX, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.len(), MAX_LEN);
    }
}
