//! `mkdir`: makes directories.

use bstr::{BStr, ByteSlice};

use super::support::paths::is_dir;
use crate::{
    env::{Changes, Result},
    errno::Errno,
    io::{self, Outcome, Output},
    mode,
    process::Process,
};

command!("mkdir", "mkdir [-pv] [-m MODE] DIR...", "Makes directories; -p those above them too, and no error if they are there, -m with these permissions, like 700 or u=rwx,go=.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "pvm:", &[("parents", 'p'), ("verbose", 'v'), ("mode", 'm')]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mode = match options.value('m').map(|text| (text, mode::apply(text, 0o777, true, p.umask))) {
        None => None,
        Some((_, Some(mode))) => Some(mode),
        Some((text, None)) => {
            let message = alloc::format!("invalid mode '{text}'; try 700 or u=rwx,go=");
            return Err(io::usage(&p, &COMMAND, &message).await);
        }
    };
    let mut out = Output::new(&p);
    let mut status = 0;
    for dir in &options.operands {
        let made = match options.has('p') {
            true => make_all(&p, dir).await,
            false => p.sys.mkdir(p.absolute(dir).as_bstr(), p.new_mode(0o777)).await,
        };
        let made = match (made, mode) {
            (Ok(()), Some(mode)) => p.sys.change(p.absolute(dir).as_bstr(), Changes::mode(mode), true).await,
            (made, _) => made,
        };
        match made {
            Ok(()) if options.has('v') => out.write_all(&[b"created directory '", dir, b"'\n"]).await?,
            Ok(()) => {}
            Err(error) => {
                io::complain(&p, alloc::format!("cannot create directory '{dir}': {error}")).await;
                status = 1;
            }
        }
    }
    out.finish(status).await
}

/// Makes a directory and all above it that are missing.
async fn make_all(p: &Process, dir: &BStr) -> Result<()> {
    let path = p.absolute(dir);
    let path = match path.trim_end_with(|c| c == '/') {
        b"" => return Ok(()), // the root is there
        path => path,
    };
    let slashes = path.find_iter(b"/").filter(|at| *at > 0);
    for end in slashes.chain([path.len()]) {
        let part = path[..end].as_bstr();
        match p.sys.mkdir(part, p.new_mode(0o777)).await {
            Err(Errno::EEXIST) if is_dir(p, part).await => {}
            other => other?,
        }
    }
    Ok(())
}
