//! `ex`: the line editor under [`super::vi`].

use super::vi;
use crate::{io::Outcome, process::Process};

command!(
    "ex",
    "ex [-Rsv] [-c COMMAND] [+COMMAND] [FILE...]",
    "Edits a text by command lines, those that vi takes after a colon: -s is for scripts and says nothing else, -v is \
     vi, -R opens files for reading only."
);

async fn run(p: Process) -> Outcome {
    vi::run_ex(&p, &COMMAND).await
}
