//! The process of QEMU. It never outlives the launcher: dropping it kills it, and it is tied to us (see
//! [`crate::tie`]): start it on a thread that lives as long as the guest may.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            net::{UnixListener, UnixStream},
            process::{CommandExt, ExitStatusExt},
        },
    },
    path::{Path, PathBuf},
    process::{Child, ExitStatus, Stdio},
    thread::{self, JoinHandle},
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

use crate::{
    failure::{Context, Failure, Result},
    machine::{Console, Machine},
    tie,
    verdict::Exit,
};

/// The program to run as QEMU.
pub fn program() -> PathBuf {
    std::env::var_os("POLLUX_QEMU").unwrap_or_else(|| "qemu-system-x86_64".into()).into()
}

/// A running QEMU; dropping it kills it.
pub struct Qemu {
    handle: OwnedFd,
    pid: u32,
    waiter: Option<JoinHandle<()>>,
}

/// The launcher's ends of the guest's lines.
pub struct Lines {
    /// COM1, when the console is a socket.
    pub console: Option<UnixStream>,
    /// COM2.
    pub channel: UnixStream,
    /// QEMU's control protocol.
    pub qmp: UnixStream,
}

impl Qemu {
    /// Starts the machine and connects its lines. `errors` takes what QEMU says on standard error;
    /// `ended` is called from another thread once QEMU has ended.
    pub fn start(
        machine: &Machine,
        errors: &Path,
        ended: impl FnOnce(Exit) + Send + 'static,
    ) -> Result<(Qemu, Lines)> {
        let listen =
            |path: &Path| UnixListener::bind(path).context(|| format!("listening on {}", path.display()));
        let console = match &machine.console {
            Console::Socket(path) | Console::WithMonitor(path) => Some(listen(path)?),
            Console::None => None,
        };
        let channel = listen(&machine.channel)?;
        let qmp = listen(&machine.qmp)?;
        let error_file = File::create(errors).context(|| format!("making {}", errors.display()))?;

        let mut command = tie::command(program());
        command.args(machine.arguments()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(error_file);
        // Ctrl-C is for the launcher, which then ends QEMU in order.
        command.process_group(0);
        let child = command.spawn().context(|| "starting QEMU".into())?;
        let qemu = Qemu::watch(child, ended)?;

        let connect = |listener: &UnixListener| {
            qemu.accept(listener).map_err(|error| {
                let said = std::fs::read_to_string(errors).unwrap_or_default();
                Failure::new(format!("QEMU did not start: {error}\n{}", said.trim_end()))
            })
        };
        let lines = Lines {
            console: console.as_ref().map(connect).transpose()?,
            channel: connect(&channel)?,
            qmp: connect(&qmp)?,
        };
        Ok((qemu, lines))
    }

    fn watch(mut child: Child, ended: impl FnOnce(Exit) + Send + 'static) -> Result<Qemu> {
        let pid = child.id();
        let handle = rustix::process::Pid::from_raw(pid.cast_signed())
            .ok_or(rustix::io::Errno::SRCH)
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()));
        let handle = match handle {
            Ok(handle) => handle,
            Err(error) => {
                // Without a handle nobody could end it later; a process that is gone is no loss.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Failure::new(format!("watching QEMU: {error}")));
            }
        };
        let waiter = thread::spawn(move || ended(child.wait().map_or(Exit::Signal(0), exit)));
        Ok(Qemu { handle, pid, waiter: Some(waiter) })
    }

    /// The process id, for looking at it under /proc.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Kills QEMU; that it has ended already is fine.
    pub fn kill(&self) {
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
    }

    /// Waits until QEMU connects to `listener`, or ends.
    fn accept(&self, listener: &UnixListener) -> io::Result<UnixStream> {
        let mut fds = [
            PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.handle.as_fd(), PollFlags::IN),
        ];
        while let Err(error) = poll(&mut fds, None) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        if fds[0].revents().is_empty() {
            return Err(io::Error::other("it ended at once"));
        }
        Ok(listener.accept()?.0)
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        self.kill();
        if let Some(waiter) = self.waiter.take() {
            // The waiter only reports; a panic in its callback has been printed by then.
            let _ = waiter.join();
        }
    }
}

fn exit(status: ExitStatus) -> Exit {
    match (status.code(), status.signal()) {
        (Some(code), _) => Exit::Code(code),
        (None, signal) => Exit::Signal(signal.unwrap_or(0)),
    }
}
