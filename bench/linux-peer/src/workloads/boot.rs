//! How long the machine takes until somebody can type.

use std::{ffi::CString, io, os::unix::ffi::OsStrExt};

use nix::{
    errno::Errno,
    libc::{TIOCSCTTY, ioctl},
    pty::openpty,
    sys::signal::{Signal, kill},
    time::{ClockId, clock_gettime},
    unistd::{dup2_stderr, dup2_stdin, dup2_stdout, execv, read, setsid},
};

use crate::{
    Result,
    meter::{Measured, Meter},
    process::{self, Worker},
};

/// Starts an interactive busybox sh at a terminal, and reads the kernel's clock when its prompt is there. The clock starts when the
/// kernel has unpacked itself.
pub fn prompt(meter: &Meter) -> Result<Measured> {
    super::user::check(meter)?;
    let busybox = CString::new(meter.busybox.as_os_str().as_bytes())?;
    let terminal = openpty(None, None)?;
    let (worker, master) =
        process::worker(process::Place::Process, terminal.slave, terminal.master, move |slave| {
            setsid()?;
            // SAFETY: the descriptor is open, and this request takes no memory.
            Errno::result(unsafe { ioctl(std::os::fd::AsRawFd::as_raw_fd(&slave), TIOCSCTTY, 0) })?;
            dup2_stdin(&slave)?;
            dup2_stdout(&slave)?;
            dup2_stderr(&slave)?;
            execv(&busybox, &[c"sh", c"-i"])?;
            Ok(())
        })?;
    let mut shown = Vec::new();
    let mut block = [0; 256];
    // The prompt of root, or of somebody else; what asks the terminal where its cursor is may follow.
    while !shown.windows(2).any(|two| two == b"# " || two == b"$ ") {
        match read(&master, &mut block) {
            Ok(n @ 1..) => shown.extend_from_slice(&block[..n]),
            _ => return Err(io::Error::other("the shell shows no prompt")),
        }
    }
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME)?;
    if let Worker::Process(shell) = worker {
        kill(shell, Signal::SIGKILL)?;
        // It ends by that signal.
        let _ = worker.wait();
    }
    let ns = now.tv_sec() as f64 * 1e9 + now.tv_nsec() as f64;
    Ok(Measured { ns: vec![ns], bytes: None })
}
