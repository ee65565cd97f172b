//! What `find -printf` and `-ls` print.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use bstr::{BStr, ByteSlice};
use core::time::Duration;

use super::Found;
use crate::{
    commands::{
        format_time,
        support::{
            civil::Civil,
            escape::{self, Octal},
            mode, owner,
            pad::Pad,
            paths::{base_name, dir_name},
        },
    },
    env::{FileType, Metadata},
};

/// A name and what a format may ask for.
pub(super) struct Shown<'a> {
    pub(super) found: &'a Found,
    /// The operand below which it was found.
    pub(super) root: &'a BStr,
    /// Where it leads, if it is a link, and the kind of what is there.
    pub(super) target: Option<&'a BStr>,
    pub(super) behind: Option<FileType>,
    pub(super) file_system: &'a BStr,
}

impl Shown<'_> {
    /// Appends what the format says; `\\c` ends it. What is unknown is copied.
    pub(super) fn expand(&self, format: &[u8], out: &mut Vec<u8>) {
        let mut rest = format;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte == b'\\' {
                let Some(used) = escape::put(rest, Octal::Plain, out) else { return };
                rest = &rest[used..];
                continue;
            }
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            let (pad, taken) = Pad::parse(rest);
            match self.field(&rest[taken..]) {
                Some((value, is_number, used)) => {
                    pad.put(&value, is_number, out);
                    rest = &rest[taken + used..];
                }
                None => out.push(b'%'),
            }
        }
    }

    /// A field, whether it is a number, and how many letters say so.
    fn field(&self, letters: &[u8]) -> Option<(Vec<u8>, bool, usize)> {
        let it = &self.found.metadata;
        let text = |text: &[u8]| Some((text.to_vec(), false, 1));
        let number = |number: u64| Some((number.to_string().into_bytes(), true, 1));
        let path = self.found.path.as_bstr();
        match letters.first()? {
            b'%' => text(b"%"),
            b'p' => text(path),
            b'P' => text(path.strip_prefix(self.root.as_bytes()).unwrap_or_default().trim_start_with(|c| c == '/')),
            b'f' => text(base_name(path)),
            b'h' => text(dir_name(path)),
            b'H' => text(self.root),
            b'l' => text(self.target.unwrap_or_default()),
            b'F' => text(self.file_system),
            b'd' => number(self.found.depth),
            b'D' => number(it.device),
            b's' => number(it.size),
            b'k' => number(it.blocks.div_ceil(2)),
            b'b' => number(it.blocks),
            b'n' => number(it.links.into()),
            b'i' => number(it.inode),
            b'U' => number(it.uid.into()),
            b'G' => number(it.gid.into()),
            b'u' => text(owner::name(it.uid).as_bytes()),
            b'g' => text(owner::name(it.gid).as_bytes()),
            b'm' => Some((format!("{:o}", it.mode).into_bytes(), true, 1)),
            b'M' => text(mode::symbolic(it).as_bytes()),
            b'y' => text(&[letter(it.kind)]),
            b'Y' if it.kind == FileType::Symlink => text(&[self.behind.map_or(b'N', letter)]),
            b'Y' => text(&[letter(it.kind)]),
            b'a' => text(moment(it.accessed).as_bytes()),
            b'c' => text(moment(it.changed).as_bytes()),
            b't' => text(moment(it.modified).as_bytes()),
            which @ (b'A' | b'C' | b'T') => {
                let time = match which {
                    b'A' => it.accessed,
                    b'C' => it.changed,
                    _ => it.modified,
                };
                Some((time_field(*letters.get(1)?, time), false, 2))
            }
            _ => None,
        }
    }

    /// A line like those of `ls -dils`.
    pub(super) fn line(&self, now: Duration, out: &mut Vec<u8>) {
        let it = &self.found.metadata;
        let at = Civil::new(it.modified);
        let recent = it.modified <= now && now - it.modified < Duration::from_secs(365 * 43_200);
        let time = match recent {
            true => format!("{:02}:{:02}", at.hour, at.minute),
            false => format!("{:5}", at.year),
        };
        let size = match it.kind {
            FileType::CharDevice => format!("{}, {}", it.special.0, it.special.1),
            _ => it.size.to_string(),
        };
        let line = format!(
            "{:9} {:6} {} {:3} {:<8} {:<8} {size:>8} {} {:2} {time} ",
            it.inode,
            it.blocks.div_ceil(2),
            mode::symbolic(it),
            it.links,
            owner::name(it.uid),
            owner::name(it.gid),
            at.month_short(),
            at.day,
        );
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(&self.found.path);
        if let Some(target) = self.target {
            out.extend_from_slice(b" -> ");
            out.extend_from_slice(target);
        }
        out.push(b'\n');
    }
}

/// As `-type` calls it.
fn letter(kind: FileType) -> u8 {
    match kind {
        FileType::Regular => b'f',
        FileType::Directory => b'd',
        FileType::CharDevice => b'c',
        FileType::Pipe => b'p',
        FileType::Symlink => b'l',
    }
}

/// As C's `ctime` has it, with a fraction.
fn moment(time: Duration) -> String {
    let mut text = Vec::new();
    format_time(b"%a %b %e %T", &Civil::new(time), &mut text);
    format!("{}.{:09}0 {}", text.as_bstr(), time.subsec_nanos(), Civil::new(time).year)
}

fn time_field(letter: u8, time: Duration) -> Vec<u8> {
    let fraction = format!(".{:09}0", time.subsec_nanos()).into_bytes();
    let expanded = |format: &[u8]| {
        let mut text = Vec::new();
        format_time(format, &Civil::new(time), &mut text);
        text
    };
    match letter {
        b'@' => [expanded(b"%s"), fraction].concat(),
        b'+' => [expanded(b"%F+%T"), fraction].concat(),
        b'S' | b'T' | b'X' => [expanded(&[b'%', letter]), fraction].concat(),
        letter => expanded(&[b'%', letter]),
    }
}

/// Whether who owns everything may read (4), write (2) or execute (1) it.
pub(super) fn may(how: u16, metadata: &Metadata) -> bool {
    how != 1 || metadata.kind == FileType::Directory || metadata.mode & 0o111 != 0
}
