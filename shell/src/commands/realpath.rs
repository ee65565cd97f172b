//! `realpath`: absolute paths without links, `.`, `..` and double slashes.

use super::support::{
    canonical::{Missing, canonical},
    paths::normal,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "realpath",
    "realpath [-emqsz] FILE...",
    "Prints the absolute path of each file, whose last part need not exist; -e all must, -m nothing must, -s does not follow links, -q says nothing, -z ends with NUL."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("canonicalize-existing", 'e'),
        ("canonicalize-missing", 'm'),
        ("quiet", 'q'),
        ("strip", 's'),
        ("no-symlinks", 's'),
        ("zero", 'z'),
    ];
    let options = io::options(&p, &COMMAND, "emqsz", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let end: &[u8] = if options.has('z') { b"\0" } else { b"\n" };
    let missing = match options.last_of("em") {
        Some('e') => Missing::Nothing,
        Some(_) => Missing::Any,
        None => Missing::Last,
    };
    let (mut out, mut status) = (Output::new(&p), 0);
    for name in &options.operands {
        let found = canonical(&p, name, missing).await;
        match found.map(|path| if options.has('s') { normal(&p, name) } else { path }) {
            Ok(path) => out.write_all(&[&path, end]).await?,
            Err(error) => {
                if !options.has('q') {
                    out.flush().await?;
                    io::complain_about(&p, name, error).await;
                }
                status = 1;
            }
        }
    }
    out.finish(status).await
}
