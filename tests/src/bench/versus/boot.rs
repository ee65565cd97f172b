//! A boot of Linux, and one of Pollux until its prompt, both on the machine that the launcher makes for Pollux.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::{debian::Files, initramfs};
use crate::{
    channel::{self, Channel, NoFiles, Streams},
    failure::{Context, Failure, Result},
    machine::{Console, Machine},
    options::{Accel, Options},
    qemu::Qemu,
    report,
    symbols::Symbols,
    workspace,
};

/// How long a machine may say nothing. A row takes seconds.
const SILENCE: Duration = Duration::from_secs(180);
/// How much of what Linux said is shown when it fails.
const TAIL: usize = 20;

/// The machine both get: what differs is the kernel and what it starts with.
fn machine(scratch: &Path, kernel: &Path, smp: u32) -> Machine {
    Machine {
        kernel: kernel.into(),
        smp,
        mem_mib: Options::default().mem_mib,
        accel: Accel::Tcg,
        icount: false,
        console: Console::Socket(scratch.join("console")),
        channel: scratch.join("channel"),
        qmp: scratch.join("qmp"),
        log: scratch.join("log"),
        append_log: false,
        initrd: None,
        append: None,
        fw_cfg: Vec::new(),
        gdb: false,
        window: None,
        extra: Vec::new(),
    }
}

fn scratch() -> Result<TempDir> {
    tempfile::Builder::new().prefix("pollux-").tempdir().context(|| "making a temporary folder".into())
}

/// Writes what Linux starts with: the program that measures, as process 1, and busybox.
pub fn pack(peer: &Path, busybox: &Path, archive: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).context(|| format!("reading {}", path.display()));
    let (peer, busybox) = (read(peer)?, read(busybox)?);
    let files = [
        ("bin", initramfs::Kind::Folder),
        ("bin/busybox", initramfs::Kind::Program(&busybox)),
        ("dev", initramfs::Kind::Folder),
        // Process 1 has its standard streams before it can make them.
        ("dev/console", initramfs::Kind::Device(5, 1)),
        ("dev/null", initramfs::Kind::Device(1, 3)),
        ("init", initramfs::Kind::Program(&peer)),
    ];
    let mut bytes = Vec::new();
    initramfs::write(&files, &mut bytes)
        .and_then(|()| fs::write(archive, bytes))
        .context(|| format!("writing {}", archive.display()))
}

/// Boots Linux, lets it measure these rows, and hands out each line that the program says, until the machine is off.
pub fn linux(
    files: &Files,
    archive: &Path,
    smp: u32,
    arguments: &str,
    mut hear: impl FnMut(&str),
) -> Result<()> {
    let scratch = scratch()?;
    let machine = Machine {
        initrd: Some(archive.into()),
        append: Some(format!("console=ttyS0 quiet panic=-1 rdinit=/init -- {arguments}")),
        ..machine(scratch.path(), &files.kernel, smp)
    };
    let (_qemu, lines) = Qemu::start(&machine, &scratch.path().join("errors"), |_| {})?;
    let mut console = lines.console.ok_or_else(|| Failure::new("the console is no socket"))?;
    let console = thread::spawn(move || {
        let mut said = Vec::new();
        // What there is when the machine ends is all there is.
        let _ = console.read_to_end(&mut said);
        said
    });
    lines.channel.set_read_timeout(Some(SILENCE)).context(|| "listening to Linux".into())?;
    let mut ended = None;
    let mut trouble = "it ended before it had measured".to_owned();
    for line in BufReader::new(lines.channel).lines() {
        match line {
            Ok(line) => match line.strip_prefix("end ") {
                Some(status) => ended = status.trim().parse::<u8>().ok(),
                None => hear(line.trim_end()),
            },
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                trouble = format!("it said nothing for {} s", SILENCE.as_secs());
                break;
            }
            Err(_) => break,
        }
    }
    if ended.is_some() {
        return Ok(());
    }
    drop(_qemu);
    let said = console.join().unwrap_or_default();
    let said = String::from_utf8_lossy(&said).replace('\r', "");
    Err(Failure::new(format!("Linux: {trouble}\n{}", report::tail(&said, TAIL))))
}

/// Boots Pollux as for a person, and returns the nanoseconds from its entry to its prompt.
pub fn pollux_prompt(smp: u32) -> Result<f64> {
    let scratch = scratch()?;
    let kernel = workspace::kernel()?;
    let elf = fs::read(&kernel).context(|| format!("reading the kernel {}", kernel.display()))?;
    let symbols = scratch.path().join("symbols");
    fs::write(&symbols, Symbols::of(&elf)?.text()).context(|| "writing the symbols".into())?;
    let machine =
        Machine { fw_cfg: vec![("opt/pollux/symbols", symbols)], ..machine(scratch.path(), &kernel, smp) };
    let (_qemu, lines) = Qemu::start(&machine, &scratch.path().join("errors"), |_| {})?;
    let (tell, told) = mpsc::channel();
    let streams = Streams {
        input: Box::new(std::io::empty()),
        output: Box::new(std::io::sink()),
        errors: Box::new(std::io::sink()),
        files: Box::new(NoFiles),
    };
    let _channel = Channel::start(lines.channel, streams, move |event| drop(tell.send(event)))
        .context(|| "opening the channel".into())?;
    loop {
        match told.recv_timeout(SILENCE) {
            Ok(channel::Event::Measure(measured)) if measured.name == "boot_to_prompt" => {
                return Ok(measured.value);
            }
            Ok(channel::Event::End) | Err(_) => return Err(Failure::new("Pollux told of no prompt")),
            Ok(_) => {}
        }
    }
}
