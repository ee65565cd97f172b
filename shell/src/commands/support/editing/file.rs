//! Files into lines, and lines into files.
//!
//! A file that is there gets its new text under another name first, which then takes the place of the old one: what
//! was there is lost only when all of the new is safe. Where that cannot be (a link has more names, a device, a
//! directory that takes no new file) it is written in place.

use alloc::{format, sync::Arc, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{
    super::canonical::{Missing, canonical},
    buffer::{Buffer, Text},
};
use crate::{
    env::{Changes, FileType, Memory, Metadata, OpenFlags, Result, System},
    errno::Errno,
    fd::Fd,
    io,
    process::Process,
};

/// What was read.
#[derive(Default)]
pub struct Loaded {
    pub lines: Vec<Text>,
    pub bytes: u64,
    /// The last line has no newline.
    pub unfinished: bool,
}

/// Reads a file.
pub async fn load(p: &Process, path: &BStr) -> Result<Loaded> {
    if let Ok(metadata) = p.sys.stat(p.absolute(path).as_bstr()).await
        && metadata.kind == FileType::Directory
    {
        return Err(Errno::EISDIR);
    }
    let file = io::open(p, path, OpenFlags::READ).await?;
    load_from(&*p.sys, &file).await
}

/// Reads what is open.
pub async fn load_from(sys: &dyn System, fd: &Fd) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let mut chunk = io::buffer(io::CHUNK)?;
    // A line that is not whole yet.
    let mut begun: Vec<u8> = Vec::new();
    loop {
        let count = fd.read(&mut chunk).await?;
        if count == 0 {
            break;
        }
        if sys.memory_left() < Memory::Enough {
            return Err(Errno::ENOMEM);
        }
        loaded.bytes += count as u64;
        let mut rest = &chunk[..count];
        while let Some(end) = rest.find_byte(b'\n') {
            if begun.is_empty() {
                loaded.lines.push(Arc::from(&rest[..end]));
            } else {
                begun.extend_from_slice(&rest[..end]);
                loaded.lines.push(Arc::from(begun.as_slice()));
                begun.clear();
            }
            rest = &rest[end + 1..];
        }
        begun.try_reserve(rest.len()).map_err(|_| Errno::ENOMEM)?;
        begun.extend_from_slice(rest);
    }
    if !begun.is_empty() {
        loaded.lines.push(Arc::from(begun.as_slice()));
        loaded.unfinished = true;
    }
    Ok(loaded)
}

/// Which lines are written, and whether the last one lacks its newline.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub buffer: &'a Buffer,
    pub first: usize,
    pub last: usize,
    pub unfinished: bool,
}

/// Writes lines; how many bytes these were.
pub async fn write_to(part: Part<'_>, fd: &Fd) -> Result<u64> {
    let (mut bytes, mut gathered) = (0, Vec::new());
    for number in part.first.max(1)..=part.last {
        gathered.extend_from_slice(part.buffer.line(number));
        if !(part.unfinished && number == part.last) {
            gathered.push(b'\n');
        }
        if gathered.len() >= io::CHUNK || number == part.last {
            fd.write_all(&gathered).await?;
            bytes += gathered.len() as u64;
            gathered.clear();
        }
    }
    Ok(bytes)
}

/// Writes lines behind what a file has.
pub async fn append(p: &Process, path: &BStr, part: Part<'_>) -> Result<u64> {
    let file = io::open(p, path, OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::APPEND).await?;
    write_to(part, &file).await
}

/// Makes a file of lines; see the module's text.
pub async fn save(p: &Process, path: &BStr, part: Part<'_>) -> Result<u64> {
    let whole = p.absolute(path);
    match p.sys.stat(whole.as_bstr()).await {
        Ok(old) if old.kind == FileType::Directory => return Err(Errno::EISDIR),
        Ok(old) if old.kind == FileType::Regular && old.links == 1 => {
            // Whoever may not write the file may not replace it.
            drop(io::open(p, path, OpenFlags::WRITE).await?);
            let target = canonical(p, path, Missing::Nothing).await?;
            if let Some((file, new)) = create_beside(p, target.as_bstr()).await {
                let written = write_to(part, &file).await;
                drop(file);
                return match written {
                    Ok(bytes) => take_place(p, &new, target.as_bstr(), &old).await.map(|()| bytes),
                    Err(error) => {
                        let _ = p.sys.unlink(new.as_bstr()).await;
                        Err(error)
                    }
                };
            }
        }
        _ => {}
    }
    let file = io::open(p, path, OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await?;
    write_to(part, &file).await
}

/// A new file in the directory of another one.
async fn create_beside(p: &Process, path: &BStr) -> Option<(io::Opened, BString)> {
    let split = path.rfind_byte(b'/').map_or(0, |at| at + 1);
    let (directory, name) = path.split_at(split);
    for number in 0..100 {
        let new: BString = [directory, b".", name, format!(".{number}~").as_bytes()].concat().into();
        match io::open(p, new.as_bstr(), OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCL).await {
            Ok(file) => return Some((file, new)),
            Err(Errno::EEXIST) => {}
            Err(_) => return None,
        }
    }
    None
}

/// Gives a new file the permissions, the owner and the name of the old one.
async fn take_place(p: &Process, new: &BString, path: &BStr, old: &Metadata) -> Result<()> {
    let changes =
        Changes { mode: Some(old.mode), uid: Some(old.uid), gid: Some(old.gid), ..Changes::default() };
    // Where there are no owners this is refused, and nothing is lost by that.
    let _ = p.sys.change(new.as_bstr(), changes, true).await;
    let renamed = p.sys.rename(new.as_bstr(), path).await;
    if renamed.is_err() {
        let _ = p.sys.unlink(new.as_bstr()).await;
    }
    renamed
}
