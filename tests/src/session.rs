//! A run of the guest for a person or a script: from the options to the exit status.

use std::{
    ffi::OsStr,
    fs,
    io::{self, IsTerminal},
    os::unix::ffi::OsStrExt,
    path::PathBuf,
    process::Command,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH},
    iterator::Signals,
};
use tempfile::TempDir;

use crate::{
    accel,
    channel::{self, Channel, Files, NoFiles, Streams},
    escape::Escape,
    failure::{self, Context, Failure, Result},
    frame::{Measurement, Size},
    hang, initrd,
    machine::{Console, Machine},
    options::{Action, MIN_MEMORY_MIB, Options},
    perf::{Recording, files::Received, stacks},
    qemu::{self, Qemu},
    qmp::{self, Qmp},
    relay::Relay,
    report,
    stdio::Stdio,
    symbols::Symbols,
    terminal::{self, TerminalGuard},
    verdict::{self, Ending, Exit, Verdict},
    watchdog::{TICKS, Tick, Watchdog},
    workspace,
};

/// The size of a terminal that does not know its own.
const USUAL_SIZE: Size = Size { rows: 24, columns: 80 };
/// How long a guest that has told its status may take to switch off.
const SWITCH_OFF: Duration = Duration::from_secs(5);

/// Runs the guest as the options say, until it ends. Returns the exit status.
pub fn run(options: &Options) -> Result<u8> {
    let mut session = Session::prepare(options)?;
    loop {
        let verdict = session.boot();
        if verdict.is_err() {
            session.incomplete();
        }
        match verdict? {
            Verdict::Status(status) => return session.finish(status),
            Verdict::Reboot => session.machine.append_log = true,
            Verdict::Failed(failure) => {
                session.incomplete();
                return Err(session.explain(failure));
            }
        }
    }
}

/// Everything that outlives a reboot. Fields are dropped in order: the terminal is restored last.
struct Session {
    machine: Machine,
    symbols: Symbols,
    /// Of an interactive guest: to the terminal.
    relay: Option<Relay>,
    hang_after: Option<Duration>,
    /// Remembered when the log has the default name: it is kept under another name if all goes well.
    last_log: Option<PathBuf>,
    wake: Sender<Event>,
    events: Receiver<Event>,
    trouble: Option<String>,
    recorded: Option<Recorded>,
    /// Holds sockets and the files for QEMU, and removes them.
    scratch: TempDir,
    terminal: TerminalGuard,
}

/// What is recorded, and where it goes.
struct Recorded {
    recording: Recording,
    received: Received,
    /// The file with the stacks of samples.
    stacks: PathBuf,
    command: String,
    /// How much the guest says there is, such as `recorded 12 records`.
    counts: Vec<Measurement>,
}

enum Event {
    Channel(channel::Event),
    Qmp(qmp::Event),
    Ended(Exit),
    Signal(i32),
    /// The terminal has another size.
    Resized,
    /// The launcher was stopped and goes on.
    Continued,
    /// All that the console said is shown, and no more comes.
    ConsoleClosed,
    /// Somebody wants to know what all CPUs and tasks do.
    Asked,
}

