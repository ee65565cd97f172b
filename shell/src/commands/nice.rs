//! `nice`: runs a command. All tasks share the CPUs alike here, so there is no niceness to change; it says so, as
//! GNU's does where it is not allowed to, and runs the command all the same.

use alloc::{format, vec::Vec};
use bstr::BString;

use super::support::{child, numbers};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "nice",
    "nice [-n ADJUSTMENT] [COMMAND [ARGUMENT]...]",
    "Runs COMMAND. Tasks have no priorities here: niceness is 0, and an adjustment is refused with a message."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+n:", &[("adjustment", 'n')]).await?;
    if let Some(text) = options.value('n')
        && numbers::parse::<i64>(text).is_none()
    {
        return Err(io::usage(&p, &COMMAND, &format!("invalid adjustment '{text}'")).await);
    }
    if options.operands.is_empty() {
        if options.has('n') {
            return Err(io::usage(&p, &COMMAND, "a command must be given with an adjustment").await);
        }
        let mut out = Output::new(&p);
        out.write_line(b"0").await?;
        return out.finish(0).await;
    }
    if options.value('n').is_none_or(|text| numbers::parse(text) != Some(0)) {
        io::complain(&p, "tasks have no priorities here: the command runs like any other".into()).await;
    }
    let words: Vec<BString> = options.operands.iter().map(|&word| word.into()).collect();
    match child::run(&p, words, None).await {
        Ok(exit) => Ok(exit.status()),
        Err(status) => Ok(status),
    }
}
