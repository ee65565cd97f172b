//! A guest that a test holds in its hands: it types, reads the screen, presses keys.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read, Write},
    num::NonZeroU16,
    os::unix::net::UnixStream,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;

use super::{
    Check, Laboratory,
    seen::{Missed, Record},
};
use crate::{
    channel::{self, Channel, Files, NoFiles, Streams},
    frame::Measurement,
    hang,
    machine::{Console, Machine},
    qemu::Qemu,
    qmp::{self, Qmp},
    report,
    verdict::Exit,
};

/// How long anything may take. No test should come near it: what is waited for comes, or the guest
/// ends, or it hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The shell's prompt begins with this, and after the directory it ends with this.
const PROMPT: (&[u8], &[u8]) = (b"pollux:", b"$ ");

/// The size of the console, as the guest takes it to be.
const ROWS: NonZeroU16 = NonZeroU16::new(25).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(80).unwrap();

/// The machine for a guest.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// CPUs.
    pub smp: u32,
    /// Memory in MiB.
    pub mem_mib: u64,
    /// Count instructions.
    pub icount: bool,
    /// The kernel with debug assertions.
    pub debug: bool,
    /// Run the in-guest tests of this filter instead of a shell.
    pub selftest: Option<&'static str>,
}

impl Setup {
    /// An interactive shell with this many CPUs.
    pub const fn shell(smp: u32) -> Setup {
        Setup { smp, mem_mib: 128, icount: false, debug: false, selftest: None }
    }
}

/// What is recorded while a guest runs.
pub struct Recorder {
    /// The order, as the guest reads it.
    pub order: String,
    /// Takes what the guest sends of it when its shell has ended.
    pub files: Box<dyn Files>,
}

/// A running guest.
pub struct Guest {
    record: Record,
    console: UnixStream,
    screen: vt100::Parser,
    /// How much of the console the screen has taken in.
    drawn: usize,
    /// Where the next `expect` begins.
    cursor: usize,
    qmp: Qmp,
    qemu: Qemu,
    log: std::path::PathBuf,
    _channel: Channel,
}

impl Guest {
    /// Starts a guest.
    pub fn boot(laboratory: &Laboratory, setup: &Setup) -> Check<Guest> {
        Guest::boot_recorded(laboratory, setup, None)
    }

