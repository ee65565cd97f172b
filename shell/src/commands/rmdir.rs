//! `rmdir`: removes empty directories.

use bstr::ByteSlice;

use super::support::paths::dir_name;
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!("rmdir", "rmdir [-p] DIR...", "Removes empty directories; -p those above them too.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "p", &[("parents", 'p')]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut status = 0;
    for dir in &options.operands {
        let mut dir = *dir;
        loop {
            if let Err(error) = p.sys.rmdir(p.absolute(dir).as_bstr()).await {
                io::complain(&p, alloc::format!("failed to remove '{dir}': {error}")).await;
                status = 1;
                break;
            }
            dir = dir_name(dir);
            if !options.has('p') || dir == "." || dir == "/" {
                break;
            }
        }
    }
    Ok(status)
}
