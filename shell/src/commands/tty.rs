//! `tty`: the terminal that is standard input (POSIX XCU `tty`).

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("tty", "tty [-s]", "Prints the name of the terminal that is standard input; -s only says with its status whether it is one.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "s", &[("silent", 's'), ("quiet", 's')]).await?;
    let name = p.stdin().file().ok().and_then(|file| file.terminal().map(|terminal| terminal.name()));
    let mut out = Output::new(&p);
    if !options.has('s') {
        out.write_line(name.as_ref().map_or(b"not a tty", |name| name.as_slice())).await?;
    }
    out.finish(u8::from(name.is_none())).await
}
