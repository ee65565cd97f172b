//! `tty`: the terminal that is standard input (POSIX XCU `tty`).

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("tty", "tty [-s]", "Prints the name of the terminal that is standard input; -s only says with its status whether it is one.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "s", &[("silent", 's'), ("quiet", 's')]).await?;
    let terminal = p.stdin().file().is_ok_and(|file| file.terminal().is_some());
    let mut out = Output::new(&p);
    if !options.has('s') {
        out.write_line(if terminal { b"/dev/tty" } else { b"not a tty" }).await?;
    }
    out.finish(u8::from(!terminal)).await
}
