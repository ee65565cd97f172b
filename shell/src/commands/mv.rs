//! `mv`: renames, or moves into a directory; across file systems by copying and removing.

use alloc::vec::Vec;
use bstr::{BStr, ByteSlice};

use super::support::{
    paths::{base_name, child, is_dir, is_within, normal},
    tree::{copy_tree, remove_tree},
};
use crate::{
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!("mv", "mv [-nv] SOURCE... TARGET", "Renames a file to TARGET or moves files into the directory TARGET; -n leaves what is there.");

async fn run(p: Process) -> Outcome {
    let long = [("force", 'f'), ("no-clobber", 'n'), ("verbose", 'v')];
    let options = io::options(&p, &COMMAND, "fnv", &long).await?;
    let Some((target, sources)) = options.operands.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    };
    let into = is_dir(&p, target).await;
    if sources.len() > 1 && !into {
        io::complain(&p, alloc::format!("target '{target}' is not a directory")).await;
        return Ok(1);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    for source in sources {
        let to = if into { child(target, base_name(source)) } else { (*target).into() };
        if options.last_of("nf") == Some('n') && p.sys.stat(p.absolute(to.as_bstr()).as_bstr()).await.is_ok() {
            continue;
        }
        if rename(&p, source, to.as_bstr()).await {
            if options.has('v') {
                out.write_all(&[b"renamed '", source, b"' -> '", &to, b"'\n"]).await?;
            }
        } else {
            status = 1;
        }
    }
    out.finish(status).await
}

/// Moves one; complains if it cannot, and says whether it could.
async fn rename(p: &Process, from: &BStr, to: &BStr) -> bool {
    let (source, target) = (normal(p, from), normal(p, to));
    if source == target {
        io::complain(p, alloc::format!("'{from}' and '{to}' are the same file")).await;
        return false;
    }
    match p.sys.rename(p.absolute(from).as_bstr(), p.absolute(to).as_bstr()).await {
        Ok(()) => true,
        Err(Errno::EXDEV) if !is_within(&target, &source) => {
            copy_tree(p, from, to, &mut Vec::new()).await && remove_tree(p, from, &mut Vec::new()).await
        }
        Err(Errno::EINVAL) => {
            io::complain(p, alloc::format!("cannot move '{from}' into itself, '{to}'")).await;
            false
        }
        Err(error) => {
            io::complain(p, alloc::format!("cannot move '{from}' to '{to}': {error}")).await;
            false
        }
    }
}
