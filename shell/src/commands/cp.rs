//! `cp`: copies files and, with `-r`, directories.

use alloc::vec::Vec;
use bstr::{BStr, ByteSlice};

use super::support::{
    paths::{base_name, child, is_dir, is_within, normal},
    tree::copy_tree,
};
use crate::{
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "cp",
    "cp [-rnv] SOURCE... TARGET",
    "Copies a file to TARGET or files into the directory TARGET; -r directories too, -n leaves what is there."
);

async fn run(p: Process) -> Outcome {
    let long = [("recursive", 'r'), ("force", 'f'), ("no-clobber", 'n'), ("verbose", 'v')];
    let options = io::options(&p, &COMMAND, "rRafnv", &long).await?;
    let recursive = options.last_of("rRa").is_some();
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
        if options.has('n') && p.sys.stat(p.absolute(to.as_bstr()).as_bstr()).await.is_ok() {
            continue;
        }
        if let Some(reason) = refusal(&p, source, to.as_bstr(), recursive).await {
            io::complain(&p, alloc::format!("{reason}: '{source}' to '{to}'")).await;
            status = 1;
            continue;
        }
        let mut copied = Vec::new();
        if !copy_tree(&p, source, to.as_bstr(), &mut copied).await {
            status = 1;
        }
        for (from, to) in copied.iter().filter(|_| options.has('v')) {
            out.write_all(&[b"'", from, b"' -> '", to, b"'\n"]).await?;
        }
    }
    out.finish(status).await
}

/// Why this must not be copied; what the system refuses itself is not looked for.
async fn refusal(p: &Process, from: &BStr, to: &BStr, recursive: bool) -> Option<&'static str> {
    let (source, target) = (normal(p, from), normal(p, to));
    if source == target {
        return Some("they are the same file");
    }
    if !is_dir(p, from).await {
        return None;
    }
    if !recursive {
        return Some("directory not copied without -r");
    }
    is_within(&target, &source).then_some("cannot copy a directory into itself")
}
