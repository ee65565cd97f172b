//! `gunzip`: `gzip -d`.

use super::gzip;
use crate::{io::Outcome, process::Process};

command!(
    "gunzip",
    "gunzip [-cfklnqrtv] [-S SUFFIX] [FILE...]",
    "Expands FILE.gz to FILE, or standard input to standard output; -c to standard output, -k keeps FILE.gz, -f writes over what is there, -t only tests, -l lists sizes."
);

async fn run(p: Process) -> Outcome {
    gzip::run_as(&p, &COMMAND, "d").await
}
