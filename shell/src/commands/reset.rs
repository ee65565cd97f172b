//! `reset`: a terminal that something has left in disorder.

use crate::{
    env::Modes,
    io::{self, Outcome, Output},
    process::Process,
};

command!("reset", "reset", "Gives the terminal its usual modes and an empty screen.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[]).await?;
    for stream in [p.stdin(), p.stderr(), p.stdout()] {
        if let Ok(file) = stream.file()
            && let Some(terminal) = file.terminal()
        {
            terminal.set_modes(Modes::COOKED);
            break;
        }
    }
    let mut out = Output::new(&p);
    // RIS, the first of two screens, all margins off, colours off, the cursor shown, an empty screen.
    out.push(b"\x1bc\x1b[?1049l\x1b[r\x1b[m\x1b[?25h\x1b[H\x1b[2J\x1b[3J");
    out.finish(0).await
}
