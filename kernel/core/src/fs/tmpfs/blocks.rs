//! The data of one file: chunks of 4 KiB under groups of 512, so that a file grows without ever being
//! moved, and a hole takes no memory. Below them there may be bytes that lie elsewhere, in an archive: what was not
//! written is read from there.
//!
//! A chunk is a frame: the kernel's allocator hands out an object of a whole page from the frames that the CPU has
//! at hand, without a header, and takes it back there. A selftest sees to that.
//!
//! All bytes of a chunk that lie beyond the end of the file are zero.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ops::Range;
use pollux_shell::{env::Result, errno::Errno};

use super::space::{Lease, Space};
use crate::fs::{archive::Bytes, text::copy_from};

/// Bytes in a chunk.
pub(super) const CHUNK: usize = 4096;
/// Chunks in a group.
const GROUP: usize = 512;
/// The largest file. It bounds what a seek far out and a single write can make the list of groups take.
pub(super) const MAX_LEN: u64 = 16 << 30;
/// What `stat` counts in.
const SECTOR: u64 = 512;

type Chunk = Box<[u8; CHUNK]>;
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
            gone = self.cut(len);
        }
        self.len = len;
        Ok(gone)
    }

    fn cut(&mut self, len: u64) -> Gone {
        let (end, rest) = split(len);
        if rest > 0
            && let Some(chunk) =
                self.groups.get_mut(end / GROUP).and_then(|group| group.get_mut(end % GROUP)?.as_mut())
        {
            chunk[rest..].fill(0);
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
        gone
    }

    fn chunk(&self, index: usize) -> Option<&Chunk> {
        self.groups.get(index / GROUP)?.get(index % GROUP)?.as_ref()
    }

    /// Writes bytes into one chunk, which is made of what reads around them when it is missing.
    fn put(&mut self, index: usize, start: usize, bytes: &[u8]) -> Result<()> {
        let hides_below = (index as u64) < self.chunks_below();
        extend(&mut self.groups, index / GROUP, Vec::new)?;
        let group = &mut self.groups[index / GROUP];
        extend(group, index % GROUP, || None)?;
        match &mut group[index % GROUP] {
            Some(chunk) => chunk[start..start + bytes.len()].copy_from_slice(bytes),
            empty => {
                let mut chunk = chunk_with(start, bytes).ok_or(Errno::ENOMEM)?;
                self.lease.grow(CHUNK as u64)?;
                match &self.below {
                    Some(below) if hides_below => {
                        let (before, after) = (index * CHUNK, start + bytes.len());
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

/// A chunk with these bytes at `start` and zeros around them; each byte is written once.
fn chunk_with(start: usize, bytes: &[u8]) -> Option<Chunk> {
    let mut chunk = Vec::new();
    chunk.try_reserve_exact(CHUNK).ok()?;
    chunk.resize(start, 0);
    chunk.extend_from_slice(bytes);
    chunk.resize(CHUNK, 0);
    chunk.into_boxed_slice().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_largest_file_ends_exactly_at_its_limit() {
        let mut blocks = blocks(u64::MAX);
        assert_eq!(blocks.write(MAX_LEN - 2, b"abc"), Ok(2));
        assert_eq!(blocks.write(MAX_LEN, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.write(u64::MAX, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.len(), MAX_LEN);
    }
}
