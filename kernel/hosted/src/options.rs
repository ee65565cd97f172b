//! The command line.

use std::{
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use lexopt::prelude::*;
use pollux_executor::Executor;

/// What `--help` says.
pub const HELP: &str = "\
Usage: pollux-hosted [OPTIONS] [-c COMMAND]

Runs the shell and the kernel objects of Pollux as a Linux program: interactive when standard input is a
terminal, else with the commands that standard input gives.

  -c COMMAND        run this command line; its exit status is the program's
  -n FILE           only say whether the script parses, as `sh -n` does
  --smp N           threads for CPUs, 1 to 64 (default 2)
  --pin             hold each of these threads on a CPU of its own, for measuring
  --files DIR       show the files of DIR, read-only, under /host
  --archive FILE    show the files of a tar archive, read-only, under /host
  --help            this text
";

/// What to do.
pub enum Action {
    /// Run the system.
    Run(Options),
    /// Parse this script.
    Parse(PathBuf),
    /// Say how to.
    Help,
}

/// How to run it.
pub struct Options {
    /// How many threads stand for CPUs.
    pub cpus: usize,
    /// Whether each of them is held on a CPU of its own.
    pub pin: bool,
    /// What `-c` gave.
    pub command: Option<Vec<u8>>,
    /// A tar archive to show under `/host`.
    pub archive: Option<Vec<u8>>,
}

/// Reads the arguments of the program. Errors are sentences for the person who typed them.
pub fn parse() -> Result<Action, String> {
    parse_from(lexopt::Parser::from_env())
}

fn parse_from(mut parser: lexopt::Parser) -> Result<Action, String> {
    let mut options = Options { cpus: 2, pin: false, command: None, archive: None };
    let explain = |error: lexopt::Error| format!("{error} (--help lists the options)");
    while let Some(argument) = parser.next().map_err(explain)? {
        match argument {
            Short('h') | Long("help") => return Ok(Action::Help),
            Short('n') => return Ok(Action::Parse(parser.value().map_err(explain)?.into())),
            Short('c') => options.command = Some(parser.value().map_err(explain)?.into_vec()),
            Long("smp") => options.cpus = cpus(&parser.value().map_err(explain)?)?,
            Long("pin") => options.pin = true,
            Long("files") => options.archive = Some(pack(parser.value().map_err(explain)?.as_ref())?),
            Long("archive") => {
                let file = parser.value().map_err(explain)?;
                let read = std::fs::read(&file);
                options.archive = Some(read.map_err(|error| format!("{}: {error}", file.display()))?);
            }
            other => return Err(explain(other.unexpected())),
        }
    }
    Ok(Action::Run(options))
}

fn cpus(value: &OsString) -> Result<usize, String> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.filter(|n| (1..=Executor::MAX_CPUS).contains(n)).ok_or_else(|| {
        format!("--smp takes a number from 1 to {}, not {}", Executor::MAX_CPUS, value.display())
    })
}

/// A directory as a tar archive.
fn pack(dir: &Path) -> Result<Vec<u8>, String> {
    let explain = |error: std::io::Error| format!("--files {}: {error}", dir.display());
    if !std::fs::metadata(dir).map_err(explain)?.is_dir() {
        return Err(format!("--files {}: not a directory", dir.display()));
    }
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_dir_all(".", dir).map_err(explain)?;
    builder.into_inner().map_err(explain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        match parse_from(lexopt::Parser::from_args(arguments))? {
            Action::Run(options) => Ok(options),
            Action::Parse(file) => Err(file.display().to_string()),
            Action::Help => Err("help".into()),
        }
    }

    #[test]
    fn options_are_taken_as_they_come() {
        let options = parsed(&["--smp", "4", "--pin", "-c", "echo hi"]).unwrap();
        assert_eq!((options.cpus, options.pin), (4, true));
        assert_eq!(options.command.as_deref(), Some(&b"echo hi"[..]));
        let options = parsed(&[]).unwrap();
        assert_eq!((options.cpus, options.pin), (2, false));
    }

    #[test]
    fn mistakes_are_named() {
        for (arguments, part) in [
            (&["--smp", "0"][..], "from 1 to 64"),
            (&["--smp", "many"], "not many"),
            (&["--files", "/no/such/folder"], "/no/such/folder"),
            (&["--files", "/dev/null"], "not a directory"),
            (&["-c"], "-c"),
            (&["-n"], "-n"),
            (&["--bogus"], "--bogus"),
            (&["word"], "word"),
        ] {
            let message = parsed(arguments).err().unwrap();
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
    }
}
