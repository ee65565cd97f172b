//! Buffered standard output.
//!
//! Dropping it loses what is in the buffer (a drop cannot wait), so every command ends with
//! [`Output::finish`]. To a terminal it flushes after every line.

use alloc::vec::Vec;
use bstr::ByteSlice;
use core::fmt;

use super::{BROKEN_PIPE, Ended, Outcome, complain};
use crate::{errno::Errno, fd::Fd, process::Process};

/// How much is gathered before it is written.
const FULL: usize = 16 * 1024;

/// Buffered standard output of a command. A failed write ends the command: a broken pipe silently,
/// anything else with a message.
pub struct Output<'p> {
    process: &'p Process,
    number: usize,
    buf: Vec<u8>,
    terminal: bool,
}

impl<'p> Output<'p> {
    /// Standard output of `process`.
    pub fn new(process: &'p Process) -> Self {
        Self::to(process, 1)
    }

    /// The descriptor `number` of `process`.
    pub fn to(process: &'p Process, number: usize) -> Self {
        let terminal = process.fds.get(number).is_ok_and(|file| file.terminal().is_some());
        Self { process, number, buf: Vec::new(), terminal }
    }

    /// Whose output it is.
    pub fn process(&self) -> &'p Process {
        self.process
    }

    /// Whether it goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Gathers bytes without writing. A bounded number of times between calls of [`Output::settle`].
    pub fn push(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
    }

    /// Writes if there is much, or if this is a terminal and a line is complete.
    pub async fn settle(&mut self) -> Result<(), Ended> {
        if self.buf.len() >= FULL || self.terminal && self.buf.contains(&b'\n') {
            self.flush().await?;
        }
        Ok(())
    }

    /// Gathers bytes and writes if there is much; large pieces go out uncopied.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        if bytes.len() >= FULL {
            self.flush().await?;
            return self.write_through(bytes).await;
        }
        self.push(bytes);
        self.settle().await
    }

    /// Writes all that was gathered.
    pub async fn flush(&mut self) -> Result<(), Ended> {
        let mut buf = core::mem::take(&mut self.buf);
        let result = self.write_through(&buf).await;
        buf.clear();
        self.buf = buf;
        result
    }

    /// Flushes and ends with `status`.
    pub async fn finish(mut self, status: u8) -> Outcome {
        self.flush().await?;
        Ok(status)
    }

    async fn write_through(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        match Fd::new(&self.process.fds, self.number).write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(error) => Err(write_failed(self.process, error).await),
        }
    }
}

/// How a command ends that cannot write its standard output.
pub async fn write_failed(p: &Process, error: Errno) -> Ended {
    if error == Errno::EPIPE {
        return Ended(BROKEN_PIPE);
    }
    complain(p, alloc::format!("write error: {error}")).await;
    Ended(1)
}

/// Gathers without writing, like [`Output::push`].
impl fmt::Write for Output<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// Writes a line made of pieces.
impl Output<'_> {
    /// Writes the pieces one after the other.
    pub async fn write_all(&mut self, pieces: &[&[u8]]) -> Result<(), Ended> {
        pieces.iter().for_each(|piece| self.push(piece));
        self.settle().await
    }

    /// Writes `line` with a newline, unless it has one.
    pub async fn write_line(&mut self, line: &[u8]) -> Result<(), Ended> {
        self.push(line.strip_suffix(b"\n").unwrap_or(line).as_bytes());
        self.push(b"\n");
        self.settle().await
    }
}
