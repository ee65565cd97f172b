//! `hash`, `let`, `times` and `ulimit`.

use alloc::{string::String, vec::Vec};
use bstr::{BString, ByteSlice};
use core::{ops::ControlFlow::Continue, time::Duration};

use crate::{
    fd::OPEN_MAX,
    lang::arithmetic::evaluate,
    run::{
        Flow,
        simple::{Meaning, meaning, shown},
    },
    shell::Shell,
};

/// Commands are part of the system, and files are looked for anew each time: there is nothing to remember, but a name
/// can still be asked for.
pub(super) async fn hash(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut status = 0;
    for name in &args[1..] {
        let known = matches!(name.as_slice(), b"-r" | b"--")
            || !matches!(meaning(&*shell.sys, name), Meaning::Nothing)
            || shell.find_in_path(name).await.is_some();
        if !known {
            shell.complain(alloc::format!("hash: {}: not found", shown(name))).await;
            status = 1;
        }
    }
    Continue(status)
}

pub(super) async fn let_(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let mut last = 0;
    for expression in &args[1..] {
        match evaluate(expression, shell) {
            Ok(value) => last = value,
            Err(message) => {
                shell.complain(alloc::format!("let: {message}")).await;
                return Continue(1);
            }
        }
    }
    Continue(u8::from(last == 0))
}

/// Two lines: the shell, and what it has run. A command shares the processor with the system as a future does: its time
/// counts as the user's, and none as the system's.
pub(super) async fn times(shell: &mut Shell, _args: &[BString]) -> Flow<u8> {
    let own = busy(shell).await.unwrap_or_default();
    let line = |time: Duration| {
        let (minutes, seconds) = (time.as_secs() / 60, time.as_secs() % 60);
        alloc::format!("{minutes}m{seconds}.{:06}s 0m0.000000s\n", time.subsec_micros())
    };
    shell.print(line(own) + &line(Duration::ZERO)).await
}

/// How long the shell's own task has been polled, where the system tells.
async fn busy(shell: &mut Shell) -> Option<Duration> {
    let pid = alloc::format!("{}", shell.sys.current_pid()?);
    let text = shell.try_read(b"/proc/tasks".as_bstr()).await.ok()?;
    let mut rows = text.lines().map(|line| line.fields_with(char::is_whitespace).collect::<Vec<&[u8]>>());
    let row = rows.find(|row| row.first().is_some_and(|first| *first == pid.as_bytes()))?;
    Some(Duration::from_micros(row.get(5)?.to_str().ok()?.parse().ok()?))
}

/// A resource: its letter, what it is, its unit as the name says it, and its limit.
const RESOURCES: &[(u8, &str, &str)] = &[
    (b'c', "core file size", "(blocks)"),
    (b'd', "data segment size", "(kbytes)"),
    (b'f', "file size", "(blocks)"),
    (b'm', "resident set size", "(kbytes)"),
    (b'n', "open files", ""),
    (b's', "stack size", "(kbytes)"),
    (b't', "processor time", "(seconds)"),
    (b'u', "tasks", ""),
    (b'v', "address space", "(kbytes)"),
];

/// The limit of a resource; `None` where there is none but what the machine has. No stage leaves a core file.
fn limit(letter: u8, open_files: usize) -> Option<usize> {
    match letter {
        b'c' => Some(0),
        b'n' => Some(open_files),
        _ => None,
    }
}

/// Limits what it and what it starts from now on may have. That is the number of open files: the others are those of the
/// machine. There is no hard limit of one's own, so `-H` is about the most that there can be.
pub(super) async fn ulimit(shell: &mut Shell, args: &[BString]) -> Flow<u8> {
    let (mut all, mut hard, mut letter, mut wanted) = (false, false, b'f', None);
    for arg in &args[1..] {
        match arg.as_slice() {
            [b'-', letters @ ..] if !letters.is_empty() => {
                for &known in letters {
                    match known {
                        b'a' => all = true,
                        b'H' => hard = true,
                        b'S' => hard = false,
                        known if RESOURCES.iter().any(|(letter, ..)| *letter == known) => letter = known,
                        _ => {
                            shell.complain(alloc::format!("ulimit: there is no option {arg}")).await;
                            return Continue(2);
                        }
                    }
                }
            }
            _ => wanted = Some(arg),
        }
    }
    let open_files = if hard { OPEN_MAX } else { shell.fds.limit() };
    let text =
        |letter| limit(letter, open_files).map_or("unlimited".into(), |limit| alloc::format!("{limit}"));
    if all {
        let line = |(letter, name, unit): &(u8, &str, &str)| {
            let what = alloc::format!("{name} {unit}");
            alloc::format!("{what:<30}(-{}) {}\n", char::from(*letter), text(*letter))
        };
        let lines: String = RESOURCES.iter().map(line).collect();
        return shell.print(lines).await;
    }
    match wanted {
        None => shell.print(text(letter) + "\n").await,
        Some(wanted) if *wanted == text(letter).as_str() => Continue(0),
        Some(wanted) if letter == b'n' && !hard => {
            let most = alloc::format!("{OPEN_MAX}");
            let wanted = if *wanted == "hard" { most.as_bytes() } else { wanted };
            match wanted.to_str().ok().and_then(|text| text.parse().ok()) {
                Some(limit @ 0..=OPEN_MAX) => {
                    shell.fds.set_limit(limit);
                    Continue(0)
                }
                _ => {
                    let wanted = wanted.as_bstr();
                    shell
                        .complain(alloc::format!("ulimit: {wanted}: there can be 0 to {most} open files"))
                        .await;
                    Continue(1)
                }
            }
        }
        Some(wanted) => {
            let now = text(letter);
            shell
                .complain(alloc::format!("ulimit: {wanted}: this limit is {now} and cannot be changed"))
                .await;
            Continue(1)
        }
    }
}
