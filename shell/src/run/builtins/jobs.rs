//! `jobs`, `wait`, `fg`, `bg`, `kill`.

use alloc::{string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{
    env::{Pid, Signal},
    run::{
        Flow,
        jobs::{Entry, Running},
    },
    shell::Shell,
};

pub(super) async fn jobs(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut long = false;
    for arg in &args[1..] {
        match arg.as_slice() {
            b"-l" => long = true,
            b"-p" => {
                let pids: String = shell.jobs.iter().map(|entry| alloc::format!("{}\n", entry.pid)).collect();
                return Continue(shell.print(pids).await);
            }
            _ => {
                shell.complain(alloc::format!("jobs: there is no option {arg}")).await;
                return Continue(2);
            }
        }
    }
    let mut text = Vec::new();
    for entry in shell.jobs.iter() {
        let state = entry.state();
        let pid = if long { alloc::format!("{} ", entry.pid) } else { String::new() };
        let line = alloc::format!("[{}] {pid}{state:<12} {}\n", entry.number, entry.text);
        text.extend_from_slice(line.as_bytes());
    }
    shell.jobs.take_ended(); // they have been told of now
    Continue(shell.print(text).await)
}

/// The job that an operand names: `%n`, or a number that `$!` gave.
fn named<'a>(shell: &'a Shell, operand: &BStr) -> Option<&'a Entry> {
    if operand.starts_with(b"%") {
        return shell.jobs.find(operand);
    }
    shell.jobs.find_pid(operand.to_str().ok()?.parse().ok()?)
}

pub(super) async fn wait(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    if args.len() == 1 {
        let all: Vec<Entry> = shell.jobs.iter().cloned().collect();
        for entry in all {
            wait_for(shell, entry).await?;
        }
        return Continue(0);
    }
    for operand in &args[1..] {
        let Some(entry) = named(shell, operand.as_bstr()).cloned() else {
            shell.complain(alloc::format!("wait: {operand}: no such job")).await;
            status = 127;
            continue;
        };
        status = wait_for(shell, entry).await?;
    }
    Continue(status)
}

async fn wait_for(shell: &mut Shell, entry: Entry) -> Flow<u8> {
    // `^C` ends the waiting, not the job.
    let exits = shell.unless_interrupted(entry.job.wait()).await?;
    shell.jobs.remove(entry.number);
    shell.report_panics(&entry.names, &exits).await;
    Continue(shell.status_of(&exits))
}

pub(super) async fn disown(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let last = [BString::from("%%")];
    let operands = if args.len() > 1 { &args[1..] } else { &last[..] };
    for operand in operands {
        match named(shell, operand.as_bstr()).map(|entry| entry.number) {
            Some(number) => shell.jobs.remove(number),
            None => {
                shell.complain(alloc::format!("disown: {operand}: no such job")).await;
                status = 1;
            }
        }
    }
    Continue(status)
}

pub(super) async fn fg(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let spec = args.get(1).map_or(b"%%".as_bstr(), |arg| arg.as_bstr());
    let Some(entry) = shell.jobs.find(spec).cloned() else {
        shell.complain(alloc::format!("fg: {spec}: no such job")).await;
        return Continue(1);
    };
    shell.jobs.remove(entry.number);
    shell.tell(alloc::format!("{}\n", entry.text)).await;
    let running = Running::resumed(entry);
    shell.hand_terminal_to(&running);
    running.signal(Signal::Cont);
    shell.finish(running).await?;
    Continue(shell.status)
}

pub(super) async fn bg(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let spec = args.get(1).map_or(b"%%".as_bstr(), |arg| arg.as_bstr());
    let Some(entry) = shell.jobs.find(spec).cloned() else {
        shell.complain(alloc::format!("bg: {spec}: no such job")).await;
        return Continue(1);
    };
    shell.tell(alloc::format!("[{}] {} &\n", entry.number, entry.text)).await;
    entry.job.signal(Signal::Cont);
    Continue(0)
}

