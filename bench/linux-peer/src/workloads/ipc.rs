//! Terminals and signals.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    time::Instant,
};

use nix::{
    pty::openpty,
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, SetArg, cfmakeraw, tcgetattr, tcsetattr},
        wait::waitpid,
    },
    unistd::pause,
};

use crate::{
    Result,
    meter::{Measured, Meter, nanoseconds},
    process::{self, Worker},
};

/// A terminal without processing, but for the echo if that is wanted: the master and the slave.
fn terminal(echo: bool) -> Result<(File, OwnedFd)> {
    let pair = openpty(None, None)?;
    let mut modes = tcgetattr(&pair.slave)?;
    cfmakeraw(&mut modes);
    modes.local_flags.set(LocalFlags::ECHO, echo);
    tcsetattr(&pair.slave, SetArg::TCSANOW, &modes)?;
    Ok((pair.master.into(), pair.slave))
}

pub fn pty(meter: &Meter) -> Result<Measured> {
    const BYTES: usize = 4096;
    let measured = meter.parts(|times| {
        let (mut master, slave) = terminal(false)?;
        // The slave stays open here as well: what is written last is not lost when the writer ends.
        let kept = slave.try_clone()?;
        let writer = process::process(|| {
            let mut slave = File::from(slave);
            (0..=times).try_for_each(|_| slave.write_all(&[0; BYTES]))
        })?;
        let mut block = vec![0; BYTES];
        // The first is not timed: until it is here, the writer may not be there.
        master.read_exact(&mut block)?;
        let start = Instant::now();
        let mut left = times * BYTES as u64;
        while left > 0 {
            left -= master.read(&mut block)? as u64;
        }
        let ns = nanoseconds(start);
        drop(kept);
        writer.wait()?;
        Ok(ns)
    });
    Ok(measured?.moving(BYTES))
}

pub fn key_to_echo(meter: &Meter) -> Result<Measured> {
    let (mut master, slave) = terminal(true)?;
    let mut slave = File::from(slave);
    meter.parts(|times| {
        let (mut byte, mut ns) = ([0], 0);
        for _ in 0..times {
            ns += meter.part(|| {
                master.write_all(b"a")?;
                master.read_exact(&mut byte)?;
                Ok(())
            })?;
            // The key is read, too, so that the terminal does not fill up.
            slave.read_exact(&mut byte)?;
        }
        Ok(ns)
    })
}

pub fn signal(meter: &Meter) -> Result<Measured> {
    meter.parts(|times| {
        let mut ns = 0;
        for _ in 0..times {
            let (mut ready, mut tell) = std::io::pipe()?;
            let waits = || {
                tell.write_all(b"!")?;
                pause();
                Ok(())
            };
            if let Worker::Process(child) = process::process(waits)? {
                ready.read_exact(&mut [0])?;
                ns += meter.part(|| {
                    kill(child, Signal::SIGKILL)?;
                    waitpid(child, None)?;
                    Ok(())
                })?;
            }
        }
        Ok(ns)
    })
}
