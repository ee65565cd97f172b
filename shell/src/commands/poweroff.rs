//! `poweroff`: switches the machine off.

use alloc::format;

use super::support::numbers;
use crate::{
    env::Power,
    io::{self, Outcome},
    process::Process,
};

command!("poweroff", "poweroff [STATUS]", "Switches the machine off; STATUS (0 to 255) is what its starter gets.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "f", &[]).await?;
    let status = match options.operands.as_slice() {
        [] => 0,
        [text] => match numbers::parse::<u8>(text) {
            Some(status) => status,
            None => return Err(io::usage(&p, &COMMAND, &format!("invalid status '{text}'")).await),
        },
        [_, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let error = p.sys.power(Power::Off, status).await;
    io::complain(&p, alloc::format!("{error}")).await;
    Ok(1)
}
