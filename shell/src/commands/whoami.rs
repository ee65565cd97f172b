//! `whoami`: the user's name. The system has one user, root.

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("whoami", "whoami", "Prints the name of the user, of which there is one: root.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    if let Some(extra) = options.operands.first() {
        return Err(io::usage(&p, &COMMAND, &alloc::format!("extra operand '{extra}'")).await);
    }
    let mut out = Output::new(&p);
    out.write_line(b"root").await?;
    out.finish(0).await
}
