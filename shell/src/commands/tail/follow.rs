//! `tail -f`: what is added to files.

use alloc::{format, vec::Vec};
use bstr::BStr;
use core::time::Duration;

use super::header;
use crate::{
    env::{OpenFlags, SeekFrom},
    io::{self, CHUNK, Opened, Outcome, Output},
    process::Process,
};

/// Prints what is added, looking again and again. With `by_name` a file that was replaced is opened anew. Never ends
/// but by a write error or a signal.
pub(super) async fn follow(
    p: &Process,
    mut files: Vec<(&BStr, Opened)>,
    headers: bool,
    by_name: bool,
    every: Duration,
    mut out: Output<'_>,
) -> Outcome {
    let mut chunk = io::buffer_or_complain(p, CHUNK).await?;
    let mut last = files.len() - 1;
    loop {
        for (i, (name, file)) in files.iter_mut().enumerate() {
            loop {
                while let Ok(n @ 1..) = file.read(&mut chunk).await {
                    if headers && i != last {
                        header(&mut out, name, false).await?;
                    }
                    last = i;
                    out.write(&chunk[..n]).await?;
                }
                if let Some(message) = restart(p, name, file, by_name).await {
                    out.flush().await?;
                    io::complain(p, format!("{name}: {message}")).await;
                    continue;
                }
                break;
            }
        }
        out.flush().await?;
        p.sys.sleep(every).await;
    }
}

/// Begins a file anew that was cut short or replaced; which of these it was.
async fn restart(p: &Process, name: &BStr, file: &mut Opened, by_name: bool) -> Option<&'static str> {
    let open = file.file().ok()?;
    let metadata = open.metadata().ok()?;
    if by_name {
        let there = p.sys.stat(p.absolute(name).as_ref()).await.ok();
        if there.is_some_and(|there| !there.is_same_file(&metadata)) {
            *file = io::open(p, name, OpenFlags::READ).await.ok()?;
            return Some("the file has been replaced; following the new one");
        }
    }
    let at = open.seek(SeekFrom::Current(0)).ok()?;
    if metadata.size >= at {
        return None;
    }
    open.seek(SeekFrom::Start(0)).ok()?;
    (metadata.size > 0).then_some("the file has been cut short")
}
