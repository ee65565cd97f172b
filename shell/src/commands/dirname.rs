//! `dirname`: a path without its last component.

use super::support::paths::dir_name;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!("dirname", "dirname PATH...", "Prints paths without their last component.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+", &[]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut out = Output::new(&p);
    for path in &options.operands {
        out.write_all(&[dir_name(path), b"\n"]).await?;
    }
    out.finish(0).await
}
