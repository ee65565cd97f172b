//! `true`: succeeds.

use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("true", "true", "Does nothing, successfully.");

async fn run(p: Process) -> Outcome {
    if p.args.len() == 2 && p.args[1] == "--help" {
        return Err(io::help(&p, &COMMAND).await);
    }
    Ok(0)
}
