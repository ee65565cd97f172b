//! `file`: says what is in files, by their first bytes.

mod magic;
mod text;

use alloc::{format, string::String, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::support::{
    files::Files,
    paths::{lstat, stat},
};
use crate::{
    env::{FileType, Metadata, OpenFlags},
    errno::Errno,
    fd::Fd,
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "file",
    "file [-bhiLN0] [-F TEXT] [-f LIST] FILE...",
    "Says what is in each FILE, by its first bytes; -b without names, -i as a MIME type with the encoding, -L of what links lead to, -f of the files whose names are lines of LIST, -F with TEXT after names instead of a colon, -N without aligning them, -0 with byte 0 after them."
);

/// How much of a file is looked at. It has to hold the descriptor of a CD.
const LOOK: usize = 64 * 1024;

/// What a file was found to be.
struct Kind {
    what: String,
    mime: String,
}

impl Kind {
    fn new(what: impl Into<String>, mime: impl Into<String>) -> Self {
        Self { what: what.into(), mime: mime.into() }
    }
}

async fn run(p: Process) -> Outcome {
    let long = [
        ("brief", 'b'),
        ("dereference", 'L'),
        ("files-from", 'f'),
        ("mime", 'i'),
        ("no-dereference", 'h'),
        ("no-pad", 'N'),
        ("print0", '0'),
        ("separator", 'F'),
    ];
    let options = io::options(&p, &COMMAND, "bhiLN0F:f:", &long).await?;
    let mut names: Vec<BString> = Vec::new();
    for (_, list) in options.given.iter().filter(|(letter, _)| *letter == 'f') {
        let mut files = Files::new(&p, &[list]);
        while let Some(mut lines) = files.next().await {
            while let Some(line) = files.line(lines.next_line().await).await {
                names.push(line.trim_end_with(|c| c == '\n').into());
            }
        }
        if files.status != 0 {
            return Ok(1);
        }
    }
    names.extend(options.operands.iter().map(|name| BString::from(*name)));
    if names.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let separator = options.value('F').unwrap_or(BStr::new(":"));
    let mut bytes = io::buffer_or_complain(&p, LOOK).await?;
    let mut out = Output::new(&p);
    for name in &names {
        let kind = kind_of(&p, name.as_bstr(), options.has('L'), &mut bytes).await;
        if !options.has('b') {
            out.push(if name == "-" { b"/dev/stdin" } else { name });
            if options.has('0') {
                out.push(b"\0");
            }
            out.push(separator);
            let pad = if options.has('N') { 0 } else { widest - name.chars().count().min(widest) };
            out.push(&alloc::vec![b' '; pad + 1]);
        }
        out.write_line(if options.has('i') { kind.mime.as_bytes() } else { kind.what.as_bytes() }).await?;
    }
    out.finish(0).await
}

async fn kind_of(p: &Process, name: &BStr, follow: bool, bytes: &mut [u8]) -> Kind {
    if name == "-" {
        return data(&p.stdin(), bytes).await.unwrap_or_else(|error| failed(name, error, "read"));
    }
    let found = if follow { stat(p, name).await } else { lstat(p, name).await };
    match found {
        Ok(metadata) => match special(p, name, &metadata).await {
            Some(kind) => kind,
            // What is empty need not be opened.
            None if metadata.size == 0 && metadata.inode != 0 && !is_made_up(p, name, bytes).await => empty(),
            None => match io::open(p, name, OpenFlags::READ).await {
                Ok(file) => data(&file, bytes).await.unwrap_or_else(|error| failed(name, error, "read")),
                Err(error) => failed(name, error, "open"),
            },
        },
        Err(error) => failed(name, error, "open"),
    }
}

/// Whether a file has bytes though its size is 0, as those of `/proc` have.
async fn is_made_up(p: &Process, name: &BStr, bytes: &mut [u8]) -> bool {
    match io::open(p, name, OpenFlags::READ).await {
        Ok(file) => !matches!(file.read(&mut bytes[..1]).await, Ok(0)),
        Err(_) => true, // opening it again will tell why
    }
}

fn empty() -> Kind {
    Kind::new("empty", "inode/x-empty; charset=binary")
}

fn failed(name: &BStr, error: Errno, what: &str) -> Kind {
    let text = format!("cannot {what} `{name}' ({error})");
    Kind::new(text.clone(), text)
}

/// What is no regular file.
async fn special(p: &Process, name: &BStr, metadata: &Metadata) -> Option<Kind> {
    let mime = |kind: &str| format!("inode/{kind}; charset=binary");
    let letters = |text: &str| {
        let bits = [(0o4000, "setuid, "), (0o2000, "setgid, "), (0o1000, "sticky, ")];
        let mut words: String = bits.iter().filter(|(bit, _)| metadata.mode & bit != 0).map(|(_, word)| *word).collect();
        words.push_str(text);
        words
    };
    Some(match metadata.kind {
        FileType::Regular => return None,
        FileType::Directory => Kind::new(letters("directory"), mime("directory")),
        FileType::Pipe => Kind::new("fifo (named pipe)", mime("fifo")),
        FileType::CharDevice => {
            let (major, minor) = metadata.special;
            Kind::new(format!("character special ({major}/{minor})"), mime("chardevice"))
        }
        FileType::Symlink => {
            let target = p.sys.read_link(p.absolute(name).as_bstr()).await.unwrap_or_default();
            let broken = if stat(p, name).await.is_err() { "broken " } else { "" };
            Kind::new(format!("{broken}symbolic link to {target}"), mime("symlink"))
        }
    })
}

/// What is in an open file.
async fn data(file: &Fd, bytes: &mut [u8]) -> Result<Kind, Errno> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..]).await? {
            0 => break,
            n => filled += n,
        }
    }
    let whole = filled < bytes.len();
    let bytes = &bytes[..filled];
    Ok(match bytes {
        [] => empty(),
        bytes => magic::of(bytes)
            .or_else(|| text::of(bytes, whole))
            .unwrap_or_else(|| match bytes.len() {
                1 => Kind::new("very short file (no magic)", "application/octet-stream; charset=binary"),
                _ => Kind::new("data", "application/octet-stream; charset=binary"),
            }),
    })
}
