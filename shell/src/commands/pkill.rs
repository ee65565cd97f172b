//! `pkill`: signals to tasks by name. See [`super::pgrep`].

use super::pgrep;
use crate::{io::Outcome, process::Process};

command!(
    "pkill",
    "pkill [-SIGNAL | -s SIGNAL] [-efinovx] PATTERN",
    "Sends a signal, TERM unless another is named, to the tasks whose name has the extended regular expression."
);

async fn run(p: Process) -> Outcome {
    pgrep::kill(&p, &COMMAND).await
}
