//! Reading a tar archive in place: the chain of its headers. What is in them is read by [`pollux_shell::ustar`].
//!
//! The bytes are not trusted. Whatever breaks the chain of headers ends the reading with an error that
//! says where; nothing here can panic.

use core::{fmt, ops::Range};
use pollux_shell::ustar::{BLOCK, Bad, Block, Extra, Member};

/// Why an archive cannot be read, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveError {
    /// The block there is not a header: its checksum is wrong.
    NotAHeader(usize),
    /// A number in the header there cannot be read.
    BadNumber(usize),
    /// The archive ends inside the member that begins there.
    Truncated(usize),
    /// There is no memory for the list of its files.
    OutOfMemory,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAHeader(at) => {
                write!(f, "no tar header at byte {at}: the archive is damaged or not a tar")
            }
            Self::BadNumber(at) => write!(f, "the tar header at byte {at} has a number that cannot be read"),
            Self::Truncated(at) => write!(f, "the archive ends inside the member at byte {at}"),
            Self::OutOfMemory => f.write_str("no memory for the list of files in the archive"),
        }
    }
}

impl core::error::Error for ArchiveError {}

/// Goes through the members, each with where its data is; ends after the first error.
pub(super) struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Members<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self) -> Result<Option<(Member<'a>, Range<usize>)>, ArchiveError> {
        let mut extra = Extra::default();
        let first = self.at;
        loop {
            let at = self.at;
            if at >= self.bytes.len() && at == first {
                return Ok(None); // without the two blocks of zeros that should be there: harmless
            }
            let header = self.bytes.get(at..at + BLOCK).ok_or(ArchiveError::Truncated(first))?;
            let bad = |bad| match bad {
                Bad::Checksum => ArchiveError::NotAHeader(at),
                Bad::Number => ArchiveError::BadNumber(at),
            };
            match extra.look(header).map_err(bad)? {
                Block::Zeros if at == first => return Ok(None),
                Block::Zeros => return Err(ArchiveError::Truncated(first)),
                Block::Extra(size) => {
                    let data = self.data(at, size)?;
                    extra.take(header, &self.bytes[data]).map_err(bad)?;
                }
                Block::Member(size) => {
                    let data = self.data(at, size)?;
                    return Ok(Some((extra.member(header), data)));
                }
            }
        }
    }

    /// Where the data of the header at `at` is; moves on to the next header.
    fn data(&mut self, at: usize, size: u64) -> Result<Range<usize>, ArchiveError> {
        let start = at + BLOCK;
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let end = end.filter(|&end| end <= self.bytes.len()).ok_or(ArchiveError::Truncated(at))?;
        // The padding of the last member may be missing; `end` is at most the length of a slice, so
        // rounding it up cannot overflow.
        self.at = end.next_multiple_of(BLOCK).min(self.bytes.len().max(end));
        Ok(start..end)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<(Member<'a>, Range<usize>), ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.bytes = &[];
            self.at = 0;
        }
        item
    }
}
