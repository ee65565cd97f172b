//! `dmesg`: the kernel log.

use crate::{
    io::{self, CHUNK, Ended, Outcome, Output},
    process::Process,
};

command!("dmesg", "dmesg", "Prints the kernel log.");

async fn run(p: Process) -> Outcome {
    io::options(&p, &COMMAND, "", &[]).await?;
    let log = io::open_input(&p, "/dev/kmsg".into()).await.ok_or(Ended(1))?;
    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    loop {
        match log.read(&mut chunk).await {
            Ok(0) => return out.finish(0).await,
            Ok(n) => out.write(&chunk[..n]).await?,
            Err(error) => {
                io::complain_about(&p, b"/dev/kmsg", error).await;
                return out.finish(1).await;
            }
        }
    }
}
