//! `pathchk`: whether names can be those of files.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::support::paths::{child, is_dir, lstat};
use crate::{
    io::{self, Outcome},
    process::Process,
};

command!(
    "pathchk",
    "pathchk [-pP] NAME...",
    "Says which names cannot be those of files; -p also where they could not be anywhere that POSIX describes, -P whether one is empty or a part begins with a dash."
);

/// How long a part of a name and a whole one may be here.
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 4096;
/// And everywhere (`<limits.h>`).
const POSIX_NAME_MAX: usize = 14;
const POSIX_PATH_MAX: usize = 256;

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "+pP\u{1}", &[("portability", '\u{1}')]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let portable = options.last_of("p\u{1}").is_some();
    let strict = options.last_of("P\u{1}").is_some();
    let mut status = 0;
    for name in &options.operands {
        let mistake = match strict.then(|| dashes(name)).flatten() {
            Some(mistake) => Some(mistake),
            None if portable => everywhere(name),
            None => here(&p, name).await,
        };
        if let Some(mistake) = mistake {
            io::complain(&p, mistake).await;
            status = 1;
        }
    }
    Ok(status)
}

fn dashes(name: &BStr) -> Option<String> {
    if name.is_empty() {
        return Some("the name is empty".into());
    }
    let part = name.split_str(b"/").find(|part| part.starts_with(b"-"))?;
    Some(format!("'{}' in '{name}' begins with a dash", part.as_bstr()))
}

fn too_long(name: &BStr, part_max: usize, path_max: usize) -> Option<String> {
    // The limit of a path counts the byte that ends it.
    if name.len() >= path_max {
        return Some(format!("'{name}' has {} bytes; {} are possible", name.len(), path_max - 1));
    }
    let part = name.split_str(b"/").find(|part| part.len() > part_max)?;
    Some(format!("'{}' in '{name}' has {} bytes; {part_max} are possible", part.as_bstr(), part.len()))
}

fn everywhere(name: &BStr) -> Option<String> {
    if name.is_empty() {
        return Some("the name is empty".into());
    }
    let odd = name.chars().find(|char| !(char.is_ascii_alphanumeric() || "._-/".contains(*char)));
    match odd {
        Some(odd) => Some(format!("'{odd}' in '{name}' is not possible everywhere")),
        None => too_long(name, POSIX_NAME_MAX, POSIX_PATH_MAX),
    }
}

async fn here(p: &Process, name: &BStr) -> Option<String> {
    if name.is_empty() {
        return Some("'': No such file or directory".into());
    }
    if let Some(mistake) = too_long(name, NAME_MAX, PATH_MAX) {
        return Some(mistake);
    }
    // What is there on the way has to be a directory.
    let mut path: bstr::BString = if name.starts_with(b"/") { "/".into() } else { "".into() };
    let parts: Vec<&[u8]> = name.split_str(b"/").filter(|part| !part.is_empty()).collect();
    for part in parts.iter().take(parts.len().saturating_sub(1)) {
        path = child(path.as_bstr(), part.as_bstr());
        match lstat(p, path.as_bstr()).await {
            Ok(_) if is_dir(p, path.as_bstr()).await => {}
            Ok(_) => return Some(format!("'{path}' is not a directory")),
            Err(crate::errno::Errno::ENOENT) => return None,
            Err(error) => return Some(format!("{path}: {error}")),
        }
    }
    None
}
