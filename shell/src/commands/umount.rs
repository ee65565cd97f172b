//! `umount`: takes file systems off their directories.

use alloc::format;
use bstr::ByteSlice;

use super::support::{
    canonical::{Missing, canonical},
    paths::is_within,
};
use crate::{
    errno::Errno,
    io::{self, Outcome},
    process::Process,
};

command!("umount", "umount DIRECTORY...", "Takes file systems off directories, unless something on them is in use.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut status = 0;
    for dir in &options.operands {
        let done = match canonical(&p, dir, Missing::Nothing).await {
            // The working directory of who asks is in use.
            Ok(path) if is_within(&p.cwd, &path) && path != "/" => match p.sys.mounts().iter().any(|it| it.path == path) {
                true => Err(Errno::EBUSY),
                false => Err(Errno::EINVAL),
            },
            Ok(path) => p.sys.unmount(path.as_bstr()).await,
            Err(error) => Err(error),
        };
        let why = match done {
            Ok(()) => continue,
            Err(Errno::EBUSY) => "target is busy".into(),
            Err(Errno::EINVAL) => "not mounted".into(),
            Err(error) => format!("{error}"),
        };
        io::complain(&p, format!("{dir}: {why}")).await;
        status = 32;
    }
    Ok(status)
}
