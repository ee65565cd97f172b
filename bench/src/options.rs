//! The command line.

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf, thread, time::Duration};

use lexopt::{Arg, Parser, ValueExt};

use crate::{meters::Span, rows::RUNTIMES};

pub const HELP: &str = "\
Pollux's executor, tokio and async-executor, measured side by side; and the shell, beside its goals.

usage: ./run.sh bench executor [FILTER] [OPTIONS]
       ./run.sh bench executor --profile ROW [--runtime NAME] [--iterations N]
       ./run.sh bench executor --list
       ./run.sh bench shell [--samples N] [-- LAUNCHER OPTIONS]

`executor` measures the rows whose names contain FILTER, or all, and prints a table. `shell` boots the guest and
measures what somebody at its shell waits for, and the parser here, beside dash; `-- --smp 1`, say, goes to ./run.sh.

options:
  --samples N     of `shell`: how many samples of each time, 5 or more (default 100)
  --quick         fewer and shorter passes: a first look, with wide intervals
  --passes N      how many passes (default 15; 5 with --quick)
  --threads N     how many threads `many` are (default: the number of CPUs, at least 2)
  --list          only the names of the rows
  --profile ROW   only run this row, with no stopwatch: for callgrind and perf
  --runtime NAME  on which runtime: ours, tokio or async-executor (default ours)
  --iterations N  how often (default 10)
  -h, --help      this text
";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Help,
    List(String),
    /// Measure the shell.
    Shell {
        samples: usize,
        /// Further arguments for the launcher.
        launcher: Vec<OsString>,
    },
    /// Measure the rows whose names contain this.
    Measure {
        filter: String,
        passes: usize,
        span: Span,
    },
    /// Run a row a number of times.
    Profile {
        row: String,
        runtime: usize,
        iterations: u64,
    },
    /// One measurement, in a program of its own: see [`crate::suite`].
    Cell {
        row: String,
        runtime: usize,
        span: Span,
        folder: PathBuf,
    },
}

/// The parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub command: Command,
    /// How many threads the rows with many have.
    pub threads: usize,
}

const FULL: (usize, Span) = (15, span_of(60, 120));
const QUICK: (usize, Span) = (5, span_of(20, 40));

/// Samples of `shell`, and the fewest that the guest's bench takes.
const SAMPLES: usize = 100;
const FEWEST_SAMPLES: usize = 5;

const fn span_of(warm_up_ms: u64, measure_ms: u64) -> Span {
    Span { warm_up: Duration::from_millis(warm_up_ms), measure: Duration::from_millis(measure_ms) }
}

/// Parses the arguments after the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    match parser.next()? {
        Some(Arg::Value(what)) if what == "executor" => {}
        Some(Arg::Value(what)) if what == "shell" => return shell(parser),
        Some(Arg::Short('h') | Arg::Long("help")) => {
            return Ok(Options { command: Command::Help, threads: 1 });
        }
        Some(other) => return Err(format!("{:?}: there are executor and shell", other.unexpected()).into()),
        None => return Err("what is to be measured? There are executor and shell".into()),
    }
    let (mut filter, mut quick, mut passes, mut threads) = (None, false, None, None);
    let (mut profile, mut runtime, mut iterations, mut cell, mut list) = (None, 0, 10, None, false);
    let mut span = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => {
                return Ok(Options { command: Command::Help, threads: 1 });
            }
            Arg::Value(name) if filter.is_none() => filter = Some(name.string()?),
            Arg::Long("quick") => quick = true,
            Arg::Long("passes") => passes = Some(parser.value()?.parse::<NonZeroUsize>()?.get()),
            Arg::Long("threads") => threads = Some(parser.value()?.parse::<NonZeroUsize>()?.get()),
            Arg::Long("list") => list = true,
            Arg::Long("profile") => profile = Some(parser.value()?.string()?),
            Arg::Long("runtime") => runtime = number_of(&parser.value()?.string()?)?,
            Arg::Long("iterations") => iterations = parser.value()?.parse()?,
            Arg::Long("cell") => cell = Some((parser.value()?.string()?, parser.value()?.into())),
            Arg::Long("span") => span = Some(span_of(parser.value()?.parse()?, parser.value()?.parse()?)),
            other => return Err(other.unexpected()),
        }
    }
    let (usual_passes, usual_span) = if quick { QUICK } else { FULL };
    let span = span.unwrap_or(usual_span);
    let filter = filter.unwrap_or_default();
    let command = match (profile, cell) {
        (Some(row), _) => Command::Profile { row, runtime, iterations },
        (None, Some((row, folder))) => Command::Cell { row, runtime, span, folder },
        (None, None) if list => Command::List(filter),
        (None, None) => Command::Measure { filter, passes: passes.unwrap_or(usual_passes), span },
    };
    let cpus = || thread::available_parallelism().map_or(2, NonZeroUsize::get).max(2);
    Ok(Options { command, threads: threads.unwrap_or_else(cpus) })
}

fn shell(mut parser: Parser) -> Result<Options, lexopt::Error> {
    let (mut samples, mut launcher) = (SAMPLES, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => {
                return Ok(Options { command: Command::Help, threads: 1 });
            }
            Arg::Long("samples") => samples = parser.value()?.parse()?,
            Arg::Value(first) => {
                launcher.push(first);
                launcher.extend(parser.raw_args()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    if samples < FEWEST_SAMPLES {
        return Err(format!("--samples takes {FEWEST_SAMPLES} or more").into());
    }
    Ok(Options { command: Command::Shell { samples, launcher }, threads: 1 })
}

fn number_of(runtime: &str) -> Result<usize, lexopt::Error> {
    let found = RUNTIMES.iter().position(|&name| name == runtime);
    found.ok_or_else(|| format!("no runtime {runtime}: there are {}", RUNTIMES.join(", ")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_filter_and_a_quick_run() {
        let options = parsed("executor yield --quick --threads 3").unwrap();
        let (passes, span) = QUICK;
        assert_eq!(options.command, Command::Measure { filter: "yield".into(), passes, span });
        assert_eq!(options.threads, 3);
    }

    #[test]
    fn a_profile_names_row_and_runtime() {
        let options = parsed("executor --profile create --runtime tokio --iterations 5").unwrap();
        assert_eq!(options.command, Command::Profile { row: "create".into(), runtime: 1, iterations: 5 });
    }

    #[test]
    fn what_comes_after_two_dashes_is_the_launchers() {
        let launcher = ["--smp", "1"].map(OsString::from).to_vec();
        let options = parsed("shell --samples 7 -- --smp 1").unwrap();
        assert_eq!(options.command, Command::Shell { samples: 7, launcher });
        assert!(parsed("shell --samples 1").unwrap_err().contains("5 or more"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(parsed("").unwrap_err().contains("executor"));
        assert!(parsed("kernel").unwrap_err().contains("kernel"));
        assert!(parsed("executor --runtime smol").unwrap_err().contains("ours, tokio, async-executor"));
        assert!(parsed("executor --passes 0").is_err());
        assert!(parsed("executor a b").unwrap_err().contains('b'));
    }
}
