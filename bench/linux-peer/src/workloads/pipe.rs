//! Pipes, and what bounds them.

use std::{
    fs::File,
    hint::black_box,
    io::{IoSlice, PipeReader, PipeWriter, Read, Write, pipe},
};

use nix::fcntl::{SpliceFFlags, splice, vmsplice};

use crate::{
    Result,
    meter::{Measured, Meter},
    process::{self, Place, Worker},
};

/// How much the rows of bandwidth move at once.
const BLOCK: usize = 64 << 10;
/// A sample of a stream moves at least so much, so that its begin and its end do not show.
const STREAM: usize = 1 << 20;

pub fn copy(meter: &Meter, block: usize, place: Place) -> Result<Measured> {
    let run = |times| {
        let (reader, writer) = pipe()?;
        let (sink, writer) = process::worker(place, reader, writer, move |reader| sink(reader, block))?;
        source(writer, block, times)?;
        sink.wait()
    };
    Ok(process::held(place, || meter.each(run))?.moving(block))
}

pub fn stages(meter: &Meter, pipes: usize) -> Result<Measured> {
    let measured = meter.each(|times| {
        let (mut reader, mut first) = pipe()?;
        let mut workers: Vec<Worker> = Vec::new();
        for _ in 1..pipes {
            let (next, writer) = pipe()?;
            let (worker, ours) =
                process::worker(Place::Process, (reader, writer), (next, first), |(r, w)| stage(r, w))?;
            workers.push(worker);
            (reader, first) = ours;
        }
        let (worker, first) = process::worker(Place::Process, reader, first, |reader| sink(reader, BLOCK))?;
        workers.push(worker);
        source(first, BLOCK, times * (STREAM / BLOCK) as u64)?;
        workers.into_iter().try_for_each(Worker::wait)
    });
    Ok(measured?.moving(STREAM))
}

/// Writes so many blocks, and closes.
fn source(mut writer: PipeWriter, block: usize, times: u64) -> Result<()> {
    let block = vec![0; block];
    (0..times).try_for_each(|_| writer.write_all(&block))
}

/// Reads all there is.
fn sink(mut reader: PipeReader, block: usize) -> Result<()> {
    let mut block = vec![0; block];
    while reader.read(&mut block)? > 0 {}
    Ok(())
}

/// Copies all there is.
fn stage(mut reader: PipeReader, mut writer: PipeWriter) -> Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(()),
            n => writer.write_all(&block[..n])?,
        }
    }
}

pub fn loan(meter: &Meter) -> Result<Measured> {
    let block = vec![0; BLOCK];
    let measured = meter.each(|times| {
        let (reader, writer) = pipe()?;
        let discards = |reader: PipeReader| {
            let null = File::options().write(true).open("/dev/null")?;
            while splice(&reader, None, &null, None, BLOCK, SpliceFFlags::SPLICE_F_MOVE)? > 0 {}
            Ok(())
        };
        let (sink, writer) = process::worker(Place::Process, reader, writer, discards)?;
        for _ in 0..times {
            let mut rest = &block[..];
            while !rest.is_empty() {
                let lent = vmsplice(&writer, &[IoSlice::new(rest)], SpliceFFlags::empty())?;
                rest = &rest[lent..];
            }
        }
        drop(writer);
        sink.wait()
    });
    Ok(measured?.moving(BLOCK))
}

/// A message there through a pipe and back through another.
pub fn round_trips(meter: &Meter, bytes: usize, place: Place) -> Result<Measured> {
    let run = |times| {
        let (there, ping) = pipe()?;
        let (back, pong) = pipe()?;
        let echoes = move |(mut there, mut pong): (PipeReader, PipeWriter)| {
            let mut message = vec![0; bytes];
            while there.read(&mut message)? > 0 {
                pong.write_all(&message)?;
            }
            Ok(())
        };
        let (echo, (mut ping, mut back)) = process::worker(place, (there, pong), (ping, back), echoes)?;
        let mut message = vec![0; bytes];
        for _ in 0..times {
            ping.write_all(&message)?;
            back.read_exact(&mut message)?;
        }
        drop(ping);
        echo.wait()
    };
    process::held(place, || meter.each(run))
}

pub fn memcpy(meter: &Meter) -> Result<Measured> {
    let (from, mut to) = (vec![0u8; BLOCK], vec![0u8; BLOCK]);
    let measured = meter.each(|times| {
        for _ in 0..times {
            to.copy_from_slice(black_box(&from));
            black_box(&mut to);
        }
        Ok(())
    });
    Ok(measured?.moving(BLOCK))
}

pub fn memset(meter: &Meter) -> Result<Measured> {
    let mut to = vec![0u8; BLOCK];
    let measured = meter.each(|times| {
        for _ in 0..times {
            to.fill(black_box(1));
            black_box(&mut to);
        }
        Ok(())
    });
    Ok(measured?.moving(BLOCK))
}
