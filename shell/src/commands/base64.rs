//! `base64`: bytes as text of 64 characters, and back (RFC 4648, section 4).

use alloc::{format, vec::Vec};

use super::support::{files::Files, numbers};
use crate::{
    io::{self, Ended, Outcome, Output},
    process::Process,
};

command!(
    "base64",
    "base64 [-w COLUMNS] [-d [-i]] [FILE]",
    "Writes bytes as base64 in lines of 76 characters, or COLUMNS, or one line (0); -d reads it back, -i passes over what is not base64."
);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

async fn run(p: Process) -> Outcome {
    let long = [("decode", 'd'), ("ignore-garbage", 'i'), ("wrap", 'w')];
    let options = io::options(&p, &COMMAND, "diw:", &long).await?;
    let columns = match options.value('w').map_or(Some(76), |text| numbers::parse(text)) {
        Some(columns) => columns,
        None => return Err(io::usage(&p, &COMMAND, "invalid number of columns").await),
    };
    if let Some(extra) = options.operands.get(1) {
        return Err(io::usage(&p, &COMMAND, &format!("extra operand '{extra}'")).await);
    }
    let mut out = Output::new(&p);
    let mut files = Files::new(&p, &options.operands);
    if options.has('d') {
        if !decode(&mut files, options.has('i'), &mut out).await? {
            out.flush().await?;
            io::complain(&p, "invalid input".into()).await;
            return Err(Ended(1));
        }
    } else {
        encode(&mut files, columns, &mut out).await?;
    }
    out.finish(files.status).await
}

/// Lines of so many characters; 0 is one line without an end.
struct Wrap {
    columns: usize,
    column: usize,
    text: Vec<u8>,
}

impl Wrap {
    /// Appends the four characters for up to three bytes.
    fn group(&mut self, bytes: &[u8]) {
        let value = (0..3).fold(0, |value, i| value << 8 | usize::from(*bytes.get(i).unwrap_or(&0)));
        for i in 0..4 {
            if self.columns > 0 && self.column == self.columns {
                self.text.push(b'\n');
                self.column = 0;
            }
            let char = if i > bytes.len() { b'=' } else { ALPHABET[value >> (18 - 6 * i) & 63] };
            self.text.push(char);
            self.column += 1;
        }
    }
}

pub(super) async fn encode(files: &mut Files<'_>, columns: usize, out: &mut Output<'_>) -> Result<(), Ended> {
    let mut wrap = Wrap { columns, column: 0, text: Vec::new() };
    let mut rest = Vec::new();
    while let Some(mut lines) = files.next().await {
        while let Some(mut chunk) = files.chunk(lines.next_chunk().await).await {
            while let Some((byte, after)) = chunk.split_first()
                && !rest.is_empty()
            {
                rest.push(*byte);
                chunk = after;
                if rest.len() == 3 {
                    wrap.group(&rest);
                    rest.clear();
                }
            }
            let (groups, left) = chunk.as_chunks::<3>();
            groups.iter().for_each(|group| wrap.group(group));
            rest.extend_from_slice(left);
            out.write(&wrap.text).await?;
            wrap.text.clear();
        }
    }
    if !rest.is_empty() {
        wrap.group(&rest);
    }
    if wrap.columns > 0 && wrap.column > 0 {
        wrap.text.push(b'\n');
    }
    out.write(&wrap.text).await
}

/// Four characters being read.
#[derive(Default)]
pub(super) struct Group {
    value: u32,
    chars: u32,
    padding: u32,
}

impl Group {
    /// What an unfinished group has whole bytes of.
    pub(super) fn rest(&self, bytes: &mut Vec<u8>) {
        let whole = (self.chars - self.padding) * 6 / 8;
        let [_, decoded @ ..] = (self.value << (6 * (4 - self.chars))).to_be_bytes();
        bytes.extend_from_slice(&decoded[..whole as usize]);
    }

    /// Takes a character; false if it cannot be there.
    pub(super) fn take(&mut self, byte: u8, bytes: &mut Vec<u8>) -> bool {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if self.chars >= 2 => {
                self.padding += 1;
                0
            }
            _ => return false,
        };
        if self.padding > 0 && byte != b'=' {
            return false;
        }
        self.value = self.value << 6 | u32::from(value);
        self.chars += 1;
        if self.chars == 4 {
            let [_, decoded @ ..] = self.value.to_be_bytes();
            bytes.extend_from_slice(&decoded[..3 - self.padding as usize]);
            *self = Self::default();
        }
        true
    }
}

/// False where the input is no base64; what came before is written.
async fn decode(files: &mut Files<'_>, pass_over: bool, out: &mut Output<'_>) -> Result<bool, Ended> {
    let (mut group, mut bytes) = (Group::default(), Vec::new());
    while let Some(mut lines) = files.next().await {
        while let Some(chunk) = files.chunk(lines.next_chunk().await).await {
            bytes.clear();
            for byte in chunk {
                let known = byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
                if *byte == b'\n' || pass_over && !known {
                    continue;
                }
                if !group.take(*byte, &mut bytes) {
                    group.rest(&mut bytes);
                    out.write(&bytes).await?;
                    return Ok(false);
                }
            }
            out.write(&bytes).await?;
        }
    }
    bytes.clear();
    group.rest(&mut bytes);
    out.write(&bytes).await?;
    Ok(group.chars == 0)
}
