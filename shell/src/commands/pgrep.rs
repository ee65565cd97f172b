//! `pgrep`, `pkill`, `pidof`: tasks by name. The one who asks is never among them, nor are the kernel's own unless
//! their names in brackets are asked for.

use alloc::{format, string::String, vec::Vec};
use bstr::{BString, ByteSlice};

use super::support::{
    pattern::{Case, Pattern},
    tasks::{self, Task},
};
use crate::{
    env::Signal,
    io::{self, Ended, Options, Outcome, Output},
    process::{Command, Process},
};

command!(
    "pgrep",
    "pgrep [-aclfinovx] [-d DELIMITER] PATTERN",
    "Prints the numbers of the tasks whose name has the extended regular expression; -f looks at the command line, -x for \
     all of it, -l and -a show names and command lines, -c counts."
);

const OPTIONS: &str = "fxvnoi";

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "aclfinovxd:", &[
        ("list-full", 'a'),
        ("count", 'c'),
        ("list-name", 'l'),
        ("full", 'f'),
        ("ignore-case", 'i'),
        ("newest", 'n'),
        ("oldest", 'o'),
        ("inverse", 'v'),
        ("exact", 'x'),
        ("delimiter", 'd'),
    ])
    .await?;
    let found = matching(&p, &COMMAND, &options).await?;
    let mut out = Output::new(&p);
    if options.has('c') {
        out.write_line(format!("{}", found.len()).as_bytes()).await?;
    } else {
        let show = |task: &Task| match options.last_of("al") {
            Some('a') => format!("{} {}", task.pid, task.command),
            Some(_) => format!("{} {}", task.pid, task.name()),
            None => format!("{}", task.pid),
        };
        let lines: Vec<String> = found.iter().map(show).collect();
        let delimiter = options.value('d').map_or(b"\n".as_slice(), |text| text);
        if !lines.is_empty() {
            out.write_line(&bstr::join(delimiter, &lines)).await?;
        }
    }
    out.finish(u8::from(found.is_empty())).await
}

/// The tasks that the options and the one operand choose.
async fn matching(p: &Process, command: &Command, options: &Options<'_>) -> Result<Vec<Task>, Ended> {
    let [pattern] = options.operands.as_slice() else {
        let message = if options.operands.is_empty() { "missing pattern" } else { "only one pattern can be given" };
        return Err(io::usage(p, command, message).await);
    };
    let pattern = match options.has('x') {
        true => BString::from([b"^(", pattern.as_bytes(), b")$"].concat()),
        false => (*pattern).into(),
    };
    let case = if options.has('i') { Case::Ignore } else { Case::Exact };
    let pattern = match Pattern::new(&pattern, case) {
        Ok(pattern) => pattern,
        Err(message) => return Err(io::usage(p, command, &message).await),
    };
    let me = p.sys.current_pid();
    let text = |task: &Task| if options.has('f') { task.command.clone() } else { task.name().into() };
    let mut found = tasks::read(p).await?;
    found.retain(|task| Some(task.pid) != me && pattern.is_in(text(task).as_bytes()) != options.has('v'));
    match options.last_of("no") {
        Some('n') => drop(found.drain(..found.len().saturating_sub(1))),
        Some(_) => found.truncate(1),
        None => {}
    }
    Ok(found)
}

/// `pkill`.
pub(super) async fn kill(p: &Process, command: &Command) -> Outcome {
    let mut words = p.args[1..].to_vec();
    let mut signal = Signal::Term;
    // `-9`, `-HUP`: a signal, unless all its letters are options.
    if let Some(name) = words.first().and_then(|word| word.strip_prefix(b"-"))
        && let Some(named) = Signal::parse(name)
    {
        signal = named;
        words.remove(0);
    }
    let long = [("signal", 's'), ("full", 'f'), ("exact", 'x'), ("echo", 'e')];
    let options = io::options_of(p, &words, command, &format!("{OPTIONS}es:"), &long).await?;
    if let Some(name) = options.value('s') {
        match Signal::parse(name) {
            Some(named) => signal = named,
            None => return Err(io::usage(p, command, &format!("'{name}': no such signal; kill -l lists them")).await),
        }
    }
    let found = matching(p, command, &options).await?;
    let (mut out, mut sent) = (Output::new(p), 0);
    for task in found {
        match p.sys.kill(task.pid, signal) {
            Ok(()) => {
                sent += 1;
                if options.has('e') {
                    out.write_line(format!("{} killed (pid {})", task.name(), task.pid).as_bytes()).await?;
                }
            }
            // It ended in the meantime.
            Err(crate::errno::Errno::ESRCH) => {}
            Err(error) => io::complain(p, format!("{} ({}): {error}", task.pid, task.name())).await,
        }
    }
    out.finish(u8::from(sent == 0)).await
}

/// `pidof`.
pub(super) async fn of(p: &Process, command: &Command) -> Outcome {
    let options = io::options(p, command, "so:", &[]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(p, command, "missing name").await);
    }
    let omitted = |task: &Task| {
        let pid = format!("{}", task.pid);
        options.given.iter().any(|(option, value)| *option == 'o' && *value == pid.as_bytes().as_bstr())
    };
    let me = p.sys.current_pid();
    let named = |task: &Task| options.operands.iter().any(|name| *name == task.name());
    let mut found = tasks::read(p).await?;
    found.retain(|task| Some(task.pid) != me && named(task) && !omitted(task));
    // The newest first.
    let mut pids: Vec<String> = found.iter().rev().map(|task| format!("{}", task.pid)).collect();
    if options.has('s') {
        pids.truncate(1);
    }
    let mut out = Output::new(p);
    if !pids.is_empty() {
        out.write_line(pids.join(" ").as_bytes()).await?;
    }
    out.finish(u8::from(pids.is_empty())).await
}
