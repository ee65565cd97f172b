//! `rm`: removes files and, with `-r`, directories. Never the root, `.` or `..`.

use alloc::vec::Vec;
use bstr::ByteSlice;

use super::support::{
    ask::ask,
    paths::{base_name, lstat, normal},
    tree::remove_tree,
};
use crate::{
    env::FileType,
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "rm",
    "rm [-rfidvI] FILE...",
    "Removes files; -r directories with all in them, -d empty ones, -f ignores what is missing, -i asks before each, -I once before many, -v tells."
);

async fn run(p: Process) -> Outcome {
    let long = [("recursive", 'r'), ("force", 'f'), ("interactive", 'i'), ("dir", 'd'), ("verbose", 'v')];
    let options = io::options(&p, &COMMAND, "rRfiIdv", &long).await?;
    let recursive = options.last_of("rR").is_some();
    let force = options.last_of("fiI") == Some('f');
    let asks = options.last_of("fiI") == Some('i');
    if options.operands.is_empty() && !force {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let count = options.operands.len();
    if options.last_of("fiI") == Some('I') && (recursive || count > 3) {
        let with = if recursive { " with all that is in directories" } else { "" };
        if !ask(&p, &alloc::format!("remove {count} arguments{with}?")).await {
            return Ok(0);
        }
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
        if force && matches!(p.sys.lstat(path.as_bstr()).await, Err(Errno::ENOENT | Errno::ENOTDIR)) {
            continue;
        }
        let mut removed = Vec::new();
        if recursive {
            if !remove_tree(&p, name, asks, &mut removed).await {
                status = 1;
            }
        } else {
            let there = lstat(&p, name).await;
            if asks && there.is_ok() && !ask(&p, &alloc::format!("remove '{name}'?")).await {
                continue;
            }
            let is_dir = there.is_ok_and(|there| there.kind == FileType::Directory);
            let result = match options.has('d') && is_dir {
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
