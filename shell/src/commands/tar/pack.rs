//! Packing.

use alloc::{collections::BTreeMap, format, vec, vec::Vec};
use bstr::{BStr, BString, ByteSlice};

use super::{COMMAND, Job, member_name, put};
use crate::{
    commands::support::paths::child,
    env::{FileType, Metadata, OpenFlags},
    errno::Errno,
    fd::Fd,
    io::{self, Ended, Outcome, Output},
    ustar::{self, BLOCK, Kind, Member},
};

/// Archives are filled up to a multiple of this, as tape drives wanted it and other tars expect it.
const RECORD: u64 = 20 * BLOCK as u64;
const CHUNK: usize = 32 * 1024;

struct Packing<'p, 'j> {
    job: &'j Job<'p>,
    archive: Fd,
    /// The archive itself is not packed.
    itself: Option<Metadata>,
    written: u64,
    /// The first names of files that have several.
    names: BTreeMap<(u64, u64), BString>,
    status: u8,
    shortened: bool,
}

pub(super) async fn pack(job: &Job<'_>) -> Outcome {
    let p = job.p;
    if job.options.operands.is_empty() {
        return Err(io::usage(p, &COMMAND, "there is nothing to be packed").await);
    }
    let archive = job.archive(OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNC).await?;
    let itself = archive.file().and_then(|file| file.metadata()).ok().filter(|it| it.kind == FileType::Regular);
    let mut packing = Packing {
        job,
        archive: archive.clone(),
        itself,
        written: 0,
        names: BTreeMap::new(),
        status: 0,
        shortened: false,
    };
    // Names go where the archive does not.
    let quiet = job.options.value('f').is_none_or(|name| name == "-");
    let mut out = if quiet { Output::to(p, 2) } else { Output::new(p) };
    for operand in &job.options.operands {
        packing.operand(operand, &mut out).await?;
    }
    let end = (packing.written + 2 * BLOCK as u64).next_multiple_of(RECORD);
    let zeros = vec![0; (end - packing.written) as usize];
    put(p, &archive, &zeros).await?;
    out.finish(packing.status).await
}

impl Packing<'_, '_> {
    async fn operand(&mut self, operand: &BStr, out: &mut Output<'_>) -> Result<(), Ended> {
        let mut work = vec![BString::from(operand)];
        while let Some(path) = work.pop() {
            if self.job.excludes(&path) {
                continue;
            }
            match self.one(path.as_bstr(), out).await {
                Ok(names) => work.extend(names),
                Err(Stop::Failed(error)) => {
                    out.flush().await?;
                    io::complain_about(self.job.p, &path, error).await;
                    self.status = 2;
                }
                Err(Stop::Ended(ended)) => return Err(ended),
            }
        }
        Ok(())
    }

    /// Packs one file; what is in it, backwards, if it is a directory.
    async fn one(&mut self, path: &BStr, out: &mut Output<'_>) -> Result<Vec<BString>, Stop> {
        let p = self.job.p;
        let absolute = self.job.path(path);
        let found = match self.job.has('h') {
            true => p.sys.stat(absolute.as_bstr()).await,
            false => p.sys.lstat(absolute.as_bstr()).await,
        };
        let found = found.map_err(Stop::Failed)?;
        if self.itself.is_some_and(|itself| itself.is_same_file(&found)) {
            io::complain(p, format!("{path}: this is the archive; it is left out")).await;
            return Ok(Vec::new());
        }
        let (mut name, shortened) = member_name(path);
        if shortened && !core::mem::replace(&mut self.shortened, true) {
            io::complain(p, "the slash before names is left out".into()).await;
        }
        let key = (found.device, found.inode);
        let mut below = Vec::new();
        let kind = match found.kind {
            FileType::Directory => {
                let mut entries = p.sys.read_dir(absolute.as_bstr()).await.map_err(Stop::Failed)?;
                entries.sort_by(|a, b| b.name.cmp(&a.name));
                below.extend(entries.iter().map(|entry| child(path, entry.name.as_bstr())));
                if !name.ends_with(b"/") {
                    name.push(b'/');
                }
                Kind::Directory
            }
            FileType::Regular | FileType::Symlink | FileType::Pipe if found.links > 1 && self.names.contains_key(&key) => {
                Kind::HardLink(self.names[&key].to_vec().into())
            }
            FileType::Symlink => {
                let target = p.sys.read_link(absolute.as_bstr()).await.map_err(Stop::Failed)?;
                Kind::Symlink(Vec::from(target).into())
            }
            FileType::Regular => Kind::File,
            FileType::Pipe => Kind::Fifo,
            FileType::CharDevice => {
                io::complain(p, format!("{path}: devices are made by the system; it is left out")).await;
                return Ok(Vec::new());
            }
        };
        let is_file = kind == Kind::File;
        // Opened before its header is written: what cannot be read is not in the archive.
        let file = match is_file {
            true => {
                let file = p.sys.open(absolute.as_bstr(), OpenFlags::READ).await;
                Some(file.and_then(|file| io::adopt(p, file)).map_err(Stop::Failed)?)
            }
            false => None,
        };
        if found.links > 1 && found.kind != FileType::Directory {
            self.names.entry(key).or_insert_with(|| name.clone());
        }
        let size = if is_file { found.size } else { 0 };
        let member = Member {
            path: name.as_slice().into(),
            kind,
            mode: found.mode,
            uid: found.uid,
            gid: found.gid,
            modified_s: found.modified.as_secs(),
        };
        if self.job.has('v') {
            self.job.tell(out, &member, size, false).await.map_err(Stop::Ended)?;
        }
        self.put(&ustar::write(&member, size)).await?;
        if let Some(file) = file {
            self.data(path, &file, size).await?;
        }
        Ok(below)
    }

    /// Copies so many bytes, whatever the file has by now, and fills the last block.
    async fn data(&mut self, path: &BStr, file: &Fd, size: u64) -> Result<(), Stop> {
        let p = self.job.p;
        let mut chunk = io::buffer_or_complain(p, CHUNK).await.map_err(Stop::Ended)?;
        let mut left = size;
        while left > 0 {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            let n = match file.read(&mut chunk[..room]).await {
                Ok(0) => {
                    io::complain(p, format!("{path}: it became shorter by {left} bytes; zeros take their place")).await;
                    self.status = self.status.max(1);
                    break;
                }
                Ok(n) => n,
                Err(error) => {
                    io::complain_about(p, path, error).await;
                    self.status = 2;
                    break;
                }
            };
            self.put(&chunk[..n]).await?;
            left -= n as u64;
        }
        chunk.fill(0);
        let mut zeros = left + (size.next_multiple_of(BLOCK as u64) - size);
        while zeros > 0 {
            let n = zeros.min(CHUNK as u64);
            self.put(&chunk[..n as usize]).await?;
            zeros -= n;
        }
        Ok(())
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        put(self.job.p, &self.archive, bytes).await.map_err(Stop::Ended)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Why a file is not packed.
enum Stop {
    /// It cannot be looked at.
    Failed(Errno),
    /// Nothing more can be packed, and that has been said.
    Ended(Ended),
}
