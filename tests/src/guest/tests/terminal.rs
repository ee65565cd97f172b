//! `./run.sh` in a person's terminal, which is a pseudo-terminal here.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    process::Child,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcgetattr, tcsetwinsize},
};

use crate::guest::{Alone, Check, Laboratory, driver::find};

pub(super) const TESTS: &[Alone] = &[
    ("exit leaves with its status and the terminal as it was", exit),
    ("Ctrl-A X leaves at any time", leave),
    ("reboot boots again", reboot),
    ("the console is as large as the terminal, also when that changes", size),
];

/// How long the terminal may show nothing new.
const LIMIT: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A terminal with the launcher in it.
pub(super) struct Terminal {
    master: File,
    slave: File,
    launcher: Child,
    seen: Vec<u8>,
}

impl Terminal {
    /// Starts the launcher with these arguments.
    pub(super) fn open(laboratory: &Laboratory, arguments: &[&str]) -> Check<Terminal> {
        Terminal::of_size(laboratory, arguments, None)
    }

    fn of_size(laboratory: &Laboratory, arguments: &[&str], size: Option<Winsize>) -> Check<Terminal> {
        let failed = |error: std::io::Error| format!("opening a terminal: {error}");
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).map_err(|error| failed(error.into()))?;
        grantpt(&master).and_then(|()| unlockpt(&master)).map_err(|error| failed(error.into()))?;
        let name = ptsname(&master, Vec::new()).map_err(|error| failed(error.into()))?;
        let name = name.into_string().map_err(|error| format!("opening a terminal: {error}"))?;
        let slave = OpenOptions::new().read(true).write(true).open(name).map_err(failed)?;
        let resized = size.map_or(Ok(()), |size| tcsetwinsize(&master, size));
        resized.map_err(|error| failed(error.into()))?;
        let end = || slave.try_clone().map_err(failed);
        let mut launcher = laboratory.launcher(arguments);
        let launcher = launcher.stdin(end()?).stdout(end()?).stderr(end()?).spawn().map_err(failed)?;
        Ok(Terminal { master: master.into(), slave, launcher, seen: Vec::new() })
    }

    pub(super) fn write(&mut self, keys: &str) -> Check {
        self.master.write_all(keys.as_bytes()).map_err(|error| format!("typing: {error}"))
    }

    /// Reads until the terminal shows this; what it has shown before.
    pub(super) fn expect(&mut self, text: &str) -> Check<Vec<u8>> {
        let mut buffer = [0; 4096];
        let mut looked_at = 0;
        let at = loop {
            if let Some(at) = find(&self.seen[looked_at..], text.as_bytes()) {
                break looked_at + at;
            }
            looked_at = self.seen.len().saturating_sub(text.len());
            let mut terminal = [PollFd::new(&self.master, PollFlags::IN)];
            let ready =
                poll(&mut terminal, Some(&LIMIT)).map_err(|error| format!("the terminal: {error}"))?;
            if ready == 0 {
                let seen = String::from_utf8_lossy(&self.seen);
                let ended = self.launcher.try_wait();
                return Err(format!(
                    "the terminal does not show {text:?}, and the launcher ({ended:?}) says:\n{seen}"
                ));
            }
            let n =
                self.master.read(&mut buffer).map_err(|error| format!("reading the terminal: {error}"))?;
            self.seen.extend_from_slice(&buffer[..n]);
        };
        let rest = self.seen.split_off(at + text.len());
        let mut before = std::mem::replace(&mut self.seen, rest);
        before.truncate(at);
        Ok(before)
    }

    pub(super) fn expect_status(&mut self, status: i32) -> Check {
        let ended = self.launcher.wait().map_err(|error| format!("waiting for the launcher: {error}"))?;
        check_eq!(ended.code(), Some(status), "the status of the launcher");
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.launcher.kill();
        let _ = self.launcher.wait();
    }
}

fn exit(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    let modes =
        |terminal: &Terminal| tcgetattr(&terminal.slave).map_err(|error| format!("tcgetattr: {error}"));
    let before = modes(&terminal)?;
    terminal.expect("$ ")?;
    let during = modes(&terminal)?;
    check!(during.local_modes != before.local_modes, "QEMU did not set the terminal raw");
    terminal.write("echo a''2z\r")?;
    terminal.expect("a2z")?;
    terminal.write("exit 5\r")?;
    terminal.expect_status(5)?;
    let after = modes(&terminal)?;
    check_eq!(format!("{after:?}"), format!("{before:?}"), "the modes of the terminal");
    Ok(())
}

fn leave(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("$ ")?;
    terminal.write("\x01x")?;
    terminal.expect_status(0)
}

fn size(laboratory: &Laboratory) -> Check {
    let size = |rows, columns| Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let failed = |error| format!("the terminal: {error}");
    let mut terminal = Terminal::of_size(laboratory, &[], Some(size(40, 132)))?;
    terminal.expect("$ ")?;
    terminal.write("stty size\r")?;
    terminal.expect("40 132")?;
    tcsetwinsize(&terminal.master, size(30, 90)).map_err(failed)?;
    // It would come by itself if the launcher were a child of the terminal's session.
    kill_process(Pid::from_child(&terminal.launcher), Signal::WINCH).map_err(failed)?;
    terminal.write("until [ \"$(stty size)\" = '30 90' ]; do sleep 0.01; done; echo smal''ler\r")?;
    terminal.expect("smaller")?;
    terminal.write("exit\r")?;
    terminal.expect_status(0)
}

fn reboot(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("$ ")?;
    terminal.write("reboot\r")?;
    terminal.expect("\n")?;
    terminal.expect("$ ")?;
    terminal.write("exit\r")?;
    terminal.expect_status(0)
}
