//! Stands in for QEMU and a guest, to test the launcher without either.
//!
//! It takes QEMU's arguments, connects the lines they name and runs the guest's command, which is a
//! list of steps, one a line:
//!
//! | step | what it does |
//! |---|---|
//! | `out TEXT`, `err TEXT`, `log TEXT` | writes a line to standard output, standard error, the kernel log |
//! | `pid` | writes its process id to standard output |
//! | `cat` | copies standard input to standard output |
//! | `yes` | writes to standard output until nobody reads it |
//! | `pings N` | answers N pings |
//! | `silence` | says nothing more, for ever |
//! | `file NAME`, `bytes TEXT`, `complete` | sends a file: its beginning, some of it, its end |
//! | `order` | writes what is to be recorded to standard output |
//! | `exit N` | tells the status and ends |
//! | `reboot` | tells that it reboots, and resets the machine |
//! | `reset` | resets the machine |
//! | `quit N` | QEMU ends with this status |
//! | `complain TEXT` | QEMU says this on standard error |
//! | `figure NAME NS` | writes a benchmark's figures to standard output, as the guest's `bench` does |
//! | `bench ...` | runs the steps in `FAKE_QEMU_BENCH` |
//!
//! Asked for its version it says what `FAKE_QEMU_VERSION` is.

#![forbid(unsafe_code)]

use std::{
    env, fs,
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    process, thread,
};

use pollux_figures::{Summary, line};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let argument = |prefix: &str| arguments.iter().find_map(|argument| argument.strip_prefix(prefix));
    let missing = |what: &str| io::Error::other(format!("no {what} among the arguments"));

    if arguments.iter().any(|argument| argument == "--version") {
        println!("QEMU emulator version {} (fake)", env::var("FAKE_QEMU_VERSION").unwrap_or_default());
        return Ok(());
    }
    if let Ok(complaint) = env::var("FAKE_QEMU_COMPLAINT") {
        eprintln!("{complaint}");
        process::exit(1);
    }
    let command = argument("name=opt/pollux/command,file=").ok_or_else(|| missing("command"))?;
    let script = fs::read_to_string(command)?;
    let channel = argument("socket,id=channel,path=").ok_or_else(|| missing("channel"))?;
    let qmp = argument("socket,id=qmp,path=").ok_or_else(|| missing("qmp"))?;
    let log = argument("file,id=log,path=").ok_or_else(|| missing("log"))?;
    let mut guest = Guest {
        line: UnixStream::connect(channel)?,
        qmp: UnixStream::connect(qmp)?,
        log: File::create(log)?,
        order: argument("name=opt/pollux/perf,file=")
            .map(fs::read_to_string)
            .transpose()?
            .unwrap_or_default(),
    };
    guest.serve_qmp()?;
    guest.send(b'P', b"hello")?;
    for step in script.lines() {
        guest.step(step)?;
    }
    Ok(())
}

struct Guest {
    line: UnixStream,
    qmp: UnixStream,
    log: File,
    /// What the launcher wants to be recorded.
    order: String,
}

impl Guest {
    fn step(&mut self, step: &str) -> io::Result<()> {
        let (verb, object) = step.split_once(' ').unwrap_or((step, ""));
        let number = || object.parse::<u8>().map_err(io::Error::other);
        match verb {
            "out" => self.send(b'O', format!("{object}\n").as_bytes()),
            "err" => self.send(b'E', format!("{object}\n").as_bytes()),
            "log" => writeln!(self.log, "{object}"),
            "pid" => self.send(b'O', format!("{}\n", process::id()).as_bytes()),
            "cat" => self.cat(),
            "yes" => self.yes(),
            "file" => self.send(b'F', object.as_bytes()),
            "bytes" => self.send(b'B', object.as_bytes()),
            "complete" => self.send(b'C', b""),
            "order" => {
                let order = self.order.clone();
                self.send(b'O', order.as_bytes())
            }
            "pings" => (0..number()?).try_for_each(|_| self.pong()),
            "silence" => loop {
                thread::park();
            },
            "exit" => {
                self.send(b'X', &[number()?])?;
                process::exit(0)
            }
            "reboot" => {
                self.send(b'R', b"")?;
                self.reset()
            }
            "reset" => self.reset(),
            "quit" => process::exit(number()?.into()),
            "figure" => {
                let (name, ns) = object.split_once(' ').ok_or_else(|| io::Error::other("figure NAME NS"))?;
                let ns = [ns.parse().map_err(io::Error::other)?];
                let summary = Summary::of(&ns).ok_or_else(|| io::Error::other("no samples"))?;
                self.send(b'O', format!("{}\n", line::json(name, &ns, None, &summary)).as_bytes())
            }
            "bench" => {
                let steps = env::var("FAKE_QEMU_BENCH").map_err(io::Error::other)?;
                steps.lines().try_for_each(|step| self.step(step))
            }
            "complain" => {
                eprintln!("{object}");
                Ok(())
            }
            _ => Err(io::Error::other(format!("no such step: {step}"))),
        }
    }

    fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let length = u16::try_from(payload.len()).map_err(io::Error::other)?;
        self.line.write_all(&[&[kind], &length.to_le_bytes()[..], payload].concat())
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 3];
        self.line.read_exact(&mut head)?;
        let mut payload = vec![0; usize::from(u16::from_le_bytes([head[1], head[2]]))];
        self.line.read_exact(&mut payload)?;
        Ok((head[0], payload))
    }

    /// Receives a frame that is no ping; those it answers.
    fn receive_order(&mut self) -> io::Result<(u8, Vec<u8>)> {
        loop {
            match self.receive()? {
                (b'P', payload) => self.send(b'P', &payload)?,
                order => return Ok(order),
            }
        }
    }

    fn cat(&mut self) -> io::Result<()> {
        loop {
            self.send(b'D', &1000u32.to_le_bytes())?;
            match self.receive_order()? {
                (b'I', data) if data.is_empty() => return Ok(()),
                (b'I', data) if data.len() <= 1000 => self.send(b'O', &data)?,
                other => return Err(io::Error::other(format!("{other:?} is no answer to a demand"))),
            }
        }
    }

    fn yes(&mut self) -> io::Result<()> {
        loop {
            self.send(b'O', &b"y\n".repeat(500))?;
            if !self.is_spoken_to()? {
                continue;
            }
            match self.receive()? {
                (b'P', payload) => self.send(b'P', &payload)?,
                (b'H', output) if output == [1] => return Ok(()),
                other => return Err(io::Error::other(format!("{other:?} is no hang-up of standard output"))),
            }
        }
    }

    fn is_spoken_to(&self) -> io::Result<bool> {
        let mut line = [PollFd::new(&self.line, PollFlags::IN)];
        Ok(poll(&mut line, Some(&Timespec::default()))? > 0)
    }

    fn pong(&mut self) -> io::Result<()> {
        match self.receive()? {
            (b'P', payload) => self.send(b'P', &payload),
            other => Err(io::Error::other(format!("{other:?} is no ping"))),
        }
    }

    fn reset(&mut self) -> io::Result<()> {
        let event = r#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}"#;
        tell(&self.qmp, event)?;
        process::exit(0)
    }

    /// Answers every command that has an id as if it were a look at the registers.
    fn serve_qmp(&mut self) -> io::Result<()> {
        let commands = BufReader::new(self.qmp.try_clone()?).lines();
        let qmp = self.qmp.try_clone()?;
        thread::spawn(move || {
            for command in commands.map_while(Result::ok) {
                let answer = match command.contains("human-monitor-command") {
                    true => r#"{"return": "CPU#0\r\nRIP=0000000000000007 HLT=1\r\n", "id": 1}"#,
                    false => r#"{"return": {}}"#,
                };
                if tell(&qmp, answer).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }
}

/// Sends a line of QMP in one write: the thread that answers commands must not get between its parts.
fn tell(mut qmp: &UnixStream, line: &str) -> io::Result<()> {
    qmp.write_all(format!("{line}\n").as_bytes())
}
