//! The data of one file: chunks of 4 KiB under groups of 512, so that a file grows without ever being
//! moved, and a hole takes no memory.
//!
//! All bytes of a chunk that lie beyond the end of the file are zero.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use pollux_shell::{env::Result, errno::Errno};

use super::space::{Lease, Space};

/// Bytes in a chunk.
pub(super) const CHUNK: usize = 4096;
/// Chunks in a group.
const GROUP: usize = 512;
/// The largest file. It bounds what a seek far out and a single write can make the list of groups take.
pub(super) const MAX_LEN: u64 = 16 << 30;

type Chunk = Box<[u8; CHUNK]>;

pub(super) struct Blocks {
    len: u64,
    groups: Vec<Vec<Option<Chunk>>>,
    lease: Lease,
}

impl Blocks {
    pub fn new(space: &Arc<Space>) -> Self {
        Self { len: 0, groups: Vec::new(), lease: space.lease() }
    }

    /// Bytes in the file, holes counted.
    pub fn len(&self) -> u64 {
        self.len
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
                None => part[..size].fill(0),
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
            match self.chunk_mut(index) {
                Ok(chunk) => chunk[start..start + size].copy_from_slice(&buf[done..done + size]),
                Err(error) if done == 0 => return Err(error),
                Err(_) => break,
            }
            done += size;
        }
        self.len = self.len.max(offset + done as u64);
        Ok(done)
    }

    fn chunk(&self, index: usize) -> Option<&Chunk> {
        self.groups.get(index / GROUP)?.get(index % GROUP)?.as_ref()
    }

    /// The chunk, made of zeros when it is missing.
    fn chunk_mut(&mut self, index: usize) -> Result<&mut Chunk> {
        extend(&mut self.groups, index / GROUP, Vec::new)?;
        let group = &mut self.groups[index / GROUP];
        extend(group, index % GROUP, || None)?;
        match &mut group[index % GROUP] {
            Some(chunk) => Ok(chunk),
            empty => {
                let chunk = zeros().ok_or(Errno::ENOMEM)?;
                self.lease.grow(CHUNK as u64)?;
                Ok(empty.insert(chunk))
            }
        }
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

fn zeros() -> Option<Chunk> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(CHUNK).ok()?;
    bytes.resize(CHUNK, 0);
    bytes.into_boxed_slice().try_into().ok()
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
    fn the_largest_file_ends_exactly_at_its_limit() {
        let mut blocks = blocks(u64::MAX);
        assert_eq!(blocks.write(MAX_LEN - 2, b"abc"), Ok(2));
        assert_eq!(blocks.write(MAX_LEN, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.write(u64::MAX, b"abc"), Err(Errno::EFBIG));
        assert_eq!(blocks.len(), MAX_LEN);
    }
}
