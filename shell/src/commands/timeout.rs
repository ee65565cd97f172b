//! `timeout`: runs a command for a bounded time.
//!
//! The command is a job of its own; when the time is over it gets the signal, and with it all that it runs
//! itself. No command can refuse a signal, so nothing needs to come after (`-k` is read and not needed).

use alloc::{format, vec::Vec};
use bstr::BString;
use futures_util::future::{Either, select};

use super::support::{child::Child, numbers};
use crate::{
    env::{Exit, Signal},
    io::{self, Outcome},
    process::Process,
};

command!(
    "timeout",
    "timeout [-s SIGNAL] [-k DURATION] DURATION COMMAND [ARGUMENT]...",
    "Runs COMMAND and ends it after DURATION (seconds, or with s m h d; 0 is for ever); the status is then 124, or 137 if SIGNAL is KILL."
);

/// Status when the time was over.
const TIMED_OUT: u8 = 124;
/// Status when `timeout` itself fails.
const FAILED: u8 = 125;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+s:k:", &[("signal", 's'), ("kill-after", 'k')]).await?;
    let mut signal = Signal::Term;
    if let Some(text) = options.value('s') {
        match Signal::parse(text) {
            Some(found) => signal = found,
            None => {
                io::complain(&p, format!("'{text}': not a signal; kill -l lists them")).await;
                return Ok(FAILED);
            }
        }
    }
    let [limit, command @ ..] = options.operands.as_slice() else {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    };
    if command.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut time = None;
    for text in options.value('k').iter().chain([limit]) {
        time = numbers::duration(text);
        if time.is_none() {
            io::complain(&p, format!("invalid time interval '{text}'")).await;
            return Ok(FAILED);
        }
    }
    let words: Vec<BString> = command.iter().map(|&word| word.into()).collect();
    let child = match Child::start(&p, words, None).await {
        Ok(child) => child,
        Err(status) => return Ok(status),
    };
    let Some(time) = time.filter(|time| !time.is_zero()) else {
        return Ok(child.wait(&p).await.status());
    };
    let ended = core::pin::pin!(child.wait(&p));
    match select(ended, p.sys.sleep(time)).await {
        Either::Left((exit, _)) => Ok(exit.status()),
        Either::Right(((), ended)) => {
            child.signal(signal);
            match ended.await {
                killed @ Exit::Signaled(Signal::Kill) => Ok(killed.status()),
                _ => Ok(TIMED_OUT),
            }
        }
    }
}
