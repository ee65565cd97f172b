//! `sha1sum`: SHA-1 digests of files.

use sha1::Sha1;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "sha1sum",
    "sha1sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the SHA-1 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Sha1>(&p, &COMMAND, "SHA1").await
}
