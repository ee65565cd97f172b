//! `stat`: what the system knows of files. There is one time, of the last change; all belongs to root.

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, ByteSlice};

use super::support::{civil::Civil, mode};
use crate::{
    env::{FileType, Metadata},
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "stat",
    "stat [-c FORMAT] FILE...",
    "Shows what is known of files, or what FORMAT says: %n name, %s size, %F kind, %a %A permissions, %h links, %i serial number, %y %Y time of change, %u %U %g %G owner."
);

/// The default form, but the name.
const FORM: &[u8] = b"  Size: %s\t%F
 Inode: %i\tLinks: %h
Access: (0%a/%A)\tUid: (%u/%U)\tGid: (%g/%G)
Modify: %y";

async fn run(p: Process) -> Outcome {
    let options = io::options(&p, &COMMAND, "c:", &[("format", 'c')]).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let mut out = Output::new(&p);
    let mut status = 0;
    for name in &options.operands {
        match p.sys.stat(p.absolute(name).as_bstr()).await {
            Ok(metadata) => {
                let mut text = Vec::new();
                if options.value('c').is_none() {
                    text.extend_from_slice(b"  File: ");
                    text.extend_from_slice(name);
                    text.push(b'\n');
                }
                expand(options.value('c').unwrap_or(FORM.as_bstr()), name, &metadata, &mut text);
                out.write_all(&[&text, b"\n"]).await?;
            }
            Err(error) => {
                out.flush().await?;
                io::complain(&p, format!("cannot stat '{name}': {error}")).await;
                status = 1;
            }
        }
    }
    out.finish(status).await
}

/// Appends what the format says; what is unknown is copied.
fn expand(format: &[u8], name: &BStr, metadata: &Metadata, out: &mut Vec<u8>) {
    let mut rest = format;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let Some(&letter) = after.first().filter(|_| byte == b'%') else {
            out.push(byte);
            continue;
        };
        rest = &after[1..];
        let text: String = match letter {
            b'n' => {
                out.extend_from_slice(name);
                continue;
            }
            b's' => format!("{}", metadata.size),
            b'F' => kind(metadata).into(),
            b'a' => format!("{:o}", metadata.mode),
            b'A' => mode::symbolic(metadata),
            b'h' => format!("{}", metadata.links),
            b'i' => format!("{}", metadata.inode),
            b'y' => {
                let at = Civil::new(metadata.modified);
                format!("{} {}.{:09} +0000", at.date(), at.time(), at.nanos)
            }
            b'Y' => format!("{}", metadata.modified.as_secs()),
            b'u' | b'g' => "0".into(),
            b'U' | b'G' => "root".into(),
            b'%' => "%".into(),
            _ => {
                out.extend([b'%', letter]);
                continue;
            }
        };
        out.extend_from_slice(text.as_bytes());
    }
}

fn kind(metadata: &Metadata) -> &'static str {
    match metadata.kind {
        FileType::Regular if metadata.size == 0 => "regular empty file",
        FileType::Regular => "regular file",
        FileType::Directory => "directory",
        FileType::CharDevice => "character special file",
        FileType::Pipe => "fifo",
        FileType::Symlink => "symbolic link",
    }
}
