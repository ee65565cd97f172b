//! `tac`: lines, the last one first.
//!
//! A file is read from its end, with the memory of one line. A pipe cannot be: `tac` of a pipe keeps all of its
//! input, and says so and stops when there is not enough memory.

use alloc::vec::Vec;
use bstr::ByteSlice;

use super::support::files::Files;
use crate::{
    env::{Result, SeekFrom},
    errno::Errno,
    fd::Fd,
    io::{self, CHUNK, Ended, Lines, Outcome, Output},
    process::Process,
};

command!("tac", "tac [FILE...]", "Prints the lines of each file in backward order.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    while let Some(file) = files.next_file().await {
        let result = match extent(file) {
            Some((start, end)) => from_the_end(file, start, end, &mut chunk, &mut out).await?,
            None => all_at_once(file, &mut out).await?,
        };
        files.line(result.map(|()| None)).await;
    }
    out.finish(files.status).await
}

/// Where to read, if the file can be read backwards; its offset stays as it was.
fn extent(file: &Fd) -> Option<(u64, u64)> {
    let file = file.file().ok()?;
    let start = file.seek(SeekFrom::Current(0)).ok()?;
    let end = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::Start(start)).ok()?;
    // Files that are made as they are read have no size.
    (end > start).then_some((start, end))
}

/// Reads chunk by chunk towards the start.
async fn from_the_end(
    file: &Fd,
    start: u64,
    mut end: u64,
    chunk: &mut [u8],
    out: &mut Output<'_>,
) -> core::result::Result<Result<()>, Ended> {
    // What has been read of a line whose beginning has not, last piece first, each in its own order.
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while end > start {
        let wanted = usize::try_from(end - start).unwrap_or(usize::MAX).min(chunk.len());
        end -= wanted as u64;
        if let Err(error) = read_at(file, end, &mut chunk[..wanted]).await {
            return Ok(Err(error));
        }
        let mut rest = &chunk[..wanted];
        // The last byte of `rest` ends a line unless more of that line is in `pieces`.
        loop {
            let inner = if pieces.is_empty() { rest.len().saturating_sub(1) } else { rest.len() };
            let Some(at) = rest[..inner].rfind_byte(b'\n') else { break };
            out.write(&rest[at + 1..]).await?;
            for piece in pieces.drain(..).rev() {
                out.write(&piece).await?;
            }
            rest = &rest[..=at];
        }
        let mut piece = Vec::new();
        if piece.try_reserve_exact(rest.len()).is_err() {
            return Ok(Err(Errno::ENOMEM));
        }
        piece.extend_from_slice(rest);
        pieces.push(piece);
    }
    for piece in pieces.iter().rev() {
        out.write(piece).await?;
    }
    Ok(Ok(()))
}

/// Fills `buf` from an offset. `EIO` if the file got shorter meanwhile.
async fn read_at(file: &Fd, offset: u64, mut buf: &mut [u8]) -> Result<()> {
    file.file()?.seek(SeekFrom::Start(offset))?;
    while !buf.is_empty() {
        match file.read(buf).await? {
            0 => return Err(Errno::EIO),
            n => buf = &mut buf[n..],
        }
    }
    Ok(())
}

async fn all_at_once(file: &Fd, out: &mut Output<'_>) -> core::result::Result<Result<()>, Ended> {
    let mut lines = Lines::new(file);
    let mut text: Vec<u8> = Vec::new();
    loop {
        match lines.next_chunk().await {
            Ok([]) => break,
            Ok(chunk) if text.try_reserve(chunk.len()).is_err() => return Ok(Err(Errno::ENOMEM)),
            Ok(chunk) => text.extend_from_slice(chunk),
            Err(error) => return Ok(Err(error)),
        }
    }
    let mut rest = text.as_slice();
    while let Some((_, before)) = rest.split_last() {
        let at = before.rfind_byte(b'\n').map_or(0, |at| at + 1);
        out.write(&rest[at..]).await?;
        rest = &rest[..at];
    }
    Ok(Ok(()))
}
