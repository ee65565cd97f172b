//! `which`: whether there is such a command. Commands are part of the system, not files, so what it prints
//! is the name; of a word with a slash, a script, the path. What the shell does itself `type` tells.

use bstr::ByteSlice;

use super::support::paths::is_dir;
use crate::{
    io::{self, Outcome, Output},
    process::Process,
    sh,
};

command!("which", "which [-as] NAME...", "Prints each NAME that is a command; -s prints nothing. The status is 1 if one is none.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "as", &[("all", 'a')]).await?;
    let mut out = Output::new(&p);
    let mut status = if options.operands.is_empty() { 1 } else { 0 };
    for name in &options.operands {
        let found = match name.contains(&b'/') {
            true => p.sys.stat(p.absolute(name).as_bstr()).await.is_ok() && !is_dir(&p, name).await,
            false => super::find(&*p.sys, name).is_some() || *name == sh::NAME,
        };
        if !found {
            status = 1;
        } else if !options.has('s') {
            out.write_line(name).await?;
        }
    }
    out.finish(status).await
}
