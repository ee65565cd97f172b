//! Pipes between tasks, and what bounds them.

use alloc::{sync::Arc, vec::Vec};
use core::{future::poll_fn, hint::black_box};

use bytes::Bytes;
use embedded_io_async::{BufRead, Read, Write};
use pollux_core::pipe::{CAPACITY, ReadEnd, Reader, WriteEnd, Writer, pipe};
use pollux_executor::{JoinHandle, sync::Lock};
use pollux_shell::{
    env::Result,
    errno::Errno,
    fd::{Fd, FdTable},
    io::buffer,
    splice::Refused,
};

use super::{io, lost, no_memory};
use crate::meter::{Measured, Meter};

/// How much the benchmarks of bandwidth move at once.
const BLOCK: usize = 64 << 10;
/// A sample of a stream moves at least so much, so that its begin and its end do not show.
const STREAM: u64 = 1 << 20;

pub async fn copy(meter: &Meter, size: usize) -> Result<Measured> {
    let block = &buffer(size)?;
    let measured = meter.each(|times| async move {
        let (reader, writer) = pipe(CAPACITY)?;
        let sink = sink(meter, reader, block.len())?;
        source(writer, block, times).await?;
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(size as u64))
}

pub async fn stages(meter: &Meter, pipes: usize) -> Result<Measured> {
    let block = &buffer(BLOCK)?;
    let measured = meter.each(|times| async move {
        let (mut reader, first) = pipe(CAPACITY)?;
        let mut between = Vec::new();
        for _ in 1..pipes {
            let (next, writer) = pipe(CAPACITY)?;
            between.push(stage(meter, core::mem::replace(&mut reader, next), writer)?);
        }
        let sink = sink(meter, reader, BLOCK)?;
        source(first, block, times * STREAM.div_ceil(BLOCK as u64)).await?;
        for stage in between {
            stage.await.map_err(lost)??;
        }
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(STREAM))
}

/// The writer's blocks are copied once, into memory of the reader's: see [`Reader::read_owned`].
pub async fn given(meter: &Meter) -> Result<Measured> {
    /// So that the two tasks do not change places for each block.
    const BUFFERS: usize = 8;
    let block = &buffer(BLOCK)?;
    // The reader's, used again in each run.
    let buffers = &Lock::new(Vec::new());
    for _ in 0..BUFFERS {
        buffers.lock().push(buffer(BLOCK)?);
    }
    let measured = meter.each(|times| async move {
        let (mut reader, writer) = pipe(CAPACITY)?;
        let own = core::mem::take(&mut *buffers.lock());
        let sink = async move {
            let mut own = own.into_iter();
            let mut filled = own.next().ok_or(Errno::EINVAL)?;
            own.try_for_each(|buf| reader.offer(buf))?;
            while reader.read_owned(&mut filled).await? > 0 {}
            let mut own: Vec<_> = core::iter::from_fn(|| reader.take_back()).collect();
            own.push(filled);
            Ok(own)
        };
        let sink: JoinHandle<Result<Vec<_>>> = meter.executor().spawn("sink", sink).map_err(no_memory)?;
        source(writer, block, times).await?;
        *buffers.lock() = sink.await.map_err(lost)??;
        Ok(())
    });
    Ok(measured.await?.moving(BLOCK as u64))
}

/// Blocks are written where they lie in the ring, and consumed there.
pub async fn grant(meter: &Meter) -> Result<Measured> {
    let measured = meter.each(|times| async move {
        let (reader, mut writer) = pipe(CAPACITY)?;
        let sink = consumer(meter, reader)?;
        let mut left = times as usize * BLOCK;
        while left > 0 {
            let room = writer.grant().await?;
            let len = room.len().min(left);
            room[..len].fill(1);
            writer.commit(len);
            left -= len;
        }
        drop(writer);
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(BLOCK as u64))
}

/// A block is lent again and again, and consumed where it lies.
pub async fn loan(meter: &Meter) -> Result<Measured> {
    let block = Bytes::from(buffer(BLOCK)?);
    let block = &block;
    let measured = meter.each(|times| async move {
        let (reader, mut writer) = pipe(CAPACITY)?;
        let sink = consumer(meter, reader)?;
        for _ in 0..times {
            poll_fn(|cx| writer.poll_write_loan(cx, block)).await?;
        }
        drop(writer);
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(BLOCK as u64))
}

/// A task that consumes all there is, without copying it.
fn consumer(meter: &Meter, mut reader: Reader) -> Result<JoinHandle<Result<()>>> {
    let task = async move {
        loop {
            match reader.fill_buf().await.map_err(io)?.len() {
                0 => return Ok(()),
                len => reader.consume(len),
            }
        }
    };
    meter.executor().spawn("consumer", task).map_err(no_memory)
}

/// From one pipe into another without a buffer between them: three tasks, as in `stages(2)`.
pub async fn splice(meter: &Meter) -> Result<Measured> {
    let block = &buffer(BLOCK)?;
    let measured = meter.each(|times| async move {
        let (near, first) = pipe(CAPACITY)?;
        let (last, far) = pipe(CAPACITY)?;
        let fds = FdTable::default();
        fds.set(0, Arc::new(ReadEnd::new(near)))?;
        fds.set(1, Arc::new(WriteEnd::new(far)))?;
        let between = async move {
            let fds = Arc::new(fds);
            let (from, to) = (Fd::new(&fds, 0), Fd::new(&fds, 1));
            loop {
                match from.splice(&to, CAPACITY).await {
                    Some(Ok(0)) => return Ok(()),
                    Some(Ok(_)) => {}
                    Some(Err(Refused::Reading(error) | Refused::Writing(error))) => return Err(error),
                    None => return Err(Errno::EINVAL),
                }
            }
        };
        let between: JoinHandle<Result<()>> = meter.executor().spawn("splice", between).map_err(no_memory)?;
        let sink = sink(meter, last, BLOCK)?;
        source(first, block, times * STREAM.div_ceil(BLOCK as u64)).await?;
        between.await.map_err(lost)??;
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(STREAM))
}

/// Writes so many blocks, and closes.
async fn source(mut writer: Writer, block: &[u8], times: u64) -> Result<()> {
    for _ in 0..times {
        writer.write_all(block).await.map_err(io)?;
    }
    Ok(())
}

/// A task that reads all there is.
fn sink(meter: &Meter, mut reader: Reader, block: usize) -> Result<JoinHandle<Result<()>>> {
    let mut block = buffer(block)?;
    let task = async move {
        while reader.read(&mut block).await.map_err(io)? > 0 {}
        Ok(())
    };
    meter.executor().spawn("sink", task).map_err(no_memory)
}

/// A task that copies all there is.
fn stage(meter: &Meter, mut reader: Reader, mut writer: Writer) -> Result<JoinHandle<Result<()>>> {
    let mut block = buffer(BLOCK)?;
    let task = async move {
        loop {
            match reader.read(&mut block).await.map_err(io)? {
                0 => return Ok(()),
                n => writer.write_all(&block[..n]).await.map_err(io)?,
            }
        }
    };
    meter.executor().spawn("stage", task).map_err(no_memory)
}

pub async fn ping_pong(meter: &Meter) -> Result<Measured> {
    round_trips(meter, 1).await
}

/// A message there through a pipe and back through another, by two tasks.
pub async fn round_trips(meter: &Meter, bytes: usize) -> Result<Measured> {
    meter
        .each(|times| async move {
            let (mut there, mut ping) = pipe(CAPACITY)?;
            let (mut back, mut pong) = pipe(CAPACITY)?;
            let mut message = buffer(bytes)?;
            let echo = async move {
                while there.read(&mut message).await.map_err(io)? > 0 {
                    pong.write_all(&message).await.map_err(io)?;
                }
                Ok(())
            };
            let echo = meter.executor().spawn("echo", echo).map_err(no_memory)?;
            let mut message = buffer(bytes)?;
            for _ in 0..times {
                ping.write_all(&message).await.map_err(io)?;
                back.read(&mut message).await.map_err(io)?;
            }
            drop(ping);
            echo.await.map_err(lost)?
        })
        .await
}

pub async fn memcpy(meter: &Meter, bytes: usize) -> Result<Measured> {
    let (from, mut to) = (buffer(bytes)?, buffer(bytes)?);
    let measured = meter.each(|times| {
        for _ in 0..times {
            to.copy_from_slice(black_box(&from));
            black_box(&mut to);
        }
        core::future::ready(Ok(()))
    });
    Ok(measured.await?.moving(bytes as u64))
}

pub async fn memset(meter: &Meter, bytes: usize) -> Result<Measured> {
    let mut to = buffer(bytes)?;
    let measured = meter.each(|times| {
        for _ in 0..times {
            to.fill(black_box(1));
            black_box(&mut to);
        }
        core::future::ready(Ok(()))
    });
    Ok(measured.await?.moving(bytes as u64))
}

pub async fn read(meter: &Meter, bytes: usize) -> Result<Measured> {
    let from = buffer(bytes)?;
    let measured = meter.each(|times| {
        for _ in 0..times {
            let (words, _) = black_box(&from[..]).as_chunks();
            black_box(words.iter().fold(0, |all, word| all ^ u64::from_ne_bytes(*word)));
        }
        core::future::ready(Ok(()))
    });
    Ok(measured.await?.moving(bytes as u64))
}
