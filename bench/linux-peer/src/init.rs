//! What is needed when this program is the only one of its machine.

use std::{
    convert::Infallible,
    fs::{self, OpenOptions},
    io::Write,
    os::fd::AsFd,
};

use nix::{
    mount::{MsFlags, mount},
    sys::{
        reboot::{RebootMode, reboot},
        termios::{SetArg, cfmakeraw, tcdrain, tcgetattr, tcsetattr},
    },
};

use crate::Result;

/// The second serial port: the launcher's end of it is a socket.
const LINE: &str = "/dev/ttyS1";

/// Makes what a program expects to find, lets it measure, and switches the machine off. The last line says `end` and the status.
pub fn run(measure: impl FnOnce(&mut dyn Write) -> Result<u8>) -> Infallible {
    // What goes wrong before there is a line is for the kernel's console, and the launcher sees the machine end without a word.
    if let Err(error) = with_line(measure) {
        eprintln!("peer: {error}");
    }
    match reboot(RebootMode::RB_POWER_OFF) {
        Ok(never) => never,
        // Linux panics when process 1 ends, and QEMU is told to end with that.
        Err(error) => panic!("switching off: {error}"),
    }
}

fn with_line(measure: impl FnOnce(&mut dyn Write) -> Result<u8>) -> Result<()> {
    for (kind, folder) in [("devtmpfs", "/dev"), ("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/tmp")] {
        fs::create_dir_all(folder)?;
        mount(Some(kind), folder, Some(kind), MsFlags::empty(), None::<&str>)?;
    }
    fs::create_dir_all("/dev/pts")?;
    mount(Some("devpts"), "/dev/pts", Some("devpts"), MsFlags::empty(), Some("ptmxmode=666"))?;
    let mut line = OpenOptions::new().write(true).open(LINE)?;
    let mut modes = tcgetattr(line.as_fd())?;
    cfmakeraw(&mut modes);
    tcsetattr(line.as_fd(), SetArg::TCSANOW, &modes)?;
    writeln!(line, "about {}", about())?;
    let status = measure(&mut line)?;
    writeln!(line, "end {status}")?;
    Ok(tcdrain(line.as_fd())?)
}

/// What decides how fast it is: the version, and what it does against faults of processors.
fn about() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let mut text = format!("Linux {}", read("/proc/sys/kernel/osrelease"));
    for fault in ["meltdown", "spectre_v2"] {
        text += &format!("; {fault}: {}", read(&format!("/sys/devices/system/cpu/vulnerabilities/{fault}")));
    }
    text
}