impl Session {
    fn prepare(options: &Options) -> Result<Session> {
        let gdb = options.action == Action::Debug;
        let command = match &options.command {
            // Like any shell: without a terminal it runs what standard input says.
            None if !gdb && !options.display && !io::stdin().is_terminal() => Some(OsStr::new("sh")),
            command => command.as_deref(),
        };
        let interactive = command.is_none();
        let accel = accel::choose(options.accel)?;
        let window = options.display.then(window).transpose()?;
        options.files.as_deref().map_or(Ok(()), initrd::check)?;
        let kernel = workspace::kernel()?;

        // From here on there is something to put in order when a signal comes.
        let (wake, events) = mpsc::channel();
        catch_signals(wake.clone())?;
        let scratch = tempfile::Builder::new().prefix("pollux-").tempdir();
        let scratch = scratch.context(|| "making a temporary folder".into())?;
        let at = |name: &str| scratch.path().join(name);

        let recorded = match &options.recording {
            Some(recording) => Some(Recorded {
                recording: recording.clone(),
                received: Received::prepare(recording, &at("samples"))?,
                stacks: at("samples"),
                command: command.unwrap_or_default().to_string_lossy().into_owned(),
                counts: Vec::new(),
            }),
            None => None,
        };
        let initrd = match &options.files {
            Some(folder) => {
                let size = initrd::pack(folder, &at("files.tar"))?;
                enough_memory(options.mem_mib, size)?;
                Some(at("files.tar"))
            }
            None => None,
        };
        let elf = fs::read(&kernel).context(|| format!("reading the kernel {}", kernel.display()))?;
        let symbols = Symbols::of(&elf)?;
        let mut fw_cfg = vec![("opt/pollux/symbols", at("symbols"))];
        fs::write(at("symbols"), symbols.text()).context(|| "writing the symbols".into())?;
        if let Some(command) = command {
            fs::write(at("command"), command.as_bytes()).context(|| "writing the command".into())?;
            fw_cfg.push(("opt/pollux/command", at("command")));
        } else if window.is_none() && terminal::size().is_some() {
            fw_cfg.push(("opt/pollux/window", at("window"))); // written at each boot
        }
        if let Some(recording) = &options.recording {
            fs::write(at("perf"), recording.order()).context(|| "writing what to record".into())?;
            fw_cfg.push(("opt/pollux/perf", at("perf")));
        }
        let (log, last_log) = match &options.log {
            Some(log) => (std::path::absolute(log).context(|| "finding the log".into())?, None),
            None => {
                let logs = workspace::logs()?;
                (logs.join(format!("log-{}.txt", std::process::id())), Some(logs.join("log-last.txt")))
            }
        };
        if gdb {
            let line = format!("gdb -ex 'target remote :1234' {}", quoted(kernel.as_os_str()));
            eprintln!("pollux: the guest waits for gdb; in another terminal:\n{line}");
        }

        let machine = Machine {
            kernel,
            smp: options.smp,
            mem_mib: options.mem_mib,
            accel,
            icount: options.icount,
            console: if interactive { Console::WithMonitor(at("console")) } else { Console::None },
            channel: at("channel"),
            qmp: at("qmp"),
            log,
            append_log: false,
            initrd,
            append: None,
            fw_cfg,
            gdb,
            window,
            extra: options.qemu_args.clone(),
        };
        let terminal = TerminalGuard::new();
        let relay = if interactive { Some(sit_down(&terminal, options, wake.clone())?) } else { None };
        Ok(Session {
            machine,
            symbols,
            relay,
            // A guest that gdb stops is silent.
            hang_after: options.hang_after.filter(|_| !gdb),
            last_log,
            wake,
            events,
            trouble: None,
            recorded,
            scratch,
            terminal,
        })
    }

    /// Starts the machine and stays with it until it ends.
    fn boot(&mut self) -> Result<Verdict> {
        for socket in ["channel", "qmp", "console"] {
            // They are left over from the boot before, if there was one.
            let _ = fs::remove_file(self.scratch.path().join(socket));
        }
        if let Some(size) = terminal::size() {
            let text = format!("{} {}", size.rows, size.columns);
            fs::write(self.scratch.path().join("window"), text).context(|| "writing the size".into())?;
        }
        let wake = self.wake.clone();
        let errors = self.scratch.path().join("errors");
        let (qemu, lines) =
            Qemu::start(&self.machine, &errors, move |exit| drop(wake.send(Event::Ended(exit))))?;
        let wake = self.wake.clone();
        let channel = Channel::start(lines.channel, self.streams()?, move |event| {
            drop(wake.send(Event::Channel(event)))
        });
        let channel = channel.context(|| "opening the channel".into())?;
        let wake = self.wake.clone();
        let qmp = Qmp::new(lines.qmp, move |event| drop(wake.send(Event::Qmp(event))));
        let qmp = qmp.context(|| "opening QEMU's control line".into())?;
        if let (Some(relay), Some(console)) = (&self.relay, lines.console) {
            let wake = self.wake.clone();
            let connected = relay.connect(console, move || drop(wake.send(Event::ConsoleClosed)));
            connected.context(|| "opening the console".into())?;
        }
        Boot::new(self, qemu, channel, qmp).watch()
    }

