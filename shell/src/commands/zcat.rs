//! `zcat`: `gzip -dc`.

use super::gzip;
use crate::{io::Outcome, process::Process};

command!(
    "zcat",
    "zcat [-f] [FILE...]",
    "Prints what compressed files hold; with -f also files that are not compressed."
);

async fn run(p: Process) -> Outcome {
    gzip::run_as(&p, &COMMAND, "cd").await
}
