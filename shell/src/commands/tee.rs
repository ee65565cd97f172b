//! `tee`: copies standard input to standard output and to files.

use alloc::vec::Vec;
use bytes::Bytes;

use crate::{
    env::{OpenFlags, Piece},
    errno::Errno,
    io::{self, Outcome},
    process::Process,
};

/// How much is read and lent at once.
const AT_ONCE: usize = 64 * 1024;

command!("tee", "tee [-a] [FILE...]", "Copies standard input to standard output and to files; -a appends.");

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "ai", &[("append", 'a')]).await?;
    let how = if options.has('a') { OpenFlags::APPEND } else { OpenFlags::TRUNC };
    let mut status = 0;
    let mut files = Vec::new();
    for name in &options.operands {
        match io::open(&p, name, OpenFlags::WRITE | OpenFlags::CREATE | how).await {
            Ok(file) => files.push((*name, file)),
            Err(error) => {
                io::complain_about(&p, name, error).await;
                status = 1;
            }
        }
    }
    if files.is_empty() {
        return match io::copy(&p, &p.stdin(), u64::MAX).await? {
            Ok(()) => Ok(status),
            Err(error) => read_error(&p, error).await,
        };
    }
    let mut buf = Vec::new();
    loop {
        let mut loans = Vec::new();
        // Everyone gets the same bytes, which pipes then do not copy; those that were lent to us are lent on.
        let look = |piece: Piece<'_>| {
            loans.push(piece.loan().unwrap_or_else(|| Bytes::copy_from_slice(piece.bytes)));
        };
        match p.stdin().read_pieces(AT_ONCE, &mut buf, look).await {
            Ok(0) => return Ok(status),
            Ok(_) => {}
            Err(error) => return read_error(&p, error).await,
        }
        for loan in loans {
            // The files first: they get what was read even when nobody reads standard output any more.
            let mut broken = Vec::new();
            for (i, (name, file)) in files.iter().enumerate() {
                if let Err(error) = file.lend_all(loan.clone()).await {
                    io::complain_about(&p, name, error).await;
                    status = 1;
                    broken.push(i);
                }
            }
            broken.iter().rev().for_each(|i| drop(files.remove(*i)));
            if let Err(error) = p.stdout().lend_all(loan).await {
                return Err(io::write_failed(&p, error).await);
            }
        }
    }
}

async fn read_error(p: &Process, error: Errno) -> Outcome {
    io::complain_about(p, b"read error", error).await;
    Ok(1)
}
