//! `./run.sh` in a person's terminal, which is a pseudo-terminal here.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    process::Child,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Termios, Winsize, tcgetattr, tcsetwinsize},
};

use crate::guest::{Alone, Check, Laboratory, driver::find};

pub(super) const TESTS: &[Alone] = &[
    ("exit leaves with its status and the terminal as it was", exit),
    ("Ctrl-A X leaves at any time", leave),
    ("Ctrl-A ? shows every CPU and task, and the shell goes on", ask),
    ("Ctrl-A C is the monitor and back, and Ctrl-A Ctrl-A a key", monitor),
    ("what is typed while the guest boots is not lost", early),
    ("signals are keys, and the terminal is as it was also after one and when QEMU dies", ends),
    ("reboot boots again", reboot),
    ("the console is as large as the terminal, also when that changes", size),
];

/// How long the terminal may show nothing new.
const LIMIT: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A terminal with the launcher in it.
pub(super) struct Terminal {
    master: File,
    slave: File,
    /// As they were before the launcher came.
    modes: Termios,
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
        let modes = modes(&slave)?;
        let end = || slave.try_clone().map_err(failed);
        let mut launcher = laboratory.launcher(arguments);
        let launcher = launcher.stdin(end()?).stdout(end()?).stderr(end()?).spawn().map_err(failed)?;
        Ok(Terminal { master: master.into(), slave, modes, launcher, seen: Vec::new() })
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

    fn expect_modes_as_before(&self) -> Check {
        check_eq!(
            format!("{:?}", modes(&self.slave)?),
            format!("{:?}", self.modes),
            "the modes of the terminal"
        );
        Ok(())
    }

    /// The process that the launcher has started.
    fn child_of_launcher(&self) -> Check<Pid> {
        let path = format!("/proc/{0}/task/{0}/children", self.launcher.id());
        let children = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let child = children.split_whitespace().next().and_then(|child| child.parse().ok());
        child.and_then(Pid::from_raw).ok_or_else(|| format!("{path} is {children:?}"))
    }
}

fn modes(terminal: &File) -> Check<Termios> {
    tcgetattr(terminal).map_err(|error| format!("the terminal's modes: {error}"))
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
    terminal.expect("$ ")?;
    check!(
        modes(&terminal.slave)?.local_modes != terminal.modes.local_modes,
        "the launcher did not set the terminal raw"
    );
    terminal.write("echo a''2z\r")?;
    terminal.expect("a2z")?;
    terminal.write("exit 5\r")?;
    terminal.expect_status(5)?;
    terminal.expect_modes_as_before()
}

fn ask(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("Ctrl-A ? shows")?;
    terminal.expect("$ ")?;
    terminal.write("sleep 1000 | cat &\r")?;
    terminal.write("for wait in 'the time.*sleep 1000$' 'bytes in pipe.* cat$'; do ")?;
    terminal.write("until tasks | grep \"waiting.*$wait\" > /dev/null; do :; done; done; echo a''sked\r")?;
    terminal.expect("asked")?;
    terminal.expect("$ ")?;
    terminal.write("\x01?")?;
    let dump = String::from_utf8_lossy(&terminal.expect("dump: end")?).into_owned();
    for part in [
        "\ndump: CPU 0 polls ",
        "\ndump: CPU 1 polls ",
        "pollux_kernel::run::",
        " (cat): Waiting",
        ", for bytes in pipe ",
        " (sleep): Waiting",
        " (init): Waiting",
    ] {
        check!(dump.contains(part), "the terminal lacks {part:?}\n{dump}");
    }
    terminal.expect("$")?; // the prompt is there again
    terminal.write("kill %1; wait; echo a''live\r")?;
    terminal.expect("alive")?;
    terminal.write("\x01?")?;
    terminal.expect("dump: end")?;
    terminal.write("exit 6\r")?;
    terminal.expect_status(6)
}

fn monitor(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("$ ")?;
    terminal.write("\x01c")?;
    terminal.expect("(qemu) ")?;
    terminal.write("info status\r")?;
    terminal.expect("VM status: running")?;
    terminal.expect("(qemu) ")?;
    terminal.write("stop\r")?;
    terminal.expect("(qemu) ")?; // it is done
    terminal.write("\x01?")?;
    terminal.expect("the machine is paused")?;
    terminal.expect("CPU 1 is in ")?;
    terminal.write("cont\r")?;
    terminal.write("\x01cho a''gain\x01\x01ec\r")?;
    terminal.expect("\r\nagain")?;
    terminal.write("exit\r")?;
    terminal.expect_status(0)
}

fn early(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    // From here on the terminal is the launcher's.
    terminal.expect("Ctrl-A ? shows")?;
    terminal.write("echo a''head; exit 4\r")?;
    terminal.expect("$ ")?;
    terminal.expect("\nahead")?;
    terminal.expect_status(4)
}

fn ends(laboratory: &Laboratory) -> Check {
    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("$ ")?;
    for (key, status) in [("\x03", 130), ("\x1c", 131)] {
        // One job: between two of them the shell has the terminal, which such a key does not end.
        terminal.write("(echo it begins; sleep 1000)\r")?;
        terminal.expect("\nit begins")?;
        terminal.write(key)?;
        terminal.expect("$ ")?;
        terminal.write("echo status $?\r")?;
        terminal.expect(&format!("\nstatus {status}"))?;
    }
    kill_process(Pid::from_child(&terminal.launcher), Signal::TERM)
        .map_err(|error| format!("ending the launcher: {error}"))?;
    terminal.expect_status(143)?;
    terminal.expect_modes_as_before()?;

    let mut terminal = Terminal::open(laboratory, &[])?;
    terminal.expect("$ ")?;
    let qemu = terminal.child_of_launcher()?;
    kill_process(qemu, Signal::KILL).map_err(|error| format!("ending QEMU: {error}"))?;
    terminal.expect("QEMU was ended by signal 9")?;
    terminal.expect_status(250)?;
    terminal.expect_modes_as_before()
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
