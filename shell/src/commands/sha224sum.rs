//! `sha224sum`: SHA-224 digests of files.

use sha2::Sha224;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "sha224sum",
    "sha224sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the SHA-224 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Sha224>(&p, &COMMAND, "SHA224").await
}
