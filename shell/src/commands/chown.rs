//! `chown`: sets owners and groups. There is one user, root; other numbers are kept for archives and copies.

use alloc::format;
use bstr::{BStr, ByteSlice};

use super::support::{owner, paths::stat, walk::Walk};
use crate::{
    env::Changes,
    io::{self, Ended, Options, Outcome},
    process::{Command, Process},
};

command!(
    "chown",
    "chown [-Rhf] OWNER[:GROUP] FILE... | chown [-Rhf] --reference=FILE FILE...",
    "Sets the owner, and the group, of files: root or a number; -R of all below directories, too, -h of links themselves, -f complains less."
);

async fn run(p: Process) -> Outcome {
    own(&p, &COMMAND, |text| {
        let (user, group) = match text.split_once_str(b":") {
            Some((user, group)) => (user, group),
            None => (text.as_bytes(), &b""[..]),
        };
        let number = |name: &[u8]| match name {
            b"" => Some(None),
            name => owner::number(name).map(Some),
        };
        let changes = Changes { uid: number(user)?, gid: number(group)?, ..Changes::default() };
        (changes != Changes::default()).then_some(changes)
    })
    .await
}

/// What `chown` and `chgrp` have in common; `read` says what the first operand means.
pub(super) async fn own(p: &Process, command: &Command, read: impl Fn(&BStr) -> Option<Changes>) -> Outcome {
    let long = [
        ("recursive", 'R'),
        ("no-dereference", 'h'),
        ("silent", 'f'),
        ("quiet", 'f'),
        ("reference", 'r'),
    ];
    let options = io::options(p, command, "Rhfr:", &long).await?;
    let (changes, files) = changes(p, command, &options, read).await?;
    let mut status = 0;
    for name in files {
        let mut walk = Walk::new(p, name, options.has('R'), !options.has('h')).await;
        let mut follow = !options.has('h');
        while let Some((path, found)) = walk.next().await {
            let done = match found {
                Ok(_) => p.sys.change(p.absolute(path.as_bstr()).as_bstr(), changes, follow).await,
                Err(error) => Err(error),
            };
            follow = false; // of links below directories themselves
            if let Err(error) = done {
                if !options.has('f') {
                    io::complain(p, format!("cannot change the owner of '{path}': {error}")).await;
                }
                status = 1;
            }
        }
    }
    Ok(status)
}

async fn changes<'o, 'a>(
    p: &Process,
    command: &Command,
    options: &'o Options<'a>,
    read: impl Fn(&BStr) -> Option<Changes>,
) -> Result<(Changes, &'o [&'a BStr]), Ended> {
    let operands = options.operands.as_slice();
    let (changes, files) = match (options.value('r'), operands) {
        (Some(name), files) => match stat(p, name).await {
            Ok(there) => {
                let like = format!("{}:{}", there.uid, there.gid);
                let alone = format!("{}", there.gid);
                // `chgrp` reads no owner.
                (read(like.as_bytes().as_bstr()).or_else(|| read(alone.as_bytes().as_bstr())), files)
            }
            Err(error) => {
                io::complain(p, format!("cannot access '{name}': {error}")).await;
                return Err(Ended(1));
            }
        },
        (None, [owner, files @ ..]) => {
            let changes = read(owner);
            if changes.is_none() {
                io::complain(p, format!("invalid name: '{owner}'; there is root, and there are numbers")).await;
                return Err(Ended(1));
            }
            (changes, files)
        }
        (None, []) => (None, operands),
    };
    match changes {
        Some(changes) if !files.is_empty() => Ok((changes, files)),
        _ => Err(io::usage(p, command, "missing operand").await),
    }
}