    fn streams(&self) -> Result<Streams> {
        let stream = |fd: io::Result<Stdio>| fd.context(|| "opening the standard streams".into());
        // Two writers would leave neither's bytes whole.
        let output_is_taken =
            self.recorded.as_ref().is_some_and(|recorded| recorded.recording.has_standard_output());
        Ok(Streams {
            // The console of an interactive guest reads the terminal; the channel must not.
            input: if self.relay.is_some() {
                Box::new(io::empty())
            } else {
                Box::new(stream(Stdio::new(io::stdin()))?)
            },
            output: Box::new(stream(if output_is_taken {
                Stdio::new(io::stderr())
            } else {
                Stdio::new(io::stdout())
            })?),
            errors: Box::new(stream(Stdio::new(io::stderr()))?),
            files: match &self.recorded {
                Some(recorded) => Box::new(recorded.received.clone()) as Box<dyn Files>,
                None => Box::new(NoFiles),
            },
        })
    }

    fn finish(&mut self, status: u8) -> Result<u8> {
        if let Some(trouble) = self.trouble.take() {
            return Err(Failure::new(trouble));
        }
        let all_came = self.incomplete();
        if let Some(recorded) = &self.recorded {
            if !all_came && status == 0 {
                return Err(Failure::new("the guest switched off before it had sent what was recorded"));
            }
            recorded.finish(&self.symbols)?;
        }
        if let Some(last) = &self.last_log {
            // A log that cannot be kept is no reason to fail a run that went well.
            let _ = fs::rename(&self.machine.log, last);
        }
        Ok(status)
    }

    /// Says what is missing of a recording, if something is. Returns whether all came.
    fn incomplete(&self) -> bool {
        let missing = self.recorded.as_ref().map(|recorded| recorded.received.missing()).unwrap_or_default();
        for missing in &missing {
            eprintln!("pollux: {missing}");
        }
        missing.is_empty()
    }

    /// Adds what the log and QEMU say.
    fn explain(&self, failure: Failure) -> Failure {
        let mut message = String::new();
        let bytes = fs::read(&self.machine.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&bytes);
        match failure.status {
            // An interactive guest has shown its panic on the console.
            failure::PANIC if self.relay.is_none() => {
                message = format!("{}\npollux: ", report::of_panic(&log))
            }
            failure::LAUNCHER => {
                let said = fs::read_to_string(self.scratch.path().join("errors")).unwrap_or_default();
                if !said.trim().is_empty() {
                    message = format!("{}\npollux: ", said.trim_end());
                }
            }
            _ => {}
        }
        message += &failure.message;
        if !log.is_empty() {
            message += &format!("\npollux: the kernel log is {}", self.machine.log.display());
        }
        Failure { message, ..failure }
    }
}

impl Recorded {
    /// Makes what is made here, and says how much there is.
    fn finish(&self, symbols: &Symbols) -> Result<()> {
        if self.received.has_stacks() {
            stacks::write(&self.recording, &self.stacks, symbols, &self.command)?;
        }
        for Measurement { name, value, unit } in &self.counts {
            eprintln!("pollux: {name}: {value} {unit}");
        }
        Ok(())
    }
}

/// One boot, until QEMU has ended.
struct Boot<'a> {
    session: &'a mut Session,
    qemu: Qemu,
    channel: Channel,
    qmp: Qmp,
    dog: Watchdog,
    ending: Ending,
    paused: bool,
    channel_open: bool,
    qmp_open: bool,
    console_open: bool,
    ended: bool,
    /// The terminal has another size, and the guest does not know.
    resized: bool,
    /// When to stop waiting for QEMU to end by itself.
    switch_off_by: Option<Instant>,
    next_tick: Option<Instant>,
}

