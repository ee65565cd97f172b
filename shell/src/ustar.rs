//! The blocks of a tar archive: the POSIX `ustar` format with the extensions that `tar` programs write today, which are
//! GNU long names and pax records for path, link target, size, time and owner.
//!
//! What reads whole archives is elsewhere: the command `tar`, from a stream, and the file system of an archive in
//! memory. The bytes are not trusted; nothing here can panic. (The crates for tar without std know no long names.)

use alloc::{borrow::Cow, format, vec::Vec};
use bstr::ByteSlice;
use core::ops::Range;

/// Archives consist of blocks of so many bytes.
pub const BLOCK: usize = 512;

/// Where in a header block its fields are (POSIX.1-2024 pax, "ustar Interchange Format").
mod field {
    use core::ops::Range;
    pub const NAME: Range<usize> = 0..100;
    pub const MODE: Range<usize> = 100..108;
    pub const UID: Range<usize> = 108..116;
    pub const GID: Range<usize> = 116..124;
    pub const SIZE: Range<usize> = 124..136;
    pub const MTIME: Range<usize> = 136..148;
    pub const CHECKSUM: Range<usize> = 148..156;
    pub const TYPE: usize = 156;
    pub const LINK: Range<usize> = 157..257;
    /// Ends with a zero byte in POSIX archives only; old GNU ones keep other things in `PREFIX`.
    pub const MAGIC: Range<usize> = 257..263;
    pub const VERSION: Range<usize> = 263..265;
    pub const USER: Range<usize> = 265..297;
    pub const GROUP: Range<usize> = 297..329;
    pub const PREFIX: Range<usize> = 345..500;
}

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Another name for the file at this path.
    HardLink(Cow<'a, [u8]>),
    /// A link that leads there.
    Symlink(Cow<'a, [u8]>),
    /// A pipe with a name.
    Fifo,
    /// Something that is not shown here; the type byte of its header.
    Other(u8),
}

/// One member, with its path as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its path.
    pub path: Cow<'a, [u8]>,
    /// What it is.
    pub kind: Kind<'a>,
    /// Permission bits.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Time of last change in seconds since the epoch.
    pub modified_s: u64,
}

/// What a header block begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Nothing: all of its bytes are zero, as at the end of an archive.
    Zeros,
    /// So many bytes that say something of the member that follows: to be given to [`Extra::take`].
    Extra(u64),
    /// A member with so many bytes of data.
    Member(u64),
}

/// Why a block is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Its checksum is wrong.
    Checksum,
    /// A number in it cannot be read.
    Number,
}

/// What extension headers say of the member that follows them.
#[derive(Default)]
pub struct Extra<'a> {
    path: Option<&'a [u8]>,
    link: Option<&'a [u8]>,
    size: Option<u64>,
    modified_s: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
}

impl<'a> Extra<'a> {
    /// Looks at a header block of [`BLOCK`] bytes.
    pub fn look(&self, header: &[u8]) -> Result<Block, Bad> {
        if header.iter().all(|&byte| byte == 0) {
            return Ok(Block::Zeros);
        }
        if header.len() != BLOCK || !checksum_is_right(header) {
            return Err(Bad::Checksum);
        }
        let size = number(&header[field::SIZE]).ok_or(Bad::Number)?;
        Ok(match header[field::TYPE] {
            b'L' | b'K' | b'x' | b'g' => Block::Extra(size),
            // Directories and links have no data, whatever their size says.
            b'1'..=b'6' => Block::Member(0),
            _ => Block::Member(self.size.unwrap_or(size)),
        })
    }

    /// Takes the bytes that follow a header block which [`Extra::look`] found to be [`Block::Extra`].
    pub fn take(&mut self, header: &[u8], data: &'a [u8]) -> Result<(), Bad> {
        match header.get(field::TYPE) {
            Some(b'L') => self.path = Some(until_zero(data)),
            Some(b'K') => self.link = Some(until_zero(data)),
            Some(b'x') => self.pax(data).ok_or(Bad::Number)?,
            _ => {} // comments and defaults for all members: nothing that is shown here
        }
        Ok(())
    }

