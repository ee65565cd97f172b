//! `pwd`: prints the working directory.

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("pwd", "pwd", "Prints the working directory.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "LP", &[]).await?;
    let mut out = Output::new(&p);
    out.write_line(&p.cwd).await?;
    out.finish(0).await
}