/// The signals by the names that `kill` takes.
const SIGNALS: &[(Signal, &str)] = &[
    (Signal::Hup, "HUP"),
    (Signal::Int, "INT"),
    (Signal::Quit, "QUIT"),
    (Signal::Abrt, "ABRT"),
    (Signal::Kill, "KILL"),
    (Signal::Pipe, "PIPE"),
    (Signal::Term, "TERM"),
    (Signal::Cont, "CONT"),
    (Signal::Stop, "STOP"),
    (Signal::Tstp, "TSTP"),
];

/// The signal of that name, with or without `SIG`, or number.
pub(crate) fn signal_named(name: &[u8]) -> Option<Signal> {
    let name = name.to_str().ok()?.to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let number = name.parse::<u8>().ok();
    let fits = |(signal, text): &&(Signal, &str)| *text == name || number == Some(*signal as u8);
    SIGNALS.iter().find(fits).map(|(signal, _)| *signal)
}

pub(super) async fn kill(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let usage = "kill: usage: kill [-SIGNAL | -s SIGNAL] PID | %JOB..., kill -l [NUMBER]";
    let mut operands = &args[1..];
    let mut chosen = Signal::Term;
    match operands.first().map(|arg| arg.as_slice()) {
        Some(b"-l") => return list_signals(shell, &operands[1..]).await,
        Some(b"--") => operands = &operands[1..],
        Some([b'-', name @ ..]) if !name.is_empty() => {
            let (name, used) = match (name, operands.get(1)) {
                (b"s", Some(name)) => (name.as_slice(), 2),
                (b"s", None) => (&b""[..], 1),
                (name, _) => (name, 1),
            };
            let Some(signal) = signal_named(name) else {
                let message = alloc::format!("kill: {}: no such signal; kill -l lists them", name.as_bstr());
                shell.complain(message).await;
                return Continue(1);
            };
            chosen = signal;
            operands = &operands[used..];
        }
        _ => {}
    }
    if operands.is_empty() {
        shell.complain(usage).await;
        return Continue(2);
    }
    let mut status = 0;
    for operand in operands {
        if let Some(problem) = send(shell, operand.as_bstr(), chosen) {
            shell.complain(alloc::format!("kill: {operand}: {problem}")).await;
            status = 1;
        }
    }
    Continue(status)
}

/// Sends a signal; what is wrong, if anything is.
fn send(shell: &Shell, operand: &BStr, signal: Signal) -> Option<String> {
    if operand.starts_with(b"%") {
        return match shell.jobs.find(operand) {
            Some(entry) => {
                entry.job.signal(signal);
                None
            }
            None => Some("no such job".into()),
        };
    }
    match operand.to_str().ok().and_then(|text| text.parse::<Pid>().ok()) {
        Some(pid) => shell.sys.kill(pid, signal).err().map(|error| alloc::format!("{error}")),
        None => Some("neither a task number nor a %job".into()),
    }
}

async fn list_signals(shell: &mut Shell, operands: &[BString]) -> Flow<u8> {
    let mut text = String::new();
    if operands.is_empty() {
        for (signal, name) in SIGNALS {
            text += &alloc::format!("{:>2} {name}\n", *signal as u8);
        }
    }
    for operand in operands {
        // An exit status stands for the signal that caused it.
        let number = operand.to_str().ok().and_then(|text| text.parse::<u8>().ok());
        let number = number.map(|number| if number > 128 { number - 128 } else { number });
        match SIGNALS.iter().find(|(signal, _)| Some(*signal as u8) == number) {
            Some((_, name)) => text += &alloc::format!("{name}\n"),
            None => {
                shell.complain(alloc::format!("kill: {operand}: no such signal")).await;
                return Continue(1);
            }
        }
    }
    Continue(shell.print(text).await)
}
