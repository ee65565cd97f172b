//! The machine that the guest gets, as the command line of QEMU.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use crate::options::Accel;

/// The processor that QEMU shows the guest.
pub const CPU: &str = "max";

/// Where COM1, the console, leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Console {
    /// To a socket on which the launcher listens, together with QEMU's monitor (Ctrl-A C; Ctrl-A X leaves).
    WithMonitor(PathBuf),
    /// Nowhere.
    None,
    /// To a socket on which the launcher listens.
    Socket(PathBuf),
}

/// A virtual machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The kernel, an ELF file with a PVH entry.
    pub kernel: PathBuf,
    /// How many CPUs.
    pub smp: u32,
    /// Memory in MiB.
    pub mem_mib: u64,
    /// Who executes.
    pub accel: Accel,
    /// Count instructions and let them drive the clock: every figure becomes repeatable.
    pub icount: bool,
    /// COM1.
    pub console: Console,
    /// COM2: a socket on which the launcher listens.
    pub channel: PathBuf,
    /// QEMU's control protocol: a socket on which the launcher listens.
    pub qmp: PathBuf,
    /// What the debug console says.
    pub log: PathBuf,
    /// Whether `log` holds earlier boots, to be kept.
    pub append_log: bool,
    /// The module for the guest's /host.
    pub initrd: Option<PathBuf>,
    /// The kernel's command line. Pollux needs none.
    pub append: Option<String>,
    /// Files by their fw_cfg names.
    pub fw_cfg: Vec<(&'static str, PathBuf)>,
    /// Wait for gdb on port 1234.
    pub gdb: bool,
    /// The window to open, such as `gtk`.
    pub window: Option<String>,
    /// Arguments of the person, last so that they win.
    pub extra: Vec<OsString>,
}

impl Machine {
    /// The arguments of QEMU.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Arguments::default();
        arguments.add("-M", "q35");
        arguments.add("-cpu", CPU);
        match self.accel {
            Accel::Kvm => arguments.add("-accel", "kvm"),
            // Instruction counting knows only one thread for all CPUs.
            Accel::Tcg if self.icount => arguments.add("-accel", "tcg,thread=single"),
            Accel::Tcg => arguments.add("-accel", "tcg,thread=multi"),
        }
        if self.icount {
            arguments.add("-icount", "shift=1,sleep=off");
            // Nothing of the host decides what the guest does: neither its dice nor its date.
            arguments.add("-seed", "1");
            arguments.add("-rtc", "base=2025-01-01T00:00:00,clock=vm");
        }
        arguments.add("-smp", self.smp.to_string());
        arguments.add("-m", self.mem_mib.to_string());
        arguments.add("-kernel", &self.kernel);
        arguments.flag("-nodefaults");
        arguments.flag("-no-user-config");
        arguments.flag("-no-reboot");
        arguments.add("-vga", "std");
        arguments.add("-display", self.window.as_deref().unwrap_or("none"));
        arguments.add("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04");

        let append = if self.append_log { ",append=on" } else { "" };
        arguments.add_path("-chardev", &format!("file,id=log{append},path="), &self.log);
        arguments.add("-device", "isa-debugcon,chardev=log,iobase=0xe9");

        match &self.console {
            Console::WithMonitor(path) => {
                arguments.add_path("-chardev", "socket,id=console,mux=on,path=", path);
                arguments.add("-mon", "chardev=console,mode=readline");
                arguments.add("-serial", "chardev:console");
            }
            Console::None => arguments.add("-serial", "null"),
            Console::Socket(path) => {
                arguments.add_path("-chardev", "socket,id=console,path=", path);
                arguments.add("-serial", "chardev:console");
            }
        }
        arguments.add_path("-chardev", "socket,id=channel,path=", &self.channel);
        arguments.add("-serial", "chardev:channel");
        arguments.add_path("-chardev", "socket,id=qmp,path=", &self.qmp);
        arguments.add("-mon", "chardev=qmp,mode=control");

        if let Some(initrd) = &self.initrd {
            // A comma in this argument would part two modules.
            arguments.add_path("-initrd", "", initrd);
        }
        if let Some(append) = &self.append {
            arguments.add("-append", append);
        }
        for (name, path) in &self.fw_cfg {
            arguments.add_path("-fw_cfg", &format!("name={name},file="), path);
        }
        if self.gdb {
            arguments.flag("-s");
            arguments.flag("-S");
        }
        arguments.0.extend(self.extra.iter().cloned());
        arguments.0
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn flag(&mut self, name: &str) {
        self.0.push(name.into());
    }

    fn add(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.flag(name);
        self.0.push(value.as_ref().to_owned());
    }

    /// Adds an option whose value ends with a path; QEMU wants commas in it doubled.
    fn add_path(&mut self, name: &str, before: &str, path: &Path) {
        let mut value = before.as_bytes().to_vec();
        for &byte in path.as_os_str().as_bytes() {
            value.push(byte);
            if byte == b',' {
                value.push(b',');
            }
        }
        self.add(name, OsString::from_vec(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            kernel: "k".into(),
            smp: 2,
            mem_mib: 256,
            accel: Accel::Tcg,
            icount: false,
            console: Console::None,
            channel: "/t/com2".into(),
            qmp: "/t/qmp".into(),
            log: "/a,b/log".into(),
            append_log: false,
            initrd: None,
            append: None,
            fw_cfg: vec![("opt/pollux/command", "/t/command".into())],
            gdb: false,
            window: None,
            extra: vec!["-d".into(), "int".into()],
        }
    }

    fn line(machine: &Machine) -> String {
        machine.arguments().join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn the_machine_is_what_was_asked_for() {
        let line = line(&machine());
        for part in [
            "-smp 2 -m 256 -kernel k ",
            "-accel tcg,thread=multi ",
            "-display none ",
            "-chardev file,id=log,path=/a,,b/log ",
            "-serial null -chardev socket,id=channel,path=/t/com2 -serial chardev:channel",
            "-fw_cfg name=opt/pollux/command,file=/t/command",
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(line.ends_with("-d int"), "the person's arguments come last: {line}");
        for absent in ["-icount", "-seed", "-rtc", " -S"] {
            assert!(!line.contains(absent), "{absent} is in {line}");
        }
    }

    #[test]
    fn counting_instructions_needs_a_single_thread() {
        let line = line(&Machine { icount: true, ..machine() });
        assert!(
            line.contains("-accel tcg,thread=single -icount shift=1,sleep=off -seed 1 -rtc base="),
            "{line}"
        );
    }

    #[test]
    fn debugging_stops_the_machine_and_a_second_boot_keeps_the_log() {
        let line = line(&Machine { gdb: true, append_log: true, ..machine() });
        assert!(line.contains(" -s -S"), "{line}");
        assert!(line.contains("id=log,append=on"), "{line}");
    }

    #[test]
    fn a_person_has_the_monitor_behind_the_console() {
        let line = line(&Machine { console: Console::WithMonitor("/t/com1".into()), ..machine() });
        let console = "-chardev socket,id=console,mux=on,path=/t/com1 -mon chardev=console,mode=readline \
                       -serial chardev:console -chardev socket,id=channel";
        assert!(line.contains(console), "{line}");
    }
}
