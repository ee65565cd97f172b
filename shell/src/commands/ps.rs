//! `ps`: the tasks, from `/proc/tasks`. Names in brackets are the kernel's own.
//!
//! All tasks are shown: there is one user and one terminal to choose by. What a task has not here (memory of its own, a
//! parent, a start time) has no column.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    numbers,
    tasks::{self, Task},
};
use crate::{
    env::Pid,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "ps",
    "ps [-Aefl | aux] [-p PID,...] [-o COLUMN[=TITLE],...]",
    "Lists tasks: R runs, S waits, T is stopped; -f with CPU, polls and wakes. Columns: pid user stat psr pcpu time busy \
     polls wakes comm args."
);

/// A column and its heading.
struct Column {
    what: What,
    title: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Pid,
    User,
    State,
    Cpu,
    Share,
    Time,
    Busy,
    Polls,
    Wakes,
    Name,
    Command,
}

/// Names for `-o`, each with what it shows and its heading.
const COLUMNS: [(&[&str], What, &str); 11] = [
    (&["pid"], What::Pid, "PID"),
    (&["user", "uname", "euser", "ruser"], What::User, "USER"),
    (&["stat", "state", "s"], What::State, "STATE"),
    (&["psr", "cpuid"], What::Cpu, "CPU"),
    (&["pcpu", "%cpu"], What::Share, "%CPU"),
    (&["time", "cputime"], What::Time, "TIME"),
    (&["busy"], What::Busy, "BUSY_S"),
    (&["polls"], What::Polls, "POLLS"),
    (&["wakes"], What::Wakes, "WAKES"),
    (&["comm", "ucmd", "ucomm"], What::Name, "COMMAND"),
    (&["args", "cmd", "command"], What::Command, "COMMAND"),
];

const SHORT: [What; 4] = [What::Pid, What::State, What::Busy, What::Command];
const FULL: [What; 7] =
    [What::Pid, What::State, What::Cpu, What::Polls, What::Wakes, What::Busy, What::Command];
const BY_USER: [What; 7] =
    [What::User, What::Pid, What::Share, What::Cpu, What::State, What::Time, What::Command];

async fn run(p: Process) -> Outcome {
    let words = dashed(&p.args[1..]);
    let options = io::options_of(&p, &words, &COMMAND, "Aaefluxwo:p:", &[("format", 'o'), ("pid", 'p')]).await?;
    let mut chosen = Vec::<Pid>::new();
    for (_, list) in options.given.iter().filter(|(option, _)| *option == 'p') {
        for text in list.split(|byte| matches!(byte, b',' | b' ')) {
            match numbers::parse(text) {
                Some(pid) => chosen.push(pid),
                None => return Err(io::usage(&p, &COMMAND, &format!("'{}' is no task number", text.as_bstr())).await),
            }
        }
    }
    let columns = match (options.has('o'), options.last_of("ful")) {
        (true, _) => {
            let mut columns = Vec::new();
            for (_, list) in options.given.iter().filter(|(option, _)| *option == 'o') {
                columns_of(&p, list, &mut columns).await?;
            }
            columns
        }
        (_, Some('u')) => plain(&BY_USER),
        (_, Some(_)) => plain(&FULL),
        (_, None) => plain(&SHORT),
    };
    let all = tasks::read(&p).await?;
    let shown: Vec<&Task> = all.iter().filter(|task| chosen.is_empty() || chosen.contains(&task.pid)).collect();
    let found = !shown.is_empty();
    let up_us = p.sys.uptime().as_micros().max(1);
    let mut rows: Vec<Vec<String>> = Vec::new();
    if columns.iter().any(|column| !column.title.is_empty()) {
        rows.push(columns.iter().map(|column| column.title.clone()).collect());
    }
    let user = p.env.get(b"USER".as_bstr()).map_or("root".into(), |user| format!("{user}"));
    rows.extend(shown.iter().map(|task| columns.iter().map(|it| cell(task, it.what, up_us, &user)).collect()));
    let mut out = Output::new(&p);
    for line in table(&rows, &columns) {
        out.write_line(line.as_bytes()).await?;
    }
    out.finish(u8::from(!found)).await
}

/// `ps aux` is `ps -aux`, and so are other first words of letters alone.
fn dashed(words: &[BString]) -> Vec<BString> {
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut()
        && !first.starts_with(b"-")
        && first.iter().all(u8::is_ascii_lowercase)
    {
        first.insert(0, b'-');
    }
    words
}

fn plain(columns: &[What]) -> Vec<Column> {
    let title = |what| COLUMNS.iter().find(|(_, known, _)| *known == what).map_or("", |(.., title)| title);
    columns.iter().map(|&what| Column { what, title: title(what).into() }).collect()
}

/// The columns of a value of `-o`: names with commas between; what comes after `=` is the heading, commas and all.
async fn columns_of(p: &Process, list: &BStr, columns: &mut Vec<Column>) -> Result<(), Ended> {
    let (names, title) = match list.split_once_str("=") {
        Some((names, title)) => (names, Some(title.to_str_lossy().into_owned())),
        None => (list.as_bytes(), None),
    };
    for name in names.split(|byte| matches!(byte, b',' | b' ')) {
        let known = COLUMNS.iter().find(|(known, ..)| known.iter().any(|known| known.as_bytes() == name));
        let Some(&(_, what, usual)) = known else {
            return Err(io::usage(p, &COMMAND, &format!("there is no column '{}'", name.as_bstr())).await);
        };
        columns.push(Column { what, title: usual.into() });
    }
    if let (Some(title), Some(last)) = (title, columns.last_mut()) {
        last.title = title;
    }
    Ok(())
}

fn cell(task: &Task, what: What, up_us: u128, user: &str) -> String {
    match what {
        What::Pid => format!("{}", task.pid),
        What::User => user.into(),
        What::State => task.state.clone(),
        What::Cpu => format!("{}", task.cpu),
        What::Share => {
            let tenths = u128::from(task.busy_us) * 1000 / up_us;
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        What::Time => {
            let seconds = task.busy_us / 1_000_000;
            format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        What::Busy => format!("{}.{:03}", task.busy_us / 1_000_000, task.busy_us / 1000 % 1000),
        What::Polls => format!("{}", task.polls),
        What::Wakes => format!("{}", task.wakes),
        What::Name => task.name().into(),
        What::Command => task.command.clone(),
    }
}

/// Lines with the cells below each other: texts to the left, numbers to the right.
fn table(rows: &[Vec<String>], columns: &[Column]) -> Vec<String> {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut line = String::new();
        for (at, (cell, column)) in row.iter().zip(columns).enumerate() {
            let width = widths[at];
            line += if at > 0 { " " } else { "" };
            line += &match column.what {
                What::User | What::State | What::Name | What::Command if at + 1 == columns.len() => cell.clone(),
                What::User | What::State | What::Name | What::Command => format!("{cell:width$}"),
                _ => format!("{cell:>width$}"),
            };
        }
        line
    };
    rows.iter().map(line).collect()
}
