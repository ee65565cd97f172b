//! `pollux-cases --check-against dash|bash [FILTER]`: whether a shell of this machine agrees with the table.

use std::process::ExitCode;

use lexopt::prelude::*;
use pollux_cases::{HostShell, Table};

const HELP: &str = "\
usage: pollux-cases --check-against SHELL [FILTER]

Runs the cases of shell/tests/cases whose names contain FILTER with a shell of this machine, dash or bash, and says
where it does something else than the table, unless differences.txt gives the reason. Our own shell is checked by
`cargo test -p pollux-shell cases` here and by `./run.sh test cases` in the guest.
";

fn main() -> ExitCode {
    match check() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn check() -> Result<String, String> {
    let explain = |error: lexopt::Error| format!("{error} (--help tells more)");
    let (mut shell, mut filter) = (None, String::new());
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(explain)? {
        match argument {
            Short('h') | Long("help") => return Ok(HELP.into()),
            Long("check-against") => {
                shell = Some(parser.value().map_err(explain)?.string().map_err(explain)?)
            }
            Value(text) => filter = text.string().map_err(explain)?,
            other => return Err(explain(other.unexpected())),
        }
    }
    let name = shell.ok_or(HELP)?;
    let shell = HostShell::find(&name).ok_or_else(|| format!("{name} is not installed"))?;
    let count = Table::load()?.run(Some(&name), &filter, |cases| shell.run_all(cases))?;
    Ok(format!("{name} agrees in {count} cases, the differences on purpose included\n"))
}
