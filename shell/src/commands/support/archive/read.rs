//! Reading an archive as a stream: its members one after the other, each with its data.

use alloc::{borrow::Cow, format, vec::Vec};

use crate::{
    fd::Fd,
    io::{self, Ended},
    process::Process,
    ustar::{BLOCK, Bad, Block, Extra, Kind, Member},
};

/// What a header may say of a member at most: far more than a path is good for.
const MAX_EXTRA: u64 = 1 << 20;

pub(super) struct Archive<'p> {
    /// Where the last member ended.
    end: u64,
    p: &'p Process,
    file: Fd,
    /// How many bytes were read.
    at: u64,
    /// How many bytes of the member's data were not, and of what fills its last block.
    left: u64,
    padding: u64,
    chunk: Vec<u8>,
}

impl<'p> Archive<'p> {
    pub async fn new(p: &'p Process, file: Fd) -> Result<Self, Ended> {
        let chunk = io::buffer_or_complain(p, io::CHUNK).await?;
        Ok(Self { end: 0, p, file, at: 0, left: 0, padding: 0, chunk })
    }

    /// The next member, and how many bytes of data it has. What of the last one's was not read is passed over.
    pub async fn next(&mut self) -> Result<Option<(Member<'static>, u64)>, Ended> {
        while !self.data().await?.is_empty() {}
        self.pass_padding().await?;
        let first = self.at;
        self.end = first;
        let mut extras: Vec<([u8; BLOCK], Vec<u8>)> = Vec::new();
        loop {
            let at = self.at;
            let mut header = [0; BLOCK];
            if self.fill(&mut header, first).await? == 0 && extras.is_empty() {
                return Ok(None); // without the two blocks of zeros that should be there: harmless
            }
            let mut extra = Extra::default();
            for (header, data) in &extras {
                if extra.take(header, data).is_err() {
                    return Err(self.damaged(at, "what is said of the next member cannot be read").await);
                }
            }
            match extra.look(&header) {
                Ok(Block::Zeros) if extras.is_empty() => {
                    self.drain().await;
                    return Ok(None);
                }
                Ok(Block::Zeros) => return Err(self.damaged(at, "a member is missing").await),
                Ok(Block::Extra(size)) if size <= MAX_EXTRA => {
                    let mut data = io::buffer_or_complain(self.p, size as usize).await?;
                    self.fill(&mut data, first).await?;
                    self.padding = size.next_multiple_of(BLOCK as u64) - size;
                    self.pass_padding().await?;
                    extras.push((header, data));
                }
                Ok(Block::Extra(_)) => {
                    return Err(self.damaged(at, "a name is longer than names can be").await);
                }
                Ok(Block::Member(size)) => {
                    self.left = size;
                    self.padding = size.checked_next_multiple_of(BLOCK as u64).unwrap_or(size) - size;
                    return Ok(Some((owned(extra.member(&header)), size)));
                }
                Err(Bad::Number) => return Err(self.damaged(at, "a number cannot be read").await),
                Err(Bad::Checksum) => {
                    return Err(self.damaged(at, "this does not look like a tar archive").await);
                }
            }
        }
    }

    /// Where the members end, once there is no next one.
    pub fn end_of_members(&self) -> u64 {
        self.end
    }

    /// Some more of the member's data; nothing at its end.
    pub async fn data(&mut self) -> Result<&[u8], Ended> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.chunk.len());
        if room == 0 {
            return Ok(&[]);
        }
        match self.file.read(&mut self.chunk[..room]).await {
            Ok(0) => Err(self.damaged(self.at, "the archive ends in the middle of a file").await),
            Ok(n) => {
                (self.at, self.left) = (self.at + n as u64, self.left - n as u64);
                Ok(&self.chunk[..n])
            }
            Err(error) => Err(self.damaged(self.at, &format!("{error}")).await),
        }
    }

    async fn pass_padding(&mut self) -> Result<(), Ended> {
        let mut block = [0; BLOCK];
        let padding = core::mem::take(&mut self.padding) as usize;
        // That it is missing at the very end is harmless.
        self.read_all(&mut block[..padding]).await.map(drop)
    }

    /// Fills `buf`; nothing where the archive ends, and an error where it ends in the middle.
    async fn fill(&mut self, buf: &mut [u8], first: u64) -> Result<usize, Ended> {
        let n = self.read_all(buf).await?;
        if n < buf.len() && (n > 0 || self.at != first) {
            return Err(self.damaged(self.at, "the archive ends in the middle of a member").await);
        }
        Ok(n)
    }

    async fn read_all(&mut self, buf: &mut [u8]) -> Result<usize, Ended> {
        let mut filled = 0;
        while filled < buf.len() {
            match self.file.read(&mut buf[filled..]).await {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) => return Err(self.damaged(self.at, &format!("{error}")).await),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    /// Reads what comes after the end, so that who writes it does not find a pipe that nobody reads.
    async fn drain(&mut self) {
        while matches!(self.file.read(&mut self.chunk).await, Ok(1..)) {}
    }

    async fn damaged(&self, at: u64, why: &str) -> Ended {
        io::complain(self.p, format!("at byte {at}: {why}")).await;
        Ended(2)
    }
}

fn owned(member: Member<'_>) -> Member<'static> {
    let own = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
    let kind = match member.kind {
        Kind::HardLink(target) => Kind::HardLink(own(target)),
        Kind::Symlink(target) => Kind::Symlink(own(target)),
        Kind::File => Kind::File,
        Kind::Directory => Kind::Directory,
        Kind::Fifo => Kind::Fifo,
        Kind::Other(letter) => Kind::Other(letter),
    };
    Member { path: own(member.path), kind, ..member }
}
