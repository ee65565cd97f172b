//! The command line.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::workloads::{ROWS, Row};

pub const HELP: &str = "\
Usage: linux-peer [--samples N] [--busybox FILE] [--list] NAME[,NAME]...

Measures Linux with the workloads of Pollux's `bench`, and prints a line of JSON for each.
Linux gives the first process of a machine no more than 31 arguments, so names can be in one.

  --samples N       samples for each (default 30)
  --busybox FILE    where busybox is (default /bin/busybox)
  --list            the names, and what each measures
";

/// How many samples there are unless it is said.
const SAMPLES: usize = 30;

pub enum Action {
    Run(Options),
    List,
    Help,
}

pub struct Options {
    pub samples: usize,
    pub busybox: PathBuf,
    pub rows: Vec<&'static Row>,
}

/// Reads the arguments of the program. Errors are sentences for the person who typed them.
pub fn parse() -> Result<Action, String> {
    parse_from(lexopt::Parser::from_env()).map_err(|error| error.to_string())
}

fn parse_from(mut parser: lexopt::Parser) -> Result<Action, lexopt::Error> {
    let mut options = Options { samples: SAMPLES, busybox: "/bin/busybox".into(), rows: Vec::new() };
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Action::Help),
            Long("list") => return Ok(Action::List),
            Long("samples") => options.samples = parser.value()?.parse()?,
            Long("busybox") => options.busybox = parser.value()?.into(),
            Value(names) => {
                for name in names.string()?.split(',') {
                    let row = ROWS.iter().find(|row| name == row.name);
                    let unknown = || format!("there is no row {name}; --list names them");
                    options.rows.push(row.ok_or_else(unknown)?);
                }
            }
            other => return Err(other.unexpected()),
        }
    }
    if options.samples == 0 {
        return Err("--samples 0: there is nothing to measure".into());
    }
    if options.rows.is_empty() {
        return Err("no row is named; --list names them".into());
    }
    Ok(Action::Run(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Options, String> {
        match parse_from(lexopt::Parser::from_args(line.split_whitespace())) {
            Ok(Action::Run(options)) => Ok(options),
            Ok(_) => Err("no run".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn rows_are_found_by_name_and_in_order() {
        let options = parsed("pipe/ping_pong,base/clock --samples 7 user/stage --busybox /b").unwrap();
        let names: Vec<_> = options.rows.iter().map(|row| row.name).collect();
        assert_eq!((names, options.samples), (vec!["pipe/ping_pong", "base/clock", "user/stage"], 7));
        assert_eq!(options.busybox, PathBuf::from("/b"));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "no row is named"),
            ("pipe/no", "no row pipe/no"),
            ("--samples 0 base/clock", "--samples 0"),
            ("--bogus", "--bogus"),
        ] {
            let message = parsed(line).err().unwrap();
            assert!(message.contains(part), "{line}: {message}");
        }
    }
}
