//! `view`: [`super::vi`] for reading.

use super::vi;
use crate::{io::Outcome, process::Process};

command!(
    "view",
    "view [-c COMMAND] [+COMMAND] [FILE...]",
    "Shows a text with the keys of vi; it is not written unless :w! asks for that."
);

async fn run(p: Process) -> Outcome {
    vi::run_view(&p, &COMMAND).await
}
