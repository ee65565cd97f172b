//! Messages between tasks: channels, terminals, signals.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::{
    future::{pending, poll_fn},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use pollux_core::pty;
use pollux_executor::{sync::channel, yield_now};
use pollux_shell::{
    env::{Exit, File, Modes, Result, Signal, Stage, System, Terminal, WindowSize},
    errno::Errno,
    fd::FdTable,
    io::buffer,
};

use super::{lost, no_memory};
use crate::meter::{Measured, Meter};

pub async fn channel_round_trip(meter: &Meter) -> Result<Measured> {
    meter
        .each(|times| async move {
            let (ping, mut there) = channel(1);
            let (pong, mut back) = channel(1);
            let echo = async move {
                while let Some(message) = there.recv().await {
                    pong.send(message).await.map_err(|_| Errno::EPIPE)?;
                }
                Ok(())
            };
            let echo = meter.executor().spawn("echo", echo).map_err(no_memory)?;
            for message in 0..times {
                ping.send(message).await.map_err(|_| Errno::EPIPE)?;
                back.recv().await.ok_or(Errno::EPIPE)?;
            }
            drop(ping);
            echo.await.map_err(lost)?
        })
        .await
}

pub async fn channel_message(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 64;
    let measured = meter.each(|times| async move {
        let (sender, mut receiver) = channel::<[u8; BYTES]>(64);
        let sink = async move {
            let mut received = 0;
            while receiver.recv().await.is_some() {
                received += 1;
            }
            received
        };
        let sink = meter.executor().spawn("sink", sink).map_err(no_memory)?;
        for _ in 0..times {
            sender.send([1; BYTES]).await.map_err(|_| Errno::EPIPE)?;
        }
        drop(sender);
        if sink.await.map_err(lost)? == times { Ok(()) } else { Err(Errno::EIO) }
    });
    Ok(measured.await?.moving(BYTES as u64))
}

const WINDOW: WindowSize = WindowSize { rows: 25, cols: 80 };

pub async fn pty(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let measured = meter.each(|times| async move {
        let (master, slave) = pty::pair(WINDOW)?;
        slave.set_modes(Modes::empty());
        let sink = async move {
            let (mut block, mut taken) = (buffer(BYTES)?, 0);
            while taken < times * BYTES as u64 {
                taken += master.read_output(&mut block).await as u64;
            }
            Ok(())
        };
        let sink = meter.executor().spawn("sink", sink).map_err(no_memory)?;
        let block = buffer(BYTES)?;
        for _ in 0..times {
            let mut rest = &block[..];
            while !rest.is_empty() {
                let written = poll_fn(|cx| slave.poll_write(cx, rest)).await?;
                rest = &rest[written..];
            }
        }
        sink.await.map_err(lost)?
    });
    Ok(measured.await?.moving(BYTES as u64))
}

pub async fn key_to_echo(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    let (master, slave) = pty::pair(WINDOW)?;
    slave.set_modes(Modes::ECHO);
    let mut delays = Vec::new();
    for _ in 0..meter.events_wanted() {
        let mut byte = [0];
        let begin = executor.now_ns();
        master.write_input(b"a").await?;
        master.read_output(&mut byte).await;
        delays.push(executor.now_ns() - begin);
        // The key is read, too, so that the terminal does not fill up.
        poll_fn(|cx| slave.poll_read(cx, &mut byte)).await?;
    }
    Ok(meter.events(&delays))
}

pub async fn signal(meter: &Meter) -> Result<Measured> {
    let executor = meter.executor();
    let mut delays = Vec::new();
    for _ in 0..meter.events_wanted() {
        let waits = Arc::new(AtomicBool::new(false));
        let waiting = waits.clone();
        let run = async move {
            waiting.store(true, Relaxed);
            pending().await
        };
        let (fds, signals) = (Arc::new(FdTable::default()), Default::default());
        let (name, command) = ("waits".into(), "waits".into());
        let job = meter.system.new_job()?;
        job.spawn(Stage { name, command, fds, signals, run: Box::pin(run) })?;
        while !waits.load(Relaxed) {
            yield_now().await;
        }
        let begin = executor.now_ns();
        job.signal(Signal::Kill);
        let ended = job.wait().await;
        delays.push(executor.now_ns() - begin);
        if ended != [Exit::Signaled(Signal::Kill)] {
            return Err(Errno::EIO);
        }
    }
    Ok(meter.events(&delays))
}
