//! `nproc`: how many CPUs there are.

use alloc::format;

use super::support::machine;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("nproc", "nproc", "Prints how many CPUs there are.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[("all", 'a')]).await?;
    let count = machine::processors(&p).await?;
    let mut out = Output::new(&p);
    out.write(format!("{count}\n").as_bytes()).await?;
    out.finish(0).await
}
