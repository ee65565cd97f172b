//! `b2sum`: BLAKE2b digests of files.

use super::support::digest;
use crate::{
    io::Outcome,
    process::Process,
};

command!(
    "b2sum",
    "b2sum [-c [--quiet | --status]] [FILE...]",
    "Prints the BLAKE2b digests of files; -c checks a list of such."
);

async fn run(p: Process) -> Outcome {
    digest::run::<blake2::Blake2b512>(&p, &COMMAND, "BLAKE2b").await
}
