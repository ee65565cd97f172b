//! `mv`: renames, or moves into a directory; across file systems by copying and removing.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    ask::ask,
    backup::{BACKUP, Backup},
    canonical::{Missing, canonical},
    paths::{base_name, child, is_dir, is_within, lstat},
    tree::{Copy, Existing, How, Links, remove_tree, told_of},
};
use crate::{
    errno::Errno,
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "mv",
    "mv [-finuvTb] [-S SUFFIX] SOURCE... TARGET | mv [OPTIONS] -t DIRECTORY SOURCE...",
    "Renames a file to TARGET or moves files into the directory TARGET; -i asks, -n leaves what is there, -u leaves what is newer, -v tells, -T takes TARGET for a name, -b gives what is in the way another name (with ~ or SUFFIX; --backup=numbered: with numbers)."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("backup", BACKUP),
        ("suffix", 'S'),
        ("force", 'f'),
        ("interactive", 'i'),
        ("no-clobber", 'n'),
        ("update", 'u'),
        ("verbose", 'v'),
        ("target-directory", 't'),
        ("no-target-directory", 'T'),
    ];
    let options = io::options(&p, &COMMAND, "finuvTbt:S:\u{1}::", &long).await?;
    let backup = match Backup::of(&p, &options) {
        Ok(Some(_)) if options.last_of("nif") == Some('n') => Err("backups and -n exclude each other".into()),
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
        io::complain(&p, format!("target '{target}' is not a directory")).await;
        return Ok(1);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    for source in sources {
        let to = if into { child(target, base_name(source)) } else { target.into() };
        let to = to.as_bstr();
        if let (Ok(there), Ok(source)) = (lstat(&p, to).await, lstat(&p, source).await) {
            let newer = options.has('u') && there.modified >= source.modified;
            let kept = match options.last_of("nif") {
                Some('n') => true,
                Some('i') => !source.is_same_file(&there) && !ask(&p, &format!("overwrite '{to}'?")).await,
                _ => false,
            };
            if newer || kept {
                continue;
            }
        }
        let aside = match &backup {
            Some(backup) => match set_aside(&p, backup, source, to).await {
                Ok(aside) => aside,
                Err(message) => {
                    out.flush().await?;
                    io::complain(&p, message).await;
                    status = 1;
                    continue;
                }
            },
            None => None,
        };
        if rename(&p, source, to, &mut out).await? {
            if options.has('v') {
                out.write_all(&[b"renamed '", source, b"' -> '", to, b"'"]).await?;
                out.write_all(&told_of(&aside)).await?;
            }
            continue;
        }
        status = 1;
        if let Some(name) = aside {
            // What was set aside takes its place again.
            let _ = p.sys.rename(p.absolute(name.as_bstr()).as_bstr(), p.absolute(to).as_bstr()).await;
        }
    }
    out.finish(status).await
}

/// Gives what is in the way another name.
async fn set_aside(p: &Process, backup: &Backup, from: &BStr, to: &BStr) -> Result<Option<BString>, String> {
    let (Ok(source), Ok(there)) = (lstat(p, from).await, lstat(p, to).await) else { return Ok(None) };
    if source.is_same_file(&there) {
        return Ok(None);
    }
    let failed = |error: Errno| format!("cannot back up '{to}': {error}");
    let name = backup.name(p, to).await.map_err(failed)?;
    if lstat(p, name.as_bstr()).await.is_ok_and(|it| it.is_same_file(&source)) {
        return Err(format!("a backup of '{to}' would take the place of '{from}', which is not moved"));
    }
    backup.set_aside(p, to).await.map_err(failed)
}

/// Moves one; complains if it cannot, and says whether it could.
async fn rename<'p>(p: &'p Process, from: &BStr, to: &BStr, out: &mut Output<'p>) -> Result<bool, Ended> {
    let (from_path, to_path) = (p.absolute(from), p.absolute(to));
    if let (Ok(source), Ok(there)) = (lstat(p, from).await, lstat(p, to).await)
        && source.is_same_file(&there)
    {
        // Of two names of one file as well: renaming would do nothing.
        out.flush().await?;
        io::complain(p, format!("'{from}' and '{to}' are the same file")).await;
        return Ok(false);
    }
    let error = match p.sys.rename(from_path.as_bstr(), to_path.as_bstr()).await {
        Ok(()) => return Ok(true),
        Err(error) => error,
    };
    let paths = (canonical(p, from, Missing::Nothing).await, canonical(p, to, Missing::Any).await);
    let inside = matches!(&paths, (Ok(source), Ok(target)) if is_within(target, source));
    if error == Errno::EXDEV && !inside {
        return across(p, from, to, out).await;
    }
    out.flush().await?;
    let message = match error {
        Errno::EINVAL => format!("cannot move '{from}' into itself, '{to}'"),
        error => format!("cannot move '{from}' to '{to}': {error}"),
    };
    io::complain(p, message).await;
    Ok(false)
}

/// To another file system: a copy with all that belongs to it, and the source goes.
async fn across<'p>(p: &'p Process, from: &BStr, to: &BStr, out: &mut Output<'p>) -> Result<bool, Ended> {
    let how = How {
        recursive: true,
        links: Links::None,
        preserve: true,
        keep_hard_links: true,
        existing: Existing::Replace,
        force: true,
        update: false,
        link: None,
        verbose: false,
    };
    let copied = Copy::new(p, how, out).run(from, to).await?;
    Ok(copied && remove_tree(p, from, false, &mut Vec::new()).await)
}
