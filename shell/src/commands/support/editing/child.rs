//! Command lines that an editor hands to the shell: to run, to read from, to write to, to filter lines.

use alloc::{vec, vec::Vec};
use bstr::{BStr, BString};
use futures_util::future::join;

use super::{
    super::child::Child,
    file::{self, Loaded, Part},
};
use crate::{
    env::{Exit, Result},
    io,
    process::Process,
};

/// How a command line ended, and what it wrote.
pub struct Ran {
    pub status: u8,
    pub output: Result<Loaded>,
}

/// Runs a command line with `part` as its standard input, where that is given, and keeps its output if `keep`. What
/// cannot be started says so itself.
pub async fn run(p: &Process, line: &BStr, part: Option<Part<'_>>, keep: bool) -> Result<Ran> {
    let (mut streams, mut feed, mut drain) = ([None, None, None], None, None);
    if part.is_some() {
        let (read, write) = p.sys.pipe()?;
        (streams[0], feed) = (Some(read), Some(io::adopt(p, write)?));
    }
    if keep {
        let (read, write) = p.sys.pipe()?;
        (streams[1], drain) = (Some(write), Some(io::adopt(p, read)?));
    }
    let words: Vec<BString> = vec!["sh".into(), "-c".into(), line.into()];
    let child = match Child::start_on(p, words, streams).await {
        Ok(child) => child,
        Err(status) => return Ok(Ran { status, output: Ok(Loaded::default()) }),
    };
    let feeding = async move {
        if let (Some(part), Some(feed)) = (part, feed) {
            // A command need not read all that it is given.
            let _ = file::write_to(part, &feed).await;
        }
    };
    let draining = async move {
        match drain {
            Some(drain) => file::load_from(&*p.sys, &drain).await,
            None => Ok(Loaded::default()),
        }
    };
    let (output, ()) = join(draining, feeding).await;
    let exit: Exit = child.wait(p).await;
    Ok(Ran { status: exit.status(), output })
}
