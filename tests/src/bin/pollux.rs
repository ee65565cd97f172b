//! What `./run.sh` starts: see `./run.sh --help`.

#![forbid(unsafe_code)]

use std::{env, io::Write, process::ExitCode};

use pollux_tests::{
    bench,
    failure::Result,
    help,
    options::{self, Action},
    session, suite, tie, workspace,
};

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            // There is nowhere left to tell that standard error is closed.
            let _ = writeln!(std::io::stderr(), "pollux: {failure}");
            ExitCode::from(failure.status)
        }
    }
}

fn run() -> Result<u8> {
    let options = options::parse(env::args_os().skip(1))?;
    match &options.action {
        Action::Help => {
            // Somebody who closes the pager has read enough.
            let _ = std::io::stdout().write_all(help::TEXT.as_bytes());
            Ok(0)
        }
        Action::Run | Action::Debug => session::run(&options),
        Action::Host(arguments) => Err(workspace::become_built("pollux-hosted", arguments)),
        Action::Bench(arguments) => bench::run(arguments),
        Action::Tied(parent, arguments) => Err(tie::become_tied(*parent, arguments.clone())),
        Action::Test(filter) => suite::run(filter.as_deref(), options.accel),
    }
}
