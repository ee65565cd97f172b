//! `sync`: all files are in memory, so that nothing is left to be written.

use alloc::format;

use crate::{
    env::OpenFlags,
    io::{self, Outcome},
    process::Process,
};

command!("sync", "sync [FILE...]", "Waits until all that was written is where it stays: at once, as files are in memory.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "df", &[("data", 'd'), ("file-system", 'f')]).await?;
    let mut status = 0;
    for name in &options.operands {
        if let Err(error) = io::open(&p, name, OpenFlags::READ).await {
            io::complain(&p, format!("error opening '{name}': {error}")).await;
            status = 1;
        }
    }
    Ok(status)
}
