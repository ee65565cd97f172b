//! `kill` and `trap`.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};
use core::ops::ControlFlow::Continue;

use crate::{
    env::{Pid, Signal},
    run::{Flow, assign::quoted, trap::Condition},
    shell::Shell,
};

const KILL_USAGE: &str =
    "kill: usage: kill [-SIGNAL | -s SIGNAL | -n NUMBER] PID | -PID | %JOB..., kill -l [NUMBER...]";

pub(super) async fn kill(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut operands = &args[1..];
    let mut chosen = Some(Signal::Term);
    let mut named = false;
    match operands.first().map(|arg| arg.as_slice()) {
        Some(b"-l" | b"-L") => return list_signals(shell, &operands[1..]).await,
        Some(b"--") => {}
        Some([b'-', name @ ..]) if !name.is_empty() => {
            named = true;
            let (name, used) = match (name, operands.get(1)) {
                (b"s" | b"n", Some(name)) => (name.as_slice(), 2),
                (b"s" | b"n", None) => (&b""[..], 1),
                ([b's' | b'n', name @ ..], _) if Signal::parse(name).is_some() => (name, 1),
                (name, _) => (name, 1),
            };
            chosen = match name {
                b"0" | b"EXIT" => None, // only asks whether there is such a task
                name => match Signal::parse(name) {
                    Some(signal) => Some(signal),
                    None => {
                        let message = format!("kill: {}: no such signal; kill -l lists them", name.as_bstr());
                        shell.complain(message).await;
                        return Continue(1);
                    }
                },
            };
            operands = &operands[used..];
        }
        _ => {}
    }
    // After `--`, or after the signal's name, a dash begins the number of a job.
    if operands.first().is_some_and(|arg| arg == "--") {
        (operands, named) = (&operands[1..], true);
    }
    if operands.is_empty() {
        shell.complain(KILL_USAGE).await;
        return Continue(2);
    }
    let mut status = 0;
    for operand in operands {
        if let Some(problem) = send(shell, operand.as_bstr(), chosen, named) {
            shell.complain(format!("kill: {operand}: {problem}")).await;
            status = 1;
        }
    }
    // A signal to the shell itself takes effect where the shell waits.
    shell.sys.yield_now().await;
    Continue(status)
}

/// Sends a signal, or with `None` only looks; what is wrong, if anything is.
fn send(shell: &Shell, operand: &BStr, signal: Option<Signal>, groups: bool) -> Option<String> {
    if operand.starts_with(b"%") {
        return match (shell.jobs.find(operand), signal) {
            (Ok(entry), Some(signal)) => {
                entry.job.signal(signal);
                None
            }
            (Ok(_), None) => None,
            (Err(problem), _) => Some(problem.into()),
        };
    }
    let (number, group) = match operand.strip_prefix(b"-") {
        Some(number) if groups => (number, true),
        _ => (operand.as_bytes(), false),
    };
    let Some(pid) = number.to_str().ok().and_then(|text| text.parse::<Pid>().ok()) else {
        return Some("neither a task number nor a %job".into());
    };
    // 0 is the job of the shell itself.
    let (pid, group) =
        if pid == 0 { (shell.sys.current_pid().unwrap_or(shell.pid), true) } else { (pid, group) };
    let sent = match signal {
        // By default it does nothing; who asks learns whether there is somebody to get it.
        None => shell.sys.kill(pid, Signal::Urg),
        Some(signal) if group => shell.sys.kill_job(pid, signal),
        Some(signal) => shell.sys.kill(pid, signal),
    };
    sent.err().map(|error| format!("{error}"))
}

async fn list_signals(shell: &mut Shell, operands: &[BString]) -> Flow<u8> {
    let mut text = String::new();
    if operands.is_empty() {
        for &signal in Signal::ALL {
            text += &format!("{:>2} {}\n", signal as u8, signal.name());
        }
    }
    for operand in operands {
        // An exit status stands for the signal that caused it; a name gives its number.
        let number = operand.to_str().ok().and_then(|text| text.parse::<u8>().ok());
        let found = match number {
            Some(number) => Signal::from_number(if number > 128 { number - 128 } else { number }),
            None => Signal::parse(operand),
        };
        match (found, number) {
            (Some(signal), Some(_)) => text += &format!("{}\n", signal.name()),
            (Some(signal), None) => text += &format!("{}\n", signal as u8),
            (None, _) => {
                shell.complain(format!("kill: {operand}: no such signal; kill -l lists them")).await;
                return Continue(1);
            }
        }
    }
    shell.print(text).await
}

pub(super) async fn trap(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut words = &args[1..];
    let mut show = false;
    match words.first().map(|word| word.as_slice()) {
        Some(b"-l") => return list_signals(shell, &[]).await,
        Some(b"-p") => (words, show) = (&words[1..], true),
        Some(b"--") => words = &words[1..],
        _ => {}
    }
    if words.is_empty() {
        let text =
            shell.traps.iter().flat_map(|(condition, action)| line(condition, action)).collect::<Vec<u8>>();
        return shell.print(text).await;
    }
    if show {
        return show_traps(shell, words).await;
    }
    // `trap CONDITION...` alone forgets, too; so does a number in front, for it is no command (XCU trap).
    let resets = words.len() == 1 || words[0].iter().all(u8::is_ascii_digit) && !words[0].is_empty();
    let (action, conditions) = if resets { (None, words) } else { (Some(&words[0]), &words[1..]) };
    let action = action.filter(|action| *action != "-");
    let mut status = 0;
    for text in conditions {
        match Condition::parse(text) {
            Some(condition) => shell.set_trap(condition, action),
            None => {
                let message = format!("trap: {text}: no such condition; EXIT, ERR, or what kill -l lists");
                shell.complain(message).await;
                status = 1;
            }
        }
    }
    Continue(status)
}

async fn show_traps(shell: &mut Shell, words: &[BString]) -> Flow<u8> {
    let mut text = Vec::new();
    let mut status = 0;
    for word in words {
        match Condition::parse(word) {
            // One without an action is shown as what would give it back (XCU trap -p).
            Some(condition) => match shell.traps.shown(condition) {
                Some(action) => text.extend(line(condition, action)),
                None => text.extend(format!("trap -- - {}\n", condition.name()).into_bytes()),
            },
            None => {
                shell
                    .complain(format!("trap: {word}: no such condition; EXIT, ERR, or what kill -l lists"))
                    .await;
                status = 1;
            }
        }
    }
    let printed = shell.print(text).await?;
    Continue(if status == 0 { printed } else { status })
}

/// A command that sets the trap again.
fn line(condition: Condition, action: &BString) -> Vec<u8> {
    let quoted = quoted(action);
    [b"trap -- ", quoted.as_slice(), b" ", condition.name().as_bytes(), b"\n"].concat()
}
