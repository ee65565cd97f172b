//! `false`: fails.

use crate::{io::Outcome, process::Process};

command!("false", "false", "Does nothing, unsuccessfully.");

async fn run(p: Process) -> Outcome {
    if p.args.len() == 2 && p.args[1] == "--help" {
        crate::io::help(&p, &COMMAND).await;
    }
    Ok(1)
}
