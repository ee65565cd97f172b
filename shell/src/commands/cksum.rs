//! `cksum`: the checksum and size of files, as POSIX defines it.

use alloc::format;

use super::support::files::Files;
use crate::{
    io::{self, CHUNK, Outcome, Output},
    process::Process,
};

command!("cksum", "cksum [FILE...]", "Prints the POSIX checksum of files, and their sizes in bytes.");

/// The polynomial of Ethernet's CRC, the highest power first, without the 32nd.
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// What each byte adds when it is shifted out.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            let carry = if crc >> 31 == 1 { POLYNOMIAL } else { 0 };
            crc = crc << 1 ^ carry;
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
};

fn add(crc: u32, byte: u8) -> u32 {
    crc << 8 ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)]
}

/// The size counts too: its bytes, the lowest first, as many as it needs.
fn end(mut crc: u32, mut size: u64) -> u32 {
    while size > 0 {
        crc = add(crc, size as u8);
        size >>= 8;
    }
    !crc
}

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "", &[]).await?;
    let mut out = Output::new(&p);
    let mut chunk = io::buffer_or_complain(&p, CHUNK).await?;
    let mut files = Files::new(&p, &options.operands);
    while files.next_file().await.is_some() {
        let (mut crc, mut size) = (0, 0);
        let failed = loop {
            match files.try_read(&mut chunk).await {
                Some(0) => break false,
                Some(n) => {
                    crc = chunk[..n].iter().fold(crc, |crc, byte| add(crc, *byte));
                    size += n as u64;
                }
                None => break true,
            }
        };
        if !failed {
            let sum = end(crc, size);
            let name = if options.operands.is_empty() { "".into() } else { format!(" {}", files.name()) };
            out.write(format!("{sum} {size}{name}\n").as_bytes()).await?;
        }
    }
    out.finish(files.status).await
}
