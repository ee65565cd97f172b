//! `nproc`: how many CPUs there are.

use alloc::format;
use bstr::{BStr, ByteSlice};

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("nproc", "nproc", "Prints how many CPUs there are.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[("all", 'a')]).await?;
    let text = io::slurp(&p, BStr::new("/proc/cpuinfo")).await?;
    let count = text.lines().filter(|line| line.starts_with(b"processor")).count();
    let mut out = Output::new(&p);
    out.write(format!("{}\n", count.max(1)).as_bytes()).await?;
    out.finish(0).await
}