    /// Starts a guest of which something is recorded.
    pub fn boot_recorded(laboratory: &Laboratory, setup: &Setup, recorder: Option<Recorder>) -> Check<Guest> {
        static BOOTS: AtomicU32 = AtomicU32::new(0);
        let folder = laboratory.scratch().join(format!("guest-{}", BOOTS.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&folder).map_err(|error| format!("making a folder: {error}"))?;
        let kernel = match setup.debug {
            true => laboratory.debug_kernel().map_err(|failure| failure.message)?,
            false => &laboratory.kernel,
        };
        let mut fw_cfg = vec![("opt/pollux/symbols", kernel.symbols.clone())];
        if let Some(filter) = setup.selftest {
            let path = folder.join("selftest");
            fs::write(&path, filter).map_err(|error| format!("writing the filter: {error}"))?;
            fw_cfg.push(("opt/pollux/selftest", path));
        }
        let files = match recorder {
            Some(Recorder { order, files }) => {
                let path = folder.join("perf");
                fs::write(&path, order).map_err(|error| format!("writing what to record: {error}"))?;
                fw_cfg.push(("opt/pollux/perf", path));
                files
            }
            None => Box::new(NoFiles),
        };
        let log = folder.join("log");
        let machine = Machine {
            kernel: kernel.program.clone(),
            smp: setup.smp,
            mem_mib: setup.mem_mib,
            accel: laboratory.accel,
            icount: setup.icount,
            console: Console::Socket(folder.join("console")),
            channel: folder.join("channel"),
            qmp: folder.join("qmp"),
            log: log.clone(),
            append_log: false,
            initrd: None,
            append: None,
            fw_cfg,
            gdb: false,
            window: None,
            extra: Vec::new(),
        };
        let record = Record::default();
        let ended = record.clone();
        let (qemu, lines) = Qemu::start(&machine, &folder.join("errors"), move |exit| {
            ended.note(|seen| seen.exit = Some(exit));
        })
        .map_err(|failure| failure.message)?;

        let told = record.clone();
        let streams = Streams {
            input: Box::new(io::empty()),
            output: Box::new(io::sink()),
            errors: Box::new(io::sink()),
            files,
        };
        let channel = Channel::start(lines.channel, streams, move |event| {
            told.note(|seen| match event {
                channel::Event::End => seen.closed += 1,
                event => seen.events.push(event),
            });
        });
        let told = record.clone();
        let qmp = Qmp::new(lines.qmp, move |event| {
            told.note(|seen| match event {
                qmp::Event::End => seen.closed += 1,
                qmp::Event::Shutdown(reason) => seen.shutdown = Some(reason),
                qmp::Event::Stop | qmp::Event::Resume => {}
            });
        });
        let console = lines.console.ok_or("the console is no socket")?;
        let reader = console.try_clone().map_err(|error| format!("the console: {error}"))?;
        let heard = record.clone();
        thread::spawn(move || listen(reader, &heard));
        Ok(Guest {
            record,
            console,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            drawn: 0,
            cursor: 0,
            qmp: qmp.map_err(|error| format!("QMP: {error}"))?,
            qemu,
            log,
            _channel: channel.map_err(|error| format!("the channel: {error}"))?,
        })
    }

    /// Types at the serial console. Enter is `\r`, as on a keyboard.
    pub fn type_text(&mut self, text: impl AsRef<[u8]>) -> Check {
        self.console.write_all(text.as_ref()).map_err(|error| format!("typing: {error}"))
    }

    /// Waits until the console has shown `text` after what earlier waits have found, and returns
    /// everything up to its end.
    pub fn expect(&mut self, text: &str) -> Check<String> {
        let (record, from) = (self.record.clone(), self.cursor);
        let end = self.wait(&format!("{text:?} on the console"), || {
            record.wait(LIMIT, |seen| Some(from + find(&seen.console[from..], text.as_bytes())? + text.len()))
        })?;
        self.cursor = end;
        Ok(String::from_utf8_lossy(&self.record.look().console[from..end]).into_owned())
    }

    /// Waits for a prompt and returns what came before it.
    pub fn prompt(&mut self) -> Check<String> {
        let (record, from) = (self.record.clone(), self.cursor);
        let (start, end) = self.wait("a prompt on the console", || {
            record.wait(LIMIT, |seen| find_prompt(&seen.console[from..]))
        })?;
        self.cursor = from + end;
        Ok(plain(&String::from_utf8_lossy(&self.record.look().console[from..from + start])))
    }

    /// Types a command and returns what it prints: what comes between its echo and the next prompt.
    pub fn run(&mut self, command: &str) -> Check<String> {
        self.type_text(format!("{command}\r"))?;
        self.expect("\n")?;
        Ok(self.prompt()?.replace('\r', "").trim_end().to_owned())
    }

    /// Runs a command and checks what it prints.
    pub fn expect_output(&mut self, command: &str, expected: &str) -> Check {
        let output = self.run(command)?;
        check_eq!(output, expected, "{command}");
        Ok(())
    }

    /// Waits until the screen shows what the test looks for.
    pub fn expect_screen(&mut self, what: &str, mut shown: impl FnMut(&vt100::Screen) -> bool) -> Check {
        let record = self.record.clone();
        let (screen, drawn) = (&mut self.screen, &mut self.drawn);
        let result = record.wait(LIMIT, |seen| {
            screen.process(&seen.console[*drawn..]);
            *drawn = seen.console.len();
            shown(screen.screen()).then_some(())
        });
        let contents = self.screen.screen().contents();
        self.wait(&format!("{what} on the screen, which is\n{contents}"), || result)
    }

    /// Waits until what was told over the channel fits.
    pub fn expect_event<T>(
        &mut self,
        what: &str,
        mut fits: impl FnMut(&channel::Event) -> Option<T>,
    ) -> Check<T> {
        let record = self.record.clone();
        self.wait(what, || record.wait(LIMIT, |seen| seen.events.iter().find_map(&mut fits)))
    }

    /// Everything that was told over the channel so far.
    pub fn events(&self) -> Vec<channel::Event> {
        self.record.look().events.clone()
    }

    /// The measurements so far.
    pub fn measurements(&self) -> Vec<Measurement> {
        let seen = self.record.look();
        let measured = seen.events.iter().filter_map(|event| match event {
            channel::Event::Measure(measurement) => Some(measurement.clone()),
            _ => None,
        });
        measured.collect()
    }

    /// Fails if the console shows anything within this time.
    pub fn quiet_for(&mut self, time: Duration) -> Check {
        let before = self.record.look().console.len();
        match self.record.wait(time, |seen| (seen.console.len() > before).then_some(())) {
            Err(Missed::Time) => Ok(()),
            Err(Missed::Over) => Err("the guest has ended".into()),
            Ok(()) => Err("the console is not quiet".into()),
        }
    }

    /// Waits until QEMU has ended and returns how.
    pub fn expect_end(&mut self) -> Check<Exit> {
        let record = self.record.clone();
        match record.wait(LIMIT, |_| None::<()>) {
            Err(Missed::Over) => self.record.look().exit.ok_or_else(|| "the guest has not ended".into()),
            _ => Err("the guest does not end".into()),
        }
    }

    /// Waits until QEMU has ended, as long as things are told over the channel on the way.
    pub fn follow_to_end(&mut self) -> Check<Exit> {
        loop {
            let told = self.record.look().events.len();
            match self.record.wait(LIMIT, |seen| (seen.events.len() > told).then_some(())) {
                Ok(()) => {}
                Err(Missed::Over) => {
                    return self.record.look().exit.ok_or_else(|| "the guest has not ended".into());
                }
                Err(Missed::Time) => {
                    return Err(format!("nothing was told for {} s\n{}", LIMIT.as_secs(), self.dump()));
                }
            }
        }
    }

    /// What the guest writes of its CPUs and tasks when it gets a non-maskable interrupt.
    pub fn dump(&mut self) -> String {
        hang::dump(&mut self.qmp, &self.log)
    }

    /// Whether QEMU still runs.
    pub fn is_alive(&self) -> bool {
        self.record.look().exit.is_none()
    }

    /// Presses and releases keys of the PS/2 keyboard, all at once, by QEMU's names.
    pub fn press(&mut self, keys: &[&str]) -> Check {
        let keys: Vec<_> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.qmp.execute("send-key", &json!({ "keys": keys, "hold-time": 1 })).map(drop)
    }

    /// The text on the VGA screen, 25 lines.
    pub fn vga_text(&mut self) -> Check<String> {
        let dump = self.qmp.monitor("xp /2000hx 0xb8000")?;
        let cells =
            dump.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, row)| row.split_whitespace());
        let letters: Vec<char> = cells
            .filter_map(|cell| u16::from_str_radix(cell.trim_start_matches("0x"), 16).ok())
            .map(|cell| char::from(cell.to_le_bytes()[0]))
            .collect();
        let lines = letters.chunks(80).map(|line| line.iter().collect::<String>().trim_end().to_owned());
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The processor time that QEMU has used so far.
    pub fn cpu_time(&self) -> Check<Duration> {
        let path = format!("/proc/{}/stat", self.qemu.pid());
        let stat = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // Fields 14 and 15 of proc(5); the name before the parenthesis may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |n: usize| fields.get(n - 3).and_then(|field| field.parse::<u64>().ok());
        let ticks = ticks(14).zip(ticks(15)).ok_or_else(|| format!("{path} is {stat:?}"))?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_millis((ticks.0 + ticks.1) * 1000 / per_second))
    }

    /// The kernel log so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The guest's console and log, for the message of a failure.
    pub fn autopsy(&self) -> String {
        let seen = self.record.look();
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = match (seen.exit, &seen.shutdown) {
            (None, _) => writeln!(text, "the guest was running"),
            (Some(exit), reason) => writeln!(text, "the guest had ended: {exit:?}, {reason:?}"),
        };
        let console = plain(&String::from_utf8_lossy(&seen.console));
        let _ = writeln!(text, "-- console:\n{}", report::tail(&console.replace('\r', ""), 40));
        let _ = writeln!(text, "-- kernel log:\n{}", report::tail(&self.log(), 40));
        text
    }

    fn wait<T>(&self, what: &str, wait: impl FnOnce() -> Result<T, Missed>) -> Check<T> {
        wait().map_err(|missed| match missed {
            Missed::Over => format!("the guest ended while this was waited for: {what}"),
            Missed::Time => format!("{} s went by without {what}", LIMIT.as_secs()),
        })
    }
}

