//! `realpath`: absolute paths without `.`, `..` and double slashes. There are no symbolic links to follow.

use bstr::{BStr, ByteSlice};

use super::support::paths::{dir_name, normal};
use crate::{
    env::{FileType, Result},
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "realpath",
    "realpath [-emqz] FILE...",
    "Prints the absolute path of each file, whose last part need not exist; -e all must, -m nothing must, -q says nothing, -z ends with NUL."
);

async fn run(p: Process) -> Outcome {
    let long = [("canonicalize-existing", 'e'), ("canonicalize-missing", 'm'), ("quiet", 'q'), ("zero", 'z')];
    let options = io::options(&p, &COMMAND, "emqz", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let end: &[u8] = if options.has('z') { b"\0" } else { b"\n" };
    let how = options.last_of("em");
    let mut out = Output::new(&p);
    let mut status = 0;
    for name in &options.operands {
        let there = match how {
            _ if name.is_empty() => Err(Errno::ENOENT),
            Some('m') => Ok(()),
            _ => check(&p, name, how.is_some()).await,
        };
        match there {
            Ok(()) => out.write_all(&[&normal(&p, name), end]).await?,
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

/// Whether the file exists, or, unless it must itself, the directory that it would be in.
async fn check(p: &Process, name: &BStr, must_exist: bool) -> Result<()> {
    let path = p.absolute(name);
    match p.sys.stat(path.as_bstr()).await {
        Err(Errno::ENOENT) if !must_exist => match p.sys.stat(dir_name(path.as_bstr())).await?.kind {
            FileType::Directory => Ok(()),
            _ => Err(Errno::ENOTDIR),
        },
        other => other.map(drop),
    }
}
