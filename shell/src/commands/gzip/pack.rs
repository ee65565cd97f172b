//! Making one member of a compressed file.

use alloc::{boxed::Box, vec::Vec};
use bstr::BStr;
use crc32fast::Hasher;
use miniz_oxide::{
    DataFormat, MZFlush, MZStatus,
    deflate::{
        core::{CompressorOxide, create_comp_flags_from_zip_params},
        stream::deflate,
    },
};

use super::{Problem, Sizes};
use crate::{
    fd::Fd,
    io::{self, CHUNK},
    process::Process,
};

/// Flag of the header: the name of the file follows.
const NAME: u8 = 8;
/// What the header says of the system: Unix.
const UNIX: u8 = 3;

/// Compresses all that comes from `input`.
pub(in super::super) async fn pack(
    p: &Process,
    input: &Fd,
    output: Option<&Fd>,
    level: u8,
    name: Option<&BStr>,
    time: u64,
) -> Result<Sizes, Problem> {
    let mut sizes = Sizes::default();
    let mut ready = Vec::from([0x1f, 0x8b, 8, if name.is_some() { NAME } else { 0 }]);
    ready.extend_from_slice(&u32::try_from(time).unwrap_or(0).to_le_bytes());
    ready.extend_from_slice(&[if level == 9 { 2 } else { 4 * u8::from(level == 1) }, UNIX]);
    if let Some(name) = name {
        ready.extend_from_slice(name);
        ready.push(0);
    }
    // No window of zlib around it.
    let flags = create_comp_flags_from_zip_params(level.into(), DataFormat::Raw.to_window_bits(), 0);
    let mut state = Box::new(CompressorOxide::new(flags));
    let mut chunk = io::buffer(CHUNK).map_err(Problem::Write)?;
    let mut packed = io::buffer(CHUNK).map_err(Problem::Write)?;
    let mut crc = Hasher::new();
    loop {
        let n = input.read(&mut chunk).await.map_err(Problem::Read)?;
        crc.update(&chunk[..n]);
        sizes.plain += n as u64;
        let flush = if n == 0 { MZFlush::Finish } else { MZFlush::None };
        let mut rest = &chunk[..n];
        loop {
            let step = deflate(&mut state, rest, &mut packed, flush);
            rest = &rest[step.bytes_consumed..];
            ready.extend_from_slice(&packed[..step.bytes_written]);
            let ended = step.status == Ok(MZStatus::StreamEnd);
            if ended {
                ready.extend_from_slice(&crc.clone().finalize().to_le_bytes());
                ready.extend_from_slice(&(sizes.plain as u32).to_le_bytes());
            }
            if ended || ready.len() >= CHUNK {
                write(output, &ready, &mut sizes).await?;
                ready.clear();
            }
            if ended {
                return Ok(sizes);
            }
            // What is left is room for more, or input for later.
            if step.bytes_written < packed.len() && rest.is_empty() && n > 0 {
                break;
            }
            if step.bytes_written == 0 && step.bytes_consumed == 0 && n > 0 {
                break;
            }
        }
        p.sys.yield_now().await;
    }
}

async fn write(output: Option<&Fd>, bytes: &[u8], sizes: &mut Sizes) -> Result<(), Problem> {
    sizes.packed += bytes.len() as u64;
    match output {
        Some(output) => output.write_all(bytes).await.map_err(Problem::Write),
        None => Ok(()),
    }
}
