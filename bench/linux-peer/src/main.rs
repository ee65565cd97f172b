//! What Pollux's `bench` measures, done by Linux: with processes, threads, pipes, futexes and terminals. See `bench/README.md`.
//!
//! | module | what |
//! |---|---|
//! | `options` | the command line |
//! | [`workloads`] | the rows, by name, a file for each group |
//! | [`meter`] | how a row is timed: by the code that also times Pollux |
//! | [`process`] | processes and threads to do a workload with |
//! | [`init`] | what is needed when this program is the only one of its machine |
//!
//! As a program it prints a line of JSON for each row, as Pollux's `bench --json` does. As process 1 of a machine it makes what a
//! program expects to find, writes the lines to the second serial port, and switches the machine off.

mod init;
mod meter;
mod options;
mod process;
mod workloads;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use pollux_figures::{Summary, line};

use meter::Meter;
use options::{Action, Options};

/// What every fallible step here returns.
type Result<T> = io::Result<T>;

fn main() -> ExitCode {
    let options = match options::parse() {
        Ok(Action::Run(options)) => options,
        Ok(Action::List) => {
            workloads::ROWS.iter().for_each(|row| println!("{:<24} {}", row.name, row.about));
            return ExitCode::SUCCESS;
        }
        Ok(Action::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("peer: {message}");
            return ExitCode::from(2);
        }
    };
    if std::process::id() == 1 {
        // It does not come back: the machine is switched off.
        init::run(|out| measure(&options, out));
    }
    match measure(&options, &mut io::stdout()) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the rows one after the other, a line each. The status is 1 if one failed.
fn measure(options: &Options, out: &mut dyn Write) -> Result<u8> {
    let meter = Meter::new(options.samples, options.busybox.clone());
    let mut status = 0;
    for row in &options.rows {
        let measured = (row.run)(&meter);
        let summary = measured.as_ref().ok().and_then(|found| Summary::of(&found.ns));
        match (measured, summary) {
            (Ok(found), Some(summary)) => {
                writeln!(out, "{}", line::json(row.name, &found.ns, found.bytes, &summary))?;
            }
            (measured, _) => {
                status = 1;
                let error = measured.err().map_or("no samples".into(), |error| error.to_string());
                writeln!(out, "peer: {}: {error}", row.name)?;
            }
        }
        out.flush()?;
    }
    Ok(status)
}
