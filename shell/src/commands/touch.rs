//! `touch`: sets the time of last change, making the file if it is missing.

use alloc::format;
use bstr::ByteSlice;
use core::time::Duration;

use super::support::numbers;
use crate::{
    env::{Changes, OpenFlags},
    errno::Errno,
    io::{self, Outcome},
    process::Process,
};

command!(
    "touch",
    "touch [-c] [-d @SECONDS | -r FILE] FILE...",
    "Sets the time of last change to now, or as -d or -r say; makes missing files, unless -c."
);

async fn run(p: Process) -> Outcome {
    let long = [("no-create", 'c'), ("date", 'd'), ("reference", 'r')];
    let options = io::options(&p, &COMMAND, "cd:r:", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut time = p.sys.now();
    if let Some(text) = options.value('d') {
        match text.strip_prefix(b"@").and_then(numbers::parse) {
            Some(seconds) => time = Duration::from_secs(seconds),
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid date '{text}'; try @SECONDS")).await),
        }
    }
    if let Some(name) = options.value('r') {
        match p.sys.stat(p.absolute(name).as_bstr()).await {
            Ok(metadata) => time = metadata.modified,
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(1);
            }
        }
    }
    let mut status = 0;
    for name in &options.operands {
        let path = p.absolute(name);
        let mut done = p.sys.change(path.as_bstr(), Changes::times(time, time), true).await;
        if done == Err(Errno::ENOENT) {
            if options.has('c') {
                continue;
            }
            done = match io::open(&p, name, OpenFlags::WRITE | OpenFlags::CREATE).await {
                Ok(_) => p.sys.change(path.as_bstr(), Changes::times(time, time), true).await,
                Err(error) => Err(error),
            };
        }
        if let Err(error) = done {
            io::complain(&p, alloc::format!("cannot touch '{name}': {error}")).await;
            status = 1;
        }
    }
    Ok(status)
}
