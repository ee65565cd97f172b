//! `od -S`: the texts that end with byte 0.

use alloc::vec::Vec;

use super::Plan;
use crate::{
    commands::support::blocks::Blocks,
    io::{self, CHUNK, Outcome, Output},
};

/// How long a text may become: what is longer is printed in pieces.
const LONGEST: usize = 1 << 20;

/// Prints each text of at least so many printable characters, and where it begins.
pub(super) async fn print(plan: &Plan, least: usize, input: &mut Blocks<'_>, mut out: Output<'_>) -> Outcome {
    let mut chunk = io::buffer_or_complain(out.process(), CHUNK).await?;
    let (mut text, mut at) = (Vec::new(), plan.skip);
    loop {
        let filled = input.next(&mut chunk).await;
        if filled == 0 {
            return out.finish(input.status()).await;
        }
        for &byte in &chunk[..filled] {
            let printable = matches!(byte, b' '..=b'~');
            if byte == 0 && text.len() >= least || text.len() == LONGEST {
                let address = plan.address(at - text.len() as u64);
                let between: &[u8] = if plan.address.is_some() { b" " } else { b"" };
                out.write_all(&[address.as_bytes(), between, &text, b"\n"]).await?;
            }
            match printable && text.len() < LONGEST {
                true => text.push(byte),
                false => text.clear(),
            }
            at += 1;
        }
    }
}
