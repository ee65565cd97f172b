//! `sum`: the checksums of BSD and System V, and how many blocks files have.

use alloc::format;

use super::support::files::Files;
use crate::{
    io::{self, CHUNK, Outcome, Output},
    process::Process,
};

command!(
    "sum",
    "sum [-r | -s] [FILE...]",
    "Prints a checksum of 16 bits of files and how many blocks they have: of 1024 bytes as BSD has it (-r), or of 512 as System V has it (-s). cksum is better."
);

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "rs", &[("sysv", 's')]).await?;
    let system_v = options.last_of("rs") == Some('s');
    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    let mut files = Files::new(&p, &options.operands);
    while files.next_file().await.is_some() {
        let (mut sum, mut size) = (0u32, 0u64);
        let failed = loop {
            match files.try_read(&mut chunk).await {
                Some(0) => break false,
                Some(n) => {
                    let add = if system_v { plain } else { rotating };
                    sum = chunk[..n].iter().fold(sum, |sum, byte| add(sum, *byte));
                    size += n as u64;
                }
                None => break true,
            }
        };
        if failed {
            continue;
        }
        let text = if system_v {
            // Carries are added at the bottom again.
            let once = (sum & 0xffff) + (sum >> 16);
            let twice = (once & 0xffff) + (once >> 16);
            format!("{twice} {}", size.div_ceil(512))
        } else {
            format!("{sum:05} {:5}", size.div_ceil(1024))
        };
        let named = !options.operands.is_empty() && (system_v || options.operands.len() > 1 || files.name() != "-");
        match named {
            true => out.write_all(&[text.as_bytes(), b" ", files.name(), b"\n"]).await?,
            false => out.write_line(text.as_bytes()).await?,
        }
    }
    out.finish(files.status).await
}

fn plain(sum: u32, byte: u8) -> u32 {
    sum.wrapping_add(byte.into())
}

/// Rotates 16 bits to the right, and adds.
fn rotating(sum: u32, byte: u8) -> u32 {
    ((sum >> 1) + ((sum & 1) << 15) + u32::from(byte)) & 0xffff
}