impl<'a> Boot<'a> {
    fn new(session: &'a mut Session, qemu: Qemu, channel: Channel, qmp: Qmp) -> Self {
        let ending = Ending {
            status: None,
            reboot: false,
            shutdown: None,
            exit: Exit::Code(0),
            interactive: session.relay.is_some(),
        };
        let next_tick = session.hang_after.map(|time| Instant::now() + time / TICKS);
        let console_open = session.relay.is_some();
        Boot {
            session,
            qemu,
            channel,
            qmp,
            dog: Watchdog::default(),
            ending,
            paused: false,
            channel_open: true,
            qmp_open: true,
            console_open,
            ended: false,
            resized: false,
            switch_off_by: None,
            next_tick,
        }
    }

    /// Waits until QEMU has ended and all that it said is read.
    fn watch(mut self) -> Result<Verdict> {
        while self.channel_open || self.qmp_open || self.console_open || !self.ended {
            match self.next_event() {
                Some(Event::Channel(event)) => self.hear(event),
                Some(Event::Qmp(event)) => self.notice(event),
                Some(Event::Ended(exit)) => {
                    self.ended = true;
                    if self.switch_off_by.is_none() {
                        self.ending.exit = exit;
                    }
                }
                Some(Event::ConsoleClosed) => self.console_open = false,
                Some(Event::Asked) => self.answer(),
                Some(Event::Resized) => self.terminal_resized(),
                Some(Event::Continued) => {
                    // Who stopped us has the terminal's modes set back, and may have another size. A terminal that is gone
                    // has none.
                    if self.session.relay.is_some() {
                        let _ = self.session.terminal.set_raw();
                    }
                    self.terminal_resized();
                }
                Some(Event::Signal(signal)) => {
                    let status = u8::try_from(128 + signal).unwrap_or(failure::LAUNCHER);
                    return Err(Failure::with_status(status, format!("ended by signal {signal}")));
                }
                None => {
                    if let Some(failure) = self.time_passed() {
                        return Ok(Verdict::Failed(failure));
                    }
                }
            }
            // Not before the guest has set its receiver up. Its next word comes with the prompt.
            if self.resized && self.channel.heard() > 0 {
                self.resized = false;
                terminal::size().into_iter().for_each(|size| self.channel.resize(size));
            }
        }
        Ok(verdict::judge(&self.ending))
    }

    /// The next event, or `None` when it is time for something.
    fn next_event(&self) -> Option<Event> {
        let next = [self.next_tick, self.switch_off_by].into_iter().flatten().min();
        let Some(next) = next.filter(|_| !self.ended) else { return self.session.events.recv().ok() };
        self.session.events.recv_timeout(next.saturating_duration_since(Instant::now())).ok()
    }

    fn terminal_resized(&mut self) {
        if let (Some(relay), Some(size)) = (&self.session.relay, terminal::size()) {
            relay.resize(size);
        }
        self.resized = self.has_terminals_size();
    }

    /// QEMU's window has the size that it has.
    fn has_terminals_size(&self) -> bool {
        self.session.relay.is_some() && self.session.machine.window.is_none()
    }

    /// Shows what all CPUs and tasks do.
    fn answer(&mut self) {
        let Some(relay) = &self.session.relay else { return };
        let (dump, why) = if hang::is_paused(&mut self.qmp) {
            (String::new(), "the machine is paused, so its guest tells nothing")
        } else {
            (hang::dump(&mut self.qmp, &self.session.machine.log), "that is all that the guest tells")
        };
        if hang::is_whole(&dump) {
            return relay.show(&dump);
        }
        let places = hang::describe(&mut self.qmp, &self.session.symbols);
        relay.show(format!("{dump}\npollux: {why}; QEMU says:\n{places}").trim_start());
    }

    fn hear(&mut self, event: channel::Event) {
        match event {
            channel::Event::Exit(status) => {
                self.ending.status = Some(status);
                self.next_tick = None;
                self.switch_off_by = Some(Instant::now() + SWITCH_OFF);
            }
            channel::Event::Reboot => self.ending.reboot = true,
            channel::Event::Trouble(text) => {
                self.session.trouble.get_or_insert(text);
            }
            channel::Event::End => self.channel_open = false,
            channel::Event::Measure(measured) => {
                if let Some(recorded) = &mut self.session.recorded {
                    recorded.counts.push(measured);
                }
            }
            // They are for the tests.
            channel::Event::Test(_) => {}
        }
    }

