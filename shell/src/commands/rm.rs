//! `rm`: removes files and, with `-r`, directories. Never the root, `.` or `..`.

use alloc::vec::Vec;
use bstr::ByteSlice;

use super::support::{
    paths::{base_name, is_dir, normal},
    tree::remove_tree,
};
use crate::{
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!("rm", "rm [-rfdv] FILE...", "Removes files; -r directories with all in them, -d empty ones, -f ignores what is missing.");

async fn run(p: Process) -> Outcome {
    let long = [("recursive", 'r'), ("force", 'f'), ("dir", 'd'), ("verbose", 'v')];
    let options = io::options(&p, &COMMAND, "rRfdv", &long).await?;
    let (recursive, force) = (options.last_of("rR").is_some(), options.has('f'));
    if options.operands.is_empty() && !force {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    for name in &options.operands {
        let path = p.absolute(name);
        if recursive && normal(&p, name) == "/" || [".", ".."].contains(&base_name(name).to_str().unwrap_or("")) {
            io::complain(&p, alloc::format!("refusing to remove '{name}'")).await;
            status = 1;
            continue;
        }
        if force && p.sys.stat(path.as_bstr()).await == Err(Errno::ENOENT) {
            continue;
        }
        let mut removed = Vec::new();
        if recursive {
            if !remove_tree(&p, name, &mut removed).await {
                status = 1;
            }
        } else {
            let result = match options.has('d') && is_dir(&p, name).await {
                true => p.sys.rmdir(path.as_bstr()).await,
                false => p.sys.unlink(path.as_bstr()).await,
            };
            match result {
                Ok(()) => removed.push((*name).into()),
                Err(error) => {
                    io::complain(&p, alloc::format!("cannot remove '{name}': {error}")).await;
                    status = 1;
                }
            }
        }
        for name in removed.iter().filter(|_| options.has('v')) {
            out.write_all(&[b"removed '", name, b"'\n"]).await?;
        }
    }
    out.finish(status).await
}
