//! Reading a tar archive in place: the POSIX `ustar` format with the extensions that `tar` programs
//! write today, which are GNU long names and pax records for path, link target, size and time.
//!
//! The bytes are not trusted. Whatever breaks the chain of headers ends the reading with an error that
//! says where; nothing here can panic. (`tar-no-std` knows no long names, and refuses archives that
//! have some.)

use alloc::borrow::Cow;
use core::{fmt, ops::Range};

const BLOCK: usize = 512;

/// Where in a header block its fields are (POSIX.1-2024 pax, "ustar Interchange Format").
mod field {
    use core::ops::Range;
    pub const NAME: Range<usize> = 0..100;
    pub const MODE: Range<usize> = 100..108;
    pub const SIZE: Range<usize> = 124..136;
    pub const MTIME: Range<usize> = 136..148;
    pub const CHECKSUM: Range<usize> = 148..156;
    pub const TYPE: usize = 156;
    pub const LINK: Range<usize> = 157..257;
    /// Ends with a zero byte in POSIX archives only; old GNU ones keep other things in `PREFIX`.
    pub const MAGIC: Range<usize> = 257..263;
    pub const PREFIX: Range<usize> = 345..500;
}

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

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    File,
    Directory,
    /// Another name for the file at this path.
    HardLink(Cow<'a, [u8]>),
    /// A link that leads there.
    Symlink(Cow<'a, [u8]>),
    /// Something that is not shown here; the type byte of its header.
    Other(u8),
}

/// One member, with its path as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub path: Cow<'a, [u8]>,
    pub kind: Kind<'a>,
    pub mode: u16,
    pub modified_s: u64,
    /// Where its data is in the archive.
    pub data: Range<usize>,
}

/// Goes through the members; ends after the first error.
pub(super) struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// What extension headers say of the member that follows them.
#[derive(Default)]
struct Extra<'a> {
    path: Option<&'a [u8]>,
    link: Option<&'a [u8]>,
    size: Option<u64>,
    modified_s: Option<u64>,
}

impl<'a> Members<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self) -> Result<Option<Member<'a>>, ArchiveError> {
        let mut extra = Extra::default();
        let first = self.at;
        loop {
            let at = self.at;
            if at >= self.bytes.len() && at == first {
                return Ok(None); // without the two blocks of zeros that should be there: harmless
            }
            let header = self.bytes.get(at..at + BLOCK).ok_or(ArchiveError::Truncated(first))?;
            if header.iter().all(|&byte| byte == 0) {
                return if at == first { Ok(None) } else { Err(ArchiveError::Truncated(first)) };
            }
            if !checksum_is_right(header) {
                return Err(ArchiveError::NotAHeader(at));
            }
            let kind = header[field::TYPE];
            let own_size = number(&header[field::SIZE]).ok_or(ArchiveError::BadNumber(at))?;
            let size = match kind {
                b'L' | b'K' | b'x' | b'g' => own_size,
                // Directories and links have no data, whatever their size says.
                b'1'..=b'6' => 0,
                _ => extra.size.unwrap_or(own_size),
            };
            let data = self.data(at, size)?;
            match kind {
                b'L' => extra.path = Some(until_zero(&self.bytes[data])),
                b'K' => extra.link = Some(until_zero(&self.bytes[data])),
                b'x' => extra.pax(&self.bytes[data]).ok_or(ArchiveError::BadNumber(at))?,
                b'g' => {} // comments and defaults for all members: nothing that is shown here
                _ => return Ok(Some(member(header, data, extra))),
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
    type Item = Result<Member<'a>, ArchiveError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read().transpose();
        if !matches!(item, Some(Ok(_))) {
            self.bytes = &[];
            self.at = 0;
        }
        item
    }
}

impl<'a> Extra<'a> {
    /// Takes pax records, each `LENGTH KEY=VALUE\n`, its length counted in. `None` when they are damaged.
    fn pax(&mut self, mut records: &'a [u8]) -> Option<()> {
        while !records.is_empty() {
            let space = records.iter().position(|&byte| byte == b' ')?;
            let length: usize = core::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
            let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.iter().position(|&byte| byte == b'=')?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.path = Some(value),
                b"linkpath" => self.link = Some(value),
                b"size" => self.size = Some(core::str::from_utf8(value).ok()?.parse().ok()?),
                // Seconds with a fraction, which is not kept; a time before the epoch is the epoch.
                b"mtime" => {
                    let seconds = core::str::from_utf8(value).ok()?.split('.').next()?;
                    self.modified_s = Some(seconds.parse::<i64>().ok()?.max(0) as u64);
                }
                _ => {}
            }
            records = &records[length..];
        }
        Some(())
    }
}

fn member<'a>(header: &'a [u8], data: Range<usize>, extra: Extra<'a>) -> Member<'a> {
    let path = match extra.path {
        Some(path) => Cow::Borrowed(path),
        None => {
            let name = until_zero(&header[field::NAME]);
            let prefix = until_zero(&header[field::PREFIX]);
            if &header[field::MAGIC] == b"ustar\0" && !prefix.is_empty() {
                Cow::Owned([prefix, b"/", name].concat())
            } else {
                Cow::Borrowed(name)
            }
        }
    };
    let kind = match header[field::TYPE] {
        b'0' | b'7' | 0 if path.ends_with(b"/") => Kind::Directory, // as before POSIX
        b'0' | b'7' | 0 => Kind::File,
        b'1' => Kind::HardLink(extra.link.unwrap_or_else(|| until_zero(&header[field::LINK])).into()),
        b'2' => Kind::Symlink(extra.link.unwrap_or_else(|| until_zero(&header[field::LINK])).into()),
        b'5' => Kind::Directory,
        other => Kind::Other(other),
    };
    let modified_s = extra.modified_s.or_else(|| number(&header[field::MTIME])).unwrap_or(0);
    let mode = number(&header[field::MODE]).unwrap_or(0o644) as u16 & 0o7777;
    Member { path, kind, mode, modified_s, data }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len())]
}

/// A number field: octal digits, or, where the first bit is set, binary with the high byte first.
/// `None` when it is neither, or negative, or too large.
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes[0] & 0x80 != 0 {
        let (&first, rest) = bytes.split_first()?;
        return rest.iter().try_fold(u64::from(first & 0x7f), |sum, &byte| {
            sum.checked_mul(256).map(|sum| sum | u64::from(byte))
        });
    }
    let text = core::str::from_utf8(until_zero(bytes)).ok()?.trim_matches(' ');
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// The sum of all bytes of the header, with blanks in place of the sum itself. Some old programs summed
/// signed bytes.
fn checksum_is_right(header: &[u8]) -> bool {
    let outside = || header.iter().enumerate().filter(|(at, _)| !field::CHECKSUM.contains(at));
    let blanks = i64::from(b' ') * field::CHECKSUM.len() as i64;
    let unsigned: i64 = outside().map(|(_, &byte)| i64::from(byte)).sum();
    let signed: i64 = outside().map(|(_, &byte)| i64::from(byte as i8)).sum();
    number(&header[field::CHECKSUM])
        .and_then(|sum| i64::try_from(sum).ok())
        .is_some_and(|sum| sum == unsigned + blanks || sum == signed + blanks)
}
