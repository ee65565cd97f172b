//! Reading by lines of any length, as bytes.

use alloc::vec::Vec;
use bstr::ByteSlice;

use crate::{env::Result, errno::Errno, fd::Fd};

/// What the buffer starts with; it grows for longer lines.
const INITIAL: usize = 8 * 1024;

/// Reads lines from a descriptor. A line that lies whole in the buffer is lent from there, uncopied.
pub struct Lines {
    fd: Fd,
    buf: Vec<u8>,
    /// Unread bytes are `buf[start..end]`.
    start: usize,
    end: usize,
    eof: bool,
}

impl Lines {
    /// Lines of `fd`.
    pub fn new(fd: &Fd) -> Self {
        Self { fd: fd.clone(), buf: Vec::new(), start: 0, end: 0, eof: false }
    }

    /// The next line with its newline, which the last one may lack; `None` at the end of file.
    /// `ENOMEM` for a line that memory cannot hold.
    pub async fn next_line(&mut self) -> Result<Option<&[u8]>> {
        self.next_until(b'\n').await
    }

    /// Like [`Lines::next_line`], for another delimiter.
    pub async fn next_until(&mut self, delimiter: u8) -> Result<Option<&[u8]>> {
        let mut searched = 0;
        let end = loop {
            let unread = &self.buf[self.start..self.end];
            if let Some(at) = unread[searched..].find_byte(delimiter) {
                break self.start + searched + at + 1;
            }
            searched = unread.len();
            if !self.fill().await? {
                break self.end;
            }
        };
        let line = self.start..end;
        self.start = end;
        Ok(if line.is_empty() { None } else { Some(&self.buf[line]) })
    }

    /// Some bytes as they come, at most until the end of the buffer; empty at the end of file.
    pub async fn next_chunk(&mut self) -> Result<&[u8]> {
        if self.start == self.end {
            self.fill().await?;
        }
        let chunk = self.start..self.end;
        self.start = self.end;
        Ok(&self.buf[chunk])
    }

    /// The last bytes of what [`Lines::next_chunk`] gave.
    pub fn last_of_chunk(&self, count: usize) -> &[u8] {
        &self.buf[self.start.saturating_sub(count)..self.start]
    }

    /// Reads more behind what is unread; false at the end of file.
    async fn fill(&mut self) -> Result<bool> {
        if self.eof {
            return Ok(false);
        }
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buf.len() {
            let more = self.buf.len().max(INITIAL);
            self.buf.try_reserve_exact(more).map_err(|_| Errno::ENOMEM)?;
            self.buf.resize(self.buf.len() + more, 0);
        }
        let n = self.fd.read(&mut self.buf[self.end..]).await?;
        self.end += n;
        self.eof = n == 0;
        Ok(n > 0)
    }
}
