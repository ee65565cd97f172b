//! `touch`: sets the times of files, making those that are missing.

use alloc::format;
use bstr::{BStr, ByteSlice};
use core::time::Duration;

use super::support::{
    paths::{lstat, stat},
    times, when,
};
use crate::{
    env::{Changes, OpenFlags},
    errno::Errno,
    io::{self, Outcome},
    process::Process,
};

command!(
    "touch",
    "touch [-acmh] [-d DATE | -t [[CC]YY]MMDDhhmm[.ss] | -r FILE] FILE...",
    "Sets the times of files to now, or as -d (UTC, as in '2024-02-29 12:00', 'yesterday 10am', '2 days ago' or @SECONDS), -t or -r say; -a only that of reading, -m only that of change, -h of links themselves; makes missing files, unless -c."
);

async fn run(p: Process) -> Outcome {
    let long =
        [("no-create", 'c'), ("date", 'd'), ("reference", 'r'), ("no-dereference", 'h'), ("time", 'T')];
    let options = io::options(&p, &COMMAND, "acmhfd:r:t:T:", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let follow = !options.has('h');
    let now = p.sys.now();
    let (mut accessed, mut modified) = (now, now);
    if let Some(name) = options.value('r') {
        let there = if follow { stat(&p, name).await } else { lstat(&p, name).await };
        match there {
            Ok(metadata) => (accessed, modified) = (metadata.accessed, metadata.modified),
            Err(error) => {
                io::complain_about(&p, name, error).await;
                return Ok(1);
            }
        }
    }
    type Read = fn(&[u8], Duration) -> Option<Duration>;
    let (date, stamp): (Read, Read) = (when::parse, times::stamp);
    for (letter, read, hint) in [('d', date, "'2024-02-29 12:00' or @SECONDS"), ('t', stamp, "202402291200")] {
        if let Some(text) = options.value(letter) {
            match read(text, now) {
                Some(time) => (accessed, modified) = (time, time),
                None => {
                    let message = format!("invalid date '{text}'; try {hint}");
                    return Err(io::usage(&p, &COMMAND, &message).await);
                }
            }
        }
    }
    // `--time=atime` is `-a`, `--time=mtime` is `-m`.
    let word = |words: &[&str]| options.value('T').is_some_and(|word| words.iter().any(|known| word == *known));
    let only_accessed = options.has('a') || word(&["access", "atime", "use"]);
    let only_modified = options.has('m') || word(&["modify", "mtime"]);
    if options.value('T').is_some() && !word(&["access", "atime", "use", "modify", "mtime"]) {
        return Err(io::usage(&p, &COMMAND, "invalid argument to --time; try atime or mtime").await);
    }
    let changes = Changes {
        accessed: (only_accessed || !only_modified).then_some(accessed),
        modified: (only_modified || !only_accessed).then_some(modified),
        ..Changes::default()
    };
    let mut status = 0;
    for name in &options.operands {
        if let Err(error) = touch(&p, name, changes, follow, !options.has('c')).await {
            io::complain(&p, format!("cannot touch '{name}': {error}")).await;
            status = 1;
        }
    }
    Ok(status)
}

async fn touch(p: &Process, name: &BStr, changes: Changes, follow: bool, create: bool) -> Result<(), Errno> {
    let path = p.absolute(name);
    match p.sys.change(path.as_bstr(), changes, follow).await {
        Err(Errno::ENOENT) if !create => Ok(()),
        Err(Errno::ENOENT) if follow => {
            drop(io::open(p, name, OpenFlags::WRITE | OpenFlags::CREATE).await?);
            p.sys.change(path.as_bstr(), changes, follow).await
        }
        done => done,
    }
}
