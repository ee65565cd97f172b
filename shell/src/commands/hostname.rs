//! `hostname`: the machine's name, which is what `uname -n` prints. It cannot be changed.

use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("hostname", "hostname [-s]", "Prints the machine's name, which has no domain.");

async fn run(mut p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "s", &[("short", 's')]).await?;
    if let Some(name) = options.operands.first() {
        io::complain(&p, alloc::format!("cannot set the name to '{name}'")).await;
        return Ok(1);
    }
    p.args.truncate(1);
    p.args.push("-n".into());
    Ok((super::uname::COMMAND.run)(p).await)
}
