//! The text that `less` shows, in blocks. Nothing here but [`Text::load`] waits: who looks at bytes that are not in
//! memory gets [`Missing`], has them loaded, and looks again. So whatever is being done can be given up for a key.
//!
//! Of a file a bounded number of blocks is kept, those used last. What came through a pipe cannot be had again: it is
//! kept up to [`PIPE_LIMIT`], and then its beginning is let go. Either way no more is read than somebody asked for.

use alloc::{collections::VecDeque, vec::Vec};
use bstr::ByteSlice;

use crate::{
    env::{FileType, Result, SeekFrom},
    errno::Errno,
    io::Opened,
};

/// Bytes in a block.
const BLOCK: u64 = 16 << 10;
/// A longer line is shown as several.
pub const LONGEST_LINE: u64 = BLOCK;
/// Blocks of a file in memory: more than a screen of the longest lines.
const FILE_BLOCKS: usize = 512;
/// How much of a pipe is kept, in bytes.
pub const PIPE_LIMIT: u64 = 8 << 20;

/// The bytes at this place have to be loaded first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub u64);

/// A text of which parts are in memory.
pub struct Text {
    source: Source,
    /// Of a file: the one used last in front. Of a pipe: in order, all but the last full.
    blocks: VecDeque<Block>,
    /// Where what is known ends.
    end: u64,
    /// Why reading ended before the end did.
    pub error: Option<Errno>,
}

enum Source {
    File(Opened),
    Pipe {
        from: Opened,
        finished: bool,
        /// How many lines were in what was let go.
        lost_lines: u64,
    },
    Memory(Vec<u8>),
}

struct Block {
    /// Its number: it begins at `index * BLOCK`.
    index: u64,
    bytes: Vec<u8>,
}

/// A line: its bytes are from `start` to `end`, and the next one begins at `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub start: u64,
    pub end: u64,
    pub next: u64,
}

impl Text {
    /// The text of an open file, from its beginning where it has one.
    pub fn new(from: Opened) -> Text {
        // A file of `/proc` has no size before it is read, so that is read like a pipe.
        let size = from.file().and_then(|file| match file.metadata()?.kind {
            FileType::Regular => file.seek(SeekFrom::End(0)),
            _ => Err(Errno::ESPIPE),
        });
        let (source, end) = match size {
            Ok(end @ 1..) => (Source::File(from), end),
            _ => (Source::Pipe { from, finished: false, lost_lines: 0 }, 0),
        };
        Text { source, blocks: VecDeque::new(), end, error: None }
    }

    /// A text that is there already.
    pub fn memory(bytes: Vec<u8>) -> Text {
        let end = bytes.len() as u64;
        Text { source: Source::Memory(bytes), blocks: VecDeque::new(), end, error: None }
    }

    /// Where what can be shown begins.
    pub fn start(&self) -> u64 {
        match (&self.source, self.blocks.front()) {
            (Source::Pipe { .. }, Some(first)) => first.index * BLOCK,
            _ => 0,
        }
    }

    /// How many lines are gone for good before [`Text::start`].
    pub fn lost_lines(&self) -> u64 {
        match self.source {
            Source::Pipe { lost_lines, .. } => lost_lines,
            _ => 0,
        }
    }

    /// Where what is known ends.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Whether it may become longer by itself, and [`Text::load`] of its end waits for that.
    pub fn grows(&self) -> bool {
        matches!(self.source, Source::Pipe { finished: false, .. })
    }

    /// Takes notice of what was added to a file.
    pub fn look_again(&mut self) {
        let Source::File(file) = &self.source else { return };
        let Ok(end) = file.file().and_then(|file| file.seek(SeekFrom::End(0))) else { return };
        if end != self.end {
            let changed = end.min(self.end) / BLOCK;
            self.blocks.retain(|block| block.index < changed);
            self.end = end;
        }
    }

    /// The bytes from `at` to the end of a block; none at the end of the text.
    pub fn from(&mut self, at: u64) -> core::result::Result<&[u8], Missing> {
        if at >= self.end {
            return if self.grows() { Err(Missing(self.end)) } else { Ok(&[]) };
        }
        let bytes = self.block(at)?;
        let skip = (at % BLOCK) as usize;
        Ok(bytes.get(skip..).unwrap_or_default())
    }

    /// The bytes of a block that stand before `at`; none at the beginning.
    pub fn before(&mut self, at: u64) -> core::result::Result<&[u8], Missing> {
        if at <= self.start() {
            return Ok(&[]);
        }
        let bytes = self.block(at - 1)?;
        let count = ((at - 1) % BLOCK + 1) as usize;
        Ok(bytes.get(..count).unwrap_or(bytes))
    }

