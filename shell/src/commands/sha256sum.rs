//! `sha256sum`: SHA-256 digests of files.

use sha2::Sha256;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "sha256sum",
    "sha256sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the SHA-256 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Sha256>(&p, &COMMAND, "SHA256").await
}
