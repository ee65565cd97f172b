//! `cp`: copies files and, with `-r`, directories.

use bstr::{BStr, ByteSlice};

use super::support::{
    backup::{BACKUP, Backup},
    canonical::{Missing, canonical},
    paths::{base_name, child, is_dir, is_within, lstat},
    tree::{Copy, Existing, How, Links},
};
use crate::{
    env::FileType,
    io::{self, Options, Outcome, Output},
    process::Process,
};

command!(
    "cp",
    "cp [-RrapdPHLfinuvlsTb] [-S SUFFIX] SOURCE... TARGET | cp [OPTIONS] -t DIRECTORY SOURCE...",
    "Copies a file to TARGET or files into the directory TARGET; -r directories too, -p with permissions, owner and times, -P links as links, -H follows those of the command line, -L all, -d is -P with names of one file kept so, -a is -rpd, -i asks, -n leaves what is there, -u leaves what is newer, -f replaces what cannot be written, -l and -s make links instead, -v tells, -T takes TARGET for a name, -b gives what is in the way another name (with ~ or SUFFIX; --backup=numbered: with numbers)."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("recursive", 'r'),
        ("archive", 'a'),
        ("backup", BACKUP),
        ("preserve", 'p'),
        ("no-dereference", 'P'),
        ("dereference", 'L'),
        ("force", 'f'),
        ("interactive", 'i'),
        ("no-clobber", 'n'),
        ("update", 'u'),
        ("verbose", 'v'),
        ("link", 'l'),
        ("suffix", 'S'),
        ("symbolic-link", 's'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
    ];
    let options = io::options(&p, &COMMAND, "rRapdPHLfinuvlsTbt:S:\u{1}::", &long).await?;
    let how = how(&options);
    let backup = match Backup::of(&p, &options) {
        Ok(Some(_)) if how.existing == Existing::Keep => Err("backups and -n exclude each other".into()),
        backup => backup,
    };
    let backup = match backup {
        Ok(backup) => backup,
        Err(message) => return Err(io::usage(&p, &COMMAND, &message).await),
    };
    let (target, sources) = match (options.value('t'), options.operands.split_last()) {
        (Some(dir), _) if !options.operands.is_empty() => (dir, options.operands.as_slice()),
        (None, Some((target, sources))) if !sources.is_empty() => (*target, sources),
        _ => return Err(io::usage(&p, &COMMAND, "missing operand").await),
    };
    let into = !options.has('T') && is_dir(&p, target).await;
    if (sources.len() > 1 || options.has('t')) && !into {
        io::complain(&p, alloc::format!("target '{target}' is not a directory")).await;
        return Ok(1);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    let mut copy = Copy::new(&p, how, &mut out).with_backup(backup);
    for source in sources {
        let to = if into { child(target, base_name(source)) } else { target.into() };
        if how.recursive && leads_into_itself(&p, source, to.as_bstr(), how.links).await {
            io::complain(&p, alloc::format!("cannot copy a directory into itself: '{source}' to '{to}'")).await;
            status = 1;
        } else if !copy.run(source, to.as_bstr()).await? {
            status = 1;
        }
    }
    out.finish(status).await
}

fn how(options: &Options<'_>) -> How {
    let any = |letters: &str| options.last_of(letters);
    let recursive = any("rRa").is_some();
    let links = match any("PHLda") {
        Some('L') => Links::All,
        Some('H') => Links::Operands,
        Some(_) => Links::None,
        None if recursive => Links::None,
        None => Links::All,
    };
    How {
        recursive,
        links,
        preserve: any("pa").is_some(),
        keep_hard_links: any("da").is_some(),
        existing: match any("inf") {
            Some('i') => Existing::Ask,
            Some('n') => Existing::Keep,
            _ => Existing::Replace,
        },
        force: options.has('f'),
        update: options.has('u'),
        link: any("ls"),
        verbose: options.has('v'),
    }
}

/// Whether a directory would be copied into itself, which would never end.
async fn leads_into_itself(p: &Process, from: &BStr, to: &BStr, links: Links) -> bool {
    let source = lstat(p, from).await;
    let is_dir = match links {
        Links::None => source.is_ok_and(|source| source.kind == FileType::Directory),
        _ => is_dir(p, from).await,
    };
    let paths = (canonical(p, from, Missing::Nothing).await, canonical(p, to, Missing::Any).await);
    let (true, (Ok(source), Ok(target))) = (is_dir, paths) else { return false };
    source != target && is_within(&target, &source)
}