    /// The block that has the byte `at`, which is before the end.
    fn block(&mut self, at: u64) -> core::result::Result<&[u8], Missing> {
        let index = at / BLOCK;
        if let Source::Memory(bytes) = &self.source {
            let from = (index * BLOCK) as usize;
            return Ok(&bytes[from..bytes.len().min(from + BLOCK as usize)]);
        }
        let place = match &self.source {
            Source::Pipe { .. } => {
                // What was let go cannot be asked for: `start` is after it.
                let first = self.blocks.front().map_or(0, |first| first.index);
                index.checked_sub(first).map(|place| place as usize)
            }
            _ => {
                let place = self.blocks.iter().position(|block| block.index == index);
                if let Some(place @ 1..) = place
                    && let Some(block) = self.blocks.remove(place)
                {
                    self.blocks.push_front(block);
                }
                place.map(|_| 0)
            }
        };
        place.and_then(|place| self.blocks.get(place)).map(|block| block.bytes.as_slice()).ok_or(Missing(at))
    }

    /// The line that begins at `start`; `None` at the end.
    pub fn line(&mut self, start: u64) -> core::result::Result<Option<Line>, Missing> {
        let mut at = start;
        while at - start < LONGEST_LINE {
            let bytes = self.from(at)?;
            if bytes.is_empty() {
                break;
            }
            if let Some(newline) = bytes.find_byte(b'\n') {
                let end = at + newline as u64;
                if end - start >= LONGEST_LINE {
                    break;
                }
                return Ok(Some(Line { start, end, next: end + 1 }));
            }
            at += bytes.len() as u64;
        }
        let end = at.min(start + LONGEST_LINE);
        Ok((end > start).then_some(Line { start, end, next: end }))
    }

    /// Where the line before the one that begins at `start` begins; `None` at the beginning.
    pub fn line_before(&mut self, start: u64) -> core::result::Result<Option<u64>, Missing> {
        let first = self.start();
        if start <= first {
            return Ok(None);
        }
        let lowest = start.saturating_sub(LONGEST_LINE).max(first);
        // Its own newline does not begin it.
        let mut at = start - 1;
        while at > lowest {
            let bytes = self.before(at)?;
            if bytes.is_empty() {
                break;
            }
            if let Some(newline) = bytes.rfind_byte(b'\n') {
                let begin = at - (bytes.len() - newline) as u64 + 1;
                return Ok(Some(begin.max(lowest)));
            }
            at -= bytes.len() as u64;
        }
        Ok(Some(lowest))
    }

    /// Replaces `to` by the bytes of a line.
    pub fn copy(&mut self, line: Line, to: &mut Vec<u8>) -> core::result::Result<(), Missing> {
        to.clear();
        let mut at = line.start;
        while at < line.end {
            let bytes = self.from(at)?;
            let count = bytes.len().min((line.end - at) as usize);
            if count == 0 {
                break;
            }
            to.extend_from_slice(&bytes[..count]);
            at += count as u64;
        }
        Ok(())
    }

    /// Brings the bytes at `at` into memory, or finds out that the text ends there. May be dropped while it waits.
    pub async fn load(&mut self, Missing(at): Missing) {
        let loaded = match self.source {
            Source::File(_) => self.load_block(at / BLOCK).await,
            Source::Pipe { .. } => self.load_more().await,
            Source::Memory(_) => Ok(()),
        };
        if let Err(error) = loaded {
            self.error = Some(error);
            match &mut self.source {
                Source::Pipe { finished, .. } => *finished = true,
                _ => self.end = at.min(self.end),
            }
        }
    }

    async fn load_block(&mut self, index: u64) -> Result<()> {
        let Source::File(file) = &self.source else { return Ok(()) };
        while self.blocks.len() >= FILE_BLOCKS {
            self.blocks.pop_back();
        }
        let mut bytes = crate::io::buffer(BLOCK as usize)?;
        let mut filled = 0;
        while filled < bytes.len() {
            let at = index * BLOCK + filled as u64;
            if at >= self.end {
                break;
            }
            file.file()?.seek(SeekFrom::Start(at))?;
            match file.read(&mut bytes[filled..]).await? {
                0 => {
                    self.end = at; // it was cut short
                    break;
                }
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        self.blocks.push_front(Block { index, bytes });
        Ok(())
    }

    async fn load_more(&mut self) -> Result<()> {
        let Source::Pipe { from, finished, lost_lines } = &mut self.source else { return Ok(()) };
        if self.end.is_multiple_of(BLOCK) && self.blocks.back().is_none_or(|last| !last.bytes.is_empty()) {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(BLOCK as usize).map_err(|_| Errno::ENOMEM)?;
            self.blocks.push_back(Block { index: self.end / BLOCK, bytes });
        }
        let Some(last) = self.blocks.back_mut() else { return Ok(()) };
        let mut chunk = [0; 4096];
        let room = chunk.len().min(BLOCK as usize - last.bytes.len());
        let count = from.read(&mut chunk[..room]).await?;
        last.bytes.extend_from_slice(&chunk[..count]);
        self.end += count as u64;
        *finished = count == 0;
        while self.blocks.len() as u64 * BLOCK > PIPE_LIMIT
            && let Some(first) = self.blocks.pop_front()
        {
            *lost_lines += first.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        }
        Ok(())
    }
}
