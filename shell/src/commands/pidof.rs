//! `pidof`: the numbers of the tasks of that name. See [`super::pgrep`].

use super::pgrep;
use crate::{io::Outcome, process::Process};

command!(
    "pidof",
    "pidof [-s] [-o PID] NAME...",
    "Prints the numbers of the tasks that have one of these names, the newest first; -s only one, -o without that one."
);

async fn run(p: Process) -> Outcome {
    pgrep::of(&p, &COMMAND).await
}
