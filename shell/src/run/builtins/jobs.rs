//! `jobs`, `wait`, `fg`, `bg`, `disown`.

use alloc::vec::Vec;
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{
    env::Signal,
    run::{
        Flow,
        jobs::{Entry, Running, State},
    },
    shell::Shell,
};

/// How much of the list of jobs is written at a time.
const PIECE: usize = 4096;

pub(super) async fn jobs(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let (mut long, mut pids, mut only) = (false, false, None);
    let mut operands = &args[1..];
    while let Some([b'-', letters @ ..]) = operands.first().map(|arg| arg.as_slice())
        && !letters.is_empty()
    {
        operands = &operands[1..];
        if letters == b"-" {
            break;
        }
        for letter in letters {
            match letter {
                b'l' => long = true,
                b'p' => pids = true,
                b'r' => only = Some(State::Running),
                b's' => only = Some(State::Stopped),
                letter => {
                    let letter = char::from(*letter);
                    shell
                        .complain(alloc::format!("jobs: there is no option -{letter}; -l, -p, -r and -s are"))
                        .await;
                    return Continue(2);
                }
            }
        }
    }
    let mut chosen = Vec::new();
    let mut status = 0;
    for operand in operands {
        match named(shell, operand.as_bstr()).map(|entry| entry.number) {
            Ok(number) => chosen.push(number),
            Err(problem) => {
                shell.complain(alloc::format!("jobs: {operand}: {problem}")).await;
                status = 1;
            }
        }
    }
    let all = operands.is_empty();
    let mut chosen = chosen.into_iter();
    let marks = shell.jobs.marks();
    let mut text = Vec::new();
    let mut last = 0;
    // A piece at a time: there may be thousands, and no memory left because of them.
    while let Some(entry) = if all {
        shell.jobs.after(last)
    } else {
        chosen.next().and_then(|number| shell.jobs.after(number - 1))
    } {
        let (number, state) = (entry.number, entry.state());
        last = number;
        if only.as_ref().is_some_and(|only| core::mem::discriminant(only) != core::mem::discriminant(&state))
        {
            continue;
        }
        match pids {
            true => text.extend_from_slice(alloc::format!("{}\n", entry.pid).as_bytes()),
            false => text.extend_from_slice(&entry.line(&state, marks, long)),
        }
        shell.jobs.told(number, &state); // so that no notice comes
        if text.len() >= PIECE {
            status = status.max(shell.print(core::mem::take(&mut text)).await?);
        }
    }
    Continue(status.max(shell.print(text).await?))
}

/// The job that an operand names: `%n`, or a number that `$!` gave.
fn named<'a>(shell: &'a Shell, operand: &BStr) -> Result<&'a Entry, &'static str> {
    if operand.starts_with(b"%") {
        return shell.jobs.find(operand);
    }
    let pid = operand.to_str().ok().and_then(|text| text.parse().ok());
    pid.and_then(|pid| shell.jobs.find_pid(pid)).ok_or("no such job")
}

pub(super) async fn wait(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    if args.len() == 1 {
        // One after the other, as they are now: a list of all of them would be long where there are thousands.
        let mut last = 0;
        loop {
            let Some(entry) = shell.jobs.after(last).cloned() else { break };
            last = entry.number;
            if let Err(signal) = wait_for(shell, entry).await? {
                return Continue(128 + signal as u8);
            }
        }
        return Continue(0);
    }
    for operand in &args[1..] {
        let entry = match named(shell, operand.as_bstr()) {
            Ok(entry) => entry.clone(),
            Err(problem) => {
                shell.complain(alloc::format!("wait: {operand}: {problem}")).await;
                status = 127;
                continue;
            }
        };
        status = match wait_for(shell, entry).await? {
            Ok(status) => status,
            Err(signal) => return Continue(128 + signal as u8),
        };
    }
    Continue(status)
}

/// The status of a job that has ended, or the signal that came before.
async fn wait_for(shell: &mut Shell, entry: Entry) -> Flow<Result<u8, Signal>> {
    // `^C` ends the waiting, not the job.
    let exits = match shell.unless_signalled(entry.job.wait()).await? {
        Ok(exits) => exits,
        Err(signal) => return Continue(Err(signal)),
    };
    shell.jobs.remove(entry.number);
    shell.report_panics(&entry.names, &exits).await;
    Continue(Ok(shell.status_of(&exits)))
}

pub(super) async fn disown(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    let mut operands = &args[1..];
    let (mut all, mut running) = (false, false);
    while let Some(letter @ (b"-a" | b"-r")) = operands.first().map(|arg| arg.as_slice()) {
        (all, running) = (all || letter == b"-a", running || letter == b"-r");
        operands = &operands[1..];
    }
    if operands.is_empty() && (all || running) {
        let chosen = |entry: &&Entry| !running || matches!(entry.state(), State::Running);
        let numbers: Vec<usize> = shell.jobs.iter().filter(chosen).map(|entry| entry.number).collect();
        numbers.into_iter().for_each(|number| shell.jobs.remove(number));
        return Continue(0);
    }
    let last = [BString::from("%%")];
    let operands = if operands.is_empty() { &last[..] } else { operands };
    for operand in operands {
        match named(shell, operand.as_bstr()).map(|entry| entry.number) {
            Ok(number) => shell.jobs.remove(number),
            Err(problem) => {
                shell.complain(alloc::format!("disown: {operand}: {problem}")).await;
                status = 1;
            }
        }
    }
    Continue(status)
}

pub(super) async fn fg(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let spec = args.get(1).map_or(b"%%".as_bstr(), |arg| arg.as_bstr());
    let entry = match shell.jobs.find(spec) {
        Ok(entry) => entry.clone(),
        Err(problem) => {
            shell.complain(alloc::format!("fg: {spec}: {problem}")).await;
            return Continue(1);
        }
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
    let last = [BString::from("%%")];
    let operands = if args.len() > 1 { &args[1..] } else { &last[..] };
    let mut status = 0;
    for operand in operands {
        let found = shell.jobs.find(operand.as_bstr()).cloned();
        match found {
            Ok(entry) => {
                shell.tell(alloc::format!("[{}] {} &\n", entry.number, entry.text)).await;
                entry.job.signal(Signal::Cont);
                shell.jobs.continued(entry.number);
            }
            Err(problem) => {
                shell.complain(alloc::format!("bg: {operand}: {problem}")).await;
                status = 1;
            }
        }
    }
    Continue(status)
}
