//! Input in blocks of one size, whatever the pieces in which it comes. What `od`, `hexdump` and `xxd` read.

use alloc::vec::Vec;
use bstr::BStr;

use super::files::Files;
use crate::{
    io::{self, CHUNK, Ended},
    process::Process,
};

/// Some files as one sequence of bytes.
pub struct Blocks<'p> {
    files: Files<'p>,
    chunk: Vec<u8>,
    /// Unread bytes are `chunk[start..end]`.
    start: usize,
    end: usize,
    /// Whether a file is open, and not at its end.
    open: bool,
    /// How much may still be handed out.
    limit: u64,
}

impl<'p> Blocks<'p> {
    /// The first `limit` bytes of all the operands, or of standard input if there are none.
    pub async fn new(p: &'p Process, operands: &[&'p BStr], limit: u64) -> Result<Self, Ended> {
        let chunk = io::buffer_or_complain(p, CHUNK).await?;
        Ok(Self { files: Files::new(p, operands), chunk, start: 0, end: 0, open: false, limit })
    }

    /// 1 once something could not be read.
    pub fn status(&self) -> u8 {
        self.files.status
    }

    /// Leaves out bytes, which do not count for the limit; how many there were of those.
    pub async fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 && self.fill().await {
            let n = (self.end - self.start).min(usize::try_from(left).unwrap_or(usize::MAX));
            self.start += n;
            left -= n as u64;
        }
        count - left
    }

    /// Fills `block` as far as there are bytes, and says how far.
    pub async fn next(&mut self, block: &mut [u8]) -> usize {
        let size = block.len().min(usize::try_from(self.limit).unwrap_or(usize::MAX));
        let mut filled = 0;
        while filled < size && self.fill().await {
            let n = (self.end - self.start).min(size - filled);
            block[filled..filled + n].copy_from_slice(&self.chunk[self.start..self.start + n]);
            filled += n;
            self.start += n;
        }
        self.limit -= filled as u64;
        filled
    }

    /// Reads more if all has been handed out; false at the end of the last file.
    async fn fill(&mut self) -> bool {
        while self.start == self.end {
            if !self.open && self.files.next_file().await.is_none() {
                return false;
            }
            self.open = true;
            (self.start, self.end) = (0, self.files.try_read(&mut self.chunk).await.unwrap_or(0));
            self.open = self.end > 0;
        }
        true
    }
}
