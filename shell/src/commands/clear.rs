//! `clear`: clears the screen.

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("clear", "clear", "Clears the screen.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[]).await?;
    let mut out = Output::new(&p);
    // ECMA-48: cursor home, erase display; and xterm's erase of what has scrolled away.
    out.push(b"\x1b[H\x1b[2J\x1b[3J");
    out.finish(0).await
}