    /// Takes pax records, each `LENGTH KEY=VALUE\n`, its length counted in. `None` when they are damaged.
    fn pax(&mut self, mut records: &'a [u8]) -> Option<()> {
        fn read<T: core::str::FromStr>(text: &[u8]) -> Option<T> {
            text.to_str().ok()?.parse().ok()
        }
        while !records.is_empty() {
            let space = records.find_byte(b' ')?;
            let length: usize = read(&records[..space])?;
            let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
            let equals = record.find_byte(b'=')?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.path = Some(value),
                b"linkpath" => self.link = Some(value),
                b"size" => self.size = Some(read(value)?),
                b"uid" => self.uid = Some(read(value)?),
                b"gid" => self.gid = Some(read(value)?),
                // Seconds with a fraction, which is not kept; a time before the epoch is the epoch.
                b"mtime" => {
                    let seconds = value.split_str(b".").next()?;
                    self.modified_s = Some(read::<i64>(seconds)?.max(0) as u64);
                }
                _ => {}
            }
            records = &records[length..];
        }
        Some(())
    }

    /// The member of a header block which [`Extra::look`] found to be [`Block::Member`].
    pub fn member(self, header: &'a [u8]) -> Member<'a> {
        let path = match self.path {
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
        let link = self.link.unwrap_or_else(|| until_zero(&header[field::LINK]));
        let kind = match header[field::TYPE] {
            b'0' | b'7' | 0 if path.ends_with(b"/") => Kind::Directory, // as before POSIX
            b'0' | b'7' | 0 => Kind::File,
            b'1' => Kind::HardLink(link.into()),
            b'2' => Kind::Symlink(link.into()),
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            other => Kind::Other(other),
        };
        let small =
            |range: Range<usize>| number(&header[range]).and_then(|number| u32::try_from(number).ok());
        Member {
            path,
            kind,
            mode: number(&header[field::MODE]).unwrap_or(0o644) as u16 & 0o7777,
            uid: self.uid.or_else(|| small(field::UID)).unwrap_or(0),
            gid: self.gid.or_else(|| small(field::GID)).unwrap_or(0),
            modified_s: self.modified_s.or_else(|| number(&header[field::MTIME])).unwrap_or(0),
        }
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.find_byte(0).unwrap_or(bytes.len())]
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

/// The sum of all bytes of the header, with blanks in place of the sum itself.
fn checksum(header: &[u8], value: fn(u8) -> i64) -> i64 {
    let outside = header.iter().enumerate().filter(|(at, _)| !field::CHECKSUM.contains(at));
    outside.map(|(_, &byte)| value(byte)).sum::<i64>() + i64::from(b' ') * field::CHECKSUM.len() as i64
}

/// Some old programs summed signed bytes.
fn checksum_is_right(header: &[u8]) -> bool {
    let told = number(&header[field::CHECKSUM]).and_then(|sum| i64::try_from(sum).ok());
    told.is_some_and(|sum| {
        sum == checksum(header, i64::from) || sum == checksum(header, |byte| i64::from(byte as i8))
    })
}

/// The header blocks of a member with `size` bytes of data, with pax records before it where something is too long for
/// its field.
pub fn write(member: &Member<'_>, size: u64) -> Vec<u8> {
    let mut records = Vec::new();
    let (prefix, name) = split(&member.path).unwrap_or_else(|| {
        record(&mut records, "path", &member.path);
        (&[], &member.path[..member.path.len().min(field::NAME.len())])
    });
    let (letter, link): (u8, &[u8]) = match &member.kind {
        Kind::File => (b'0', b""),
        Kind::HardLink(target) => (b'1', target),
        Kind::Symlink(target) => (b'2', target),
        Kind::Directory => (b'5', b""),
        Kind::Fifo => (b'6', b""),
        Kind::Other(letter) => (*letter, b""),
    };
    if link.len() > field::LINK.len() {
        record(&mut records, "linkpath", link);
    }
    let mut numbers = [(field::SIZE, "size", size), (field::MTIME, "mtime", member.modified_s)].to_vec();
    numbers.push((field::UID, "uid", member.uid.into()));
    numbers.push((field::GID, "gid", member.gid.into()));
    for (range, key, number) in &mut numbers {
        if *number >= 1 << (3 * (range.len() as u64 - 1)) {
            record(&mut records, key, format!("{number}").as_bytes());
            *number = 0;
        }
    }
    let mut blocks = Vec::new();
    if !records.is_empty() {
        let size = records.len() as u64;
        let fields = [(field::SIZE, size), (field::MODE, 0o644), (field::MTIME, 0)];
        blocks.extend(header(b'x', b"././@PaxHeader", b"", b"", &fields));
        blocks.extend_from_slice(&records);
        blocks.resize(blocks.len().next_multiple_of(BLOCK), 0);
    }
    let mut fields: Vec<(Range<usize>, u64)> =
        numbers.into_iter().map(|(range, _, number)| (range, number)).collect();
    fields.push((field::MODE, member.mode.into()));
    blocks.extend(header(letter, name, prefix, link, &fields));
    blocks
}

/// What of a path goes into the fields for prefix and name; `None` if it does not fit.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= field::NAME.len() {
        return Some((b"", path));
    }
    let slash = |at: &usize| {
        let rest = path.len() - at - 1;
        path[*at] == b'/' && *at > 0 && *at <= field::PREFIX.len() && (1..=field::NAME.len()).contains(&rest)
    };
    let at = (0..path.len()).find(slash)?;
    Some((&path[..at], &path[at + 1..]))
}