fn listen(mut console: UnixStream, record: &Record) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = console.read(&mut buffer) {
        record.note(|seen| seen.console.extend_from_slice(&buffer[..n]));
    }
    record.note(|seen| seen.closed += 1);
}

pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Where a prompt begins and ends: all on one line.
fn find_prompt(console: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = find(&console[from..], PROMPT.0) {
        let start = from + at;
        let line = console[start..].split(|&byte| byte == b'\n').next().unwrap_or_default();
        if let Some(end) = find(line, PROMPT.1) {
            return Some((start, start + end + PROMPT.1.len()));
        }
        from = start + PROMPT.0.len();
    }
    None
}

/// The text without escape sequences.
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            out.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            // CSI: parameters up to a letter (ECMA-48, 5.4).
            while chars.next().is_some_and(|c| !('\x40'..='\x7e').contains(&c)) {}
        } else {
            chars.next();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_no_text() {
        assert_eq!(plain("a\x1b[1;31mb\x1b[Kc\x1b=d"), "abcd");
        assert_eq!(plain("\x1b["), "");
    }

    #[test]
    fn a_prompt_is_on_one_line() {
        assert_eq!(find_prompt(b"x\r\npollux:/tmp$ l"), Some((3, 16)));
        assert_eq!(find_prompt(b"pollux: no such file\n$ "), None);
        assert_eq!(find_prompt(b"pollux: a pollux:~$ "), Some((0, 20)));
    }

    #[test]
    fn the_needle_is_found() {
        assert_eq!(find(b"abcabd", b"abd"), Some(3));
        assert_eq!(find(b"ab", b"abd"), None);
    }
}
