//! Pollux measured next to what people use now: see `bench/README.md`.

mod clock;
mod meters;
mod options;
mod platform;
mod report;
mod rows;
mod runtime;
mod shell;
mod stats;
mod suite;
mod workloads;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use options::{Command, Options};
use rows::{RUNTIMES, Row};

/// The exit status when nothing could be measured; as the launcher's.
const FAILED: u8 = 250;

fn main() -> ExitCode {
    let done = options::parse(env::args_os().skip(1))
        .map_err(|error| format!("{error}\nTry './run.sh bench --help'."))
        .and_then(|options| run(&options));
    match done {
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(FAILED),
        },
        Err(error) => {
            eprintln!("pollux: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn run(options: &Options) -> Result<String, String> {
    let threads = options.threads;
    match &options.command {
        Command::Help => Ok(options::HELP.into()),
        Command::List(filter) => Ok(named(filter)?.iter().map(|row| format!("{}\n", row.name)).collect()),
        Command::Shell { samples, launcher } => shell::measure(*samples, launcher),
        Command::Measure { filter, passes, span } => {
            let rows = named(filter)?;
            let found = suite::measure(&rows, *passes, threads, *span)?;
            Ok(report::markdown(&rows, &found, *passes, threads))
        }
        Command::Profile { row, runtime, iterations } => {
            exactly(row)?.run(*runtime, threads, &mut meters::Plain { steps: *iterations });
            Ok(String::new())
        }
        Command::Cell { row, runtime, span, folder } => {
            suite::end_when_it_hangs();
            let row = exactly(row)?;
            let group = suite::group(&row.name);
            meters::with_criterion(folder, &group, RUNTIMES[*runtime], *span, |meter| {
                row.run(*runtime, threads, meter);
            });
            Ok(String::new())
        }
    }
}

/// The rows whose names contain this.
fn named(filter: &str) -> Result<Vec<Row>, String> {
    let rows: Vec<_> = rows::all().into_iter().filter(|row| row.name.contains(filter)).collect();
    if rows.is_empty() {
        Err(format!("no row's name contains {filter}; --list shows them"))
    } else {
        Ok(rows)
    }
}

fn exactly(name: &str) -> Result<Row, String> {
    let row = rows::all().into_iter().find(|row| row.name == name);
    row.ok_or_else(|| format!("no row is named {name}; --list shows them"))
}