    fn notice(&mut self, event: qmp::Event) {
        match event {
            qmp::Event::Shutdown(reason) => self.ending.shutdown = Some(reason),
            qmp::Event::Stop => self.paused = true,
            qmp::Event::Resume => self.paused = false,
            qmp::Event::End => self.qmp_open = false,
        }
    }

    fn time_passed(&mut self) -> Option<Failure> {
        let now = Instant::now();
        if self.switch_off_by.is_some_and(|at| at <= now) {
            // Its status is known, and that is all that is left to know.
            self.qemu.kill();
        }
        if self.next_tick.is_some_and(|at| at <= now) {
            let hang_after = self.session.hang_after?;
            self.next_tick = Some(now + hang_after / TICKS);
            match self.dog.tick(self.channel.heard(), self.paused || self.channel.blocked()) {
                Tick::Wait => {}
                Tick::Ping => self.channel.ping(),
                Tick::Hang => return Some(self.hang(hang_after)),
            }
        }
        None
    }

    fn hang(&mut self, hang_after: Duration) -> Failure {
        let mut places = hang::describe(&mut self.qmp, &self.session.symbols);
        let dump = hang::dump(&mut self.qmp, &self.session.machine.log);
        if !dump.is_empty() {
            places += &format!("\n{dump}");
        }
        let how = if self.channel.heard() == 0 { "it never said a word in" } else { "no sign of life for" };
        let message = format!("the guest hangs: {how} {} s\n{places}", hang_after.as_secs_f64());
        Failure::with_status(failure::HANG, message)
    }
}

/// Turns the signals that end a program into events, so that everything is put in order first, and those of a terminal
/// with another size and of going on after a stop.
fn catch_signals(wake: Sender<Event>) -> Result<()> {
    let mut caught = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT])
        .context(|| "catching signals".into())?;
    thread::spawn(move || {
        for signal in caught.forever() {
            let event = match signal {
                SIGWINCH => Event::Resized,
                SIGCONT => Event::Continued,
                signal => Event::Signal(signal),
            };
            if wake.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Gives a person the console of the guests to come.
fn sit_down(terminal: &TerminalGuard, options: &Options, wake: Sender<Event>) -> Result<Relay> {
    terminal.set_raw().context(|| "setting the terminal raw".into())?;
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        eprintln!("pollux: Ctrl-A X leaves, Ctrl-A ? shows what all CPUs and tasks do");
    }
    let stream = |fd: io::Result<Stdio>| fd.context(|| "opening the standard streams".into());
    let (keyboard, screen) = (stream(Stdio::new(io::stdin()))?, stream(Stdio::new(io::stdout()))?);
    let (size, escape) = (terminal::size().unwrap_or(USUAL_SIZE), Escape::of(&options.qemu_args));
    Ok(Relay::start(keyboard, screen, size, escape, move || drop(wake.send(Event::Asked))))
}

fn enough_memory(mem_mib: u64, archive: u64) -> Result<()> {
    let needed = MIN_MEMORY_MIB + 2 * archive.div_ceil(1 << 20);
    if mem_mib < needed {
        // The archive is in memory as a module and once more as files.
        return Err(Failure::new(format!("--mem {mem_mib} is too little for --files: write --mem {needed}")));
    }
    Ok(())
}

/// The kind of window that this QEMU can open.
fn window() -> Result<String> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err(Failure::new(
            "--display: there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set)",
        ));
    }
    let output = Command::new(qemu::program()).args(["-display", "help"]).output();
    let output = output.context(|| format!("starting {}", qemu::program().display()))?;
    let offered = String::from_utf8_lossy(&output.stdout);
    ["gtk", "sdl"]
        .iter()
        .find(|kind| offered.lines().any(|line| line == **kind))
        .map(|kind| (*kind).to_owned())
        .ok_or_else(|| {
            Failure::new("--display: this QEMU has no windows; on Debian: apt-get install qemu-system-gui")
        })
}

/// A word for a shell.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if word.chars().all(plain) { word.into_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
