//! `sha512sum`: SHA-512 digests of files.

use sha2::Sha512;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "sha512sum",
    "sha512sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the SHA-512 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Sha512>(&p, &COMMAND, "SHA512").await
}