/// Adds a pax record. Its length counts its own digits.
fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3; // the blank, the equals sign, the newline
    let mut length = rest + 1;
    while length != rest + format!("{length}").len() {
        length = rest + format!("{length}").len();
    }
    records.extend_from_slice(format!("{length} {key}=").as_bytes());
    records.extend_from_slice(value);
    records.push(b'\n');
}

fn header(
    letter: u8,
    name: &[u8],
    prefix: &[u8],
    link: &[u8],
    numbers: &[(Range<usize>, u64)],
) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |range: Range<usize>, text: &[u8]| {
        let text = &text[..text.len().min(range.len())];
        block[range.start..range.start + text.len()].copy_from_slice(text);
    };
    put(field::NAME, name);
    put(field::PREFIX, prefix);
    put(field::LINK, link);
    put(field::MAGIC, b"ustar\0");
    put(field::VERSION, b"00");
    put(field::USER, b"root");
    put(field::GROUP, b"root");
    put(field::TYPE..field::TYPE + 1, &[letter]);
    for (range, number) in [(field::UID, 0), (field::GID, 0)].iter().chain(numbers) {
        put(range.clone(), format!("{number:0width$o}", width = range.len() - 1).as_bytes());
    }
    let sum = checksum(&block, i64::from);
    block[field::CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what [`write`] has made.
    fn read(blocks: &[u8]) -> (Member<'_>, u64) {
        let (mut extra, mut at) = (Extra::default(), 0);
        loop {
            let header = &blocks[at..at + BLOCK];
            at += BLOCK;
            match extra.look(header).unwrap() {
                Block::Extra(size) => {
                    extra.take(header, &blocks[at..at + size as usize]).unwrap();
                    at += (size as usize).next_multiple_of(BLOCK);
                }
                Block::Member(size) => {
                    assert_eq!(at, blocks.len());
                    return (extra.member(header), size);
                }
                Block::Zeros => panic!("nothing was written"),
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = |n: usize| -> Cow<'static, [u8]> { alloc::vec![b'n'; n].into() };
        let paths = [
            b"a".as_slice().into(),
            long(100),
            long(101),
            long(300),
            [long(150), b"/".into(), long(90)].concat().into(),
            [long(160), b"/".into(), long(90)].concat().into(),
            b"dir/".as_slice().into(),
        ];
        for path in paths {
            for kind in [
                Kind::File,
                Kind::Directory,
                Kind::Fifo,
                Kind::Symlink(long(100)),
                Kind::HardLink(long(101)),
                Kind::Symlink(long(985)), // a record whose length gets one more digit
            ] {
                let kind = if path.ends_with(b"/") { Kind::Directory } else { kind };
                let size = if kind == Kind::File { 1 << 40 } else { 0 };
                let path = path.clone();
                let member = Member { path, kind, mode: 0o4751, uid: 3_000_000, gid: 5, modified_s: 1 << 34 };
                assert_eq!(read(&write(&member, size)), (member.clone(), size), "{member:?}");
            }
        }
    }
}
