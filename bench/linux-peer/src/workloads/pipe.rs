//! Pipes, and what bounds them.

use std::{
    fs::File,
    hint::black_box,
    io::{ErrorKind, IoSlice, PipeReader, PipeWriter, Read, Write, pipe},
    time::Instant,
};

use nix::fcntl::{SpliceFFlags, splice, vmsplice};

use crate::{
    Result,
    meter::{Measured, Meter, nanoseconds},
    process::{self, Place, Told, Worker, tell},
};

/// How much the rows of bandwidth move at once.
const BLOCK: usize = 64 << 10;
/// A sample of a stream moves at least so much, so that its begin and its end do not show.
const STREAM: usize = 1 << 20;

pub fn copy(meter: &Meter, block: usize, place: Place) -> Result<Measured> {
    let run = |times| {
        let (reader, writer) = pipe()?;
        let mut told = Told::new()?;
        let theirs = (reader, told.line()?);
        let reads = move |(reader, line)| sink(reader, line, block, times * block as u64);
        let (sink, writer) = process::worker(place, theirs, writer, reads)?;
        let ns = stream(writer, &mut told, block, times)?;
        sink.wait()?;
        Ok(ns)
    };
    Ok(process::held(place, || meter.parts(run))?.moving(block))
}

pub fn stages(meter: &Meter, pipes: usize) -> Result<Measured> {
    let measured = meter.parts(|times| {
        let (mut reader, mut first) = pipe()?;
        let mut told = Told::new()?;
        let mut workers: Vec<Worker> = Vec::new();
        for _ in 1..pipes {
            let (next, writer) = pipe()?;
            let copies = |(reader, writer)| stage(reader, writer);
            let (worker, ours) = process::worker(Place::Process, (reader, writer), (next, first), copies)?;
            workers.push(worker);
            (reader, first) = ours;
        }
        let theirs = (reader, told.line()?);
        let reads = move |(reader, line)| sink(reader, line, BLOCK, times * STREAM as u64);
        let (worker, first) = process::worker(Place::Process, theirs, first, reads)?;
        workers.push(worker);
        let ns = stream(first, &mut told, BLOCK, times * (STREAM / BLOCK) as u64)?;
        workers.into_iter().try_for_each(Worker::wait)?;
        Ok(ns)
    });
    Ok(measured?.moving(STREAM))
}

/// Writes a block and waits until it has arrived: then everybody is there. Then so many more, until it is told that the last one
/// has arrived, and closes. The time that those take.
fn stream(mut writer: PipeWriter, told: &mut Told, block: usize, times: u64) -> Result<u64> {
    let block = vec![0; block];
    writer.write_all(&block)?;
    told.wait(1)?;
    let start = Instant::now();
    (0..times).try_for_each(|_| writer.write_all(&block))?;
    told.wait(1)?;
    Ok(nanoseconds(start))
}

/// Reads a block and says so, and the same with so many more bytes.
fn sink(mut reader: PipeReader, mut line: PipeWriter, block: usize, bytes: u64) -> Result<()> {
    let mut buffer = vec![0; block];
    for mut left in [block as u64, bytes] {
        while left > 0 {
            match reader.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => left -= n as u64,
            }
        }
        tell(&mut line)?;
    }
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
    let measured = meter.parts(|times| {
        let (reader, writer) = pipe()?;
        let mut told = Told::new()?;
        let discards = move |(reader, mut line): (PipeReader, PipeWriter)| {
            let null = File::options().write(true).open("/dev/null")?;
            for mut left in [BLOCK as u64, times * BLOCK as u64] {
                while left > 0 {
                    match splice(&reader, None, &null, None, BLOCK, SpliceFFlags::SPLICE_F_MOVE)? {
                        0 => return Err(ErrorKind::UnexpectedEof.into()),
                        n => left -= n as u64,
                    }
                }
                tell(&mut line)?;
            }
            Ok(())
        };
        let theirs = (reader, told.line()?);
        let (sink, writer) = process::worker(Place::Process, theirs, writer, discards)?;
        let lend = || -> Result<()> {
            let mut rest = &block[..];
            while !rest.is_empty() {
                let lent = vmsplice(&writer, &[IoSlice::new(rest)], SpliceFFlags::empty())?;
                rest = &rest[lent..];
            }
            Ok(())
        };
        lend()?;
        told.wait(1)?;
        let start = Instant::now();
        (0..times).try_for_each(|_| lend())?;
        told.wait(1)?;
        let ns = nanoseconds(start);
        sink.wait()?;
        Ok(ns)
    });
    Ok(measured?.moving(BLOCK))
}

/// A message there through a pipe and back through another. The first is not timed: until it is back, the other one may not be there.
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
        let mut start = Instant::now();
        for number in 0..=times {
            ping.write_all(&message)?;
            back.read_exact(&mut message)?;
            if number == 0 {
                start = Instant::now();
            }
        }
        let ns = nanoseconds(start);
        drop(ping);
        echo.wait()?;
        Ok(ns)
    };
    process::held(place, || meter.parts(run))
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
