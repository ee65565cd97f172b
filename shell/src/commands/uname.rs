//! `uname`: what system this is.

use alloc::vec::Vec;

use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("uname", "uname [-asnrvmo]", "Prints the system's name; -n node, -r release, -v version, -m machine, -a all.");

/// In the order in which `-a` prints them.
const FIELDS: [(char, &str); 6] = [
    ('s', "Pollux"),
    ('n', "pollux"),
    ('r', env!("CARGO_PKG_VERSION")),
    ('v', "async SMP"),
    ('m', "x86_64"),
    ('o', "Pollux"),
];

async fn run(p: Process) -> Outcome {
    let long = [("all", 'a'), ("kernel-name", 's'), ("nodename", 'n'), ("kernel-release", 'r'), ("machine", 'm')];
    let options = io::options(&p, &COMMAND, "asnrvmo", &long).await?;
    let wanted = |field: char| options.has('a') || options.has(field) || options.given.is_empty() && field == 's';
    let texts: Vec<&str> = FIELDS.iter().filter(|(field, _)| wanted(*field)).map(|(_, text)| *text).collect();
    let mut out = Output::new(&p);
    out.write_line(texts.join(" ").as_bytes()).await?;
    out.finish(0).await
}
