//! `nohup`: a command that a hang-up does not end (POSIX XCU `nohup`).
//!
//! What `nohup` ignores the command ignores as well. Any other signal that ends `nohup` ends the command, too.

use alloc::{sync::Arc, vec::Vec};
use bstr::{BStr, BString};

use super::support::child::Child;
use crate::{
    env::{Disposition, File, OpenFlags, Result, Signal},
    io::{self, Outcome},
    process::Process,
};

command!(
    "nohup",
    "nohup COMMAND [ARGUMENT]...",
    "Runs COMMAND so that a hang-up does not end it. Output that would go to a terminal is added to nohup.out."
);

/// Status when `nohup` itself fails.
const FAILED: u8 = 127;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+", &[]).await?;
    if options.operands.is_empty() {
        io::usage(&p, &COMMAND, "missing operand").await;
        return Ok(FAILED);
    }
    let words: Vec<BString> = options.operands.iter().map(|&word| word.into()).collect();
    let streams = match streams(&p).await {
        Ok(streams) => streams,
        Err(error) => {
            io::complain_about(&p, b"nohup.out", error).await;
            return Ok(FAILED);
        }
    };
    p.signals.set(Signal::Hup, Disposition::Ignored);
    match Child::start_on(&p, words, streams).await {
        Ok(child) => Ok(child.wait(&p).await.status()),
        Err(status) => Ok(status),
    }
}

/// Other files for those standard streams that are terminals. Says so.
async fn streams(p: &Process) -> Result<[Option<Arc<dyn File>>; 3]> {
    let is_terminal = |number| p.fds.get(number).is_ok_and(|file| file.terminal().is_some());
    let (mut streams, mut said) = ([None, None, None], Vec::new());
    if is_terminal(0) {
        streams[0] = Some(p.sys.open(BStr::new("/dev/null"), OpenFlags::READ).await?);
        said.push("ignoring input");
    }
    if is_terminal(1) {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::APPEND;
        streams[1] = Some(p.sys.open(p.absolute(BStr::new("nohup.out")).as_ref(), flags).await?);
        said.push("appending output to 'nohup.out'");
    }
    if is_terminal(2) {
        streams[2] = streams[1].clone().or_else(|| p.fds.get(1).ok());
        if streams[1].is_none() {
            said.push("standard error goes where standard output does");
        }
    }
    if !said.is_empty() {
        io::complain(p, said.join(" and ")).await;
    }
    Ok(streams)
}
