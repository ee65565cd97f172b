//! `tee`: copies standard input to standard output and to files.

use alloc::vec::Vec;

use crate::{
    env::OpenFlags,
    io::{self, CHUNK, Outcome, Output},
    process::Process,
};

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
    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    loop {
        let n = match p.stdin().read(&mut chunk).await {
            Ok(0) => return out.finish(status).await,
            Ok(n) => n,
            Err(error) => {
                io::complain_about(&p, b"read error", error).await;
                return out.finish(1).await;
            }
        };
        // The files first: they get what was read even when nobody reads standard output any more.
        let mut broken = Vec::new();
        for (i, (name, file)) in files.iter().enumerate() {
            if let Err(error) = file.write_all(&chunk[..n]).await {
                io::complain_about(&p, name, error).await;
                status = 1;
                broken.push(i);
            }
        }
        broken.iter().rev().for_each(|i| drop(files.remove(*i)));
        out.write(&chunk[..n]).await?;
        out.flush().await?;
    }
}
