//! `ln`: gives files more names, or makes symbolic links.

use alloc::format;
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    ask::ask,
    canonical::{Missing, canonical},
    paths::{base_name, child, dir_name, is_dir, lstat},
};
use crate::{
    env::{FileType, Result},
    errno::Errno,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "ln",
    "ln [-sfinrvTLP] TARGET [NAME] | ln [-sfinrvLP] TARGET... DIRECTORY",
    "Gives files one more name, in the working directory if none is said; -s makes symbolic links, -r with paths from where they are, -f replaces what is there, -i asks, -n does not follow a link NAME, -T takes NAME for a name, -L follows links to what gets the name."
);

async fn run(p: Process) -> Outcome {
    let long = [
        ("symbolic", 's'),
        ("force", 'f'),
        ("interactive", 'i'),
        ("no-dereference", 'n'),
        ("relative", 'r'),
        ("verbose", 'v'),
        ("no-target-directory", 'T'),
        ("logical", 'L'),
        ("physical", 'P'),
    ];
    let options = io::options(&p, &COMMAND, "sfinrvTLP", &long).await?;
    let (sources, last): (_, BString) = match options.operands.as_slice() {
        [] => return Err(io::usage(&p, &COMMAND, "missing operand").await),
        [_] if options.has('T') => return Err(io::usage(&p, &COMMAND, "a name is missing after the target").await),
        [only] => (&[*only][..], ".".into()),
        [sources @ .., last] => (sources, (*last).into()),
    };
    let last = last.as_bstr();
    let is_link = lstat(&p, last).await.is_ok_and(|there| there.kind == FileType::Symlink);
    let into = !options.has('T') && is_dir(&p, last).await && !(options.has('n') && is_link);
    if sources.len() > 1 && !into {
        io::complain(&p, format!("target '{last}' is not a directory")).await;
        return Ok(1);
    }
    let (mut out, mut status) = (Output::new(&p), 0);
    for source in sources {
        let name = if into { child(last, base_name(source)) } else { last.into() };
        let arrow = if options.has('s') { "->" } else { "=>" };
        if options.last_of("fi") == Some('i')
            && lstat(&p, name.as_bstr()).await.is_ok()
            && !ask(&p, &format!("replace '{name}'?")).await
        {
            continue;
        }
        let replaces = options.last_of("fi").is_some();
        let made = match options.has('s') {
            true => symbolic(&p, source, name.as_bstr(), options.has('r'), replaces).await,
            false => hard(&p, source, name.as_bstr(), options.last_of("LP") == Some('L'), replaces).await,
        };
        match made {
            Ok(()) if options.has('v') => {
                out.write_all(&[b"'", &name, b"' ", arrow.as_bytes(), b" '", source, b"'\n"]).await?;
            }
            Ok(()) => {}
            Err(error) => {
                let kind = if options.has('s') { "symbolic" } else { "hard" };
                let why = match error {
                    Errno::EPERM => "a directory can have no other names; try -s".into(),
                    error => format!("{error}"),
                };
                io::complain(&p, format!("failed to create {kind} link '{name}' to '{source}': {why}")).await;
                status = 1;
            }
        }
    }
    out.finish(status).await
}

async fn symbolic(p: &Process, target: &BStr, name: &BStr, relative: bool, replaces: bool) -> Result<()> {
    let path = p.absolute(name);
    let text = if relative { relative_path(p, target, name).await? } else { target.into() };
    if replaces {
        remove(p, path.as_bstr()).await?;
    }
    p.sys.symlink(text.as_bstr(), path.as_bstr()).await
}

async fn hard(p: &Process, target: &BStr, name: &BStr, follow: bool, replaces: bool) -> Result<()> {
    let path = p.absolute(name);
    let target = match follow {
        true => canonical(p, target, Missing::Nothing).await?,
        false => p.absolute(target),
    };
    if replaces && let Ok(there) = p.sys.lstat(path.as_bstr()).await {
        let source = p.sys.lstat(target.as_bstr()).await?;
        if source.is_same_file(&there) {
            return Err(Errno::EEXIST); // it would be removed before it gets its name
        }
        if source.kind == FileType::Directory {
            return Err(Errno::EPERM);
        }
        remove(p, path.as_bstr()).await?;
    }
    p.sys.link(target.as_bstr(), path.as_bstr()).await
}

async fn remove(p: &Process, path: &BStr) -> Result<()> {
    match p.sys.unlink(path).await {
        Err(Errno::ENOENT) => Ok(()),
        done => done,
    }
}

/// The path from the directory of `name` to `target`.
async fn relative_path(p: &Process, target: &BStr, name: &BStr) -> Result<BString> {
    let from = canonical(p, dir_name(name), Missing::Nothing).await?;
    let to = canonical(p, target, Missing::Any).await?;
    let parts = |path: &BString| -> alloc::vec::Vec<BString> {
        path.split_str(b"/").filter(|part| !part.is_empty()).map(BString::from).collect()
    };
    let (from, to) = (parts(&from), parts(&to));
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[same..].iter().map(|_| BString::from(".."));
    let path: BString = bstr::join("/", up.chain(to[same..].iter().cloned())).into();
    Ok(if path.is_empty() { ".".into() } else { path })
}
