//! `sha384sum`: SHA-384 digests of files.

use sha2::Sha384;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "sha384sum",
    "sha384sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the SHA-384 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Sha384>(&p, &COMMAND, "SHA384").await
}
