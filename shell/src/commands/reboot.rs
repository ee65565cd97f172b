//! `reboot`: starts the machine anew.

use crate::{
    env::Power,
    io::{self, Outcome},
    process::Process,
};

command!("reboot", "reboot", "Starts the machine anew.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "f", &[]).await?;
    if !options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "unexpected operand").await);
    }
    let error = p.sys.power(Power::Reboot, 0).await;
    io::complain(&p, alloc::format!("{error}")).await;
    Ok(1)
}
