//! `mount`: covers directories with file systems, or lists those that there are.

use alloc::{format, string::String};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    canonical::{Missing, canonical},
    numbers,
};
use crate::{
    env::MountRequest,
    errno::Errno,
    io::{self, Outcome, Output},
    mode,
    process::Process,
};

command!(
    "mount",
    "mount [-r] [-t KIND] [-o OPTION,...] SOURCE DIRECTORY",
    "Lists the file systems, or covers DIRECTORY with a new one of KIND tmpfs, proc or devfs (SOURCE is a name for it); options are ro, rw, and for tmpfs size=BYTES with k, m or g and mode=OCTAL."
);

async fn run(p: Process) -> Outcome {
    let long = [("types", 't'), ("options", 'o'), ("read-only", 'r')];
    let options = io::options(&p, &COMMAND, "rt:o:", &long).await?;
    let kind = options.value('t');
    let [source, dir] = match options.operands.as_slice() {
        [] => return list(&p, kind).await,
        [source, dir] => [*source, *dir],
        [_] => return Err(io::usage(&p, &COMMAND, "both a source and a directory are needed").await),
        [_, _, extra, ..] => return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await),
    };
    let mut request = MountRequest {
        kind: kind.map_or_else(|| source.into(), BString::from),
        source: source.into(),
        read_only: options.has('r'),
        ..MountRequest::default()
    };
    for (_, words) in options.given.iter().filter(|(letter, _)| *letter == 'o') {
        for word in words.split_str(b",").filter(|word| !word.is_empty()) {
            if let Err(message) = take(&mut request, word.as_bstr()) {
                return Err(io::usage(&p, &COMMAND, &message).await);
            }
        }
    }
    let mounted = match canonical(&p, dir, Missing::Nothing).await {
        Ok(path) => {
            request.path = path;
            p.sys.mount(&request).await
        }
        Err(error) => Err(error),
    };
    let why = match mounted {
        Ok(()) => return Ok(0),
        Err(Errno::ENODEV) => format!("unknown file system type '{}'; there are tmpfs, proc and devfs", request.kind),
        Err(Errno::EINVAL) => format!("{} takes neither size= nor mode=", request.kind),
        Err(Errno::EBUSY) => "something is mounted there already".into(),
        Err(error) => format!("{error}"),
    };
    io::complain(&p, format!("{dir}: {why}")).await;
    Ok(32)
}

/// Takes an option; else says what is wrong with it.
fn take(request: &mut MountRequest, word: &BStr) -> Result<(), String> {
    let (name, value) = word.split_once_str(b"=").unwrap_or((word, b""));
    let bad = |try_: &str| format!("invalid value in option '{word}'; try {try_}");
    match name {
        b"ro" => request.read_only = true,
        b"rw" => request.read_only = false,
        b"defaults" => {}
        b"size" => {
            let small = value.to_ascii_uppercase();
            let size = numbers::count(small.as_bstr()).filter(|size| *size > 0);
            request.size = Some(size.ok_or_else(|| bad("size=10m"))?);
        }
        b"mode" => request.mode = Some(mode::octal(value).ok_or_else(|| bad("mode=755"))?),
        _ => return Err(format!("unknown option '{word}'; there are ro, rw, size= and mode=")),
    }
    Ok(())
}

async fn list(p: &Process, kind: Option<&BStr>) -> Outcome {
    let mut out = Output::new(p);
    for mount in p.sys.mounts().iter().filter(|mount| kind.is_none_or(|kind| mount.kind == kind)) {
        let mut options = String::from(if mount.read_only { "ro" } else { "rw" });
        if let Some(size) = mount.size {
            options += &format!(",size={}k", size.div_ceil(1024));
        }
        let pieces: [&[u8]; 8] = [
            &mount.source,
            b" on ",
            &mount.path,
            b" type ",
            &mount.kind,
            b" (",
            options.as_bytes(),
            b")\n",
        ];
        out.write_all(&pieces).await?;
    }
    out.finish(0).await
}
