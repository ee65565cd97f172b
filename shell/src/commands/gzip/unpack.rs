//! Reading compressed files: one member or several, one behind the other.

use alloc::{boxed::Box, vec::Vec};
use crc32fast::Hasher;
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

use super::{Problem, Sizes};
use crate::{
    fd::Fd,
    io::{self, CHUNK},
    process::Process,
};

const CUT_SHORT: Problem = Problem::Format("unexpected end of file");
const NOT_GZIP: Problem = Problem::Format("not in gzip format");

/// What comes, piece by piece.
struct Source<'a> {
    file: &'a Fd,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// How much was used.
    used: u64,
}

impl Source<'_> {
    /// Reads more when all is used; false at the end.
    async fn fill(&mut self) -> Result<bool, Problem> {
        if self.start == self.end {
            (self.start, self.end) = (0, self.file.read(&mut self.buf).await.map_err(Problem::Read)?);
        }
        Ok(self.start < self.end)
    }

    fn rest(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    fn take(&mut self, count: usize) {
        self.start += count;
        self.used += count as u64;
    }

    async fn byte(&mut self) -> Result<u8, Problem> {
        if !self.fill().await? {
            return Err(CUT_SHORT);
        }
        self.take(1);
        Ok(self.buf[self.start - 1])
    }

    async fn number(&mut self, bytes: usize) -> Result<u32, Problem> {
        let mut number = 0;
        for at in 0..bytes {
            number |= u32::from(self.byte().await?) << (8 * at);
        }
        Ok(number)
    }

    /// Passes over a text that ends with byte 0.
    async fn text(&mut self) -> Result<(), Problem> {
        while self.byte().await? != 0 {}
        Ok(())
    }

    /// The header behind its first two bytes.
    async fn header(&mut self) -> Result<(), Problem> {
        const CHECKSUM: u8 = 2;
        const EXTRA: u8 = 4;
        const NAME: u8 = 8;
        const COMMENT: u8 = 16;
        if self.byte().await? != 8 {
            return Err(Problem::Format("unknown method of compression"));
        }
        let flags = self.byte().await?;
        if flags & !(1 | CHECKSUM | EXTRA | NAME | COMMENT) != 0 {
            return Err(Problem::Format("unknown flags in the header"));
        }
        self.number(4).await?; // time
        self.number(2).await?; // how hard was tried, and on which system
        if flags & EXTRA != 0 {
            for _ in 0..self.number(2).await? {
                self.byte().await?;
            }
        }
        if flags & NAME != 0 {
            self.text().await?;
        }
        if flags & COMMENT != 0 {
            self.text().await?;
        }
        if flags & CHECKSUM != 0 {
            self.number(2).await?;
        }
        Ok(())
    }
}

/// Expands all members. With `passes`, what is not compressed is passed on as it is.
pub(in super::super) async fn unpack(
    p: &Process,
    input: &Fd,
    output: Option<&Fd>,
    passes: bool,
) -> Result<Sizes, Problem> {
    let buf = io::buffer(CHUNK).map_err(Problem::Read)?;
    let mut source = Source { file: input, buf, start: 0, end: 0, used: 0 };
    let mut sizes = Sizes::default();
    let mut state: Option<Box<InflateState>> = None;
    let mut plain = io::buffer(CHUNK).map_err(Problem::Write)?;
    while source.fill().await? {
        let first = source.byte().await?;
        if state.is_some() && first == 0 {
            // Zeros fill up the last block of a tape.
            continue;
        }
        let second = if source.fill().await? { Some(source.byte().await?) } else { None };
        if (first, second) != (0x1f, Some(0x8b)) {
            if state.is_none() && passes {
                let start: Vec<u8> = [first].into_iter().chain(second).collect();
                write(output, &start, &mut sizes).await?;
                while source.fill().await? {
                    write(output, source.rest(), &mut sizes).await?;
                    source.take(source.rest().len());
                }
                return Ok(sizes);
            }
            if state.is_none() {
                return Err(if first == 0x1f && second.is_none() { CUT_SHORT } else { NOT_GZIP });
            }
            sizes.garbage = true;
            break;
        }
        source.header().await?;
        let state = state.get_or_insert_with(|| InflateState::new_boxed(DataFormat::Raw));
        state.reset(DataFormat::Raw);
        member(p, &mut source, state, output, &mut plain, &mut sizes).await?;
    }
    if state.is_none() {
        return Err(CUT_SHORT);
    }
    sizes.packed = source.used;
    Ok(sizes)
}

async fn member(
    p: &Process,
    source: &mut Source<'_>,
    state: &mut InflateState,
    output: Option<&Fd>,
    plain: &mut [u8],
    sizes: &mut Sizes,
) -> Result<(), Problem> {
    let (mut crc, mut size) = (Hasher::new(), 0u32);
    loop {
        let more = source.fill().await?;
        let step = inflate(state, source.rest(), plain, MZFlush::None);
        source.take(step.bytes_consumed);
        let piece = &plain[..step.bytes_written];
        crc.update(piece);
        size = size.wrapping_add(piece.len() as u32);
        write(output, piece, sizes).await?;
        match step.status {
            Ok(MZStatus::StreamEnd) => break,
            Ok(_) => {}
            Err(_) if !more => return Err(CUT_SHORT),
            Err(_) => return Err(Problem::Format("the compressed data are damaged")),
        }
        if !more && step.bytes_written == 0 {
            return Err(CUT_SHORT);
        }
        p.sys.yield_now().await;
    }
    if source.number(4).await? != crc.finalize() {
        return Err(Problem::Format("the checksum is wrong"));
    }
    if source.number(4).await? != size {
        return Err(Problem::Format("the length is wrong"));
    }
    Ok(())
}

async fn write(output: Option<&Fd>, bytes: &[u8], sizes: &mut Sizes) -> Result<(), Problem> {
    sizes.plain += bytes.len() as u64;
    match output {
        Some(output) => output.write_all(bytes).await.map_err(Problem::Write),
        None => Ok(()),
    }
}
