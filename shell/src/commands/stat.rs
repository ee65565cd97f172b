//! `stat`: what the system knows of files.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, BString, ByteSlice};
use core::time::Duration;

use super::support::{
    canonical::{Missing, canonical},
    civil::Civil,
    escape::{Octal, unescape},
    mode, owner,
    pad::Pad,
    paths::{is_within, lstat, stat},
};
use crate::{
    env::{FileType, Metadata},
    io::{self, Outcome, Output},
    process::Process,
};

command!(
    "stat",
    "stat [-Lt] [-c FORMAT | --printf=FORMAT] FILE...",
    "Shows what is known of files, of what links lead to with -L, in one line with -t, or as FORMAT says: %n name, %N and where it leads, %s size, %b blocks of %B bytes, %F kind, %f that and permissions in hex, %a %A permissions, %h names, %i serial number, %d %D device, %t %T its own numbers, %m mount point, %o block size, %u %U %g %G owner and group, %x %X read, %y %Y changed, %z %Z changed in any way."
);

const TERSE: &[u8] = b"%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o";

/// The default form but its first line, which is the name.
fn form(kind: FileType) -> String {
    let device = if kind == FileType::CharDevice { "     Device type: %t,%T" } else { "" };
    format!(
        "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n\
         Device: %Hd,%Ld\tInode: %-11i Links: %-5h{device}\n\
         Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n\
         Access: %x\nModify: %y\nChange: %z\n Birth: %w\n"
    )
}

async fn run(p: Process) -> Outcome {
    let long = [("format", 'c'), ("dereference", 'L'), ("terse", 't'), ("printf", 'p')];
    let options = io::options(&p, &COMMAND, "Ltc:p:", &long).await?;
    if options.operands.is_empty() {
        return Err(io::usage(&p, &COMMAND, "missing operand").await);
    }
    let (mut out, mut status) = (Output::new(&p), 0);
    for name in &options.operands {
        let found = if options.has('L') { stat(&p, name).await } else { lstat(&p, name).await };
        let metadata = match found {
            Ok(metadata) => metadata,
            Err(error) => {
                out.flush().await?;
                io::complain(&p, format!("cannot stat '{name}': {error}")).await;
                status = 1;
                continue;
            }
        };
        let mut shown = Shown { name, metadata, target: None, mount: BString::default() };
        if metadata.kind == FileType::Symlink {
            shown.target = p.sys.read_link(p.absolute(name).as_bstr()).await.ok();
        }
        if let Ok(path) = canonical(&p, name, Missing::Nothing).await {
            let mounts = p.sys.mounts();
            let within = mounts.iter().filter(|mount| is_within(&path, &mount.path));
            shown.mount = within.max_by_key(|mount| mount.path.len()).map(|mount| mount.path.clone()).unwrap_or_default();
        }
        let mut text = Vec::new();
        match options.last_of("cpt").map(|letter| (letter, options.value(letter).unwrap_or_default())) {
            Some(('p', format)) => {
                let mut plain = Vec::new();
                unescape(format, Octal::Plain, &mut plain);
                shown.expand(&plain, &mut text);
            }
            Some(('c', format)) => {
                shown.expand(format, &mut text);
                text.push(b'\n');
            }
            Some(_) => {
                shown.expand(TERSE, &mut text);
                text.push(b'\n');
            }
            None => {
                let arrow: &[u8] = if shown.target.is_some() { b" -> " } else { b"" };
                let target = shown.target.as_deref().map_or(&b""[..], Vec::as_slice);
                text = [b"  File: ", name.as_bytes(), arrow, target, b"\n"].concat();
                shown.expand(form(metadata.kind).as_bytes(), &mut text);
            }
        }
        out.write_all(&[&text]).await?;
    }
    out.finish(status).await
}

struct Shown<'a> {
    name: &'a BStr,
    metadata: Metadata,
    target: Option<BString>,
    mount: BString,
}

impl Shown<'_> {
    /// Appends what the format says; what is unknown is `?`.
    fn expand(&self, format: &[u8], out: &mut Vec<u8>) {
        let mut rest = format;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' || after.is_empty() {
                out.push(byte);
                continue;
            }
            let (pad, taken) = Pad::parse(after);
            let after = &after[taken..];
            // `%Hd` and `%Ld`: the two halves of a device number.
            let half = after.first().copied().filter(|half| b"HL".contains(half) && after.len() > 1);
            let after = &after[usize::from(half.is_some())..];
            let Some(&letter) = after.first() else {
                out.push(b'%');
                return;
            };
            rest = &after[1..];
            match letter {
                b'%' => out.push(b'%'),
                b'n' => pad.put(self.name, false, out),
                b'N' => pad.put(&self.quoted(), false, out),
                b'm' => pad.put(&self.mount, false, out),
                _ => {
                    let (text, is_number) = self.field(letter, half);
                    pad.put(text.as_bytes(), is_number, out);
                }
            }
        }
    }

    fn quoted(&self) -> Vec<u8> {
        match &self.target {
            Some(target) => [b"'".as_slice(), self.name, b"' -> '", target, b"'"].concat(),
            None => [b"'", self.name.as_bytes(), b"'"].concat(),
        }
    }

    fn field(&self, letter: u8, half: Option<u8>) -> (String, bool) {
        let it = &self.metadata;
        let text = |text: String| (text, false);
        let number = |number: u64| (number.to_string(), true);
        let time = |time: Duration| {
            let at = Civil::new(time);
            format!("{} {}.{:09} +0000", at.date(), at.time(), at.nanos)
        };
        let device = match half {
            Some(b'H') => it.device >> 8,
            Some(_) => it.device & 0xff,
            None => it.device,
        };
        match letter {
            b's' => number(it.size),
            b'b' => number(it.blocks),
            b'B' => number(512),
            b'o' => number(4096),
            b'F' => text(mode::kind(it).into()),
            b'f' => (format!("{:x}", mode::number(it)), true),
            b'a' => (format!("{:o}", it.mode), true),
            b'A' => text(mode::symbolic(it)),
            b'h' => number(it.links.into()),
            b'i' => number(it.inode),
            b'd' => number(device),
            b'D' => (format!("{device:x}"), true),
            b't' => (format!("{:x}", it.special.0), true),
            b'T' => (format!("{:x}", it.special.1), true),
            b'u' => number(it.uid.into()),
            b'g' => number(it.gid.into()),
            b'U' => text(owner::name(it.uid).into_owned()),
            b'G' => text(owner::name(it.gid).into_owned()),
            b'x' => text(time(it.accessed)),
            b'y' => text(time(it.modified)),
            b'z' => text(time(it.changed)),
            b'X' => number(it.accessed.as_secs()),
            b'Y' => number(it.modified.as_secs()),
            b'Z' => number(it.changed.as_secs()),
            b'w' => text("-".into()),
            b'W' => number(0),
            _ => text("?".into()),
        }
    }
}
