//! `logname`: who is logged in.

use super::support::owner;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("logname", "logname", "Prints the name of the user: there is one.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    if let Some(extra) = options.operands.first() {
        return Err(io::usage(&p, &COMMAND, &alloc::format!("extra operand '{extra}'")).await);
    }
    let mut out = Output::new(&p);
    out.write_line(owner::name(0).as_bytes()).await?;
    out.finish(0).await
}
