//! `md5sum`: MD5 digests of files.

use md5::Md5;

use super::support::digest;
use crate::{io::Outcome, process::Process};

command!(
    "md5sum",
    "md5sum [-bt] [-c [--quiet] [--status]] [FILE...]",
    "Prints the MD5 digest of each file; -c reads such a list and checks the files in it."
);

async fn run(p: Process) -> Outcome {
    digest::run::<Md5>(&p, &COMMAND, "MD5").await
}
